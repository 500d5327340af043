"""Trajectories, filters, networks and prices as JAX users write them: `scan` and `fori_loop` over steps."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax, nn


def softmax(x):
    return nn.softmax(x, axis=-1)


def acceleration(pos, mass, G, softening):
    """Return the acceleration of each body by all others."""
    apart = pos[None, :, :] - pos[:, None, :]
    pull = (jnp.sum(apart**2, axis=-1) + softening**2) ** -1.5
    return G * jnp.einsum("ijk,ij,j->ik", apart, pull, mass)


def nbody(mass, pos, vel, steps, dt, G, softening):
    vel = vel - jnp.mean(mass[:, None] * vel, axis=0) / jnp.mean(mass)

    def step(state, _):
        pos, vel, acc = state
        vel = vel + acc * dt / 2.0
        pos = pos + vel * dt
        acc = acceleration(pos, mass, G, softening)
        vel = vel + acc * dt / 2.0
        return (pos, vel, acc), 0.5 * jnp.sum(mass * jnp.sum(vel**2, axis=1))

    first = pos, vel, acceleration(pos, mass, G, softening)
    (pos, vel, _), energies = lax.scan(step, first, None, length=steps)
    return pos, vel, jnp.sum(energies)


def runge_kutta(rate, x, dt):
    """Return a state after one step of the classical method of fourth order."""
    k1 = rate(x)
    k2 = rate(x + 0.5 * dt * k1)
    k3 = rate(x + 0.5 * dt * k2)
    k4 = rate(x + dt * k3)
    return x + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def lorenz_96(x, forcing, dt, steps):
    def rate(x):
        return (jnp.roll(x, -1) - jnp.roll(x, 2)) * jnp.roll(x, 1) - x + forcing

    def step(_, state):
        x = runge_kutta(rate, state[0], dt)
        return x, state[1] + x**2

    x, total = lax.fori_loop(0, steps, step, (x, jnp.zeros_like(x)))
    return x, total / steps


def elman(x, W, U, b, h):
    def step(h, row):
        h = jnp.tanh(W @ row + U @ h + b)
        return h, h

    return lax.scan(step, h, x)[1]


def lstm(x, W, U, b):
    n = U.shape[1]

    def step(state, row):
        h, c = state
        z = W @ row + U @ h + b
        add, keep, out = nn.sigmoid(z[: 3 * n]).reshape(3, n)
        c = keep * c + add * jnp.tanh(z[3 * n :])
        return (out * jnp.tanh(c), c), None

    return lax.scan(step, (jnp.zeros(n), jnp.zeros(n)), x)[0][0]


def hidden_markov(start, A, B, symbols):
    def step(alpha, symbol):
        scale = jnp.sum(alpha)
        return (alpha / scale) @ A * B[:, symbol], jnp.log(scale)

    alpha, logs = lax.scan(step, start * B[:, symbols[0]], symbols[1:])
    return jnp.sum(logs) + jnp.log(jnp.sum(alpha))


def kalman(y, F, Q, h, r, m, P):
    def step(state, y):
        m, P = state
        m, P = F @ m, F @ P @ F.T + Q
        s = h @ P @ h + r
        gain, e = P @ h / s, y - h @ m
        found = -0.5 * (jnp.log(2.0 * jnp.pi * s) + e**2 / s)
        return (m + gain * e, P - jnp.outer(gain, h @ P)), found

    return jnp.sum(lax.scan(step, (m, P), y)[1])


def binomial_option(prices, strike, up, rate):
    n = prices.size - 1
    p = (rate - 1.0 / up) / (up - 1.0 / up)

    def step(_, state):
        S, V = state
        S = jnp.append(S[1:] / up, S[-1])
        V = jnp.append(jnp.maximum((p * V[1:] + (1.0 - p) * V[:-1]) / rate, strike - S[:-1]), V[-1])
        return S, V

    return lax.fori_loop(0, n, step, (prices, jnp.maximum(strike - prices, 0.0)))[1][0]


def soft_dtw(x, y, gamma):
    """Row after row; within a row each element follows from the one before it."""
    first = jnp.full(y.size + 1, 1e10).at[0].set(0.0)

    def row(above, a):
        def element(left, given):
            corner, top, b = given
            near = -gamma * nn.logsumexp(-jnp.stack([corner, top, left]) / gamma)
            found = (a - b) ** 2 + near
            return found, found

        _, found = lax.scan(element, 1e10, (above[:-1], above[1:], y))
        return jnp.append(1e10, found), None

    return lax.scan(row, first, x)[0][-1]


def alignment(score, gap):
    """Row after row; within a row each element follows from the one before it."""
    n, m = score.shape

    def row(above, given):
        start, scores = given

        def element(left, given):
            corner, top, s = given
            found = jnp.maximum(jnp.maximum(corner + s, top - gap), left - gap)
            return found, found

        _, found = lax.scan(element, start, (above[:-1], above[1:], scores))
        return jnp.append(start, found), None

    starts = -gap * jnp.arange(1, n + 1)
    return lax.scan(row, -gap * jnp.arange(m + 1), (starts, score))[0][-1]
