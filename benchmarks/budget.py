"""The gradient of a long time stepping under a tape budget, beside the same gradient without one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

import jitad as jad
from benchmarks.harness import OURS, Report, Row, Target, agree, best_call, ratio
from benchmarks.memory import peak_apart

STATES, STEPS = 100, 10**6
BUDGET = 64 * 2**20
KEEPING, BINOMIAL, VALUE = f"{OURS}, no budget", f"{OURS}, 64 kB", f"{OURS} value"
#: What a budget of 64 MiB, and one of 64 KiB, are for `prepared`.
BUDGETS = {KEEPING: None, OURS: BUDGET, BINOMIAL: 2**16}


def fronts(start, growth, n):
    """Return the energy of a reacting and diffusing state of many numbers after n steps."""
    u = start
    for _ in range(n):
        flow = np.zeros_like(u)
        flow[1:-1] = u[2:] - 2.0 * u[1:-1] + u[:-2]
        u = u + 0.1 * flow + growth * u * (1.0 - u)
    return np.sum(u * u)


@dataclass
class Gradient:
    """The gradient of some steps, under a budget."""

    steps: int
    nbytes: int | None
    states: int = STATES

    def __post_init__(self) -> None:
        loss = lambda start, growth: fronts(start, growth, self.steps)
        self.gradient = jad.value_and_grad(loss, (0, 1), tape_budget=self.nbytes)
        self.arguments = np.linspace(0.1, 0.9, self.states), 1e-3

    def run(self):
        """Return the value and both cotangents."""
        value, (start, growth) = self.gradient(*self.arguments)
        return value, start, growth

    def estimate(self) -> int:
        """Return the bytes that the loop is to keep at most."""
        version = self.gradient._version(self.gradient._binder.bind(self.arguments, {}))
        return sum(kept.total for kept in version.program.captures.kept)


def prepared(tool: str, steps: int = STEPS, states: int = STATES, nbytes: int | None = None) -> Gradient:
    """Return the gradient of that column, or under another budget."""
    return Gradient(steps, nbytes or BUDGETS[tool], states)


def row(steps: int = STEPS, repeats: int = 3) -> Row:
    """Measure the gradients, which have the same bits, and the value."""
    found = {name: prepared(name, steps) for name in BUDGETS}
    results = {name: gradient.run() for name, gradient in found.items()}
    for name, result in results.items():
        agree(name, result, results[KEEPING], 0.0)
    time = partial(best_call, repeats=repeats)
    cells = {name: time(gradient.run) for name, gradient in found.items()}
    value = jad.jit(lambda start, growth: fronts(start, growth, steps))
    cells[VALUE] = time(value, *found[OURS].arguments)
    return Row(f"{STATES} states, {steps:,} steps", dict(cells))


def run() -> Report:
    """Measure time and memory."""
    found = row()
    estimate = prepared(OURS).estimate()
    peak = peak_apart("budget", OURS)
    text = f"peak memory under 64 MiB beside the estimate of {estimate / 1e6:.3g} MB"
    slower = ratio(found.cells[OURS], found.cells[KEEPING])
    return Report(
        "Tapes under a budget",
        "Value and gradient of a reaction and diffusion by its start and rate, with tapes that may keep\n"
        "64 MiB or 64 KiB, and without a bound (1.6 GB).",
        [found],
        [
            Target("gradient under 64 MiB beside the one without a budget", slower, 3.0, "×"),
            Target(text, None if peak is None else peak / estimate, 1.1, "×"),
        ],
    )
