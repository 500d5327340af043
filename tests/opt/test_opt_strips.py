"""Products of lines with strips whose width a loop changes are one product before the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad
from jitad.ir.graph import Function
from jitad.ir.text import parse

N, M = 25, 22


def columns(X: Any, Y: Any) -> Any:
    """The upper triangle, from the diagonal on, and its mirror image."""
    out = np.zeros((M, M))
    for i in range(M):
        out[i, i:] = X[:, i] @ Y[:, i:] / 3.0
        out[i:, i] = out[i, i:]
    return out


def rows(X: Any, Y: Any) -> Any:
    """The lower triangle without its diagonal; rows of the transposes."""
    A, B = np.sin(X.T), np.cos(Y.T)
    out = np.ones((M, M))
    for i in range(1, M):
        out[i, :i] = B[:i] @ A[i]
    return out


def backwards(X: Any, Y: Any) -> Any:
    """From the last to the first, some columns of each matrix only; each part changes the next."""
    total = np.zeros(M)
    for i in range(M - 4, 2, -1):
        total[i + 2 :] += np.sin(X[:, i] @ Y[:, i + 2 :]) + 0.5 * total[: M - i - 2]
    return total


def moving(X: Any, Y: Any) -> Any:
    """Strips that move and grow."""
    total = np.zeros(M)
    for i in range(M // 2):
        total[: i + 1] += X[:, i + 3] @ Y[:, i : 2 * i + 1]
    return total


def changed(X: Any, Y: Any) -> Any:
    """What a column is depends on the iterations before."""
    Y = 1.0 * Y
    for i in range(1, M):
        Y[0, i:] = np.tanh(X[:, i] @ Y[:, i:])
    return Y


def narrow(X: Any, Y: Any) -> Any:
    """One product of all would have many more elements than the loop needs."""
    total = np.zeros(M)
    for i in range(10):
        total[i : i + i // 9 + 1] += X[:, i] @ Y[:, i : i + i // 9 + 1]
    return total


TAKEN, KEPT = (columns, rows, backwards, moving), (changed, narrow)


def given() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.uniform(-0.5, 0.5, (N, M)), rng.uniform(-0.5, 0.5, (N, M))


def has_product(fn: Function, inside: bool = False) -> bool:
    """Whether a loop multiplies matrices."""
    here = any(inside and e.op.name == "dot" for e in fn.eqns)
    return here or any(has_product(r, inside or e.op.name == "for") for e in fn.eqns for r in e.regions)


@pytest.mark.parametrize("f", [*TAKEN, *KEPT], ids=lambda f: f.__name__)
def test_values_and_derivatives(f: Callable[..., Any]) -> None:
    X, Y = given()
    np.testing.assert_allclose(jad.jit(f)(X, Y), f(X, Y), rtol=1e-12, atol=1e-14)
    W = np.cos(np.arange(f(X, Y).size)).reshape(f(X, Y).shape)
    loss = lambda X, Y: np.sum(W * f(X, Y) ** 2)
    t, u = np.sin(np.arange(X.size)).reshape(X.shape), np.cos(np.arange(Y.size)).reshape(Y.shape)
    slope = (loss(X + 1e-6 * t, Y + 1e-6 * u) - loss(X - 1e-6 * t, Y - 1e-6 * u)) / 2e-6
    of_X, of_Y = jad.grad(loss, argnums=(0, 1))(X, Y)
    np.testing.assert_allclose(np.sum(of_X * t) + np.sum(of_Y * u), slope, rtol=1e-7)
    np.testing.assert_allclose(jad.jvp(loss, (X, Y), (t, u))[1], slope, rtol=1e-7)


@pytest.mark.parametrize("f", [*TAKEN, *KEPT], ids=lambda f: f.__name__)
def test_loops_have_no_products(f: Callable[..., Any]) -> None:
    for g in (f, jad.grad(lambda X, Y: np.sum(f(X, Y) ** 2), argnums=(0, 1))):
        assert has_product(parse(jad.jit(g).compile(*given()).ir)) == (f in KEPT)


def test_what_is_not_read_is_no_operand() -> None:
    X, Y = given()
    X[:, M - 3 :] = np.nan
    Y[:, :5] = np.inf
    X[:, :3] = np.nan
    of_X, of_Y = jad.grad(lambda X, Y: np.sum(backwards(X, Y) ** 2), argnums=(0, 1))(X, Y)
    assert np.isfinite(of_X).all() and np.isfinite(of_Y).all()
    np.testing.assert_allclose(jad.jit(backwards)(X, Y), backwards(X, Y), rtol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_random_strips(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, step, width = int(rng.integers(0, 4)), int(rng.choice([-1, 1])), int(rng.integers(0, 3))
    at = rng.integers(0, 4)
    lines = range(first, M - 4)[::step]

    def f(X: Any, Y: Any) -> Any:
        out = np.zeros((N, N))
        for i in lines:
            if at == 0:
                out[i, i:N] += Y[i:] @ X[i]
            elif at == 1:
                out[i, : i + width] += X[i] @ Y[: i + width].T
            elif at == 2:
                out[i, i + width : M] = Y[:, i + width :].T @ X[:, i]
            else:
                out[i, i : M - width] = X[:, i] @ Y[:, i : M - width]
        return out

    X, Y = given()
    np.testing.assert_allclose(jad.jit(f)(X, Y), f(X, Y), rtol=1e-12, atol=1e-14)
    t, u = given()[::-1]
    loss = lambda X, Y: np.sum(np.sin(f(X, Y)))
    slope = (loss(X + 1e-6 * t, Y + 1e-6 * u) - loss(X - 1e-6 * t, Y - 1e-6 * u)) / 2e-6
    of_X, of_Y = jad.grad(loss, argnums=(0, 1))(X, Y)
    np.testing.assert_allclose(np.sum(of_X * t) + np.sum(of_Y * u), slope, rtol=1e-6)
