"""Rosenbrock's function of ten variables that come as a dict of three arrays: what trees cost."""

from __future__ import annotations

import numpy as np

import jitad as jad
from benchmarks.by_hand import numpy_value_and_grad
from benchmarks.harness import Report, Row, Target, agree, beside, best_call
from benchmarks.peers import measure_with


def rosenbrock(parts):
    """Rosenbrock's function of the three arrays one after the other."""
    x = np.concatenate([parts["a"], parts["b"], parts["c"]])
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def flat(result):
    """(value, dict of gradients) with the gradients one after the other."""
    value, gradient = result
    return float(value), np.concatenate([gradient[name] for name in "abc"])


def with_jax(parts, expected):
    """Seconds a call, results as NumPy arrays."""

    def measure(jax):
        def f(parts):
            x = jax.numpy.concatenate([parts["a"], parts["b"], parts["c"]])
            return jax.numpy.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

        compiled = jax.jit(jax.value_and_grad(f))

        def call(parts):
            value, gradient = compiled(parts)
            return np.asarray(value), {name: np.asarray(g) for name, g in gradient.items()}

        agree("jax", flat(call(parts)), expected)
        return best_call(call, parts)

    return measure_with("jax", measure)


def with_autograd(parts, expected):
    """Seconds a call; autograd interprets."""

    def measure(autograd):
        f = autograd.value_and_grad(rosenbrock)
        agree("autograd", flat(f(parts)), expected)
        return best_call(f, parts)

    return measure_with("autograd", measure)


def run() -> Report:
    """Measure one call with a dict in and a dict of gradients out."""
    x = np.linspace(-1.2, 1.0, 10)
    parts = {"a": x[:4].copy(), "b": x[4:7].copy(), "c": x[7:].copy()}
    expected = numpy_value_and_grad(x)
    f = jad.value_and_grad(rosenbrock)
    agree("jitad", flat(f(parts)), expected)
    ours = best_call(f, parts)
    cells = {"jitad": ours, "JAX": with_jax(parts, expected), "autograd": with_autograd(parts, expected)}
    return Report(
        "Rosenbrock, arguments in a dict",
        "Value and gradient of ten variables in a dict of three arrays; the gradient comes as such a dict.",
        [Row("n = 4 + 3 + 3", cells, beside(cells), counted=True)],
        [Target("Rosenbrock n = 10, dict of three arrays", ours, 1.5e-6)],
    )
