"""Two gradients at sizes from ten to ten million: where calls cost, where arithmetic, where memory."""

from __future__ import annotations

import numpy as np

import jitad as jad
from benchmarks import by_hand, log_sum_exp
from benchmarks.compare import PythonCall, Tool, measure
from benchmarks.harness import OURS, Report, Row
from benchmarks.tools import jax_gradient, numba_by_hand, numpy_by_hand, torch_gradient

SIZES = tuple(10**p for p in range(1, 8))


def loops(numba):
    """Return log_sum_exp's value and gradient in loops."""

    @numba.njit
    def f(x):
        gradient, top, total = np.empty_like(x), np.max(x), 0.0
        for i in range(len(x)):
            gradient[i] = np.exp(x[i] - top)
            total += gradient[i]
        for i in range(len(x)):
            gradient[i] /= total
        return np.log(total) + top, gradient

    return f


def rosenbrock_loops(numba):
    """Return Rosenbrock's value and gradient in one loop."""
    return by_hand.numba_new(numba, by_hand.numba_into(numba))


def rosenbrock_of(np):
    """Return Rosenbrock's function for any of the tools."""
    return lambda x: np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def row(name: str, n: int, source, hand, numba_loops, torch_source) -> Row:
    """Measure one function at one size."""
    x = np.linspace(-1.2, 1.2, n)
    f = jad.value_and_grad(source(np))
    tools = [
        Tool(OURS, lambda: PythonCall(f, x)),
        numpy_by_hand(hand, (x,)),
        numba_by_hand(numba_loops, (x,)),
        jax_gradient(source, (x,)),
        torch_gradient(torch_source, (x,)),
    ]
    return measure(f"{name}, n = {n}", tools, hand(x), 1e-8, rounds=2)


def run() -> Report:
    """Measure both functions at every size."""
    functions = (
        ("Rosenbrock", rosenbrock_of, by_hand.numpy_value_and_grad, rosenbrock_loops, rosenbrock_of),
        (
            "log-sum-exp",
            log_sum_exp.log_sum_exp,
            log_sum_exp.by_hand,
            loops,
            lambda torch: lambda x: torch.logsumexp(x, 0),
        ),
    )
    rows = [row(name, n, *rest) for name, *rest in functions for n in SIZES]
    return Report(
        "Sizes", "Value and gradient, fresh results, one thread; the plot shows these numbers.", rows
    )
