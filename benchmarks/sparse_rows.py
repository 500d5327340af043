"""A sparse matrix times a vector, row by row: loops whose bounds are read from arrays, and the gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.harness import Report
from benchmarks.loops import Loop, beside_hand, beside_jax, row

ROWS, ENTRIES = 10_000, 20


def squares(data, x, indices, indptr, weights):
    """Return the weighted sum of squares of A x, A in compressed rows."""
    n = len(indptr) - 1
    y = np.zeros(n)
    for i in range(n):
        s = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            s += data[k] * x[indices[k]]
        y[i] = s
    return np.sum(weights * y * y)


def by_hand(jit: Callable) -> tuple[Callable, Callable]:
    """Return the value, and value and gradient, row by row in one pass."""

    @jit
    def value(data, x, indices, indptr, weights):
        total = 0.0
        for i in range(len(indptr) - 1):
            s = 0.0
            for k in range(indptr[i], indptr[i + 1]):
                s += data[k] * x[indices[k]]
            total += weights[i] * s * s
        return total

    @jit
    def value_and_gradient(data, x, indices, indptr, weights):
        total, g_data, g_x = 0.0, np.empty_like(data), np.zeros_like(x)
        for i in range(len(indptr) - 1):
            s = 0.0
            for k in range(indptr[i], indptr[i + 1]):
                s += data[k] * x[indices[k]]
            total += weights[i] * s * s
            c = 2.0 * weights[i] * s
            for k in range(indptr[i], indptr[i + 1]):
                g_data[k] = c * x[indices[k]]
                g_x[indices[k]] += c * data[k]
        return total, (g_data, g_x)

    return value, value_and_gradient


def for_jax(jax):
    """Return JAX's form: all products, summed by segments."""

    def f(data, x, indices, indptr, weights):
        n = len(indptr) - 1
        counts = jax.numpy.diff(indptr)
        rows = jax.numpy.repeat(jax.numpy.arange(n), counts, total_repeat_length=len(data))
        y = jax.ops.segment_sum(data * x[indices], rows, n, indices_are_sorted=True)
        return jax.numpy.sum(weights * y * y)

    return f


def loops(n: int = ROWS, entries: int = ENTRIES) -> list[Loop]:
    """Return a random square matrix with rows of different length, `entries` on average."""
    rng = np.random.default_rng(0)
    indptr = np.concatenate([[0], np.cumsum(rng.integers(0, 2 * entries + 1, n))])
    data = rng.standard_normal(indptr[-1])
    indices = rng.integers(0, n, len(data))
    arguments = data, rng.standard_normal(n), indices, indptr, rng.random(n)
    return [Loop(f"sparse rows, {n} × {entries}", squares, arguments, by_hand, for_jax, (0, 1))]


def run() -> Report:
    """Measure value and gradient."""
    found = row(loops()[0])
    return Report(
        "Sparse rows",
        "Value and gradient of a weighted sum of squares of A x with respect to A's entries and x.",
        [found],
        [beside_hand(found, 1.5), beside_jax(found, 0.2)],
    )
