"""The gradient of log(sum(exp(x))) at three sizes: in the first cache, in the second, in memory."""

from __future__ import annotations

from types import ModuleType

import numpy as np

import jitad as jad
from benchmarks.compare import Tool, measure
from benchmarks.harness import ELEMENTARY, OURS, OURS_FROM_C, Report, Row, Target, ratio
from benchmarks.tools import cpp_by_hand, jax_gradient, numpy_by_hand, ours, torch_gradient

SIZES = (2_500, 80_000, 1_280_000)


def log_sum_exp(np: ModuleType):
    """Return the function as one writes it in NumPy."""

    def f(x):
        top = np.max(x)
        return np.log(np.sum(np.exp(x - top))) + top

    return f


def by_hand(x):
    """Value and gradient with NumPy's array operations."""
    top = np.max(x)
    gradient = np.exp(x - top)
    total = np.sum(gradient)
    gradient /= total
    return np.log(total) + top, gradient


def tools(x: np.ndarray) -> list[Tool]:
    """Return every column."""
    return [
        *ours(jad.value_and_grad(log_sum_exp(np)), (x,)),
        numpy_by_hand(by_hand, (x,)),
        jax_gradient(log_sum_exp, (x,)),
        torch_gradient(lambda torch: lambda x: torch.logsumexp(x, 0), (x,)),
        *cpp_by_hand("log_sum_exp", "log_sum_exp", [len(x)], (x,), [(), x.shape]),
    ]


def row(n: int) -> Row:
    """Measure one size."""
    x = np.random.default_rng(2).standard_normal(n)
    flops = (ELEMENTARY + 4.0) * n
    return measure(f"n = {n}", tools(x), by_hand(x), 1e-8, counted=True, traffic=16.0 * n, flops=flops)


def run() -> Report:
    """Measure each size."""
    report = Report(
        "Log-sum-exp", "Value and gradient, which is the softmax; one thread. PyTorch's is its own function."
    )
    for n in SIZES:
        found = row(n)
        cells = found.cells
        cpp = ratio(cells.get(OURS_FROM_C), cells.get("C++ by hand, from C"))
        report.rows.append(found)
        report.targets += [
            Target(f"log-sum-exp n = {n}, beside JAX", ratio(cells[OURS], cells["JAX"]), 0.8, "×"),
            Target(f"log-sum-exp n = {n}, beside C++ by hand", cpp, 1.0, "×"),
        ]
    return report
