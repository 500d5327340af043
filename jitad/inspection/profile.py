"""Measured time of each nest, and of each line of the user's."""

from __future__ import annotations

import ctypes
import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, sleep
from typing import Any

import numpy as np

from .. import pipeline
from ..api.version import Version
from ..ir.graph import Loc
from ..lower.roots import Step
from .amounts import seconds
from .nests import Nest, cost, nests_of

#: Seconds over which the processor's clock is compared with the system's.
CALIBRATION = 0.01
#: Seconds of measurement when nobody says how many calls.
ENOUGH = 0.2


@dataclass(frozen=True, repr=False)
class Profile:
    """Where the time of a call goes; printed, a table of the user's lines.

    total     seconds of a call without timers, overhead what timers add to it, as a share
    nests     seconds in a call of each nest that was timed; of a loop, all of it
    lines     seconds in a call of each line. A nest that serves several lines is divided among them by
              estimated work; so are inner nests that are too short to be timed, and the whole call if it
              has no nest, but numbers in registers only
    calls     that were measured
    """

    total: float
    overhead: float
    nests: dict[Nest, float]
    lines: dict[Loc, float]
    calls: int

    def __str__(self) -> str:
        rows = [
            f"{seconds(self.total)} a call, the best of {self.calls}; timers add {100 * self.overhead:.1f} %"
        ]
        known = sum(self.lines.values()) or 1.0
        if self.nests:
            rows.append(f"{seconds(known)} of it in nests; the rest: arguments, results, registers")
        else:
            rows.append("no nest to be timed: divided by estimated work")
        file = ""
        for loc, spent in sorted(self.lines.items()):
            if loc.file != file:
                file = loc.file
                rows += ["", file, "    line       time      %"]
            text = linecache.getline(loc.file, loc.line).strip()
            rows.append(f"  {loc.line:6} {seconds(spent):>10} {100 * spent / known:6.1f}  {text}")
        return "\n".join(rows)

    __repr__ = __str__


def profile_of(version: Version, args: Sequence[Any], repeat: int | None) -> Profile:
    """Run a version with timers and without, in turn; the best call of each counts.

    repeat  calls of each; None: as many as take 0.2 s, at least three
    """
    if repeat is not None and repeat < 1:
        raise ValueError(f"repeat is a positive number of calls, not {repeat}")
    timed = _timed(version)
    clock = _Clock(timed)
    best, with_timers = float("inf"), float("inf")
    ticks: list[int] = []
    calls, end = 0, perf_counter() + ENOUGH
    while calls < repeat if repeat is not None else calls < 3 or perf_counter() < end:
        best = min(best, _time(version, args))
        clock.reset()
        spent = _time(timed, args)
        if spent < with_timers:
            with_timers, ticks = spent, clock.read()
        calls += 1
    steps = {id(step): ticks[2 * k] * clock.period for k, step in enumerate(clock.steps)}
    nests = nests_of(next(reversed(timed.binary.lowered.sources.values())))
    measured = {nest: steps[id(nest.step)] for nest in nests if id(nest.step) in steps and _is_timed(nest)}
    if not measured:
        return Profile(best, 0.0, {}, _in_registers(nests, best), calls)
    return Profile(best, max(with_timers / best - 1, 0.0), measured, _by_line(nests, measured), calls)


def _in_registers(nests: list[Nest], spent: float) -> dict[Loc, float]:
    """Divide the time of a call among lines by estimated work."""
    work: dict[Loc, float] = {}
    for nest in nests:
        for loc, share in _shares(nest, [], {}).items():
            work[loc] = work.get(loc, 0.0) + share * nest.runs
    return {loc: spent * share / sum(work.values()) for loc, share in work.items()}


def _is_timed(nest: Nest) -> bool:
    return nest.kind != "registers"


def _time(version: Version, args: Sequence[Any]) -> float:
    """Seconds of one call, with copies of the arguments if it writes into some."""
    given = [np.copy(x) for x in args] if version.program.written else args
    start = perf_counter()
    version.run(given, None)
    return perf_counter() - start


def _timed(version: Version) -> Version:
    """The same version, compiled with timers."""
    timed = Version(version.program, version.leaves, version.names)
    timed._binary = pipeline.compile_native(version.program.fn, timed=True)
    return timed


class _Clock:
    """The timers of a version that was compiled with them."""

    def __init__(self, version: Version) -> None:
        binary = version.binary
        assert binary.lowered.timers is not None
        self.steps: list[Step] = binary.lowered.timers.steps
        symbol, address = binary.lowered.symbol, binary.module.address
        where = ctypes.CFUNCTYPE(ctypes.c_void_p)(address(f"{symbol}.ticks"))()
        self.array = (ctypes.c_int64 * (2 * len(self.steps) + 1)).from_address(where or 0)
        now = ctypes.CFUNCTYPE(ctypes.c_int64)(address(f"{symbol}.now"))
        start, ticks = perf_counter(), now()
        sleep(CALIBRATION)
        ticks, spent = now() - ticks, perf_counter() - start
        self.period = spent / ticks

    def reset(self) -> None:
        ctypes.memset(self.array, 0, ctypes.sizeof(self.array))

    def read(self) -> list[int]:
        return list(self.array)


def _by_line(nests: list[Nest], measured: dict[Nest, float]) -> dict[Loc, float]:
    """Divide what was measured among the lines."""
    own = dict(measured)
    for nest, spent in measured.items():
        if (around := _timed_around(nest, measured)) is not None:
            own[around] -= spent
    lines: dict[Loc, float] = {}
    for nest, spent in own.items():
        shares = _shares(nest, nests, measured)
        whole = sum(shares.values())
        for loc, share in shares.items():
            lines[loc] = lines.get(loc, 0.0) + max(spent, 0.0) * share / whole
    return lines


def _timed_around(nest: Nest, measured: dict[Nest, float]) -> Nest | None:
    """The innermost timed loop or branch around a nest."""
    around = nest.outer
    while around is not None and around not in measured:
        around = around.outer
    return around


def _shares(nest: Nest, nests: list[Nest], measured: dict[Nest, float]) -> dict[Loc, float]:
    """Estimated work of a timed nest by line, with the nests in it that were not timed."""
    inner = [x for x in nests if x not in measured and _timed_around(x, measured) is nest]
    shares: dict[Loc, float] = {}
    for part in (nest, *inner):
        for eqn, times in part.eqns:
            if eqn.loc is not None:
                work = (1.0 + cost(eqn)) * times * part.runs / nest.runs
                shares[eqn.loc] = shares.get(eqn.loc, 0.0) + work
    if not shares and nest.loc is not None:
        shares[nest.loc] = 1.0
    return shares
