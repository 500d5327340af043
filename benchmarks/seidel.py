"""Seidel's relaxation in place: an array overwritten element by element, and its gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.harness import Report
from benchmarks.loops import Loop, beside_hand, beside_jax, row

SIZE, SWEEPS = 40, 20


def relaxed(sweeps: int) -> Callable:
    """Return the weighted sum of an array after sweeps in which each element becomes the mean of nine."""

    def f(A, weights):
        A = A.copy()
        n = A.shape[0]
        for _ in range(sweeps):
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    A[i, j] = (
                        A[i - 1, j - 1]
                        + A[i - 1, j]
                        + A[i - 1, j + 1]
                        + A[i, j - 1]
                        + A[i, j]
                        + A[i, j + 1]
                        + A[i + 1, j - 1]
                        + A[i + 1, j]
                        + A[i + 1, j + 1]
                    ) / 9.0
        return np.sum(weights * A)

    return f


def by_hand(sweeps: int) -> Callable:
    """Return, as `Loop.by_hand` wants it, the sweeps and their adjoint; being linear, they keep nothing."""

    def make(jit):
        @jit
        def sweep(A):
            n = A.shape[0]
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    above = A[i - 1, j - 1] + A[i - 1, j] + A[i - 1, j + 1]
                    beside = A[i, j - 1] + A[i, j] + A[i, j + 1]
                    below = A[i + 1, j - 1] + A[i + 1, j] + A[i + 1, j + 1]
                    A[i, j] = (above + below + beside) / 9.0

        @jit
        def value(A, weights):
            A = A.copy()
            for _ in range(sweeps):
                sweep(A)
            return np.sum(weights * A)

        @jit
        def value_and_gradient(A, weights):
            result = value(A, weights)
            ct = weights.copy()
            n = A.shape[0]
            for _ in range(sweeps):
                for i in range(n - 2, 0, -1):
                    for j in range(n - 2, 0, -1):
                        c = ct[i, j] / 9.0
                        ct[i, j] = c
                        ct[i - 1, j - 1] += c
                        ct[i - 1, j] += c
                        ct[i - 1, j + 1] += c
                        ct[i, j - 1] += c
                        ct[i, j + 1] += c
                        ct[i + 1, j - 1] += c
                        ct[i + 1, j] += c
                        ct[i + 1, j + 1] += c
            return result, ct

        return value, value_and_gradient

    return make


def for_jax(sweeps: int) -> Callable:
    """Return JAX's form: `fori_loop` over elements written by `at[i, j].set`."""

    def make(jax):
        def f(A, weights):
            n = A.shape[0]

            def element(k, A):
                i, j = 1 + k // (n - 2), 1 + k % (n - 2)
                window = jax.lax.dynamic_slice(A, (i - 1, j - 1), (3, 3))
                return A.at[i, j].set(window.sum() / 9.0)

            def sweep(_, A):
                return jax.lax.fori_loop(0, (n - 2) ** 2, element, A)

            return jax.numpy.sum(weights * jax.lax.fori_loop(0, sweeps, sweep, A))

        return f

    return make


def loops(n: int = SIZE, sweeps: int = SWEEPS) -> list[Loop]:
    """Return the relaxation of a random array."""
    rng = np.random.default_rng(0)
    arguments = rng.random((n, n)), rng.random((n, n))
    work = f"seidel-2d, {n} × {n}, {sweeps} sweeps"
    return [Loop(work, relaxed(sweeps), arguments, by_hand(sweeps), for_jax(sweeps))]


def run() -> Report:
    """Measure value and gradient."""
    found = row(loops()[0])
    return Report(
        "seidel-2d",
        "Value and gradient of a weighted sum with respect to the first array.",
        [found],
        [beside_hand(found, 1.5), beside_jax(found, 0.2)],
    )
