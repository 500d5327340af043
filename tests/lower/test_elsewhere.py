"""Rows and columns that change by others of their array are computed first: no array is copied for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad


def rows(A: Any) -> Any:
    for k in range(1, len(A)):
        A[k] += 0.5 * A[k - 1]
    return A


def columns(A: Any) -> Any:
    for k in range(1, len(A)):
        A[:, k] = A[:, k] * A[:, k - 1] + A[k, k]
    return A


def backwards(A: Any) -> Any:
    """A row read in the opposite direction."""
    for k in range(len(A)):
        A[k] = A[k, ::-1] * 0.9
    return A


def swapped(A: Any) -> Any:
    """What is read is written before it is used."""
    for k in range(1, len(A)):
        row = A[k] * 1.0
        before = A[k - 1]
        A[k] = np.sin(before)
        A[k - 1] = row + before
    return A


def orthogonal(A: Any) -> Any:
    for k in range(len(A)):
        A[:, k] = A[:, k] / np.sqrt(np.dot(A[:, k], A[:, k]))
        for j in range(k + 1, len(A)):
            A[:, j] -= A[:, k] * np.dot(A[:, k], A[:, j])
    return A


PROGRAMS = (rows, columns, backwards, swapped, orthogonal)


def matrix(n: int) -> np.ndarray:
    return np.random.default_rng(n).uniform(-0.5, 0.5, (n, n)) + np.eye(n)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [5, 40])
def test_values_and_gradients(f: Callable[..., Any], n: int) -> None:
    A, w = matrix(n), np.cos(np.arange(n * n)).reshape(n, n)
    np.testing.assert_allclose(jad.jit(f)(A.copy()), f(A.copy()), rtol=1e-9, atol=1e-12)
    loss = lambda A: np.sum(np.tanh(f(A)) * w)
    gradient = jad.grad(loss)(A)
    with jad.disable_jit():
        np.testing.assert_allclose(gradient, jad.grad(loss)(A), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("f", [rows, columns, backwards], ids=lambda f: f.__name__)
def test_nothing_is_copied_in_the_loop(f: Callable[..., Any]) -> None:
    llvm = jad.jit(f).compile(matrix(40)).llvm
    copies = [line for line in llvm.split("\n") if "call void @llvm.memcpy" in line and "i64 12800" in line]
    assert len(copies) <= 1  # of the argument, before the loop
