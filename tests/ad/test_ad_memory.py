"""What the way back reads from arrays that still have it is not kept; what was overwritten is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad


def lu(A: Any) -> Any:
    for i in range(len(A)):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[k, j]
            A[i, j] /= A[j, j]
        for j in range(i, len(A)):
            for k in range(i):
                A[i, j] -= A[i, k] * A[k, j]
    return np.sum(A * A)


def lu_by_columns(A: Any) -> Any:
    for k in range(len(A)):
        for i in range(k + 1, len(A)):
            A[i, k] /= A[k, k]
            for j in range(k + 1, len(A)):
                A[i, j] -= A[i, k] * A[k, j]
    return np.sum(A * A)


def cholesky(A: Any) -> Any:
    for i in range(len(A)):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[j, k]
            A[i, j] /= A[j, j]
        for k in range(i):
            A[i, i] -= A[i, k] * A[i, k]
        A[i, i] = np.sqrt(A[i, i])
    return np.sum(A * A)


def solve(L: Any) -> Any:
    x = np.ones(len(L))
    for i in range(len(x)):
        for j in range(i):
            x[i] -= L[i, j] * x[j]
        x[i] /= L[i, i]
    return np.sum(x * x)


def product(A: Any) -> Any:
    """Reads rows below the one that it writes: the array before the loop has them."""
    B = A * 1.0
    for i in range(len(A)):
        for j in range(len(A)):
            for k in range(i + 1, len(A)):
                B[i, j] += A[k, i] * B[k, j]
    return np.sum(B * B)


def backwards(A: Any) -> Any:
    """Negative indices, and a counter that runs down."""
    x = A[0] * 1.0
    for i in range(len(x) - 2, -1, -1):
        x[i] = x[i + 1] * x[-1]
    return np.sum(x * x)


def columns(A: Any) -> Any:
    """Regions of a transposed array."""
    for i in range(1, len(A)):
        A.T[i, 2:5] = A[2:5, i - 1] ** 2
    return np.sum(A * A)


def through_branches(A: Any) -> Any:
    for i in range(1, len(A)):
        for j in range(1, len(A)):
            if j <= i:
                A[i, j] = A[i - 1, j - 1] * A[i, j - 1]
    return np.sum(A * A)


def swept(A: Any) -> Any:
    """Each sweep overwrites what it reads."""
    for _ in range(3):
        for i in range(1, len(A)):
            A[i, 1] = A[i - 1, 1] * A[i, 1]
    return np.sum(A * A)


def wrapped(A: Any) -> Any:
    """A[i - 3] is, for i < 3, a row near the end, which is overwritten later."""
    for i in range(len(A)):
        A[i, 0] = A[i - 3, 0] * A[i, 1]
    return np.sum(A * A)


def shifted(A: Any) -> Any:
    """Reads what the loop has not reached yet: the array before it has that."""
    for i in range(len(A) - 2):
        A[i, 0] = A[i, 1] * A[i + 2, 0]
        A[i + 1, 0] = A[i, 0] * 0.5
    return np.sum(A * A)


def by_the_other(A: Any) -> Any:
    """Whether the rows are the same depends on values."""
    for i in range(len(A)):
        k = int(i * 3) % 4
        A[k, 0] = A[i, 0] * A[k, 1]
    return np.sum(A * A)


def matrix(n: int) -> np.ndarray:
    rng = np.random.default_rng(n)
    A = rng.uniform(-0.5, 0.5, (n, n))
    return (A + A.T) / 2 + 3 * np.eye(n)


def kept(f: Callable[..., Any], A: np.ndarray) -> list[int]:
    """The bytes that each loop keeps an iteration."""
    words = jad.explain(jad.grad(f), A).split()
    return [int(words[k + 1]) for k, word in enumerate(words) if word == "keeps"]


READ = (lu, lu_by_columns, cholesky, solve, product, backwards, columns, through_branches, shifted)
KEPT = (swept, wrapped, by_the_other)


@pytest.mark.parametrize("f", [*READ, *KEPT], ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [6, 9])
def test_derivatives(f: Callable[..., Any], n: int) -> None:
    A, t = matrix(n), np.cos(np.arange(n * n)).reshape(n, n)
    along = np.sum(jad.grad(f)(A) * t)
    h = 1e-6
    np.testing.assert_allclose(along, (f(A + h * t) - f(A - h * t)) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(along, jad.jvp(f, (A,), (t,))[1], rtol=1e-10)


@pytest.mark.parametrize("f", READ, ids=lambda f: f.__name__)
def test_what_is_in_memory_is_not_kept(f: Callable[..., Any]) -> None:
    found = kept(f, matrix(40))
    assert found and not any(found)


@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_what_is_overwritten_is_kept(f: Callable[..., Any]) -> None:
    assert any(kept(f, matrix(40)))
