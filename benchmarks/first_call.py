"""The first call of a new ten-op function, from tracing to the result, in a warm process."""

from __future__ import annotations

import numpy as np

import jitad as jad
from benchmarks.harness import Report, Row, Target, agree, beside, first_calls, ratio
from benchmarks.peers import measure_with


def ten_ops(np, constant):
    """Return a function of two arrays made of ten operations; `constant` makes it new to every cache."""

    def f(x, y):
        a = np.sin(x) * y
        b = np.exp(-a) + constant
        c = np.sqrt(b * b + 1.0)
        return np.sum(c / b)

    return f


def with_jitad(x, y, transform):
    """Median seconds of the first call of `transform(f)`."""

    def make(i):
        f = ten_ops(np, 1.5 + i / 64)
        return lambda: transform(f)(x, y)

    agree("jitad", (jad.jit(ten_ops(np, 1.0))(x, y),), (ten_ops(np, 1.0)(x, y),))
    make(100)()
    return first_calls(make)


def with_jax(x, y, transform_name):
    """Median seconds of the first call in JAX, result as NumPy."""

    def measure(jax):
        import jax.numpy as jnp

        def transform(f):
            return jax.jit(f if transform_name == "value" else jax.grad(f))

        def make(i):
            f = ten_ops(jnp, 1.5 + i / 64)
            return lambda: np.asarray(transform(f)(x, y))

        agree("jax", (jax.jit(ten_ops(jnp, 1.0))(x, y),), (ten_ops(np, 1.0)(x, y),))
        make(100)()
        return first_calls(make)

    return measure_with("jax", measure)


def with_numba(x, y):
    """Median seconds of the first call of the value as a Numba function of arrays."""

    def measure(numba):
        def make(i):
            f = ten_ops(np, 1.5 + i / 64)
            return lambda: numba.njit(f)(x, y)

        make(100)()
        return first_calls(make)

    return measure_with("numba", measure)


def run() -> Report:
    """Measure the first call of the value and of the gradient."""
    x, y = np.linspace(0.1, 1.0, 1000), np.linspace(1.0, 2.0, 1000)
    value = {
        "jitad": with_jitad(x, y, jad.jit),
        "JAX": with_jax(x, y, "value"),
        "Numba": with_numba(x, y),
    }
    gradient = {"jitad": with_jitad(x, y, jad.grad), "JAX": with_jax(x, y, "gradient")}
    return Report(
        "First call",
        "Median time from decorating a new ten-op function of two arrays to its result, process warm.",
        [Row("value", value, beside(value)), Row("gradient", gradient, beside(gradient))],
        [
            Target("first call, ten ops", value["jitad"], 0.040),
            Target("first call, ten ops, beside JAX", ratio(value["jitad"], value["JAX"]), 0.5, "×"),
        ],
    )
