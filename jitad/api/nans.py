"""Which operation made the NaN or infinity of a result: the IR is run, and each equation watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..ir.evaluate import Watch, evaluate, watched_by
from ..ir.graph import Eqn, Function, Loc

#: A run with some values replaced may take so many times the equations of the first run, and some more.
LONGER, MORE = 10, 1000


class Step(NamedTuple):
    """A loop or call that is being run: its line, and the iteration (−1: a call)."""

    loc: Loc | None
    iteration: int


class Event(NamedTuple):
    """One run of an equation that gave a NaN or infinity which none of its operands explains.

    path     the loops and calls around it, outer ones first
    results  what it gave, made: where that is new
    """

    eqn: Eqn
    path: tuple[Step, ...]
    operands: tuple[Any, ...]
    results: tuple[Any, ...]
    made: tuple[Any, ...]


class _Found(Exception):
    """The run has come to the event that was asked for."""


class _TooLong(Exception):
    """A run takes much longer than the first one."""


class _Run(Watch):
    """One run. Where an event is not to `live`, the numbers that it made are replaced by 1.

    live    (equation, how many events it had before) → whether what it makes stays
    numbers events of each equation so far, in the order of their first
    steps   equations that ran; after `most` it ends
    wanted  (equation, number) of the event to stop at; it is put into `event`
    from_infinity  equations that made NaN of an infinity
    inherited      those that did so of infinities that nothing made; others are no events
    """

    def __init__(
        self,
        live: Callable[[Eqn, int], bool],
        most: int | None = None,
        wanted: tuple[Eqn | None, int] | None = None,
        inherited: set[Eqn] | None = None,
    ) -> None:
        self.live, self.most, self.wanted, self.inherited = live, most, wanted, inherited
        self.from_infinity: set[Eqn] = set()
        self.numbers: dict[Eqn, int] = {}
        self.path: list[Step] = []
        self.trips: dict[Eqn, int] = {}
        self.steps = 0
        self.event: Event | None = None

    def of(self, fn: Function, values: Sequence[Any]) -> list[Any]:
        with watched_by(self):
            return evaluate(fn, *values)

    def skips(self, eqn: Eqn) -> bool:
        self.steps += 1
        if self.most is not None and self.steps > self.most:
            raise _TooLong
        self.trips.pop(eqn, None)
        return eqn.op.effect

    @contextmanager
    def inside(self, eqn: Eqn, region: int, arguments: Sequence[Any]) -> Iterator[None]:
        if "trips" in eqn.attrs:
            step = Step(eqn.loc, int(arguments[0]))
        elif eqn.op.name == "while":
            step = Step(eqn.loc, self.trips.get(eqn, 0))
            self.trips[eqn] = step.iteration + region
        elif not eqn.regions:
            step = Step(eqn.loc, -1)
        else:
            yield
            return
        self.path.append(step)
        yield
        self.path.pop()

    def made(self, eqn: Eqn, operands: Sequence[Any], results: Sequence[Any]) -> Sequence[Any]:
        if eqn.regions or "function" in eqn.attrs:
            return results
        made = [self._new(eqn, operands, k, x) for k, x in enumerate(results)]
        if not any(m is not None and m.any() for m in made):
            return results
        if self.inherited is None:
            self.from_infinity.update([eqn] if _inherits(eqn, operands) else [])
        elif eqn not in self.inherited and _inherits(eqn, operands):
            return results  # of what lives
        number = self.numbers.get(eqn, 0)
        self.numbers[eqn] = number + 1
        if self.wanted is not None and self.wanted in ((eqn, number), (None, 0)):
            self.event = Event(eqn, tuple(self.path), tuple(operands), tuple(results), tuple(made))
            raise _Found
        if self.live(eqn, number):
            return results
        return [x if m is None else np.where(m, x.dtype.type(1), x)[()] for x, m in zip(results, made)]

    def _new(self, eqn: Eqn, operands: Sequence[Any], k: int, x: Any) -> Any:
        """Where a result is NaN and no operand is, or infinite and all operands are finite."""
        type = eqn.results[k].type
        if type.item is not None or any(v.type.item is not None for v in eqn.operands):
            return None  # a tape gives what it was given
        if not type.is_float or np.isfinite(x).all():
            return None
        nan, inf = np.isnan(x), np.isinf(x)
        for v, operand in zip(eqn.operands, operands):
            if v.type.is_float:
                was_nan, was_bad = np.isnan(operand), ~np.isfinite(operand)
                if not eqn.op.elementwise:
                    was_nan, was_bad = was_nan.any(), was_bad.any()
                nan, inf = nan & ~was_nan, inf & ~was_bad
        return nan | inf


def _inherits(eqn: Eqn, operands: Sequence[Any]) -> bool:
    """Whether an operand has an infinity."""
    return any(
        v.type.is_float and np.isinf(x).any() for v, x in zip(eqn.operands, operands) if not v.type.item
    )


def culprit(fn: Function, values: Sequence[Any], always: bool = False) -> Event | None:
    """The first run of an equation whose NaN or infinity shows in a result; None if there is none.

    always  the first that makes any

    That it shows is found out by replacing all that others make: what it makes alone has to spoil a result.
    So a NaN in the branch of a `where` that is not taken is none, nor is an infinity that is divided by. It
    runs the program once for each equation before it that makes any, and log₂ of its runs.
    """
    first = _Run(lambda eqn, number: True)
    results = first.of(fn, values)
    if always:
        return _event(fn, values, first.live, (None, 0)) if first.numbers else None
    if not _spoiled(results).any():
        return None
    most = LONGER * first.steps + MORE
    clean = _Run(lambda eqn, number: False, most)
    base = _outcome(clean, fn, values)
    if base is None:
        return _event(fn, values, first.live, (None, 0))

    def shows(eqn: Eqn, count: int) -> bool:
        run = _Run(partial(_before, eqn, count), most, None, clean.from_infinity)
        found = _outcome(run, fn, values)
        return found is not None and bool((found & ~base).any())

    for eqn, count in clean.numbers.items():
        everything = max(first.numbers.get(eqn, 0), count)
        if shows(eqn, everything):
            number = _least(partial(shows, eqn), everything) - 1
            return _event(fn, values, partial(_before, eqn, number), (eqn, number), clean.from_infinity)
    return None


def _before(eqn: Eqn, number: int, e: Eqn, n: int) -> bool:
    return e is eqn and n < number


def _least(holds: Callable[[int], bool], most: int) -> int:
    """The least positive count for which something holds that holds for `most`, by bisection."""
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _event(
    fn: Function,
    values: Sequence[Any],
    live: Callable,
    wanted: tuple[Eqn | None, int],
    inherited: set[Eqn] | None = None,
) -> Event | None:
    run = _Run(live, None, wanted, inherited)
    try:
        run.of(fn, values)
    except _Found:
        pass
    return run.event


def _outcome(run: _Run, fn: Function, values: Sequence[Any]) -> np.ndarray | None:
    """Which elements of results are not finite; None if a run with values replaced fails or does not end."""
    try:
        return _spoiled(run.of(fn, values))
    except (_TooLong, ArithmeticError, LookupError, ValueError, MemoryError):
        return None


def _spoiled(results: Sequence[Any]) -> np.ndarray:
    """All results in one row: whether an element is NaN or infinite."""
    flat = [np.ravel(~np.isfinite(x)) for x in map(np.asarray, results) if x.dtype.kind == "f"]
    return np.concatenate(flat) if flat else np.zeros(0, bool)
