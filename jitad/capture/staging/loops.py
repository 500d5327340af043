"""`for` and `while` over traced values: rolled where that means the same, run by Python otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from ... import ops
from ...ir.graph import Function, Loc, Value, const, free_values
from ...ir.named import named
from ...ir.types import I64, SizeUnknown, type_of
from ...ops.shape import zeros
from ..attempts import Attempt, Unrollable
from ..bounds import assume_test, count_loop
from ..errors import EscapedTraceError, TracedValueError
from ..handles import lose, may_be, root_of, see
from ..integers import sizes_of
from ..names import MADE, RETURN_VALUE
from ..operators import Unbound
from ..region import RegionTrace, Reread
from ..source import at
from ..trace import current_trace
from ..tracer import Traced, call, lift
from ..tracer import known as known_array
from . import branches
from .emission import closed, emit, name_of, write_back, written_handles
from .iterables import Rolled, Symbolic, Unrolled, symbolic
from .report import Decision, NoRoll, because, note, warn_if_long
from .rounds import Slot, check_arrays, enter, leave, mark_asked, slots_of
from .variables import is_handle, lifted, rebuilt

Get: TypeAlias = Callable[[], tuple]
Set: TypeAlias = Callable[[tuple], None]
#: How often a body is traced until its types agree.
_ROUNDS = 5
_INDEX = type_of(I64)


def for_(
    iterable: Any,
    body: Callable[[Any], None],
    get: Get,
    set_: Set,
    names: Sequence[str],
    keep_going: Callable[[], Any] | None,
    loc: Loc | None,
) -> None:
    """`for` over `iterable` (see `operators`)."""
    must = isinstance(iterable, Rolled)
    source = symbolic(iterable.iterable if must else iterable)
    if source is None or isinstance(iterable, Unrolled):
        with _unrolled("for", loc, "jad.unroll says so" if isinstance(iterable, Unrolled) else None):
            _run_for(iterable, body, get, set_, names, keep_going, loc)
        return
    trips = _count(source.trips)
    if not isinstance(trips, Traced) and trips <= 1 and not must:
        _run_for(source, body, get, set_, names, keep_going, loc)
        return
    loop = _For(source, trips, body, get, set_, names, keep_going, loc)
    reason = loop.roll()
    if reason is None:
        return
    if must or isinstance(trips, Traced):
        _refuse(
            "for", loc, reason, "it was to be rolled" if must else "its length is known only when it runs"
        )
    with _unrolled("for", loc, None if loop.idle else because(reason)):
        _run_for(source, body, get, set_, names, keep_going, loc)


def while_(
    test: Callable[[], Any],
    body: Callable[[], None],
    get: Get,
    set_: Set,
    names: Sequence[str],
    loc: Loc | None,
    runs: bool = False,
) -> None:
    """`while` (see `operators`)."""
    loop = _While(test, body, get, set_, names, loc, runs)
    reason = loop.roll()
    if reason is None:
        return
    with _unrolled("while", loc, None if loop.idle else because(reason)):
        while _truth(test(), loc, reason):
            body()


@contextmanager
def _unrolled(kind: str, loc: Loc | None, reason: str | None) -> Iterator[None]:
    """Python runs a loop: noted with the reason; None: there is nothing to say about it."""
    eqns = current_trace().builder.eqns
    before = len(eqns)
    yield
    if reason is not None:
        note(Decision(loc, kind, False, reason))
        warn_if_long(loc, kind, len(eqns) - before, reason)


def _run_for(
    iterable: Any,
    body: Callable[[Any], None],
    get: Get,
    set_: Set,
    names: Sequence[str],
    keep_going: Callable[[], Any] | None,
    loc: Loc | None,
) -> None:
    """The loop as Python runs it; after a `break` under a traced condition the rest is conditional."""
    going: Any = True
    for item in iterable:
        if isinstance(going, Traced):
            branches.if_(going, lambda item=item: body(item), None, get, set_, names, loc)  # type: ignore[misc]
        else:
            body(item)
        if keep_going is not None:
            going = keep_going()
            if not isinstance(going, Traced) and not going:
                return


def _count(trips: Any) -> Any:
    if isinstance(trips, Traced):
        found = known_array(trips)
        return trips if found is None else int(found)
    return int(trips)


def _truth(condition: Any, loc: Loc | None, reason: BaseException) -> bool:
    """The condition of a loop that Python runs."""
    if isinstance(condition, Traced) and known_array(condition) is None:
        _refuse("while", loc, reason, "its condition is known only when it runs")
    return bool(condition)


def _refuse(kind: str, loc: Loc | None, reason: BaseException, why: str) -> None:
    """Raise for a loop that must be rolled and cannot be."""
    if not isinstance(reason, (TracedValueError, SizeUnknown, Unrollable, NoRoll, _Idle)):
        raise reason
    raise TracedValueError(
        named(
            "loop-roll",
            f"the `{kind}` loop{at(loc)} cannot be rolled into one of the program, and {why}: "
            f"{because(reason)}",
        ),
        f"the `{kind}` loop",
        loc,
    ) from reason


class _Idle(Exception):
    """Nothing in the loop is traced: Python runs it."""


class _Loop:
    """One loop while it is tried to roll it."""

    kind = ""
    region: RegionTrace

    def __init__(self, get: Get, set_: Set, names: Sequence[str], loc: Loc | None) -> None:
        self.get, self.set_, self.names, self.loc = get, set_, names, loc
        self.idle = False
        self.may_skip = True

    def roll(self) -> BaseException | None:
        """Roll the loop; or the reason why it cannot be, with everything as it was before."""
        before = self.get()
        reason = self._roll(before)
        if reason is not None:
            self.set_(before)
        return reason

    def _roll(self, before: tuple) -> BaseException | None:
        slots = slots_of(self.names, before)
        attempt = Attempt(self.loc)
        try:
            for _ in range(_ROUNDS):
                try:
                    with attempt:
                        agreed = self.trace(slots)
                except Reread as conflict:  # an array that was taken for constant is written
                    self.set_(before)
                    if conflict.region.outer is not current_trace():
                        raise
                    continue
                self.set_(before)
                if agreed:
                    self.set_(self.finish(slots))
                    return None
            return NoRoll("the types of its variables never agree")
        except _Idle as idle:
            self.idle = True
            return idle
        except EscapedTraceError:
            raise
        except Unrollable as effect:
            if effect.attempt is not attempt:
                raise
            return effect
        except Exception as error:
            return error

    def trace(self, slots: list[Slot]) -> bool:
        """Trace the regions; whether the types agree."""
        raise NotImplementedError

    def finish(self, slots: list[Slot]) -> tuple:
        """Append the equation; what the variables hold after the loop."""
        raise NotImplementedError

    def check_work(self, slots: list[Slot], regions: Sequence[RegionTrace], inside: Sequence[Any]) -> None:
        """_Idle if nothing from around the loop is traced; NoRoll if iterations read what others lose."""
        used = {id(x) for region in regions for x in region.handles()}
        for region in regions:
            for key, (_, text) in region.lost.items():
                if key in used:
                    raise NoRoll(text)
        if any(region.handles() for region in regions):
            return
        if any(isinstance(x, Traced) for slot in slots for x in slot.first.leaves):
            return
        if any(isinstance(x, Traced) for x in inside):
            return
        if all(not free_values(_as_function(region)) for region in regions):
            raise _Idle("nothing in it is traced")

    def inits(self, slots: list[Slot]) -> list[Value]:
        """First values of what is carried, in the trace around the loop."""
        out = []
        for slot in slots:
            for i in slot.carried:
                planned = slot.plan[i]
                assert planned is not None
                first = zeros(planned.type) if slot.fresh else lifted(slot.first.leaves[i], planned).value
                out.append(first)
        return out

    def params(self, slots: list[Slot]) -> list[Value]:
        """The parameters of what is carried: in the body those traced, else new ones."""
        return [v for slot in slots for v in slot.parameters(slot.entries)]

    def after(self, slots: list[Slot], values: Sequence[Value]) -> tuple:
        """What the variables hold after the loop."""
        trace = current_trace()
        rest = iter(values)
        out: list[Any] = []
        for slot in slots:
            assert slot.ends is not None
            if isinstance(slot.first.value, Unbound) and isinstance(slot.ends.value, Unbound):
                out.append(slot.first.value)
                continue
            if slot.constant or slot.ends.spec is None:
                out.append(slot.ends.value)
            else:
                leaves = [
                    x if t is None else Traced(next(rest), trace, t.weak)
                    for x, t in zip(slot.ends.leaves, slot.plan)
                ]
                self.note_rivals(slot, leaves)
                out.append(rebuilt(slot.ends, leaves))
            if slot.fresh and self.may_skip and not slot.name.startswith(MADE):
                out[-1] = Unbound(f"the `{self.kind}` loop{at(self.loc)} may run no time at all")
        return tuple(out)

    def note_rivals(self, slot: Slot, leaves: list[Any]) -> None:
        """An array that the variable held before may be what it holds after the loop."""
        assert slot.ends is not None
        later = slot.name == RETURN_VALUE
        for i in slot.carried:
            befores = [] if slot.fresh else [slot.first.leaves[i]]
            for x in (*befores, slot.ends.leaves[i]):
                if not is_handle(x):
                    continue
                if slot.written and not later and root_of(x).home.is_open:
                    lose(x, self._lost(slot.name, x))
                else:
                    may_be(leaves[i], x, later=later)

    def _lost(self, name: str, x: Traced) -> str:
        return (
            f"the array {x.type} called {name} is written in the `{self.kind}` loop{at(self.loc)}, which "
            f"also makes {name} another array: whether it changes is known only when the program runs; copy "
            f"it before the loop ({name} = {name}.copy())"
        )

    def note(self, slots: list[Slot], handles: Sequence[Traced], trips: int) -> None:
        carried = [(slot.name, str(slot.plan[i].type)) for slot in slots for i in slot.carried]  # type: ignore[union-attr]
        carried += [(name_of(h), str(h.type)) for h in handles]
        note(Decision(self.loc, self.kind, True, "", tuple(carried), trips, sizes_of(self.region)))


class _For(_Loop):
    """A loop over a symbolic iterable; with a `break` that depends on the data it becomes a `while`."""

    kind = "for"

    def __init__(
        self,
        source: Symbolic,
        trips: Any,
        body: Callable[[Any], None],
        get: Get,
        set_: Set,
        names: Sequence[str],
        keep_going: Callable[[], Any] | None,
        loc: Loc | None,
    ) -> None:
        super().__init__(get, set_, names, loc)
        self.source, self.trips, self.body, self.keep_going = source, trips, body, keep_going
        self.may_skip = isinstance(trips, Traced) or trips == 0

    def trace(self, slots: list[Slot]) -> bool:
        self.region = region = RegionTrace("loop", self.loc)
        self.test: RegionTrace | None = None
        with region:
            self.index = Traced(region.param(_INDEX, "k"), region, True)
            trips = self.trips if isinstance(self.trips, int) else lift(self.trips).value
            count_loop(region, self.index.value, trips)
            enter(slots, region, self.set_)
            for slot in slots:
                slot.asked = self.keep_going is not None and slot.name.startswith(MADE)
            self.body(self.source.item(self.index))
            breaks = self.keep_going is not None and isinstance(self.keep_going(), Traced)
            if not breaks and self.keep_going is not None and not self.keep_going():
                raise NoRoll("it always breaks in its first iteration")
            if breaks:
                self.next_index = call(ops.add, self.index, lift(1)).value
            agreed = leave(slots, region, self.get, self.may_skip)
        if agreed:
            check_arrays(slots, region)
        if agreed and breaks:
            self._trace_test(slots)
        if agreed:
            regions = [region] if self.test is None else [region, self.test]
            self.check_work(slots, regions, [self.trips])
        return agreed

    def _trace_test(self, slots: list[Slot]) -> None:
        """The condition to go on: more items, and no break."""
        self.test = test = RegionTrace("condition", self.loc)
        kept = [(slot.params, slot.entries) for slot in slots]
        with test:
            self.test_index = Traced(test.param(_INDEX, "k"), test, True)
            enter(slots, test, self.set_)
            assert self.keep_going is not None
            more = call(ops.lt, self.test_index, lift(self.trips))
            going = call(ops.and_, more, branches.as_bool(self.keep_going()))
            self.going = going.value
        self.test_params = [self.test_index.value, *self.params(slots)]
        for slot, (params, entries) in zip(slots, kept):
            slot.params, slot.entries = params, entries

    def finish(self, slots: list[Slot]) -> tuple:
        trace = current_trace()
        trace.builder.loc = self.loc
        inits = self.inits(slots)
        params = self.params(slots)
        results = [v for slot in slots if not slot.constant for v in slot.results]
        if self.test is None:
            handles = written_handles([self.region])
            body = closed(
                self.region, "body", [self.index.value, *params], results, handles, returns=True, takes=True
            )
            arrays = [_now(x) for x in handles]
            count = lift(self.trips).value
            static = -1 if isinstance(self.trips, Traced) else self.trips
            attrs = {"trips": static, "carried": len(inits) + len(arrays), "reverse": False}
            out = emit(trace, ops.for_, [count, *inits, *arrays], attrs, (body,), self.loc)
        else:
            handles = written_handles([self.region, self.test])
            test = closed(
                self.test, "condition", self.test_params, [self.going], handles, returns=False, takes=True
            )
            body = closed(
                self.region,
                "body",
                [self.index.value, *params],
                [self.next_index, *results],
                handles,
                returns=True,
                takes=True,
            )
            arrays = [_now(x) for x in handles]
            out = emit(trace, ops.while_, [const(0, I64), *inits, *arrays], {}, (test, body), self.loc)[1:]
            static = -1
        regions = [self.region] if self.test is None else [self.region, self.test]
        write_back(trace, handles, out[len(inits) :], regions)
        self.note(slots, handles, static)
        return self.after(slots, out[: len(inits)])


class _While(_Loop):
    """A loop as long as a condition holds."""

    kind = "while"

    def __init__(
        self,
        test: Callable[[], Any],
        body: Callable[[], None],
        get: Get,
        set_: Set,
        names: Sequence[str],
        loc: Loc | None,
        runs: bool,
    ) -> None:
        super().__init__(get, set_, names, loc)
        self.test_, self.body = test, body
        self.may_skip = not runs

    def trace(self, slots: list[Slot]) -> bool:
        self.test = test = RegionTrace("condition", self.loc)
        with test:
            enter(slots, test, self.set_)
            holds = self.test_()
            known = not isinstance(holds, Traced)
            if known and not holds:
                raise NoRoll("its condition does not hold at first")
            self.holds = branches.as_bool(holds).value
            mark_asked(slots, test, self.holds)
        asked = [list(slot.entries) for slot in slots]
        self.region = region = RegionTrace("loop", self.loc)
        with region:
            enter(slots, region, self.set_)
            pairs = [pair for slot, entries in zip(slots, asked) for pair in zip(entries, slot.entries)]
            params = {a: b for a, b in pairs if a is not None and b is not None}
            assume_test(test, self.holds, region, params)
            self.body()
            agreed = leave(slots, region, self.get, self.may_skip)
        if agreed and known:  # also after arrays that were constant at first have become variables
            raise NoRoll("its condition does not depend on what the loop changes")
        if agreed:
            check_arrays(slots, region)
            self.check_work(slots, [test, region], ())
            self.test_params = [v for slot, entries in zip(slots, asked) for v in slot.parameters(entries)]
        return agreed

    def finish(self, slots: list[Slot]) -> tuple:
        trace = current_trace()
        trace.builder.loc = self.loc
        inits = self.inits(slots)
        handles = written_handles([self.region, self.test])
        test = closed(
            self.test, "condition", self.test_params, [self.holds], handles, returns=False, takes=True
        )
        results = [v for slot in slots if not slot.constant for v in slot.results]
        params = self.params(slots)
        body = closed(self.region, "body", params, results, handles, returns=True, takes=True)
        arrays = [_now(x) for x in handles]
        out = emit(trace, ops.while_, [*inits, *arrays], {}, (test, body), self.loc)
        write_back(trace, handles, out[len(inits) :], [self.region, self.test])
        self.note(slots, handles, -1)
        return self.after(slots, out[: len(inits)])


def _now(x: Traced) -> Value:
    return see(x, current_trace())


def _as_function(region: RegionTrace) -> Function:
    placeholders = tuple(entry.placeholder for entry in region.entry.values())
    return Function("region", (*region.builder.params, *placeholders), tuple(region.builder.eqns), ())
