"""The programs of linear algebra as JAX users write them: `fori_loop`, `.at[…].set`, masks for prefixes.

`fori_loop` has a derivative when its bounds are known, so that a triangle of elements is a scan over the
pairs of its indices.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax


def over_pairs(update, pairs, state):
    """Return the state after `update(i, j, state)` for each pair of indices."""

    def step(state, pair):
        return update(pair[0], pair[1], state), None

    return lax.scan(step, state, jnp.asarray(pairs))[0]


def lu(A):
    n = A.shape[0]
    columns = jnp.arange(n)

    def update(i, j, A):
        before = columns < jnp.minimum(i, j)
        rest = A[i, j] - jnp.where(before, A[i, :], 0.0) @ jnp.where(before, A[:, j], 0.0)
        return A.at[i, j].set(jnp.where(j < i, rest / A[j, j], rest))

    return over_pairs(update, np.argwhere(np.ones((n, n))), A)


def cholesky(A):
    n = A.shape[0]
    columns = jnp.arange(n)

    def update(i, j, A):
        before = columns < j
        rest = A[i, j] - jnp.where(before, A[i, :], 0.0) @ jnp.where(before, A[j, :], 0.0)
        return A.at[i, j].set(lax.cond(j < i, lambda: rest / A[j, j], lambda: jnp.sqrt(rest)))

    return over_pairs(update, np.argwhere(np.tri(n)), A)


def trmm(alpha, A, B):
    m = A.shape[0]
    rows = jnp.arange(m)

    def row(i, B):
        return B.at[i].add(jnp.where(rows > i, A[:, i], 0.0) @ B)

    return alpha * lax.fori_loop(0, m, row, B)


def syrk(alpha, beta, C, A):
    n = A.shape[0]
    columns = jnp.arange(n)

    def row(i, C):
        updated = beta * C[i] + alpha * (A @ A[i])
        return C.at[i].set(jnp.where(columns <= i, updated, C[i]))

    return lax.fori_loop(0, n, row, C)


def trisolv(L, x, b):
    n = b.shape[0]
    columns = jnp.arange(n)

    def row(i, x):
        return x.at[i].set((b[i] - jnp.where(columns < i, L[i], 0.0) @ x) / L[i, i])

    return lax.fori_loop(0, n, row, x)


def durbin(r):
    n = r.shape[0]
    places = jnp.arange(n)

    def step(k, state):
        y, alpha, beta = state
        beta = beta * (1.0 - alpha * alpha)
        before = places < k
        turned = jnp.where(before, y[(k - 1 - places) % n], 0.0)
        alpha = -(r[k] + jnp.where(before, r[(k - 1 - places) % n], 0.0) @ y) / beta
        return (y + alpha * turned).at[k].set(alpha), alpha, beta

    y = jnp.zeros(n).at[0].set(-r[0])
    return lax.fori_loop(1, n, step, (y, -r[0], jnp.ones(())))[0]


def gramschmidt(A):
    m, n = A.shape
    columns = jnp.arange(n)

    def column(k, state):
        Q, R, A = state
        R = R.at[k, k].set(jnp.sqrt(A[:, k] @ A[:, k]))
        Q = Q.at[:, k].set(A[:, k] / R[k, k])
        R = R.at[k].add(jnp.where(columns > k, Q[:, k] @ A, 0.0))
        A = A - jnp.where(columns > k, jnp.outer(Q[:, k], R[k]), 0.0)
        return Q, R, A

    return lax.fori_loop(0, n, column, (jnp.zeros((m, n)), jnp.zeros((n, n)), A))[:2]


def thomas(a, b, c, d):
    def down(above, row):
        b_above, d_above = above
        a, b, c_above, d = row
        w = a / b_above
        below = b - w * c_above, d - w * d_above
        return below, below

    def up(below, row):
        b, c, d = row
        x = (d - c * below) / b
        return x, x

    first = b[0], d[0]
    _, (pivots, right) = lax.scan(down, first, (a[1:], b[1:], c[:-1], d[1:]))
    rows = jnp.append(b[0], pivots), c.at[-1].set(0.0), jnp.append(d[0], right)
    return lax.scan(up, 0.0, rows, reverse=True)[1]


def doitgen(A, C4):
    return jnp.einsum("rqs,sp->rqp", A, C4)


def covariance(data):
    centred = data - jnp.mean(data, axis=0)
    return centred.T @ centred / (data.shape[0] - 1.0)


def spmv_entries(row, col, val, x):
    rows = jnp.searchsorted(row, jnp.arange(col.size), side="right") - 1
    return jnp.zeros(row.size - 1).at[rows].add(val * x[col])
