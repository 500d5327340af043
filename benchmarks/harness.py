"""What every case uses: timing, checking, and the results that a case returns."""

from __future__ import annotations

import json
import os
import statistics
import timeit
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

NOT_INSTALLED = "not installed"
NO_COMPILER = "no compiler"

#: The column of ours that peers are measured beside, and the one for native code called by native code.
OURS, OURS_FROM_C = "jitad", "jitad, from C"

#: How the columns end that were measured with the threads each tool starts by itself.
ALL_THREADS = ", all threads"

Cell = float | str | None


@dataclass
class Row:
    """One line of a table: what was done and, for each tool, seconds or a remark.

    versus   peer's column → column of ours that it is measured beside
    counted  whether the row is part of the geometric mean of gradient times
    traffic  bytes that cannot be avoided: each argument read once, each result written once
    flops    arithmetic of the straightforward program, an elementary function as ELEMENTARY operations
    """

    work: str
    cells: dict[str, Cell]
    versus: dict[str, str] = field(default_factory=dict)
    counted: bool = False
    traffic: float | None = None
    flops: float | None = None

    def best_ratio(self) -> tuple[float, str] | None:
        """Return the largest ratio of our time to a peer's on one thread, and that peer."""
        found = [
            (quotient, peer)
            for peer, ours in self.versus.items()
            if not peer.endswith(ALL_THREADS)
            and (quotient := ratio(self.cells.get(ours), self.cells.get(peer))) is not None
        ]
        return max(found, default=None)


#: What an elementary function counts in `Row.flops`: about its reduction and its polynomial.
ELEMENTARY = 20


@dataclass
class Target:
    """A figure to reach: `measured` at most `limit`, or at least; None: it could not be measured here."""

    text: str
    measured: float | None
    limit: float
    unit: str = "s"
    at_least: bool = False

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "not measured"
        met = self.measured >= self.limit if self.at_least else self.measured <= self.limit
        return "met" if met else "missed"


@dataclass
class Report:
    """The result of one case; `figures` are measured numbers that other parts of the page use."""

    title: str
    method: str
    rows: list[Row] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Report:
        data = json.loads(text)
        rows = [Row(**row) for row in data.pop("rows")]
        targets = [Target(**target) for target in data.pop("targets")]
        return Report(rows=rows, targets=targets, **data)


def merged(one: Report, several: Report) -> Report:
    """Return the report of a run on one thread with the columns of a run on all threads added."""
    for row, other in zip(one.rows, several.rows, strict=True):
        for tool, cell in other.cells.items():
            row.cells[tool + ALL_THREADS] = cell
        for peer in other.versus:
            ours = OURS + ALL_THREADS
            row.versus[peer + ALL_THREADS] = ours if ours in row.cells else OURS
    return one


def beside(cells: Iterable[str], ours: str = OURS) -> dict[str, str]:
    """Return `Row.versus` with all columns that are not ours beside `ours`."""
    return {name: ours for name in cells if not name.startswith(OURS)}


def geometric_mean(rows: Iterable[Row]) -> tuple[float | None, int]:
    """Return the geometric mean over counted rows of our time by the best peer's, and their number."""
    found = [best[0] for row in rows if row.counted and (best := row.best_ratio()) is not None]
    return (statistics.geometric_mean(found) if found else None), len(found)


def on_all_threads() -> bool:
    """Whether this process measures with the threads that tools start by themselves."""
    return os.environ.get("BENCHMARK_THREADS") == "all"


def best(statement: str, names: dict[str, Any], repeats: int = 9, budget: float = 0.04) -> float:
    """Return the shortest time of one run of `statement`, in seconds.

    The statement runs in a loop of about `budget` seconds, `repeats` times over; garbage collection is off.
    The overhead of the loop, about 10 ns a run, is part of the result, for every tool alike.
    """
    timer = timeit.Timer(statement, globals=names)
    number = loop_length(timer.timeit, budget)
    return min(timer.repeat(repeats, number)) / number


def loop_length(seconds: Callable[[int], float], budget: float) -> int:
    """Return how many runs take about `budget` seconds; `seconds(n)` measures n runs."""
    once, number = max(seconds(1), 1e-9), 1
    while once * number < budget and number < 10**7:
        number *= 2
        if number >= 8:
            once = seconds(number) / number
    return number


def best_call(f: Callable, *args: Any, **options: Any) -> float:
    """Return the shortest time of `f(*args)`, in seconds, called without an intermediate function."""
    names = {f"a{i}": a for i, a in enumerate(args)}
    return best(f"f({', '.join(names)})", {"f": f, **names}, **options)


def first_calls(make: Callable[[int], Callable[[], Any]], times: int = 7) -> float:
    """Return the median time of the first call of fresh functions; `make(i)` returns the i-th, not timed."""
    found = []
    for i in range(times):
        call = make(i)
        start = timeit.default_timer()
        call()
        found.append(timeit.default_timer() - start)
    return statistics.median(found)


def agree(name: str, found: Any, expected: Any, rtol: float = 1e-10) -> None:
    """Raise AssertionError unless `found` equals `expected`: no tool is timed before it is right."""
    for f, e in zip(found, expected, strict=True):
        scale = float(np.max(np.abs(e))) or 1.0
        np.testing.assert_allclose(np.asarray(f), e, rtol=rtol, atol=rtol * scale, err_msg=name)


def ratio(a: Cell, b: Cell) -> float | None:
    """Return a / b when both were measured."""
    if isinstance(a, float) and isinstance(b, float):
        return a / b
    return None
