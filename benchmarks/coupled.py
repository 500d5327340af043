"""Sixty coupled scalars over 614 steps: recurrences whose state a compiler must keep in its place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.harness import Report
from benchmarks.loops import Loop, beside_hand, row

STEPS, SIZE = 614, 60


def in_array(th, signal):
    """The state as an array, updated in place, one element after the other."""
    size = len(th)
    c = np.zeros(size)
    for x in signal:
        for i in range(size):
            c[i] += 0.01 * np.tanh(th[i] * (x - c[i]) + 0.1 * c[(i + 1) % size])
    return np.sum(c * c)


def in_list(th, signal):
    """The state as a list of as many scalars, a new one each step."""
    size = len(th)
    c = [0.0] * size
    for x in signal:
        c = list(c)
        for i in range(size):
            c[i] += 0.01 * np.tanh(th[i] * (x - c[i]) + 0.1 * c[(i + 1) % size])
    return sum(value * value for value in c)


def by_hand(jit: Callable) -> tuple[Callable, Callable]:
    """Return the value, and value and gradient; kept are the state and the slope of each tanh."""

    @jit
    def value(th, signal):
        size = len(th)
        c = np.zeros(size)
        for t in range(len(signal)):
            x = signal[t]
            for i in range(size - 1):
                c[i] += 0.01 * np.tanh(th[i] * (x - c[i]) + 0.1 * c[i + 1])
            i = size - 1
            c[i] += 0.01 * np.tanh(th[i] * (x - c[i]) + 0.1 * c[0])
        total = 0.0
        for i in range(size):
            total += c[i] * c[i]
        return total

    @jit
    def value_and_gradient(th, signal):
        size, steps = len(th), len(signal)
        c = np.zeros(size)
        away, slope = np.empty((steps, size)), np.empty((steps, size))
        for t in range(steps):
            x = signal[t]
            for i in range(size):
                after = c[i + 1] if i + 1 < size else c[0]
                d = x - c[i]
                y = np.tanh(th[i] * d + 0.1 * after)
                away[t, i], slope[t, i] = d, 0.01 * (1.0 - y * y)
                c[i] += 0.01 * y
        total, ct, gradient = 0.0, np.empty(size), np.zeros(size)
        for i in range(size):
            total += c[i] * c[i]
            ct[i] = 2.0 * c[i]
        for t in range(steps - 1, -1, -1):
            for i in range(size - 1, -1, -1):
                u = ct[i] * slope[t, i]
                gradient[i] += u * away[t, i]
                ct[i] -= u * th[i]
                ct[i + 1 if i + 1 < size else 0] += 0.1 * u
        return total, gradient

    return value, value_and_gradient


def for_jax(jax):
    """Return JAX's form: `scan` over the signal, the sixty scalars unrolled in its body."""

    def f(th, signal):
        size = len(th)

        def body(c, x):
            c = list(c)
            for i in range(size):
                c[i] = c[i] + 0.01 * jax.numpy.tanh(th[i] * (x - c[i]) + 0.1 * c[(i + 1) % size])
            return tuple(c), None

        c, _ = jax.lax.scan(body, (0.0,) * size, signal)
        return sum(value * value for value in c)

    return f


def loops(steps: int = STEPS, size: int = SIZE) -> list[Loop]:
    """Return the program with the state in an array and in a list."""
    arguments = np.linspace(0.5, 2.0, size), np.sin(np.linspace(0.0, 20.0, steps))
    work = f"{steps} steps of {size} coupled scalars"
    return [
        Loop(f"{work}, array", in_array, arguments, by_hand, for_jax),
        Loop(f"{work}, list", in_list, arguments, by_hand, for_jax),
    ]


def run() -> Report:
    """Measure both forms."""
    report = Report(
        "Coupled scalars",
        "Value and gradient of `c[i] += 0.01 tanh(th[i] (x − c[i]) + 0.1 c[(i + 1) % K])` by th.",
    )
    for loop in loops():
        report.rows.append(row(loop))
        report.targets.append(beside_hand(report.rows[-1], 1.2))
    return report
