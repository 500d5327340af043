"""Loops reversed under a budget: states are kept every so often, and iterations between them computed again.

A loop of known trips of which each runs twice at most is two loops, one in the other: the first sweep keeps
the state before each chunk of iterations, and the way back runs each chunk there, taped, and back. Else a
schedule of binomial checkpointing runs as a loop of the program: states are kept on tapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, const
from ..ir.op import lookup
from ..ir.types import F64, I64, type_of
from ..ops.shape import zeros
from ..ops.tape import new_tape
from ..opt import dce
from ..opt.flatten import may_unroll
from . import schedules
from .binomial import emit_split
from .cotangents import Cotangents
from .kept import Account, Schedule
from .loops import Cut, LoopReversal, cut, entry, uncut
from .parts import Parts
from .structures import for_, i64, op, while_
from .tangent import zeros as zero
from .tapes import Tapes

Run = Callable[[Sequence[Value], Sequence[Value]], Sequence[Value]]


@dataclass
class ScheduledReversal:
    """How a loop is run back by a schedule.

    run      the cotangents of what is carried, shared, and of whole stacks before the loop, from those after
             it and those of what it collects
    stacks   operands whose cotangents are wanted; `collected`: active stacked results
    """

    forward: list[Eqn]
    run: Run
    found: Cut

    def reverse(self, cotangents: Cotangents) -> None:
        """Append the schedule; see `Reversal`."""
        found, of = self.found, lambda v: cotangents.take(v) or zero(v.type)
        eqn, n = found.eqn, len(found.on)
        first = 1 if eqn.op.name == "for" else 0
        stacks = [eqn.operands[first + eqn.attrs.get("carried", 0) + k] for k in found.into]
        ends = [of(eqn.results[j]) for j in found.on]
        collected = [of(eqn.results[k]) for k in found.out_of]
        sums = [of(v) for v in found.shared]
        new = self.run([*ends, *sums, *(zeros(s.type) for s in stacks)], collected)
        for v, ct in zip(found.shared, new[n:]):
            cotangents.add(v, ct)
        for j, ct in zip(found.on, new):
            cotangents.add(eqn.operands[first + j], ct)
        for v, ct in zip(stacks, new[n + len(sums) :]):
            cotangents.add(v, ct)


class Planned:
    """One loop that is to be reversed within a budget.

    need  bytes that it keeps if every iteration keeps its part; None: known only when it runs
    """

    def __init__(self, eqn: Eqn, active: set[Value], account: Account) -> None:
        self.eqn, self.active, self.account = eqn, active, account
        self.trips: int = eqn.attrs.get("trips", -1)
        self.inner = account.trial(None)
        self.found = cut(eqn, active, self.inner)
        h = self.found.halves
        self.need = None if h.starts or (self.trips < 0 and h.nbytes) else max(self.trips, 0) * h.nbytes

    def reversal(self, tapes: Tapes) -> LoopReversal | ScheduledReversal:
        """How it is reversed within the budget of `tapes`."""
        share = tapes.account.budget
        assert share is not None
        if self._is_kept_whole(share):
            self._accept(tapes)
            return uncut(self.found, tapes)
        _refuse_open(self.found)
        schedule, inside = self._scheduled(share)
        self._accept(tapes)
        tapes.account.loops.append(entry(self.found, replace(schedule, peak=schedule.peak + inside)))
        return self._made(schedule)

    def _is_kept_whole(self, share: int) -> bool:
        """Whether every iteration keeps its part: also of few numbers, which may never be in memory."""
        if self.need is not None and may_unroll(self.eqn):
            if self.need > share:
                raise schedules.BudgetError(self.eqn.loc, self.need, share)
            return True
        return (self.need is not None and self.need <= share) or _holds_tapes(self.eqn, self.found)

    def _accept(self, tapes: Tapes) -> None:
        tapes.account.loops.extend(self.inner.loops)

    def _scheduled(self, share: int) -> tuple[Schedule, int]:
        """The schedule, and what loops inside take; those are cut down where one iteration is too much."""
        schedule = None if self.found.halves.starts else self._fitting(share)
        if schedule is not None:
            return schedule, 0
        for part in (share // 2, share - share // 8):
            try:
                self.inner = self.account.trial(part)
                self.found = cut(self.eqn, self.active, self.inner)
            except schedules.BudgetError:
                continue
            inside = sum(k.schedule.peak for k in self.inner.loops if k.schedule is not None)
            schedule = None if self.found.halves.starts else self._fitting(share - inside)
            if schedule is not None:
                return schedule, inside
        state = Parts.of(self.found).nbytes + schedules.POSITION
        raise schedules.BudgetError(self.eqn.loc, state + self.found.halves.nbytes, share)

    def _fitting(self, share: int) -> Schedule | None:
        parts, each = Parts.of(self.found), max(self.found.halves.nbytes, 1)
        if self.trips < 0:
            return schedules.open_ended(parts.nbytes, each, share)
        chunks = None
        if not self.found.out_of and len(self.eqn.results) == self.eqn.attrs["carried"]:
            chunks = schedules.in_chunks(self.trips, parts.nbytes, each, share)
        return chunks or schedules.binomial(self.trips, parts.nbytes, each, share)

    def _made(self, schedule: Schedule) -> ScheduledReversal:
        parts = Parts.of(self.found)
        if self.trips >= 0 and schedule.again == 1:
            return _in_chunks(self.found, parts, schedule)
        return _by_schedule(self.found, parts, schedule)


def _refuse_open(found: Cut) -> None:
    """NotImplementedError where bytes are known only when the program runs."""
    values = (*Parts.of(found).start, *found.halves.kept)
    if any(v.type.dims for v in values):
        raise NotImplementedError(
            f"a tape budget for the loop at {found.eqn.loc}, whose arrays have sizes that are known only "
            "when it runs; compile it for one size"
        )


def _holds_tapes(eqn: Eqn, found: Cut) -> bool:
    """Whether a loop, that of a derivative, hands on tapes: these cannot be kept beside what follows."""
    values = (*eqn.operands, *found.shared)
    return any(v.type.item is not None for v in values)


def _in_chunks(found: Cut, parts: Parts, schedule: Schedule) -> ScheduledReversal:
    """The loop as one over chunks, whose first sweep stacks the states before them."""
    eqn, chunk, count = found.eqn, schedule.chunk, schedule.snapshots
    trips: int = eqn.attrs["trips"]
    rest = trips - count * chunk
    begin = lambda k: op("add", op("mul", k, chunk), rest)
    b = Builder()
    b.loc, b.origin = eqn.loc, eqn.origin

    def ahead(k: Value, *state: Value) -> Sequence[Value]:
        out = parts.forward(state, begin(k), i64(chunk), chunk)
        return [*out, *(state[j] for j in parts.needed)]

    with b:
        first = parts.forward(parts.inits, i64(0), i64(rest), rest) if rest else parts.inits
        new = for_(i64(count), first, ahead, trips=count)
    last = b.eqns.pop()
    n = len(eqn.results)
    stacks = new[n:]
    forward = Eqn(
        last.op, last.operands, last.attrs, (*eqn.results, *stacks), eqn.loc, last.regions, eqn.origin
    )

    def run(cotangents: Sequence[Value], collected: Sequence[Value]) -> Sequence[Value]:
        c = len(cotangents)

        def behind(k: Value, *xs: Value) -> Sequence[Value]:
            return parts.back(xs[c:], begin(k), i64(chunk), xs[:c], collected, chunk)

        out = for_(i64(count), cotangents, behind, trips=count, reverse=True, rows=stacks)
        return parts.back(parts.start, i64(0), i64(rest), out, collected, rest) if rest else out

    return ScheduledReversal([*b.eqns, forward], run, found)


def _by_schedule(found: Cut, parts: Parts, schedule: Schedule) -> ScheduledReversal:
    """The loop as it is; its way back keeps states by the binomial schedule."""
    forward, count = _counted(found)
    parts.count = count

    def run(cotangents: Sequence[Value], collected: Sequence[Value]) -> Sequence[Value]:
        return _driver(parts, schedule, found.eqn.attrs.get("trips", -1), cotangents, collected)

    return ScheduledReversal([forward], run, found)


def _counted(found: Cut) -> tuple[Eqn, Value]:
    """The loop without what its way back reads, and the number of its iterations."""
    eqn, h = found.eqn, found.halves
    *tests, body = eqn.regions
    body = dce(body.replace(eqns=tuple(h.forward), results=h.results))
    if eqn.op.name == "for":
        return _like(eqn, eqn.operands, eqn.results, (body,)), eqn.operands[0]
    before, after, count = (Value(type_of(I64), "trips") for _ in range(3))
    more = Eqn(lookup("add"), (before, const(1, I64)), {}, (after,), eqn.loc, (), eqn.origin)
    body = body.replace(
        params=(*body.params, before), eqns=(*body.eqns, more), results=(*body.results, after)
    )
    test = tests[0].replace(params=(*tests[0].params, Value(before.type)))
    return _like(eqn, (*eqn.operands, const(0, I64)), (*eqn.results, count), (test, body)), count


def _like(
    eqn: Eqn, operands: Sequence[Value], results: Sequence[Value], regions: tuple[Function, ...]
) -> Eqn:
    return Eqn(eqn.op, tuple(operands), eqn.attrs, tuple(results), eqn.loc, regions, eqn.origin)


def _driver(
    parts: Parts,
    schedule: Schedule,
    trips: int,
    cotangents: Sequence[Value],
    collected: Sequence[Value],
) -> Sequence[Value]:
    """Binomial checkpointing (Griewank and Walther, ch. 12), in chunks of iterations; positions count chunks.

    The states kept are on tapes, the last one on top. The last chunk is always the next to run back: the
    state on top advances to it, and on its way further ones are kept.
    """
    chunk, n = _chunk(parts, schedule, trips), len(parts.start)
    push = lambda tapes, xs: [op("push", t, x) for t, x in zip(tapes, xs)]
    first = [i64(0), *parts.start]
    tapes = push([new_tape(v.type) for v in first], first)
    steps = op("floor_divide", op("add", parts.count, op("sub", chunk, 1)), chunk)

    def one_back(left: Value, free: Value, *xs: Value) -> Sequence[Value]:
        popped = [op("pop", t) for t in xs[: n + 1]]
        last = op("sub", left, 1)

        def keep(free: Value, at: Value, *xs: Value) -> Sequence[Value]:
            jump = emit_split(op("sub", left, at), free)
            state = parts.advance(xs[:n], op("mul", at, chunk), op("mul", jump, chunk))
            return [op("sub", free, 1), op("add", at, jump), *state, *push(xs[n:], (at, *xs[:n]))]

        start = [op("add", free, 1), *(x for x, _ in popped), *(t for _, t in popped)]
        out = while_(start, lambda free, at, *_: op("lt", at, last), keep)
        free, state, tapes = out[0], out[2 : n + 2], out[n + 2 :]
        at = op("mul", last, chunk)
        some = op("minimum", chunk, op("sub", parts.count, at))
        return [last, free, *tapes, *parts.back(state, at, some, xs[n + 1 :], collected)]

    start = [steps, i64(schedule.snapshots - 1), *tapes, *cotangents]
    return while_(start, lambda left, *_: op("gt", left, 0), one_back)[n + 3 :]


def _chunk(parts: Parts, schedule: Schedule, trips: int) -> Value:
    """Iterations in a chunk. Where their number is not known: what takes least memory, but as many as let
    each run twice at most, if a chunk may have so many.
    """
    if trips >= 0:
        return i64(schedule.chunk)
    each = max(parts.h.nbytes, 1)
    count = op("convert", parts.count, dtype=F64)
    least = op("convert", op("sqrt", op("mul", count, const(schedule.state / each, F64))), dtype=I64)
    least = op("maximum", least, min(max(schedules.SMALL_TAPE // each, 1), schedule.chunk))
    states = schedule.snapshots
    even = op("floor_divide", op("add", parts.count, states - 1), states)
    return op("minimum", op("maximum", even, least), schedule.chunk)
