"""Thomas' algorithm: a tridiagonal system solved by two recurrences, and its gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.harness import Report
from benchmarks.loops import Loop, beside_hand, beside_jax, row

SIZE = 10_000
ALL = (0, 1, 2, 3)


def solved(a, b, c, d, weights):
    """Return the weighted sum of the solution; a, b, c are the diagonals, from below to above."""
    n = len(d)
    cp, dp = np.zeros(n), np.zeros(n)
    cp[0], dp[0] = c[0] / b[0], d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    x = np.zeros(n)
    x[n - 1] = dp[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = dp[i] - cp[i] * x[i + 1]
    return np.sum(weights * x)


def by_hand(jit: Callable) -> tuple[Callable, Callable]:
    """Return the value, and value and gradient by the transposed system, with the factors of the first."""

    @jit
    def value(a, b, c, d, weights):
        n = len(d)
        cp, x = np.empty(n), np.empty(n)
        m = 1.0 / b[0]
        cp[0], x[0] = c[0] * m, d[0] * m
        for i in range(1, n):
            m = 1.0 / (b[i] - a[i] * cp[i - 1])
            cp[i] = c[i] * m
            x[i] = (d[i] - a[i] * x[i - 1]) * m
        total = weights[n - 1] * x[n - 1]
        for i in range(n - 2, -1, -1):
            x[i] -= cp[i] * x[i + 1]
            total += weights[i] * x[i]
        return total

    @jit
    def value_and_gradient(a, b, c, d, weights):
        n = len(d)
        cp, x, m, gd = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
        ga, gb, gc = np.empty(n), np.empty(n), np.empty(n)
        m[0] = 1.0 / b[0]
        cp[0], x[0], gd[0] = c[0] * m[0], d[0] * m[0], weights[0]
        for i in range(1, n):
            m[i] = 1.0 / (b[i] - a[i] * cp[i - 1])
            cp[i] = c[i] * m[i]
            x[i] = (d[i] - a[i] * x[i - 1]) * m[i]
            gd[i] = weights[i] - cp[i - 1] * gd[i - 1]
        total, following, above = 0.0, 0.0, 0.0
        for i in range(n - 1, -1, -1):
            following = x[i] - cp[i] * following
            x[i] = following
            total += weights[i] * following
            gd[i] = (gd[i] - above) * m[i]
            above = a[i] * gd[i]
            gb[i] = -gd[i] * following
        for i in range(1, n):
            ga[i] = -gd[i] * x[i - 1]
            gc[i - 1] = -gd[i - 1] * x[i]
        ga[0], gc[n - 1] = 0.0, 0.0
        return total, (ga, gb, gc, gd)

    return value, value_and_gradient


def for_jax(jax):
    """Return JAX's form: one `scan` down and one up, rows stacked."""

    def f(a, b, c, d, weights):
        def down(carry, row):
            a, b, c, d = row
            cp, dp = carry
            m = b - a * cp
            carry = c / m, (d - a * dp) / m
            return carry, carry

        def up(x, row):
            cp, dp = row
            x = dp - cp * x
            return x, x

        _, (cp, dp) = jax.lax.scan(down, (0.0, 0.0), (a, b, c, d))
        _, x = jax.lax.scan(up, 0.0, (cp.at[-1].set(0.0), dp), reverse=True)
        return jax.numpy.sum(weights * x)

    return f


def loops(n: int = SIZE) -> list[Loop]:
    """Return the solution of a random diagonally dominant system."""
    rng = np.random.default_rng(0)
    a, c, d, weights = rng.random((4, n))
    arguments = a, 3.0 + rng.random(n), c, d, weights
    return [Loop(f"Thomas solve, n = {n}", solved, arguments, by_hand, for_jax, ALL)]


def run() -> Report:
    """Measure value and gradient."""
    found = row(loops()[0])
    return Report(
        "Tridiagonal system",
        "Value and gradient of a weighted sum of the solution by the diagonals and the right side.",
        [found],
        [beside_hand(found, 1.5), beside_jax(found, 0.2)],
    )
