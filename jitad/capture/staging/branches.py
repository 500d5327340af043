"""`if`, conditional expressions, `and`, `or`, `not` and `assert` on conditions that are known at run time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from ... import ops
from ...ir.graph import Loc, Value
from ...ir.named import named
from ...ir.types import BOOL
from ...ops.shape import zeros
from ...opt.hoist import may_fail
from .. import attempts
from ..attempts import Attempt, Unrollable
from ..bounds import assume
from ..errors import TracedValueError
from ..handles import may_be
from ..integers import reaches
from ..names import MADE, RETURN_VALUE
from ..operators import UNBOUND, Unbound
from ..region import RegionTrace
from ..source import at, user_line
from ..trace import Trace, current_trace
from ..tracer import Traced, call, lift
from ..tracer import known as known_array
from .emission import closed, emit, name_of, write_back, written_handles
from .failures import check, check_no_raise, raised_by_program
from .report import Decision, because, note
from .variables import Leaf, Variable, is_handle, joined, leaf, lifted, rebuilt, said, same_object, variable

Get: TypeAlias = Callable[[], tuple]
Set: TypeAlias = Callable[[tuple], None]
#: What an expression chooses.
_CHOSEN = MADE + "chosen"


def if_(
    condition: Any,
    then: Callable[[], None],
    orelse: Callable[[], None] | None,
    get: Get,
    set_: Set,
    names: Sequence[str],
    loc: Loc | None,
) -> None:
    """`if` on a traced condition: both branches become regions, of which one runs.

    Variables without a name are not read afterwards.
    """
    decided = _decided(condition)
    if decided is not None:
        branch = then if decided else orelse
        if branch is not None:
            branch()
        return
    before = get()
    truth = as_bool(condition)
    choice = truth.value
    regions, ends = [], []
    for branch, other in ((then, orelse), (orelse, then)):
        region = RegionTrace("branch", loc)
        outer, attempt = attempts.current(), Attempt(loc)
        try:
            with attempt, region:
                assume(region, choice, branch is then)
                if branch is not None:
                    branch()
                ends.append(get())
        except Unrollable as error:
            set_(before)
            _refuse(error, attempt, outer, loc)
        except Exception as error:
            set_(before)
            place = raised_by_program(error)
            if place is None:
                raise
            check_no_raise(error, place, call(ops.not_, truth) if branch is then else truth)
            if other is not None:
                other()
            return
        set_(before)
        regions.append(region)
    set_(_joined_ends(choice, regions, ends, names, loc))


def _joined_ends(
    choice: Value, regions: list[RegionTrace], ends: list[tuple], names: Sequence[str], loc: Loc | None
) -> tuple:
    """Append the equation; what variables hold after it, from what they hold at the end of each region."""
    merges = [_Merged(n, (variable(a), variable(b)), loc) for n, a, b in zip(names, *ends)]
    for m in merges:
        m.check_sizes(current_trace())
    count = sum(len(m.types) for m in merges)
    results = []
    for side, region in enumerate(regions):
        with region:
            results.append([v for m in merges for v in m.values(side)])
    handles = written_handles(regions)
    trace = current_trace()
    functions = tuple(
        closed(region, name, (), values, handles, returns=True, takes=False)
        for region, name, values in zip(regions, ("then", "otherwise"), results)
    )
    out = emit(trace, ops.cond, [choice], {}, functions, loc)
    write_back(trace, handles, out[count:], regions)
    rest = iter(out)
    given = [(m.name, str(t.type)) for m in merges for t in m.types if not m.name.startswith(MADE)]
    arrays = [(name_of(h), str(h.type)) for h in handles]
    note(Decision(loc, "if", True, "", (*given, *arrays)))
    unread = [Unbound(f"it was bound in a branch{at(loc)}")] * (len(ends[0]) - len(names))
    return (*(m.after(rest, trace) for m in merges), *unread)


def if_expression(condition: Any, then: Callable[[], Any], orelse: Callable[[], Any], loc: Loc | None) -> Any:
    """`then() if condition else orelse()`."""
    held: list[Any] = [UNBOUND]

    def get() -> tuple:
        return tuple(held)

    def set_(values: tuple) -> None:
        held[:] = values

    def keep(f: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            held[0] = f()

        return run

    if_(condition, keep(then), keep(orelse), get, set_, (_CHOSEN,), loc)
    return held[0]


def and_(first: Any, *rest: Callable[[], Any]) -> Any:
    """`first and rest() …`: an operand is evaluated only where those before it are true."""
    return _logical(first, rest, True)


def or_(first: Any, *rest: Callable[[], Any]) -> Any:
    """`first or rest() …`: an operand is evaluated only where those before it are false."""
    return _logical(first, rest, False)


def not_(x: Any) -> Any:
    """`not x`, of a traced scalar."""
    decided = _decided(x)
    return (not decided) if decided is not None else call(ops.not_, as_bool(x))


def assert_(condition: Any, message: Callable[[], Any] | None, loc: Loc | None) -> None:
    """`assert` on a traced condition: checked when the program runs."""
    decided = _decided(condition)
    text = "" if message is None else message()
    if decided is not None:
        if not decided:
            raise AssertionError(*(() if message is None else (text,)))
        return
    check(as_bool(condition), "AssertionError", text, loc)


def _decided(condition: Any) -> bool | None:
    """The truth of a condition that is known while tracing."""
    if not isinstance(condition, Traced):
        return bool(condition)
    if condition.shape == () and (found := known_array(condition)) is not None:
        return bool(found)
    return None


def as_bool(x: Any) -> Traced:
    """A condition as a traced bool."""
    t = lift(x)
    if t.shape:
        raise ValueError(
            "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
            if t.size != 1
            else f"a condition of shape {t.shape}: use x.item() or x[0]"
        )
    return t if t.dtype == BOOL else call(ops.ne, t, lift(t.dtype.type(0)))


def _logical(first: Any, operands: tuple[Callable[[], Any], ...], both: bool) -> Any:
    if not operands:
        return first
    decided = _decided(first)
    if decided is not None:
        return _logical(operands[0](), operands[1:], both) if decided is both else first
    loc = user_line(3)
    region = RegionTrace("operand", loc)
    outer, attempt = attempts.current(), Attempt(loc)
    try:
        with attempt, region:
            second = _logical(operands[0](), operands[1:], both)
            truths = _is_bool(first) and _is_bool(second)
            value = as_bool(second).value if truths else None
    except Unrollable as error:
        _refuse(error, attempt, outer, loc)
    if (
        value is not None
        and not region.written
        and not region.lost
        and not any(e.regions or may_fail(e) for e in region.builder.eqns)
    ):
        trace = current_trace()
        fn = closed(region, "operand", (), [value], (), returns=True, takes=False)
        (inlined,) = trace.builder.inline(fn, ())
        return call(ops.and_ if both else ops.or_, as_bool(first), Traced(inlined, trace))
    regions, ends = [region, RegionTrace("operand", loc)], [(second,), (first,)]
    if not both:
        regions.reverse()
        ends.reverse()
    return _joined_ends(as_bool(first).value, regions, ends, (_CHOSEN,), loc)[0]


def _is_bool(x: Any) -> bool:
    return x.dtype == BOOL if isinstance(x, (Traced, np.generic)) else isinstance(x, bool)


def _refuse(error: Unrollable, attempt: Attempt, outer: Attempt | None, loc: Loc | None) -> None:
    """An effect in a branch: whoever tries to roll a loop around it gives up, else it is an error."""
    if error.attempt is not attempt or outer is not None:
        if outer is not None and error.attempt is attempt:
            raise Unrollable(error.reason, error.loc, outer)
        raise error
    raise TracedValueError(
        named(
            "branch-effect",
            f"the branch{at(loc)} depends on a condition that is known only when the program runs, so it "
            "cannot "
            f"do what Python must do at once: {because(error)}",
        ),
        "the condition",
        loc,
    ) from error


class _Merged:
    """One variable after both branches.

    sides  what it holds at the end of each
    types  of the leaves that the branches give
    """

    def __init__(self, name: str, sides: tuple[Variable, Variable], loc: Loc | None) -> None:
        self.name, self.sides, self.loc = name, sides, loc
        self.types: list[Leaf] = []
        self.constant: Any = None
        self.missing = False
        self._settle()

    def _settle(self) -> None:
        a, b = self.sides
        if same_object(a.value, b.value) or (isinstance(a.value, Unbound) and isinstance(b.value, Unbound)):
            self.constant = a.value
            return
        if isinstance(a.value, Unbound) or isinstance(b.value, Unbound):
            bound = b if isinstance(a.value, Unbound) else a
            self.missing = not self.name.startswith(MADE)
            if bound.spec is None:
                self.constant = bound.value
                return
            self.types = [leaf(x) for x in bound.leaves]
            return
        if a.spec is None or b.spec is None or a.spec != b.spec:
            if self.name.startswith(RETURN_VALUE) and (a.value is None or b.value is None):
                raise TracedValueError(
                    named(
                        "branch-types",
                        "the function returns a value from one branch and nothing from the "
                        f"other{at(self.loc)}, "
                        "and which is known only when the program runs",
                    ),
                    "the condition",
                    self.loc,
                )
            self._differ(said(a), said(b))
        for x, y in zip(a.leaves, b.leaves):
            both = joined(leaf(x), leaf(y))
            if both is None:
                self._differ(str(leaf(x).type), str(leaf(y).type))
            assert both is not None
            self.types.append(both)

    def _differ(self, one: str, other: str) -> None:
        what = "the value" if self.name.startswith(MADE) else self.name
        raise TypeError(
            named(
                "branch-types",
                f"{what} is {one} in one branch and {other} in the other{at(self.loc)}, and which is taken "
                "is "
                "known only when the program runs",
            )
        )

    def check_sizes(self, trace: Trace) -> None:
        """TypeError for what has a size that is known in one branch alone."""
        for t in self.types:
            if t.type.dims and not reaches(t.type, trace):
                self._differ(f"{t.type}, of a size computed there,", "another size")

    def values(self, side: int) -> list[Value]:
        """What one branch gives, in its region, which is open."""
        if not self.types:
            return []
        v = self.sides[side]
        if isinstance(v.value, Unbound):
            return [zeros(t.type) for t in self.types]
        return [lifted(x, t).value for x, t in zip(v.leaves, self.types)]

    def after(self, values: Any, trace: Any) -> Any:
        """What the variable holds after the branches."""
        if not self.types:
            out = self.constant
        else:
            bound = self.sides[1] if isinstance(self.sides[0].value, Unbound) else self.sides[0]
            leaves = [Traced(next(values), trace, t.weak) for t in self.types]
            for v in self.sides:
                for x, new in zip(v.leaves, leaves):
                    if is_handle(x):
                        may_be(new, x, later=self.name == RETURN_VALUE)
            out = rebuilt(bound, leaves)
        return Unbound(f"one branch of the `if`{at(self.loc)} does not bind it") if self.missing else out
