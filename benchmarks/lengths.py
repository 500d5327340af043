"""A thousand lengths of one argument: compilations, and what a call costs beside code for its length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import jitad as jad
from benchmarks.harness import Report, Row, Target, agree, best

LENGTHS = range(1000, 2000)
#: Lengths at which the call is timed.
TIMED = (1000, 10_000, 100_000)
VALUES, SPECIALISED = "sizes as values", "one size compiled in"


class Case(NamedTuple):
    """A gradient, and its arguments for a length."""

    name: str
    transformed: Callable[..., Any]
    function: Callable[..., Any]
    arguments: Callable[[int], tuple[Any, ...]]


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def logistic(w, X, y):
    z = X @ w
    return np.mean(np.logaddexp(0.0, z) - y * z) + 1e-3 * np.sum(w**2)


def recurrence(x):
    y = 0.0
    total = 0.0
    for i in range(len(x)):
        y = 0.5 * y + x[i] / (1.0 + y * y)
        total += y * y
    return total


def stencil(x, steps):
    for _ in range(steps):
        x = np.concatenate((x[:1], x[1:-1] + 0.25 * (x[2:] - 2.0 * x[1:-1] + x[:-2]), x[-1:]))
    return np.sum(x**2)


def cases() -> Iterator[Case]:
    """Yield the four gradients."""
    draw = np.random.default_rng(0).standard_normal
    weights = draw(10)

    def classified(n: int) -> tuple[Any, ...]:
        X = draw((n, 10))
        return weights, X, (X[:, 0] > 0).astype(float)

    gradient = jad.value_and_grad
    yield Case("Rosenbrock", gradient, rosenbrock, lambda n: (np.linspace(-1.2, 1.2, n),))
    yield Case("logistic regression, 10 columns", gradient, logistic, classified)
    yield Case("a recurrence", gradient, recurrence, lambda n: (np.linspace(0.1, 1.0, n),))
    yield Case("10 steps of a stencil", gradient, stencil, lambda n: (np.linspace(0.0, 1.0, n), 10))


def compilations(case: Case, lengths: range) -> int:
    """Return how many versions a function makes that is called with each of these lengths."""
    f = case.transformed(case.function)
    for n in lengths:
        f(*case.arguments(n))
    return f.cache_info().traces


def row(case: Case, n: int) -> Row:
    """Time one call at one length, after other lengths, and beside a function for that length."""
    arguments = case.arguments(n)
    f = case.transformed(case.function)
    for m in (n + 1, n + 2, n):
        f(*case.arguments(m))
    special = case.transformed(case.function, specialize=True)
    agree(case.name, parts(f(*arguments)), parts(special(*arguments)), 1e-12)
    names = {f"a{i}": a for i, a in enumerate(arguments)}
    statement = f"f({', '.join(names)})"
    times = {VALUES: float("inf"), SPECIALISED: float("inf")}
    for _ in range(3):  # in turn: the machine may be slower now and then
        for name, g in ((VALUES, f), (SPECIALISED, special)):
            times[name] = min(times[name], best(statement, {"f": g, **names}, 3))
    return Row(f"{case.name}, n = {n}", dict(times), {SPECIALISED: VALUES})


def parts(result: tuple[Any, Any]) -> tuple[Any, ...]:
    """Return value and gradient as two arrays."""
    value, gradient = result
    return value, gradient


def run() -> Report:
    """Count compilations and measure calls."""
    rows, targets = [], []
    for case in cases():
        found = compilations(case, LENGTHS)
        targets.append(Target(f"{case.name}: compilations for {len(LENGTHS)} lengths", float(found), 2.0, ""))
        for n in TIMED:
            measured = row(case, n)
            rows.append(measured)
            quotient = measured.best_ratio()
            assert quotient is not None
            targets.append(Target(f"{measured.work}: beside code for the length", quotient[0], 1.15, "×"))
    return Report(
        "A thousand lengths",
        "Value and gradient, fresh results, one thread. One function has been called with other lengths "
        "before, so that its sizes are values of the program; the other is compiled for the length.",
        rows,
        targets,
    )
