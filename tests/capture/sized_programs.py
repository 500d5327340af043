"""Programs whose loops use slices, reductions and arrays of sizes that depend on the index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def matrix(n: int = 6) -> np.ndarray:
    return np.random.default_rng(n).standard_normal((n, n)) + n * np.eye(n)


def vector(n: int = 7) -> np.ndarray:
    return np.random.default_rng(n).standard_normal(n)


def row_norms(A):
    s = 0.0
    for i in range(len(A)):
        s += np.sum(A[i, :i] ** 2)
    return s


def lu_rows(A):
    A = A.copy()
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= np.dot(A[i, :i], A[:i, j])
    return A


def lu_columns(A):
    A = A.copy()
    for i in range(len(A) - 1):
        A[i + 1 :, i] /= A[i, i]
        A[i + 1 :, i + 1 :] -= np.outer(A[i + 1 :, i], A[i, i + 1 :])
    return A


def backwards(A, b):
    n = len(b)
    x = b.copy()
    for i in range(n - 1, -1, -1):
        x[i] = (x[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


def durbin(r):
    y = np.empty_like(r)
    alpha, beta = -r[0], 1.0
    y[0] = -r[0]
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * y[:k][::-1]
        y[k] = alpha
    return y


def shifted(x):
    n = len(x)
    s = 0.0
    for k in range(n):
        s += np.sum(x[k : k + n - k] * x[: n - k]) + np.sum(x[: n - k] * np.sin(x[k:]))
    return s


def flips(x):
    s = 0.0
    for k in range(1, len(x)):
        s += np.sum(x[k - 1 :: -1] * x[:k]) + np.flip(x[:k])[0] * np.flip(x[k:])[-1]
    return s


def reductions(x):
    out = np.zeros((len(x), 8))
    for k in range(1, len(x) + 1):
        part = x[:k]
        out[k - 1, 0] = np.max(part)
        out[k - 1, 1] = part.min() + part.mean() + np.var(part)
        out[k - 1, 2] = np.prod(part)
        out[k - 1, 3] = np.linalg.norm(part)
        out[k - 1, 4] = part[np.argmax(part)]
        out[k - 1, 5] = np.where(np.any(part > 0.5), 1.0, 2.0) * part[0]
        out[k - 1, 6] = np.cumsum(part)[-1] + np.sum(np.diff(part) ** 2)
        out[k - 1, 7] = np.where(np.all(part > -9), part[-1], 0.0)
    return out


def empties(x):
    s = 0.0
    for k in range(len(x)):
        s += np.sum(x[:k]) + np.prod(x[:k]) + np.sum(x[k:k]) + np.linalg.norm(x[:k])
    return s


def workspaces(x):
    s = 0.0
    for k in range(1, len(x)):
        w = np.zeros(k)
        w[:] = x[:k]
        w[1:] += 2.0
        v = np.arange(k) * w + np.ones(k)
        u = np.empty_like(v)
        u[...] = v
        s += np.sum(u * x[:k].copy()) / len(w) + u.shape[0] + v.size // 2 + np.full(k, x[k])[0]
    return s


def squares(A, x):
    s = 0.0
    for k in range(1, len(x)):
        B = A[:k, :k]
        s += (
            np.sum(B @ x[:k])
            + np.trace(A) * np.sum((B @ B.T) ** 2)
            + np.sum(B.reshape(k, k) * np.outer(x[:k], x[:k]))
        )
        s += np.sum(x[:k] @ B) + np.sum(B[0] * B[:, -1]) + np.sum(A[:k, k].reshape(-1)) + np.sum(B.flatten())
    return s


def swaps(A, x):
    A = A.copy()
    for k in range(len(x) - 1):
        p = k + np.argmax(np.abs(A[k:, k]))
        row = A[k, k:].copy()
        A[k, k:] = A[p, k:]
        A[p, k:] = row
        A[k:, k] *= x[k]
        A[k, k:] = A[k, k:] + 1.0
        A[k + 1 :] += 0.5 * A[k, :]
    return A


def strided(x):
    n = len(x)
    s = 0.0
    for k in range(n):
        s += np.sum(x[k::2]) + 2.0 * np.sum(x[:k:3]) + 3.0 * np.sum(x[k::-2]) + np.sum(x[::-1][k:])
        s += (
            0.5 * np.sum(x[-k:])
            + np.sum(x[: -k - 1])
            + np.sum(x[k - 3 : k + 2])
            + np.sum(x[max(0, k - 2) : min(n, k + 2)])
        )
    return s


def writes(x):
    y = np.zeros(9)
    for k in range(len(x)):
        y[k:] += x[k]
        y[:k] *= 0.5
        y[k : k + 2] = x[k]
        y[: k + 1][::-1] -= x[: k + 1]
        y[k:][0] += 1.0
        y[k::2][:1] = y[k::2][:1] * 2.0
    return y


def rows_of_csr(values, x):
    pointers, columns = np.array([0, 2, 2, 5, 7]), np.array([0, 3, 1, 2, 4, 0, 4])
    y = np.zeros(4)
    for i in range(4):
        low, high = pointers[i], pointers[i + 1]
        y[i] = np.sum(values[low:high] * x[columns[low:high]])
    return y


def gathered(values, x, pointers, columns):
    y = np.zeros(len(pointers) - 1)
    for i in range(len(pointers) - 1):
        y[i] = values[pointers[i] : pointers[i + 1]] @ x[columns[pointers[i] : pointers[i + 1]]]
    return y


def joined(x):
    s = 0.0
    for k in range(1, len(x)):
        v = np.concatenate([x[k:], x[:k]])
        w = np.concatenate((np.zeros(1), np.cumsum(x[:k])))
        h = np.stack([x[:k], x[len(x) - k :]])
        s += np.sum(v * x) + np.sum(w**2) + np.sum(np.hstack([x[:k], 1.0]) ** 3) + np.sum(h[0] * h[1])
    return s


def branches(x):
    s = 0.0
    for k in range(len(x)):
        if k > 0:
            s += np.max(x[:k])
        else:
            s += x[0]
        if x[k] > 0:
            t = np.sum(x[: k + 1])
        else:
            t = np.sum(x[k:] ** 2)
        s += t
    return s


def nested(A):
    s = 0.0
    n = len(A)
    for i in range(n):
        for j in range(i, n):
            for k in range(j - i):
                s += np.sum(A[i : i + k + 1, j]) * A[k, j - i]
            s += np.sum(A[i, i : j + 1] * A[j, : j - i + 1])
    return s


def iterated(A):
    s = 0.0
    for k in range(len(A)):
        for v in A[k, :k]:
            s += v * k
        for i, row in enumerate(A[k:]):
            s += np.sum(row[:k]) * i
        for a, b in zip(A[:k, k], A[k, :k]):
            s += a * b
    return s


def masked(x):
    s = 0.0
    for k in range(1, len(x)):
        part = x[:k]
        s += (
            np.sum(part[part > 0])
            + np.sum(np.where(part > 0.1, part, part**2))
            + np.sum(np.clip(part, -0.3, 0.3))
        )
        s += np.sum(part, where=part < 0) + np.mean(np.maximum(part, x[len(x) - k :]))
    return s


def while_counted(x, n):
    s, k = 0.0, 0
    while k < n:
        s += np.sum(x[:k] * x[k : 2 * k][:k]) if False else np.sum(x[:k])
        k += 1
    return s


#: Function → its arguments, and which are differentiated.
SIZED: dict[Callable, tuple[tuple[Any, ...], tuple[int, ...]]] = {
    row_norms: ((matrix(),), (0,)),
    lu_rows: ((matrix(),), (0,)),
    lu_columns: ((matrix(),), (0,)),
    backwards: ((matrix(), vector(6)), (0, 1)),
    durbin: ((0.1 * vector(),), (0,)),
    shifted: ((vector(),), (0,)),
    flips: ((vector(),), (0,)),
    reductions: ((vector(),), (0,)),
    empties: ((vector(),), (0,)),
    workspaces: ((vector(),), (0,)),
    squares: ((matrix(), vector(6)), (0, 1)),
    swaps: ((matrix(), vector(6)), (0, 1)),
    strided: ((vector(9),), (0,)),
    writes: ((vector(9),), (0,)),
    rows_of_csr: ((vector(7), vector(5)), (0, 1)),
    gathered: (
        (vector(7), vector(5), np.array([0, 2, 2, 5, 7]), np.array([0, 3, 1, 2, 4, 0, 4], np.int32)),
        (0, 1),
    ),
    joined: ((vector(),), (0,)),
    branches: ((vector(),), (0,)),
    nested: ((matrix(),), (0,)),
    iterated: ((matrix(),), (0,)),
    masked: ((vector(),), (0,)),
    while_counted: ((vector(), 7), (0,)),
}
