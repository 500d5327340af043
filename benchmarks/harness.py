"""What every case uses: timing, the results it returns, and their text form."""

from __future__ import annotations

import json
import os
import statistics
import timeit
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

NOT_INSTALLED = "not installed"


@dataclass
class Row:
    """One line of a table: what was done and, for each tool, seconds or a remark."""

    work: str
    cells: dict[str, float | str | None]


@dataclass
class Target:
    """A figure to reach: `measured` should not exceed `limit`; None means it could not be measured here."""

    text: str
    measured: float | None
    limit: float
    unit: str = "s"

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "not measured"
        return "met" if self.measured <= self.limit else "missed"


@dataclass
class Report:
    """The result of one case."""

    title: str
    method: str
    rows: list[Row] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Report:
        data = json.loads(text)
        rows = [Row(**row) for row in data.pop("rows")]
        targets = [Target(**target) for target in data.pop("targets")]
        return Report(rows=rows, targets=targets, **data)


def best(statement: str, names: dict[str, Any], repeats: int = 9, budget: float = 0.04) -> float:
    """Return the shortest time of one run of `statement`, in seconds.

    The statement runs in a loop of about `budget` seconds, `repeats` times over; garbage collection is off.
    The overhead of the loop, about 10 ns a run, is part of the result, for every tool alike.
    """
    timer = timeit.Timer(statement, globals=names)
    once = max(timer.timeit(1), 1e-9)
    number = 1
    while once * number < budget and number < 10**7:
        number *= 2
        if number >= 8:
            once = timer.timeit(number) / number
    return min(timer.repeat(repeats, number)) / number


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


def one_thread() -> None:
    """Keep this process on one processor; call it before a peer starts its thread pool."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def ratio(a: float | str | None, b: float | str | None) -> float | None:
    """Return a / b when both were measured."""
    if isinstance(a, float) and isinstance(b, float):
        return a / b
    return None


def show_time(t: float) -> str:
    """Return seconds with three digits and a fitting unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if t >= scale:
            return f"{t / scale:.3g} {unit}"
    return f"{t / 1e-9:.0f} ns"


def show_figure(x: float | None, unit: str) -> str:
    """Return a measured figure or a limit in its unit."""
    if x is None:
        return "–"
    return show_time(x) if unit == "s" else f"{x:.2f}{unit}"


def show_cell(cell: float | str | None) -> str:
    """Return the text of one cell of a table."""
    if cell is None:
        return "–"
    return cell if isinstance(cell, str) else show_time(cell)


def table(header: list[str], lines: list[list[str]]) -> str:
    """Return a Markdown table with padded columns."""
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]
    rows = [header, ["-" * w for w in widths], *lines]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |" for row in rows)


def show(report: Report) -> str:
    """Return a report as Markdown."""
    parts = [f"## {report.title}", report.method]
    if report.rows:
        tools = list(dict.fromkeys(name for row in report.rows for name in row.cells))
        lines = [[row.work, *(show_cell(row.cells.get(tool)) for tool in tools)] for row in report.rows]
        parts.append(table(["", *tools], lines))
    if report.targets:
        lines = [
            [t.text, show_figure(t.limit, t.unit), show_figure(t.measured, t.unit), t.verdict]
            for t in report.targets
        ]
        parts.append(table(["target", "limit", "measured", ""], lines))
    parts.extend(report.notes)
    return "\n\n".join(parts) + "\n"
