"""Loops that walk columns are done for all their iterations at once where no iteration needs another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad
from jitad.ir.graph import Eqn, Function
from jitad.ir.text import parse


def products(A: Any, x: Any) -> Any:
    """Columns times a vector, into a row below which they end."""
    for i in range(len(A)):
        for j in range(len(A)):
            A[i, j] += np.dot(x[i + 1 :], A[i + 1 :, j])
    return A


def rest(A: Any, x: Any) -> Any:
    """The loop over j may have no iterations."""
    for i in range(len(A)):
        for j in range(i + 1, len(A)):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return A


def outside(A: Any, x: Any) -> Any:
    """Where the loop over j has no iterations, A[i + 1] is no row."""
    for i in range(len(A)):
        for j in range(i + 1, len(A)):
            A[i, j] -= A[i, :i] @ A[:i, j] + np.sum(A[i + 1, :i]) * x[i]
    return A


def backwards(A: Any, x: Any) -> Any:
    """The columns from the last to the first."""
    for i in range(1, len(A)):
        for j in range(len(A) - 1, -1, -1):
            A[:i, j] = A[:i, j] * x[j] + A[i, j] * x[:i]
    return A


def outer(A: Any, x: Any) -> Any:
    """Every column is read before it is written; one factor is the same for all."""
    for i in range(1, len(A)):
        y = 2.0 * x[:i]
        for j in range(len(A)):
            A[:i, j] += y * A[i, j] - (x[:i] @ A[:i, j]) / x[j]
    return A


def accumulated(A: Any, x: Any) -> Any:
    """A sum in the user's order: only its way back is done at once."""
    y = np.zeros_like(x)
    for i in range(len(A)):
        for k in range(len(A)):
            y[: i + 1] += x[k] * A[i, k] * A[: i + 1, k]
    return y


def neighbours(A: Any, x: Any) -> Any:
    """Each column needs the one before."""
    for i in range(1, len(A)):
        for j in range(1, len(A)):
            A[:i, j] += A[:i, j - 1] * x[:i]
    return A


def ragged(A: Any, x: Any) -> Any:
    """Columns of different lengths."""
    for i in range(1, len(A)):
        for j in range(len(A)):
            A[i, j] += x[:j] @ A[:j, j]
    return A


def carried(A: Any, x: Any) -> Any:
    """A number goes from one column to the next."""
    for i in range(1, len(A)):
        s = 1.0
        for j in range(len(A)):
            s = 0.5 * s + A[:i, j] @ x[:i]
            A[i, j] = s
    return A


ALIKE, KEPT = (products, rest, backwards, outer), (outside, neighbours, ragged, carried)
N = 12


def arguments() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.uniform(-0.5, 0.5, (N, N)), rng.uniform(0.5, 1.0, N)


def depth(fn: Function) -> int:
    """How many loops are inside one another."""
    inside = lambda eqn: max((depth(r) for r in eqn.regions), default=0) + (eqn.op.name == "for")
    return max(map(inside, fn.eqns), default=0)


def loops(fn: Function) -> list[Eqn]:
    found = [eqn for eqn in fn.eqns if eqn.op.name == "for"]
    return found + [e for eqn in fn.eqns for region in eqn.regions for e in loops(region)]


@pytest.mark.parametrize("f", [*ALIKE, accumulated, *KEPT], ids=lambda f: f.__name__)
def test_values_and_derivatives(f: Callable[..., Any]) -> None:
    A, x = arguments()
    W = np.cos(np.arange(f(A.copy(), x).size)).reshape(f(A.copy(), x).shape)
    np.testing.assert_allclose(jad.jit(f)(A.copy(), x), f(A.copy(), x), rtol=1e-12)
    loss = lambda A, x: np.sum(W * f(A, x))
    t, u = np.sin(np.arange(A.size)).reshape(A.shape), np.cos(np.arange(N) + 1.0)
    native = lambda h: np.sum(W * f(A + h * t, x + h * u))
    slope = (native(1e-6) - native(-1e-6)) / 2e-6
    of_A, of_x = jad.grad(loss, argnums=(0, 1))(A, x)
    np.testing.assert_allclose(np.sum(of_A * t) + np.sum(of_x * u), slope, rtol=1e-6)
    np.testing.assert_allclose(jad.jvp(loss, (A, x), (t, u))[1], slope, rtol=1e-6)


