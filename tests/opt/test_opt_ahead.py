"""Products with matrices that a loop keeps are computed before it, sums of outer products behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad
from jitad.ir.graph import Function
from jitad.ir.text import parse

STEPS, N, H = 12, 17, 20


def forwards(x: Any, W: Any, U: Any) -> Any:
    h = np.zeros(U.shape[0])
    for t in range(x.shape[0]):
        h = np.tanh(W @ x[t] + U @ h)
    return h


def backwards(x: Any, W: Any, U: Any) -> Any:
    """From the last row to the first, the matrix on the right."""
    h = np.zeros(U.shape[0])
    total = 0.0
    for t in range(x.shape[0] - 1, -1, -1):
        h = np.tanh(x[t] @ W.T + h @ U)
        total += np.sum(h) * h[0]
    return total * h


def some(x: Any, W: Any, U: Any) -> Any:
    """Rows that follow from the step, one of them twice; the derivative by x has what both give."""
    h = np.zeros(U.shape[0])
    for t in range(1, x.shape[0]):
        h = np.sin(W @ x[(t * t) % 7] + U @ h) * x[t - 1, 0]
    return h


def overwritten(x: Any, W: Any, U: Any) -> Any:
    """Rows that the loop itself has written are not known before it."""
    h = np.zeros(U.shape[0])
    for t in range(1, x.shape[0]):
        x[t] += 0.5 * x[t - 1]
        h = np.tanh(W @ x[t] + U @ h)
    return h


PROGRAMS = (forwards, backwards, some, overwritten)


def given() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    shapes = (STEPS, N), (H, N), (H, H)
    return tuple(rng.standard_normal(s) / np.sqrt(s[1]) for s in shapes)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_derivatives(f: Callable[..., Any]) -> None:
    arguments = given()
    directions = tuple(np.cos(np.arange(a.size)).reshape(a.shape) for a in arguments)
    np.testing.assert_allclose(
        jad.jit(f)(*(a.copy() for a in arguments)), f(*(a.copy() for a in arguments)), rtol=1e-12
    )
    loss = lambda *args: np.sum(f(*args) ** 2)
    up, down = (loss(*(a + s * d for a, d in zip(arguments, directions))) for s in (1e-6, -1e-6))
    gradient = jad.grad(loss, argnums=(0, 1, 2))(*arguments)
    slope = sum(np.sum(g * d) for g, d in zip(gradient, directions))
    np.testing.assert_allclose(slope, (up - down) / 2e-6, rtol=1e-6)
    np.testing.assert_allclose(jad.jvp(loss, arguments, directions)[1], slope, rtol=1e-9)


def products_in_loops(fn: Function, inside: bool = False) -> list[tuple[int, ...]]:
    found = [e.results[0].shape for e in fn.eqns if inside and e.op.name == "dot"]
    for eqn in fn.eqns:
        for region in eqn.regions:
            found += products_in_loops(region, inside or eqn.op.name == "for")
    return found


@pytest.mark.parametrize("f", [forwards, backwards, some], ids=lambda f: f.__name__)
def test_one_product_is_left_in_each_loop(f: Callable[..., Any]) -> None:
    loss = lambda *args: np.sum(f(*args) ** 2)
    assert products_in_loops(parse(jad.jit(f).compile(*given()).ir)) == [(H,)]
    whole = jad.value_and_grad(loss, argnums=(0, 1, 2)).compile(*given())
    assert products_in_loops(parse(whole.ir)) == [(H,), (H,)]


def test_what_the_loop_writes_is_multiplied_in_it() -> None:
    assert products_in_loops(parse(jad.jit(overwritten).compile(*given()).ir)) == [(H,), (H,)]


def test_long_loops_do_not_keep_rows_for_it() -> None:
    _, W, U = given()
    found = jad.jit(forwards).compile(np.zeros((10**6, N)), W, U)
    assert products_in_loops(parse(found.ir)) == [(H,), (H,)]
