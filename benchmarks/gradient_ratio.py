"""The cost of a gradient beside the cost of the value alone, on the objectives of examples/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import jitad as jad
from benchmarks.examples import FOR_JAX, read
from benchmarks.harness import Report, Row, Target, agree, best_call, ratio
from benchmarks.peers import peer


@dataclass
class Objective:
    """One function of an example, the arguments to call it with, and the places of those to differentiate."""

    work: str
    example: str
    name: str
    arguments: tuple
    argnums: int | tuple[int, ...] = 0


def objectives() -> list[Objective]:
    """Return the objectives with more than a hundred parameters."""
    options, mixture = read("black_scholes", {}).sample(1000), read("gmm", {}).sample
    rng, all_four = np.random.default_rng(0), (0, 1, 2, 3)
    found = [
        Objective("Rosenbrock, n = 1000", "rosenbrock_bfgs", "rosenbrock", (np.linspace(-1.2, 1.0, 1000),)),
        Objective("Black-Scholes, 1000 options", "black_scholes", "portfolio", options, (0, 1, 2)),
        Objective("Mixture, 1000 × 6, 5 components", "gmm", "objective", mixture(1000, 6, 5), all_four),
        Objective("Mixture, 1000 × 20, 10 components", "gmm", "objective", mixture(1000, 20, 10), all_four),
    ]
    if peer("sklearn") is not None:
        digits = read("digits", {})
        data = digits.load()
        for work, name, size in (
            ("Digits, logistic regression", "logistic_loss", 650),
            ("Digits, two-layer network", "network_loss", 2410),
        ):
            arguments = (0.1 * rng.standard_normal(size), data.train_images, data.train_labels)
            found.append(Objective(work, "digits", name, arguments))
    return found


def leaves(gradient: Any) -> tuple:
    """Return the gradient as a tuple of arrays, also when it is a single one."""
    return gradient if isinstance(gradient, tuple) else (gradient,)


def with_jax(objective: Objective, value: float, gradient: tuple) -> tuple[Any, Any]:
    """Return seconds of JAX's value, and value and gradient, of the same source."""
    jax = peer("jax")
    if jax is None:
        return "not installed", "not installed"
    f = getattr(read(objective.example, FOR_JAX), objective.name)
    compiled, both = jax.jit(f), jax.jit(jax.value_and_grad(f, argnums=objective.argnums))

    def call_value(*arguments):
        return np.asarray(compiled(*arguments))

    def call_both(*arguments):
        v, g = both(*arguments)
        return np.asarray(v), tuple(map(np.asarray, leaves(g)))

    v, g = call_both(*objective.arguments)
    agree(f"jax, {objective.work}", (v, *g), (value, *gradient), rtol=1e-8)
    return best_call(call_value, *objective.arguments), best_call(call_both, *objective.arguments)


def measure(objective: Objective) -> tuple[Row, Target]:
    """Measure the value and the value with its gradient, ours and JAX's, and NumPy's value."""
    f = getattr(read(objective.example, {}), objective.name)
    compiled, both = jad.jit(f), jad.value_and_grad(f, argnums=objective.argnums)
    value, gradient = both(*objective.arguments)
    agree(f"jitad, {objective.work}", (value,), (f(*objective.arguments),))
    agree(f"jitad, {objective.work}", (compiled(*objective.arguments),), (value,))
    theirs = with_jax(objective, value, leaves(gradient))
    cells = {
        "jitad value": best_call(compiled, *objective.arguments),
        "jitad value and gradient": best_call(both, *objective.arguments),
        "NumPy value": best_call(f, *objective.arguments),
        "JAX value": theirs[0],
        "JAX value and gradient": theirs[1],
    }
    found = ratio(cells["jitad value and gradient"], cells["jitad value"])
    versus = {"JAX value and gradient": "jitad value and gradient"}
    row = Row(objective.work, cells, versus, counted=True)
    return row, Target(f"{objective.work}, gradient beside value", found, 3.0, "×")


def run() -> Report:
    """Measure each objective; the gradient is checked against JAX's when that is installed."""
    method = "The objectives of examples/, the same source for every tool; one thread."
    report = Report("Gradient beside value", method)
    for objective in objectives():
        row, target = measure(objective)
        report.rows.append(row)
        report.targets.append(target)
    return report