@pytest.mark.parametrize("f", ALIKE, ids=lambda f: f.__name__)
def test_one_loop_is_left(f: Callable[..., Any]) -> None:
    for g in (f, jad.grad(lambda A, x: np.sum(f(A, x) ** 2), argnums=(0, 1))):
        assert depth(parse(jad.jit(g).compile(*arguments()).ir)) == 1


@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_iterations_that_need_others_stay_in_their_order(f: Callable[..., Any]) -> None:
    assert depth(parse(jad.jit(f).compile(*arguments()).ir)) == 2


def test_sums_of_the_program_keep_their_order() -> None:
    compiled = jad.jit(accumulated).compile(*arguments())
    assert depth(parse(compiled.ir)) == 2
    gradient = jad.jit(jad.grad(lambda A, x: np.sum(accumulated(A, x)), argnums=(0, 1)))
    inner = [e for e in loops(parse(gradient.compile(*arguments()).ir)) if e.attrs["reverse"]]
    assert len(inner) == 1


def test_what_is_written_back_unchanged_is_not_written() -> None:
    def f(A: Any) -> Any:
        for i in range(1, len(A)):
            A[i, :i] = A[i, :i]
            A[0, 0] += A[i, 0]
        return A

    compiled = jad.jit(f).compile(arguments()[0])
    assert "set_window" not in compiled.ir
    np.testing.assert_allclose(jad.jit(f)(arguments()[0]), f(arguments()[0]), rtol=1e-14)


K = 17


def in_place(A: Any, C: Any) -> Any:
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            A[i, j] = np.sin(A[i, j] @ C) * A[i, j, 0]
    return A


def collected(A: Any, C: Any) -> Any:
    """From the last row to the first; an outer product is added up on the way back."""
    out = np.zeros((A.shape[1], K))
    for j in range(A.shape[1] - 1, -1, -1):
        out[j] = np.tanh(C @ A[0, j] + A[1, j] ** 2) - C.T @ A[2, j]
    return out


def summed(A: Any, C: Any) -> Any:
    """The user's sum keeps its order."""
    total = np.zeros(K)
    for j in range(A.shape[1]):
        total += A[0, j] @ C
    return total


def from_before(A: Any, C: Any) -> Any:
    for j in range(1, A.shape[1]):
        A[0, j] += A[0, j - 1] @ C
    return A


@pytest.mark.parametrize("f", (in_place, collected, summed, from_before), ids=lambda f: f.__name__)
def test_products_with_one_matrix(f: Callable[..., Any]) -> None:
    rng = np.random.default_rng(8)
    A, C = rng.standard_normal((3, 11, K)), rng.standard_normal((K, K)) / K
    t, u = rng.standard_normal(A.shape), rng.standard_normal(C.shape)
    np.testing.assert_allclose(jad.jit(f)(A.copy(), C), f(A.copy(), C), rtol=1e-12)
    loss = lambda A, C: np.sum(np.cos(f(A, C)))
    native = lambda h: loss(A + h * t, C + h * u)
    slope = (native(1e-6) - native(-1e-6)) / 2e-6
    of_A, of_C = jad.grad(loss, argnums=(0, 1))(A, C)
    np.testing.assert_allclose(np.sum(of_A * t) + np.sum(of_C * u), slope, rtol=1e-6)
    np.testing.assert_allclose(jad.jvp(loss, (A, C), (t, u))[1], slope, rtol=1e-6)
    left = {in_place: 1, collected: 0, summed: 1, from_before: 1}[f]
    assert depth(parse(jad.jit(f).compile(A.copy(), C).ir)) == left
    assert depth(parse(jad.jit(jad.grad(loss, argnums=(0, 1))).compile(A, C).ir)) == left
