"""Programs whose pages are tested."""

from __future__ import annotations

import numpy as np

import jitad as jad
from jitad.inspection import Inspection
from tests.programs import PROGRAMS
from tests.programs.program import copies, loss, results


def picked(x, idx):
    """Reads at places that are known when it runs; its words close <script> & <!-- elements -->."""
    total = 0.0
    for i in range(len(idx)):
        if x[idx[i]] > 0.3:  # "</script><script>alert(1)</script>"
            total += np.sin(x[idx[i]]) ** 2
    return total + np.sum(np.exp(x) * x)


X, IDX = np.linspace(0.0, 1.0, 50), np.arange(20)


def gradient_of(name: str, size: str = "S") -> Inspection:
    """What became of the value and gradient of a benchmark program."""
    program, rng = PROGRAMS[name], np.random.default_rng(0)
    args = program.inputs(program.sizes[size], rng)
    weights = [rng.standard_normal(np.shape(r)) for r in results(program.f(*copies(args)))]
    return jad.inspect(jad.value_and_grad(loss(program, weights), argnums=program.wrt), *args)
