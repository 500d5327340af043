"""Rosenbrock's function and its gradient written by hand, for NumPy and for Numba."""

from __future__ import annotations

from types import ModuleType

import numpy as np


def numpy_value_and_grad(x: np.ndarray) -> tuple[float, np.ndarray]:
    """Value and gradient with NumPy's array operations; the reference all tools are checked against."""
    slope, rest = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
    gradient = np.zeros_like(x)
    gradient[1:] = 200.0 * slope
    gradient[:-1] -= 400.0 * x[:-1] * slope + 2.0 * rest
    return np.sum(100.0 * slope**2 + rest**2), gradient


def numba_into(numba: ModuleType, fastmath: bool = False):
    """Return a Numba function (x, gradient) → value, writing the gradient in one pass, one store an entry."""

    @numba.njit(fastmath=fastmath)
    def value_and_grad(x, gradient):
        value, carried = 0.0, 0.0
        for i in range(len(x) - 1):
            slope = x[i + 1] - x[i] * x[i]
            rest = 1.0 - x[i]
            value += 100.0 * slope * slope + rest * rest
            gradient[i] = carried - 400.0 * x[i] * slope - 2.0 * rest
            carried = 200.0 * slope
        gradient[len(x) - 1] = carried
        return value

    return value_and_grad


def numba_accumulating(numba: ModuleType, fastmath: bool = False):
    """The same, adding each term's two contributions where they belong: what most people write first."""

    @numba.njit(fastmath=fastmath)
    def value_and_grad(x, gradient):
        value = 0.0
        gradient[:] = 0.0
        for i in range(len(x) - 1):
            slope = x[i + 1] - x[i] * x[i]
            rest = 1.0 - x[i]
            value += 100.0 * slope * slope + rest * rest
            gradient[i] -= 400.0 * x[i] * slope + 2.0 * rest
            gradient[i + 1] += 200.0 * slope
        return value

    return value_and_grad


def numba_new(numba: ModuleType, into):
    """Return the Numba function x → (value, gradient) around one that writes into an array."""

    @numba.njit
    def value_and_grad(x):
        gradient = np.empty_like(x)
        return into(x, gradient), gradient

    return value_and_grad
