"""Factorisations, triangular solves, rank updates as JAX users write them: loops over rows, masks."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from benchmarks.jax_solvers import lu


def lu_outer(A):
    n = A.shape[0]
    places = jnp.arange(n)

    def column(i, A):
        below = places > i
        factor = jnp.where(below, A[:, i] / A[i, i], A[:, i])
        A = A.at[:, i].set(factor)
        corner = below[:, None] & below[None, :]
        return A - jnp.where(corner, jnp.outer(factor, A[i]), 0.0)

    return lax.fori_loop(0, n - 1, column, A)


def ludcmp(A, b):
    n = b.shape[0]
    columns = jnp.arange(n)
    A = lu(A)

    def down(i, y):
        return y.at[i].set(b[i] - jnp.where(columns < i, A[i], 0.0) @ y)

    def up(k, x):
        i = n - 1 - k
        return x.at[i].set((y[i] - jnp.where(columns > i, A[i], 0.0) @ x) / A[i, i])

    y = lax.fori_loop(0, n, down, jnp.zeros(n))
    return lax.fori_loop(0, n, up, jnp.zeros(n)), y


def cholesky_columns(A):
    n = A.shape[0]
    places = jnp.arange(n)

    def column(j, A):
        rest = A[:, j] - A @ jnp.where(places < j, A[j], 0.0)
        return A.at[:, j].set(jnp.where(places >= j, rest / jnp.sqrt(rest[j]), A[:, j]))

    return lax.fori_loop(0, n, column, A)


def householder(A):
    m, n = A.shape
    rows, columns = jnp.arange(m), jnp.arange(n)

    def column(k, state):
        A, beta = state
        v = jnp.where(rows >= k, A[:, k], 0.0)
        v = v.at[k].add(jnp.copysign(jnp.sqrt(v @ v), v[k]))
        beta = beta.at[k].set(2.0 / (v @ v))
        A = A - beta[k] * jnp.outer(v, jnp.where(columns >= k, v @ A, 0.0))
        return A.at[:, k].set(jnp.where(rows > k, v, A[:, k])), beta

    return lax.fori_loop(0, n, column, (A, jnp.zeros(n)))


def givens(H):
    n = H.shape[0]
    columns = jnp.arange(n)

    def rotation(k, H):
        upper, lower = H[k], H[k + 1]
        r = jnp.hypot(upper[k], lower[k])
        c, s = upper[k] / r, lower[k] / r
        here = columns >= k
        H = H.at[k].set(jnp.where(here, c * upper + s * lower, upper))
        return H.at[k + 1].set(jnp.where(here, c * lower - s * upper, lower))

    return lax.fori_loop(0, n - 1, rotation, H)


def trisolv_columns(U, b):
    n = b.shape[0]
    rows = jnp.arange(n)

    def column(k, b):
        j = n - 1 - k
        b = b.at[j].divide(U[j, j])
        return b - jnp.where(rows < j, b[j] * U[:, j], 0.0)

    return lax.fori_loop(0, n, column, b)


def syr2k(alpha, beta, C, A, B):
    n = A.shape[0]
    columns = jnp.arange(n)

    def row(i, C):
        updated = beta * C[i] + alpha * (A @ B[i] + B @ A[i])
        return C.at[i].set(jnp.where(columns <= i, updated, C[i]))

    return lax.fori_loop(0, n, row, C)


def symm(alpha, beta, C, A, B):
    m = A.shape[0]
    rows = jnp.arange(m)

    def row(i, C):
        left = jnp.where(rows < i, A[i], 0.0)
        C = C + alpha * jnp.outer(left, B[i])
        return C.at[i].set(beta * C[i] + alpha * (B[i] * A[i, i] + left @ B))

    return lax.fori_loop(0, m, row, C)


def gemver(alpha, beta, A, u1, v1, u2, v2, w, x, y, z):
    A = A + jnp.outer(u1, v1) + jnp.outer(u2, v2)
    x = x + beta * (y @ A) + z
    return A, x, w + alpha * (A @ x)


def correlation(data):
    n, m = data.shape
    deviation = jnp.std(data, axis=0)
    deviation = jnp.where(deviation <= 0.1, 1.0, deviation)
    scaled = (data - jnp.mean(data, axis=0)) / (jnp.sqrt(n) * deviation)
    found = scaled.T @ scaled
    return found.at[jnp.arange(m), jnp.arange(m)].set(1.0)
