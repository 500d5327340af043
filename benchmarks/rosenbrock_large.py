"""Value and gradient of Rosenbrock's function of a million variables, one processor: what the loops cost."""

from __future__ import annotations

import numpy as np

import jitad as jad
from benchmarks import rosenbrock as small
from benchmarks.by_hand import numba_accumulating, numba_into, numba_new, numpy_value_and_grad
from benchmarks.harness import Report, Row, Target, agree, beside, best_call, ratio
from benchmarks.peers import measure_with

N = 10**6


def with_numba(x, fastmath: bool):
    """Seconds a call of the faster of two ways to write it by hand."""

    def measure(numba):
        times = []
        for into in (numba_into(numba, fastmath), numba_accumulating(numba, fastmath)):
            f = numba_new(numba, into)
            agree("numba", f(x), numpy_value_and_grad(x))
            times.append(best_call(f, x))
        return min(times)

    return measure_with("numba", measure)


def run() -> Report:
    """Measure a million variables."""
    x = np.linspace(-1.2, 1.2, N)
    f = jad.value_and_grad(small.rosenbrock)
    agree("jitad", f(x), numpy_value_and_grad(x))
    cells = {
        "jitad": best_call(f, x),
        "jitad out=": small.with_jitad_out(x),
        "Numba by hand": with_numba(x, fastmath=False),
        "Numba out=": small.with_numba_out(x),
        "Numba, fastmath": with_numba(x, fastmath=True),
        "NumPy by hand": best_call(numpy_value_and_grad, x),
        "JAX": small.with_jax(x),
        "autograd": small.with_autograd(x),
        "PyTorch": small.with_torch(x),
    }
    ours = cells["jitad"]
    peers = [name for name in cells if name not in ("Numba out=", "Numba, fastmath")]
    return Report(
        "Rosenbrock, a million variables",
        "Value and gradient, one processor, fresh results (`out=` beside them). `Numba by hand` is the\n"
        "faster of two loops; fastmath lets it reorder the sum.",
        [Row("n = 10⁶", cells, beside(peers), counted=True, traffic=16.0 * N, flops=13.0 * N)],
        [
            Target("Rosenbrock n = 10⁶, beside Numba by hand", ratio(ours, cells["Numba by hand"]), 1.0, "×"),
            Target("Rosenbrock n = 10⁶, beside JAX", ratio(ours, cells["JAX"]), 0.7, "×"),
        ],
    )
