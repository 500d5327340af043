"""A recurrence along arrays of 10³ … 10⁷ elements: gradient beside value, and what grows with the length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import jitad as jad
from benchmarks.compare import Call, prepare
from benchmarks.harness import OURS, Report, Row, Target, ratio
from benchmarks.loops import VALUE, Loop, row, tools
from benchmarks.memory import peak_apart

LENGTHS = (10**3, 10**4, 10**5, 10**6, 10**7)


def filtered(x):
    """Return the sum of squares of a nonlinear filter's output."""
    y = np.zeros(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = 0.5 * y[i - 1] + x[i] / (1.0 + y[i - 1] * y[i - 1])
    return np.sum(y * y)


def by_hand(jit: Callable) -> tuple[Callable, Callable]:
    """Return the value, and value and gradient; kept are the outputs."""

    @jit
    def value(x):
        y = np.empty(len(x))
        y[0] = x[0]
        total, before = x[0] * x[0], x[0]
        for i in range(1, len(x)):
            before = 0.5 * before + x[i] / (1.0 + before * before)
            y[i] = before
            total += before * before
        return total

    @jit
    def value_and_gradient(x):
        n = len(x)
        y, gradient = np.empty(n), np.empty(n)
        y[0] = x[0]
        total, before = x[0] * x[0], x[0]
        for i in range(1, n):
            before = 0.5 * before + x[i] / (1.0 + before * before)
            y[i] = before
            total += before * before
        ct = 0.0
        for i in range(n - 1, 0, -1):
            ct += 2.0 * y[i]
            before = y[i - 1]
            r = 1.0 / (1.0 + before * before)
            gradient[i] = ct * r
            ct *= 0.5 - 2.0 * before * x[i] * r * r
        gradient[0] = ct + 2.0 * y[0]
        return total, gradient

    return value, value_and_gradient


def for_jax(jax):
    """Return JAX's form: `scan` over the input."""

    def f(x):
        def step(y, x):
            y = 0.5 * y + x / (1.0 + y * y)
            return y, y

        _, y = jax.lax.scan(step, x[0], x[1:])
        return x[0] ** 2 + jax.numpy.sum(y * y)

    return f


def loop(n: int) -> Loop:
    """Return the recurrence over n elements."""
    x = np.sin(np.linspace(0.0, 100.0, n))
    return Loop(f"T = {n:.0e}".replace("e+0", "e"), filtered, (x,), by_hand, for_jax)


def loops() -> list[Loop]:
    """Return the program of this case."""
    return [loop(LENGTHS[0])]


def prepared(tool: str, n: int) -> Call | str:
    """Return the call of one column, for `benchmarks.memory`."""
    found = loop(n)
    (column,) = [t for t in tools(found) if t.title == tool]
    return prepare(column, jad.value_and_grad(filtered)(*found.arguments), 1e-9)


def spread(rows: list[Row]) -> float | None:
    """Return the most by which time for each element grows from a length of 10⁴ to a longer one."""
    times = [found.cells[OURS] / n for found, n in zip(rows, LENGTHS, strict=True)]
    return max(times[2:]) / times[1]


def memory() -> tuple[str, Target]:
    """Return the bytes for each element of the two longest, as a note, and the target for their quotient."""
    shorter, longer = [peak_apart("recurrence", OURS, n) for n in LENGTHS[-2:]]
    if shorter is None or longer is None:
        return "Memory was not measured.", Target("bytes for each element, 10⁷ beside 10⁶", None, 1.1, "×")
    each = shorter / LENGTHS[-2], longer / LENGTHS[-1]
    note = f"Peak memory of value and gradient, results included: {each[1]:.1f} bytes for each element."
    return note, Target("recurrence, bytes for each element, T = 10⁷ beside 10⁶", each[1] / each[0], 1.1, "×")


def run() -> Report:
    """Measure every length, and the memory of the longest."""
    rows = [row(loop(n)) for n in LENGTHS]
    beside_value = [
        Target(
            f"recurrence, {found.work}, beside value", ratio(found.cells[OURS], found.cells[VALUE]), 4.0, "×"
        )
        for found in rows
    ]
    note, target = memory()
    return Report(
        "Recurrence along an array",
        "Value and gradient of `y[i] = f(y[i - 1], x[i])`, i < T.",
        rows,
        [
            *beside_value,
            Target("recurrence, time for each element beside T = 10⁴", spread(rows), 1.5, "×"),
            target,
        ],
        [note],
    )
