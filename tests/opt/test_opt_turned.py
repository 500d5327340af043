"""Columns in loops are read and written where they are: no array is transposed for a part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad
from jitad.ir.graph import Function
from jitad.ir.text import parse


def columns(A: Any) -> Any:
    for k in range(1, A.shape[1]):
        A[:, k] += 0.5 * A[:, k - 1]
    return A


def parts(A: Any) -> Any:
    for k in range(1, A.shape[1]):
        A[1:4, k] = A[2:5, k - 1] * A[0, k]
        A.T[k, 4:] -= A.T[k - 1, 4:]
    return A


def elements(A: Any) -> Any:
    B = A.T
    for i in range(len(B)):
        for j in range(i):
            B[i, j] = B[j, i] * B[i, i]
    return A


def from_the_end(A: Any) -> Any:
    """An index that may be negative is not one of a window."""
    for k in range(A.shape[1]):
        A[:, k - 2] *= 1.5
    return A


def middle(A: Any) -> Any:
    """The axis in the middle of three."""
    B = np.stack([A, 2.0 * A])
    for k in range(1, A.shape[0]):
        B[:, k, :] += B[:, k - 1, ::-1]
    return B


PROGRAMS = (columns, parts, elements, from_the_end, middle)


def matrix(n: int = 9) -> np.ndarray:
    return np.random.default_rng(n).uniform(-1, 1, (n, n))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_derivatives(f: Callable[..., Any]) -> None:
    A, w = matrix(), np.cos(np.arange(81)).reshape(9, 9)
    np.testing.assert_allclose(jad.jit(f)(A.copy()), f(A.copy()), rtol=1e-13)
    loss = lambda A: np.sum(f(A) ** 2)
    slope = (loss(A + 1e-6 * w) - loss(A - 1e-6 * w)) / 2e-6
    np.testing.assert_allclose(np.sum(jad.grad(loss)(A) * w), slope, rtol=1e-6)
    np.testing.assert_allclose(jad.jvp(loss, (A,), (w,))[1], slope, rtol=1e-6)


def ops_in_loops(fn: Function, inside: bool = False) -> list[tuple[str, tuple[Any, ...]]]:
    found = [(e.op.name, e.results[0].shape) for e in fn.eqns if inside and e.results]
    for eqn in fn.eqns:
        for region in eqn.regions:
            found += ops_in_loops(region, True)
    return found


@pytest.mark.parametrize("f", [columns, parts, elements], ids=lambda f: f.__name__)
def test_no_array_is_transposed_in_a_loop(f: Callable[..., Any]) -> None:
    A = matrix(40)
    for g in (f, jad.grad(lambda A: np.sum(f(A) ** 2))):
        found = ops_in_loops(parse(jad.jit(g).compile(A).ir))
        assert found and ("transpose", (40, 40)) not in found and ("broadcast", (40, 40)) not in found
