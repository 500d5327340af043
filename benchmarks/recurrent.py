"""A recurrent network: a loop of matrix-vector products, and its gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.harness import Report
from benchmarks.loops import Loop, beside_hand, beside_jax, row

HIDDEN, INPUTS, STEPS = 64, 16, 500


def network(W, U, b, X, readout):
    """Return the mean square of the readout over the sequence."""
    h = np.zeros(len(b))
    loss = 0.0
    for x in X:
        h = np.tanh(W @ h + U @ x + b)
        loss += np.dot(readout, h) ** 2
    return loss / len(X)


def by_hand(jit: Callable) -> tuple[Callable, Callable]:
    """Return the value, and value and gradient; some products are for all steps at once."""

    @jit
    def states(W, U, b, X):
        H = np.zeros((len(X) + 1, len(b)))
        drive = X @ U.T
        for t in range(len(X)):
            z = np.dot(W, H[t])
            for i in range(len(b)):
                H[t + 1, i] = np.tanh(z[i] + drive[t, i] + b[i])
        return H

    @jit
    def value(W, U, b, X, readout):
        y = states(W, U, b, X)[1:] @ readout
        return np.dot(y, y) / len(X)

    @jit
    def value_and_gradient(W, U, b, X, readout):
        steps, size = len(X), len(b)
        H = states(W, U, b, X)
        y = H[1:] @ readout
        D, transposed = np.empty((steps, size)), W.T.copy()
        following = np.zeros(size)
        for t in range(steps - 1, -1, -1):
            scale = 2.0 / steps * y[t]
            for i in range(size):
                h = H[t + 1, i]
                D[t, i] = (following[i] + scale * readout[i]) * (1.0 - h * h)
            following = np.dot(transposed, D[t])
        return np.dot(y, y) / steps, (D.T @ H[:-1], D.T @ X, D.sum(0))

    return value, value_and_gradient


def for_jax(jax):
    """Return JAX's form: `scan` over the inputs."""

    def f(W, U, b, X, readout):
        def step(h, x):
            h = jax.numpy.tanh(W @ h + U @ x + b)
            return h, jax.numpy.dot(readout, h) ** 2

        _, losses = jax.lax.scan(step, jax.numpy.zeros(len(b)), X)
        return jax.numpy.sum(losses) / len(X)

    return f


def loops(hidden: int = HIDDEN, inputs: int = INPUTS, steps: int = STEPS) -> list[Loop]:
    """Return a network with random weights and inputs."""
    rng = np.random.default_rng(0)
    arguments = (
        rng.standard_normal((hidden, hidden)) / np.sqrt(hidden),
        rng.standard_normal((hidden, inputs)) / np.sqrt(inputs),
        0.1 * rng.standard_normal(hidden),
        rng.standard_normal((steps, inputs)),
        rng.standard_normal(hidden) / np.sqrt(hidden),
    )
    work = f"recurrent network, hidden {hidden}, {steps} steps"
    return [Loop(work, network, arguments, by_hand, for_jax, (0, 1, 2))]


def run() -> Report:
    """Measure value and gradient."""
    found = row(loops()[0])
    return Report(
        "Recurrent network",
        f"Value and gradient with respect to both matrices and the bias, {INPUTS} inputs a step; one thread.",
        [found],
        [beside_hand(found, 1.5), beside_jax(found, 0.2)],
    )
