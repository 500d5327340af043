"""Reverse mode through a `while` whose number of trips nobody knows, beside the same as a `for`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.compare import measure
from benchmarks.harness import OURS, Report, Row, Target, ratio
from benchmarks.loops import VALUE, Loop, expected, tools

FOR, FOR_VALUE = f"{OURS}, `for`", f"{OURS} value, `for`"
STEPS = 10**6
POINT = np.array([0.3, 0.7, 0.2])
H = 1e-5


def turning(q, v, drag):
    """Return the position and velocity of a damped pendulum a moment later."""
    v = v - H * (np.sin(q) + drag * v)
    return q + H * v, v


def with_while(end: float) -> Callable:
    """Return the pendulum's energy at a time, as a loop until that time."""

    def f(p):
        q, v, drag = p
        t = 0.0
        while t < end:
            q, v = turning(q, v, drag)
            t += H
        return 0.5 * v * v + q * q

    return f


def with_for(n: int) -> Callable:
    """Return the pendulum's energy after n steps."""

    def f(p):
        q, v, drag = p
        for _ in range(n):
            q, v = turning(q, v, drag)
        return 0.5 * v * v + q * q

    return f


def trips(end: float) -> int:
    """Return how many steps of H, added one after the other, reach a time."""
    n, t = 0, 0.0
    while t < end:
        n, t = n + 1, t + H
    return n


def by_hand(n: int) -> Callable:
    """Return, as `Loop.by_hand` wants it, n steps and their adjoint; kept are both states."""

    def make(jit):
        @jit
        def value(p):
            q, v, drag = p[0], p[1], p[2]
            for _ in range(n):
                v = v - H * (np.sin(q) + drag * v)
                q = q + H * v
            return 0.5 * v * v + q * q

        @jit
        def value_and_gradient(p):
            q, v, drag = p[0], p[1], p[2]
            kept = np.empty((n, 2))
            for i in range(n):
                kept[i, 0], kept[i, 1] = q, v
                v = v - H * (np.sin(q) + drag * v)
                q = q + H * v
            result = 0.5 * v * v + q * q
            cq, cv, cd = 2.0 * q, v, 0.0
            for i in range(n - 1, -1, -1):
                cv += H * cq
                cd -= H * kept[i, 1] * cv
                cq -= H * np.cos(kept[i, 0]) * cv
                cv -= H * drag * cv
            return result, np.array([cq, cv, cd])

        return value, value_and_gradient

    return make


def for_jax(n: int) -> Callable:
    """Return JAX's form of the `for`: `scan`; there is no reverse mode for its `while_loop`."""

    def make(jax):
        def f(p):
            def step(state, _):
                q, v = state
                v = v - H * (jax.numpy.sin(q) + p[2] * v)
                return (q + H * v, v), None

            (q, v), _ = jax.lax.scan(step, (p[0], p[1]), None, length=n)
            return 0.5 * v * v + q * q

        return f

    return make


def loops(n: int = STEPS) -> list[Loop]:
    """Return the same motion by `while` and by `for`; JAX is given the second for both."""
    steps = trips(n * H)
    hand, jax = by_hand(steps), for_jax(steps)
    return [
        Loop("`while` of about 10⁶ steps", with_while(n * H), (POINT,), hand, jax),
        Loop("`for` of about 10⁶ steps", with_for(steps), (POINT,), hand, jax),
    ]


def both(n: int = STEPS) -> Row:
    """Measure both, taking turns."""
    unbounded, counted = loops(n)
    title = dict(zip((OURS, VALUE), (FOR, FOR_VALUE), strict=True))
    ours = [replace(tool, title=title[tool.title]) for tool in tools(counted) if tool.title in title]
    columns = [*tools(unbounded)[:2], *ours, *tools(unbounded)[2:]]
    return measure(unbounded.work, columns, expected(unbounded), unbounded.rtol, counted=True)


def run() -> Report:
    """Measure both."""
    found = both()
    beside = ratio(found.cells[OURS], found.cells[FOR])
    return Report(
        "Loops of unknown length",
        "Value and gradient of a damped pendulum's energy by its start and the drag. JAX has no\n"
        "reverse mode through `while_loop`; it and the loops by hand are told the number of steps.",
        [found],
        [Target("gradient through `while` beside `for`", beside, 1.3, "×")],
    )
