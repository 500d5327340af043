"""The programs on grids as JAX users write them: array at a time, `fori_loop` over steps."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax


def jacobi_1d(steps, A, B):
    def step(_, fields):
        A, B = fields
        B = B.at[1:-1].set(0.33333 * (A[:-2] + A[1:-1] + A[2:]))
        A = A.at[1:-1].set(0.33333 * (B[:-2] + B[1:-1] + B[2:]))
        return A, B

    return lax.fori_loop(1, steps, step, (A, B))


def jacobi_2d(steps, A, B):
    def cross(X):
        return 0.2 * (X[1:-1, 1:-1] + X[1:-1, :-2] + X[1:-1, 2:] + X[2:, 1:-1] + X[:-2, 1:-1])

    def step(_, fields):
        A, B = fields
        B = B.at[1:-1, 1:-1].set(cross(A))
        A = A.at[1:-1, 1:-1].set(cross(B))
        return A, B

    return lax.fori_loop(1, steps, step, (A, B))


def heat_3d(steps, A, B):
    def heated(X):
        inside = X[1:-1, 1:-1, 1:-1]
        return (
            0.125 * (X[2:, 1:-1, 1:-1] - 2.0 * inside + X[:-2, 1:-1, 1:-1])
            + 0.125 * (X[1:-1, 2:, 1:-1] - 2.0 * inside + X[1:-1, :-2, 1:-1])
            + 0.125 * (X[1:-1, 1:-1, 2:] - 2.0 * inside + X[1:-1, 1:-1, :-2])
            + inside
        )

    def step(_, fields):
        A, B = fields
        B = B.at[1:-1, 1:-1, 1:-1].set(heated(A))
        A = A.at[1:-1, 1:-1, 1:-1].set(heated(B))
        return A, B

    return lax.fori_loop(1, steps, step, (A, B))


def seidel_2d(steps, A):
    n = A.shape[0]

    def element(i):
        def update(j, A):
            return A.at[i, j].set((A[i, j] + A[i, j - 1]) / 9.0)

        return update

    def row(i, A):
        above, below, own = A[i - 1], A[i + 1], A[i]
        known = above[:-2] + above[1:-1] + above[2:] + own[2:] + below[:-2] + below[1:-1] + below[2:]
        A = A.at[i, 1:-1].add(known)
        return lax.fori_loop(1, n - 1, element(i), A)

    def sweep(_, A):
        return lax.fori_loop(1, n - 1, row, A)

    return lax.fori_loop(0, steps - 1, sweep, A)


def fdtd_2d(ex, ey, hz, source):
    def step(fields, s):
        ex, ey, hz = fields
        ey = ey.at[0, :].set(s)
        ey = ey.at[1:, :].add(-0.5 * (hz[1:, :] - hz[:-1, :]))
        ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
        hz = hz.at[:-1, :-1].add(-0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]))
        return (ex, ey, hz), None

    return lax.scan(step, (ex, ey, hz), source)[0]


def wave(speed, u, steps):
    def step(_, state):
        before, u, record = state
        inside = speed[1:-1] ** 2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        after = jnp.zeros_like(u).at[1:-1].set(2.0 * u[1:-1] - before[1:-1] + inside)
        return u, after, record + after[u.size // 2] ** 2

    _, u, record = lax.fori_loop(0, steps, step, (u, u, 0.0))
    return record, u


def burgers(u, steps, cfl):
    def step(_, u):
        right = jnp.roll(u, -1)
        flux = jnp.maximum(0.5 * jnp.maximum(u, 0.0) ** 2, 0.5 * jnp.minimum(right, 0.0) ** 2)
        return u - cfl * (flux - jnp.roll(flux, 1))

    return lax.fori_loop(0, steps, step, u)


def horizontal_diffusion(field, out, coefficient):
    n, m, _ = out.shape
    lap = 4.0 * field[1:-1, 1:-1] - (field[2:, 1:-1] + field[:-2, 1:-1] + field[1:-1, 2:] + field[1:-1, :-2])

    def limited(difference, step):
        return jnp.where(difference * step > 0, 0.0, difference)

    flx = limited(
        lap[1:, 1:-1] - lap[:-1, 1:-1],
        field[2 : n + 3, 2 : m + 2] - field[1 : n + 2, 2 : m + 2],
    )
    fly = limited(
        lap[1:-1, 1:] - lap[1:-1, :-1],
        field[2 : n + 2, 2 : m + 3] - field[2 : n + 2, 1 : m + 2],
    )
    return field[2:-2, 2:-2] - coefficient * (flx[1:] - flx[:-1] + fly[:, 1:] - fly[:, :-1])
