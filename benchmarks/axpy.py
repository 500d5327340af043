"""A gradient that only moves memory: half the sum of (a x + y)² with respect to x, ten million numbers."""

from __future__ import annotations

from types import ModuleType

import numpy as np

import jitad as jad
from benchmarks.compare import Tool, measure
from benchmarks.harness import OURS, Report, Target, ratio
from benchmarks.machine import streams
from benchmarks.tools import jax_gradient, numba_by_hand, numpy_by_hand, ours, torch_gradient

N, A = 10**7, 2.5


def loss(np: ModuleType):
    """Return the function; its gradient moves what a stream triad moves: two arrays in, one out."""
    return lambda x, y: 0.5 * np.sum((A * x + y) ** 2)


def by_hand(x, y):
    """Value and gradient with NumPy's array operations."""
    gradient = A * x
    gradient += y
    value = 0.5 * np.dot(gradient, gradient)
    gradient *= A
    return value, gradient


def loops(numba: ModuleType):
    """Return value and gradient in one loop."""

    @numba.njit
    def value_and_gradient(x, y):
        gradient, value = np.empty_like(x), 0.0
        for i in range(len(x)):
            sum = A * x[i] + y[i]
            value += sum * sum
            gradient[i] = A * sum
        return 0.5 * value, gradient

    return value_and_gradient


def triads() -> list[Tool]:
    """Return the columns of loops that move as much and compute next to nothing."""
    found = streams(N).items()
    return [
        Tool(f"stream {name}", lambda call=call: call, leading=0, compared=False)
        for name, (call, _) in found
        if name.startswith("triad")
    ]


def run() -> Report:
    """Measure the gradient beside stream triads of the same size, in turns."""
    x, y = np.random.default_rng(5).random((2, N))
    function = jad.value_and_grad(loss(np))
    tools = [
        *ours(function, (x, y), from_c=False),
        numpy_by_hand(by_hand, (x, y)),
        numba_by_hand(loops, (x, y)),
        jax_gradient(loss, (x, y)),
        torch_gradient(loss, (x, y)),
        *triads(),
    ]
    row = measure("n = 10⁷", tools, by_hand(x, y), counted=True, traffic=24.0 * N, flops=5.0 * N)
    stream = min((t for name, t in row.cells.items() if name.startswith("stream")), default=None)
    reached = ratio(stream, row.cells.get(f"{OURS} out="))
    percent = None if reached is None else 100.0 * reached
    return Report(
        "A nest bound by memory",
        "Value and gradient of half the sum of (2.5 x + y)² with respect to x; one thread. Fresh results\n"
        "pay for new pages; the stream loops, like `jitad out=`, write into an array that is there.",
        [row],
        [Target("bandwidth of the axpy-like gradient, n = 10⁷, beside stream", percent, 85.0, " %", True)],
    )
