"""Flow in a cavity as JAX users write it: array at a time, a loop in a loop."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax


def source(u, v, dx, dy, dt, rho):
    """Return the right side of the equation for the pressure, on the inner points."""
    ux, uy = (u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx), (u[2:, 1:-1] - u[:-2, 1:-1]) / (2 * dy)
    vx, vy = (v[1:-1, 2:] - v[1:-1, :-2]) / (2 * dx), (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dy)
    return rho * ((ux + vy) / dt - ux**2 - 2 * uy * vx - vy**2)


def pressure(p, b, dx, dy):
    """Return the pressure after one step of its iteration, and its borders."""
    across = (p[1:-1, 2:] + p[1:-1, :-2]) * dy**2 + (p[2:, 1:-1] + p[:-2, 1:-1]) * dx**2
    p = p.at[1:-1, 1:-1].set((across - dx**2 * dy**2 * b) / (2 * (dx**2 + dy**2)))
    p = p.at[:, -1].set(p[:, -2])
    p = p.at[0, :].set(p[1, :])
    p = p.at[:, 0].set(p[:, 1])
    return p.at[-1, :].set(0.0)


def moved(f, u, v, slope, dx, dy, dt, nu):
    """Return a component of the velocity after one step, on the inner points."""
    here, west, east, south, north = f[1:-1, 1:-1], f[1:-1, :-2], f[1:-1, 2:], f[:-2, 1:-1], f[2:, 1:-1]
    return (
        here
        - u[1:-1, 1:-1] * dt / dx * (here - west)
        - v[1:-1, 1:-1] * dt / dy * (here - south)
        - slope
        + nu * (dt / dx**2 * (east - 2 * here + west) + dt / dy**2 * (north - 2 * here + south))
    )


def bordered(inner, lid):
    """Return a component of the velocity with its values on the walls."""
    return jnp.pad(inner, 1).at[-1, :].set(lid)


def cavity_flow(steps, inner, u, v, p, dt, rho, nu):
    ny, nx = u.shape
    dx, dy = 2.0 / (nx - 1), 2.0 / (ny - 1)

    def step(_, fields):
        u, v, p = fields
        b = source(u, v, dx, dy, dt, rho)
        p = lax.fori_loop(0, inner, lambda _, p: pressure(p, b, dx, dy), p)
        across = dt / (2 * rho * dx) * (p[1:-1, 2:] - p[1:-1, :-2])
        along = dt / (2 * rho * dy) * (p[2:, 1:-1] - p[:-2, 1:-1])
        next_u, next_v = moved(u, u, v, across, dx, dy, dt, nu), moved(v, u, v, along, dx, dy, dt, nu)
        return bordered(next_u, 1.0), bordered(next_v, 0.0), p

    return lax.fori_loop(0, steps, step, (u, v, p))
