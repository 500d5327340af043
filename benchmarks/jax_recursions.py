"""Recursions on prefixes, tables of differences, sweeps along lines as JAX users write them."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax


def levinson(r, b):
    n = b.shape[0]
    places = jnp.arange(n)
    lags = jnp.append(r, 0.0)

    def step(k, state):
        y, x, alpha, beta = state
        before, turn = places < k, (k - 1 - places) % n
        beta = (1.0 - alpha**2) * beta
        turned = jnp.where(before, y[turn], 0.0)
        mu = (b[k] - lags @ jnp.where(before, x[turn], 0.0)) / beta
        x = (x + mu * turned).at[k].set(mu)
        alpha = -(lags[k] + lags @ turned) / beta
        return (y + alpha * turned).at[k].set(alpha), x, alpha, beta

    y, x = jnp.zeros(n).at[0].set(-r[0]), jnp.zeros(n).at[0].set(b[0])
    return lax.fori_loop(1, n, step, (y, x, -r[0], jnp.ones(())))[1]


def burg(x, k):
    """The order is small and each step shortens the vectors: a Python loop."""
    f, b = x[1:], x[:-1]
    power, found = jnp.mean(x**2), []
    for _ in range(k.size):
        reflection = -2.0 * (f @ b) / (f @ f + b @ b)
        f, b = (f + reflection * b)[1:], (b + reflection * f)[:-1]
        power = power * (1.0 - reflection**2)
        found.append(reflection)
    return jnp.stack(found), power


def divided_differences(x, y, at):
    """The table's columns shrink: a Python loop; the polynomial is a scan."""
    n, c = x.size, y
    for k in range(1, n):
        c = c.at[k:].set((c[k:] - c[k - 1 : -1]) / (x[k:] - x[: n - k]))

    def horner(p, row):
        node, coefficient = row
        return p * (at - node) + coefficient, None

    return lax.scan(horner, jnp.zeros_like(at), (x, c), reverse=True)[0]


def de_casteljau(points, at):
    """What turns up behind the part that is still needed never reaches the first point."""

    def means(_, b):
        return (1.0 - at) * b + at * jnp.roll(b, -1, axis=0)

    return lax.fori_loop(1, len(points), means, points)[0]


def along_lines(a, b, right):
    """Return the solutions of tridiagonal systems (a, b, a) between ones, a column for each."""

    def down(above, right):
        p, q = above
        divisor = a * p + b
        below = -a / divisor, (right - a * q) / divisor
        return below, below

    def up(below, row):
        p, q = row
        found = p * below + q
        return found, found

    ones = jnp.ones(right.shape[1])
    _, rows = lax.scan(down, (jnp.zeros_like(ones), ones), right)
    return lax.scan(up, ones, rows, reverse=True)[1]


def adi(steps, u):
    n = u.shape[0]
    mul1, mul2 = 2.0 * n**2 / steps, 1.0 * n**2 / steps
    a, b, d, e = -mul1 / 2.0, 1.0 + mul1, -mul2 / 2.0, 1.0 + mul2

    def step(_, u):
        right = -d * u[1:-1, :-2] + (1.0 + 2.0 * d) * u[1:-1, 1:-1] - d * u[1:-1, 2:]
        v = jnp.pad(along_lines(a, b, right), ((1, 1), (0, 0)), constant_values=1.0)
        right = -a * v[:-2] + (1.0 + 2.0 * a) * v[1:-1] - a * v[2:]
        inner = along_lines(d, e, right.T).T
        return u.at[1:-1].set(jnp.pad(inner, ((0, 0), (1, 1)), constant_values=1.0))

    return lax.fori_loop(0, steps, step, u)


def filtered(image, c, b1, b2):
    """Return the sums of the two recursive filters along the rows' axis."""

    def there(state, x):
        x1, y1, y2 = state
        y = c[0] * x + c[1] * x1 + b1 * y1 + b2 * y2
        return (x, y, y1), y

    def back(state, x):
        x1, x2, y1, y2 = state
        y = c[2] * x1 + c[3] * x2 + b1 * y1 + b2 * y2
        return (x, x1, y, y1), y

    zero = jnp.zeros_like(image[0])
    down = lax.scan(there, (zero, zero, zero), image)[1]
    return down + lax.scan(back, (zero, zero, zero, zero), image, reverse=True)[1]


def deriche(alpha, image):
    e1, e2 = jnp.exp(-alpha), jnp.exp(-2.0 * alpha)
    k = (1.0 - e1) ** 2 / (1.0 + 2.0 * alpha * e1 - e2)
    c = k, k * e1 * (alpha - 1.0), k * e1 * (alpha + 1.0), -k * e2
    b1, b2 = 2.0**-alpha, -e2
    return filtered(filtered(image.T, c, b1, b2).T, c, b1, b2)


def vertical_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    """Levels come first; what does not depend on the level before is computed for all of them."""
    stage, u, w, pos, tendency = (jnp.moveaxis(a, 2, 0) for a in (utens_stage, u_stage, wcon, u_pos, utens))
    flow = 0.125 * (w[1:, 1:] + w[1:, :-1])
    below = jnp.pad(-flow, ((1, 0), (0, 0), (0, 0)))
    above = jnp.pad(flow, ((0, 1), (0, 0), (0, 0)))
    jump = flow * (u[1:] - u[:-1])
    correction = -jnp.pad(jump, ((1, 0), (0, 0), (0, 0))) - jnp.pad(jump, ((0, 1), (0, 0), (0, 0)))
    diagonal = dtr_stage - below - above
    right = dtr_stage * pos + tendency + stage + correction

    def down(before, level):
        c, d = before
        below, above, diagonal, right = level
        divisor = 1.0 / (diagonal - c * below)
        after = above * divisor, (right - d * below) * divisor
        return after, after

    def up(data, level):
        c, d = level
        data = d - c * data
        return data, data

    zero = jnp.zeros_like(right[0])
    _, levels = lax.scan(down, (zero, zero), (below, above, diagonal, right))
    data = lax.scan(up, zero, levels, reverse=True)[1]
    return jnp.moveaxis(dtr_stage * (data - pos), 0, 2)
