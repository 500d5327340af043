"""Chains of masses, options, shortest paths, signals and images as JAX users write them."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax, nn

from benchmarks.jax_solvers import spmv_entries

#: A slice of each row and a row of entries are the same sum over segments.
spmv = spmv_entries


def heat_control(heating, target, conduction, price):
    def step(rod, heat):
        rod = rod.at[1:-1].add(conduction * (rod[2:] - 2.0 * rod[1:-1] + rod[:-2]))
        rod = rod.at[0].add(conduction * (rod[1] - rod[0]) + heat)
        return rod.at[-1].set(rod[-2]), None

    rod, _ = lax.scan(step, jnp.zeros_like(target), heating)
    return jnp.sum(price * heating**2) + jnp.sum((rod - target) ** 2)


def nbody_pairs(mass, pos, vel, steps, dt):
    """Pairs are independent of one another: all at once."""

    def step(_, state):
        pos, vel = state
        apart = pos[:, None, :] - pos[None, :, :]
        near = jnp.sum(apart**2, axis=-1) + 0.01
        pull = dt / (near * jnp.sqrt(near))
        vel = vel - jnp.einsum("ijk,ij,j->ik", apart, pull, mass)
        return pos + dt * vel, vel

    return lax.fori_loop(0, steps, step, (pos, vel))


def fput(x, v, alpha, dt, steps):
    def force(x):
        stretch = jnp.diff(x, prepend=0.0, append=0.0)
        return jnp.diff(stretch + alpha * stretch**2)

    def step(_, state):
        x, v = state
        x1, v1 = v, force(x)
        x2, v2 = v + 0.5 * dt * v1, force(x + 0.5 * dt * x1)
        x3, v3 = v + 0.5 * dt * v2, force(x + 0.5 * dt * x2)
        x4, v4 = v + dt * v3, force(x + dt * x3)
        x = x + dt / 6.0 * (x1 + 2.0 * x2 + 2.0 * x3 + x4)
        return x, v + dt / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)

    return lax.fori_loop(0, steps, step, (x, v))


def crank_nicolson(S, strike, sigma, rate, maturity, steps):
    n, dt = S.size, maturity / steps
    i = jnp.arange(1, n - 1)
    low = 0.25 * dt * (sigma**2 * i**2 - rate * i)
    mid = -0.5 * dt * (sigma**2 * i**2 + rate)
    high = 0.25 * dt * (sigma**2 * i**2 + rate * i)

    def down(above, row):
        factor, right = above
        low, mid, high, explicit = row
        pivot = 1.0 - mid + low * factor
        below = high / pivot, (explicit + low * right) / pivot
        return below, below

    def up(below, row):
        factor, right = row
        found = right + factor * below
        return found, found

    def step(V, t):
        explicit = low * V[:-2] + (1.0 + mid) * V[1:-1] + high * V[2:]
        first = strike * jnp.exp(-rate * t * dt)
        _, rows = lax.scan(down, (0.0, first), (low, mid, high, explicit))
        _, inner = lax.scan(up, 0.0, rows, reverse=True)
        return jnp.concatenate([first[None], inner, jnp.zeros(1)]), None

    return lax.scan(step, jnp.maximum(strike - S, 0.0), jnp.arange(1, steps + 1))[0]


def floyd_warshall(path):
    def through(k, path):
        return jnp.minimum(path, path[:, k, None] + path[k, None, :])

    return lax.fori_loop(0, path.shape[0], through, path)


def stockham(re, im):
    """Shapes change from stage to stage: a Python loop."""
    n = re.size
    half, width = n // 2, 1
    while half >= 1:
        angle = -jnp.pi * jnp.arange(half)[:, None] / half
        wr, wi = jnp.cos(angle), jnp.sin(angle)
        ar, ai = re.reshape(2, half, width), im.reshape(2, half, width)
        dr, di = ar[0] - ar[1], ai[0] - ai[1]
        re = jnp.stack([ar[0] + ar[1], wr * dr - wi * di], axis=1).reshape(n)
        im = jnp.stack([ai[0] + ai[1], wr * di + wi * dr], axis=1).reshape(n)
        half, width = half // 2, width * 2
    return re, im


def conv2d(images, weights, bias):
    found = lax.conv_general_dilated(
        images, weights, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return found + bias


def arc_distance(theta_1, phi_1, theta_2, phi_2):
    t = (
        jnp.sin((theta_2 - theta_1) / 2) ** 2
        + jnp.cos(theta_1) * jnp.cos(theta_2) * jnp.sin((phi_2 - phi_1) / 2) ** 2
    )
    return 2 * jnp.arctan2(jnp.sqrt(t), jnp.sqrt(1 - t))


def go_fast(a):
    return a + jnp.sum(jnp.tanh(jnp.diagonal(a)))


def mlp(x, w1, b1, w2, b2, w3, b3):
    x = nn.relu(x @ w1 + b1)
    x = nn.relu(x @ w2 + b2)
    return nn.softmax(x @ w3 + b3, axis=-1)


def bilateral(image, spread):
    """The 25 places of the window are the outer loop, pixels the inner."""
    n, m = image.shape
    inner = image[2:-2, 2:-2]
    windows = jnp.stack([image[i : n - 4 + i, j : m - 4 + j] for i in range(5) for j in range(5)])
    w = jnp.exp(-(((windows - inner) / spread) ** 2))
    return image.at[2:-2, 2:-2].set(jnp.sum(w * windows, axis=0) / jnp.sum(w, axis=0))
