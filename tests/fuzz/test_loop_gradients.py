"""Derivatives of random Python functions with loops, branches and mutation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from hypothesis import assume

import jitad as jad

from .budget import note, programs
from .derivatives import product
from .loop_runs import Case, cases, copies, leaves, numpys, rolled, same, unless_refused

#: Central differences with these steps, where they agree to _CLOSE: else a branch flips within the step.
_STEPS, _CLOSE = (1e-4, 2e-5, 5e-6), 1e-6


def scalar(case: Case) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """A weighted sum of the results as a function of the floating arguments, and these."""
    *floats, k = copies(case.arguments)
    out = numpys(case, copies(case.arguments))
    assume(all(np.isfinite(x).all() for x in out))
    weights = [np.cos(1.0 + np.arange(x.size) + n).reshape(x.shape) for n, x in enumerate(out)]

    def loss(*floats: Any) -> Any:
        found = case.f(*floats, k)
        return sum(np.sum(w * x) for w, x in zip(weights, found))

    return loss, tuple(floats)


def directions(seed: int, like: tuple[Any, ...]) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return tuple(rng.uniform(-1, 1, np.shape(x))[()] for x in like)


def slope(loss: Callable[..., Any], at: tuple[Any, ...], along: tuple[Any, ...]) -> float | None:
    """The central difference, or None where it depends on the step."""
    moved = lambda h: loss(*(x + h * t for x, t in zip(copies(at), along)))
    found = [float(moved(h) - moved(-h)) / (2 * h) for h in _STEPS]
    if max(found) - min(found) > _CLOSE * (1 + abs(found[0])):
        note("programs with loops without a central difference")
        return None
    return found[1]


@programs(10, cases())
def test_anything(case: Case) -> None:
    check(case)


@programs(10, cases("numbers", "sizes", "arrays"))
def test_sizes_that_depend_on_loops(case: Case) -> None:
    check(case)


@programs(10, cases("numbers", "arrays", "writes"))
def test_writes(case: Case) -> None:
    check(case)


def check(case: Case) -> None:
    """Forward = reverse = differences; native = interpreted; the arguments stay as they are."""
    loss, xs = scalar(case)
    ts, numbers, mine = directions(1, xs), (0, 1, 2), copies(xs)
    forward = unless_refused(lambda: jad.jvp(loss, mine, ts))
    if forward is None:
        return
    value, tangent = forward
    back = jad.grad(loss, argnums=numbers)(*mine)
    with jad.disable_jit():
        same(leaves(back), leaves(jad.grad(loss, argnums=numbers)(*mine)), "interpreted", 1e-9)
    with rolled():
        same(leaves(back), leaves(jad.grad(loss, argnums=numbers)(*mine)), "rolled", 1e-9)
    assert [x.tobytes() for x in leaves(mine)] == [x.tobytes() for x in leaves(xs)]
    np.testing.assert_allclose(value, loss(*copies(xs)), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(product(back, ts), tangent, rtol=1e-8, atol=1e-9)
    expected = slope(loss, xs, ts)
    if expected is not None:
        np.testing.assert_allclose(tangent, expected, rtol=1e-5, atol=1e-5)


@programs(6, cases())
def test_a_budget_changes_no_bit(case: Case) -> None:
    """With the least budget, of powers of two, that suffices."""
    loss, xs = scalar(case)
    for nbytes in [2**k for k in range(4, 24)]:
        try:
            with rolled():
                bounded = jad.grad(loss, argnums=(0, 1, 2), tape_budget=nbytes)
                found = unless_refused(partial(bounded, *xs))
        except ValueError as error:
            if "tape budget" not in str(error):
                raise
            note("tape budgets that were too small")
            continue
        if found is not None:
            with rolled():
                plain = jad.grad(loss, argnums=(0, 1, 2))(*xs)
            assert [x.tobytes() for x in leaves(found)] == [x.tobytes() for x in leaves(plain)], nbytes
        break


@programs(4, cases("numbers", "arrays"))
def test_second_order(case: Case) -> None:
    """Forward over reverse and reverse over reverse."""
    loss, xs = scalar(case)
    ts, gradient = directions(2, xs), jad.grad(loss, argnums=(0, 1, 2))

    def along(*xs: Any) -> Any:
        return sum(np.sum(t * g) for t, g in zip(ts, gradient(*xs)))

    one = unless_refused(lambda: jad.jvp(gradient, xs, ts)[1])
    if one is not None:
        two = jad.grad(along, argnums=(0, 1, 2))(*xs)
        same(leaves(one), leaves(two), "second order", 1e-8)
