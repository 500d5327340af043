"""A gradient that only moves memory: half the sum of (a x + y)² with respect to x, ten million numbers."""

from __future__ import annotations

from types import ModuleType

import numpy as np

import jitad as jad
from benchmarks.compare import Tool, measure
from benchmarks.harness import OURS, Report, Row, Target, ratio
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


def triads(n: int) -> list[Tool]:
    """Return the columns of loops that move as much and compute next to nothing."""
    return [
        Tool(f"stream {name}", lambda call=call: call, leading=0, compared=False)
        for name, (call, _) in streams(n).items()
        if name.startswith("triad")
    ]


def row(work: str, n: int) -> Row:
    """Measure n numbers, the stream triads of the same size in turns with the tools."""
    x, y = np.random.default_rng(5).random((2, n))
    tools = [
        *ours(jad.value_and_grad(loss(np)), (x, y), from_c=False),
        numpy_by_hand(by_hand, (x, y)),
        numba_by_hand(loops, (x, y)),
        jax_gradient(loss, (x, y)),
        torch_gradient(loss, (x, y)),
        *triads(n),
    ]
    return measure(work, tools, by_hand(x, y), counted=True, traffic=24.0 * n, flops=5.0 * n)


def run() -> Report:
    """Measure ten million numbers."""
    found = row("n = 10⁷", N)
    stream = min((t for name, t in found.cells.items() if name.startswith("stream")), default=None)
    reached = ratio(stream, found.cells.get(f"{OURS} out="))
    percent = None if reached is None else 100.0 * reached
    return Report(
        "A nest bound by memory",
        "Value and gradient of half the sum of (2.5 x + y)² with respect to x; one thread. Fresh results\n"
        "pay for new pages; the stream loops, like `jitad out=`, write into an array that is there.",
        [found],
        [Target("bandwidth of the axpy-like gradient, n = 10⁷, beside stream", percent, 85.0, " %", True)],
    )
