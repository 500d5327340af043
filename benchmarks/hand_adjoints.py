"""Adjoints of five programs written by hand: value and gradient of the weighted sum of what they compute.

None keeps a tape: what the way back reads is in the results, or the program is linear in what is overwritten.
Loops run along rows, so that a compiler can use its vector units without reordering sums.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def seidel_2d(jit: Callable) -> Callable:
    """The sweeps are linear: the way back is their transpose, elements in the opposite order."""

    @jit
    def value_and_gradient(steps, A, weights):
        x, ct = A.copy(), weights.copy()
        n = x.shape[0]
        row = np.empty(n)
        for _ in range(steps - 1):
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    row[j] = x[i - 1, j - 1] + x[i - 1, j] + x[i - 1, j + 1] + x[i, j] + x[i, j + 1]
                    row[j] += x[i + 1, j - 1] + x[i + 1, j] + x[i + 1, j + 1]
                for j in range(1, n - 1):
                    x[i, j] = (row[j] + x[i, j - 1]) / 9.0
        for _ in range(steps - 1):
            for i in range(n - 2, 0, -1):
                for j in range(n - 2, 0, -1):
                    row[j] = ct[i, j] / 9.0
                    ct[i, j - 1] += row[j]
                row[0], row[n - 1] = 0.0, 0.0
                for j in range(1, n - 1):
                    ct[i, j] = row[j] + row[j - 1]
                ct[i, n - 1] += row[n - 2]
                for k in (i - 1, i + 1):
                    ct[k, 0] += row[1]
                    for j in range(1, n - 1):
                        ct[k, j] += row[j - 1] + row[j] + row[j + 1]
                    ct[k, n - 1] += row[n - 2]
        return np.sum(weights * x), ct

    return value_and_gradient


def lu(jit: Callable) -> Callable:
    """Row by row; the way back reads the factors, and their transpose where it wants columns."""

    @jit
    def value_and_gradient(A, weights):
        x, ct = A.copy(), weights.copy()
        n = x.shape[0]
        for i in range(n):
            for k in range(i):
                x[i, k] /= x[k, k]
                for j in range(k + 1, n):
                    x[i, j] -= x[i, k] * x[k, j]
        columns = np.ascontiguousarray(x.T)
        for i in range(n - 1, -1, -1):
            for j in range(n - 1, i - 1, -1):
                for k in range(i):
                    ct[i, k] -= ct[i, j] * columns[j, k]
            for j in range(i - 1, -1, -1):
                ct[i, j] /= x[j, j]
                for k in range(j):
                    ct[i, k] -= ct[i, j] * columns[j, k]
            for k in range(i):
                ct[k, k] -= ct[i, k] * x[i, k]
                for j in range(k + 1, n):
                    ct[k, j] -= ct[i, j] * x[i, k]
        return np.sum(weights * x), ct

    return value_and_gradient


def cholesky(jit: Callable) -> Callable:
    """Row by row, there and back; what is above the diagonal stays as it is."""

    @jit
    def value_and_gradient(A, weights):
        x, ct = A.copy(), weights.copy()
        n = x.shape[0]
        for i in range(n):
            for j in range(i + 1):
                rest = x[i, j]
                for k in range(j):
                    rest -= x[i, k] * x[j, k]
                x[i, j] = np.sqrt(rest) if i == j else rest / x[j, j]
        for i in range(n - 1, -1, -1):
            ct[i, i] /= 2.0 * x[i, i]
            for k in range(i):
                ct[i, k] -= 2.0 * ct[i, i] * x[i, k]
            for j in range(i - 1, -1, -1):
                ct[i, j] /= x[j, j]
                ct[j, j] -= ct[i, j] * x[i, j]
                for k in range(j):
                    ct[i, k] -= ct[i, j] * x[j, k]
                for k in range(j):
                    ct[j, k] -= ct[i, j] * x[i, k]
        return np.sum(weights * x), ct

    return value_and_gradient


def trmm(jit: Callable) -> Callable:
    """Rows at a time; the rows that a product reads have not been overwritten, so B as it came is enough."""

    @jit
    def value_and_gradient(alpha, A, B, weights):
        m, n = B.shape
        x, ct, of_A = B.copy(), alpha * weights, np.zeros_like(A)
        for i in range(m):
            for k in range(i + 1, m):
                for j in range(n):
                    x[i, j] += A[k, i] * B[k, j]
        of_alpha = np.sum(weights * x)
        for i in range(m - 1, -1, -1):
            for k in range(i + 1, m):
                total = 0.0
                for j in range(n):
                    total += ct[i, j] * B[k, j]
                for j in range(n):
                    ct[k, j] += A[k, i] * ct[i, j]
                of_A[k, i] = total
        return alpha * of_alpha, of_alpha, of_A, ct

    return value_and_gradient


def syrk(jit: Callable) -> Callable:
    """The cotangent of a product's row is known when it is computed, so that both go in one pass."""

    @jit
    def value_and_gradient(alpha, beta, C, A, weights):
        n, m = A.shape
        columns, of_A, of_C = np.ascontiguousarray(A.T), np.zeros_like(A), weights.copy()
        row = np.empty(n)
        value, of_alpha, of_beta = 0.0, 0.0, 0.0
        for i in range(n):
            row[:] = 0.0
            for k in range(m):
                for j in range(i + 1):
                    row[j] += A[i, k] * columns[k, j]
            for j in range(i + 1):
                ct = weights[i, j]
                of_alpha += ct * row[j]
                of_beta += ct * C[i, j]
                of_C[i, j] = beta * ct
                for k in range(m):
                    of_A[i, k] += alpha * ct * A[j, k]
                for k in range(m):
                    of_A[j, k] += alpha * ct * A[i, k]
            for j in range(i + 1, n):
                value += weights[i, j] * C[i, j]
        value += alpha * of_alpha + beta * of_beta
        return value, of_alpha, of_beta, of_C, of_A

    return value_and_gradient
