"""What can be proved of integers while tracing: signs, by putting bounds for values, innermost first."""

from __future__ import annotations

from .. import ops
from ..ir.graph import Const, Eqn, Value
from ..ir.types import BOOL, I64
from ..opt.affine import Form
from .integers import ZERO, Bound, Integers, Range, number, of
from .region import RegionTrace
from .trace import Trace

#: How many bounds are put one into the other, and how many forms are looked at for one question.
_DEPTH, _MOST = 8, 200


def nonnegative(integers: Integers, form: Form) -> bool:
    """Whether a form is proved not to be negative. False: nobody knows."""
    return _Proof(integers).holds(form, _DEPTH, True)


def at_most(integers: Integers, low: Form, high: Form) -> bool:
    """Whether `low` ≤ `high` is proved."""
    return nonnegative(integers, high.plus(low, -1))


class _Proof:
    def __init__(self, integers: Integers) -> None:
        self.integers = integers
        self.failed: set[tuple[Form, bool]] = set()
        self.left = _MOST

    def holds(self, form: Form, depth: int, facts: bool) -> bool:
        if not form.terms:
            return form.offset >= 0
        if not depth or not self.left or (form, facts) in self.failed:
            return False
        self.left -= 1
        if self._by_bounds(form, depth, facts) or (facts and self._by_facts(form, depth)):
            return True
        self.failed.add((form, facts))
        return False

    def _by_bounds(self, form: Form, depth: int, facts: bool) -> bool:
        order = {v: s.order[v] for s in self.integers.scopes() for v, _ in form.terms if v in s.order}
        for v, n in sorted(form.terms, key=lambda term: -order.get(term[0], -1)):
            for bound in self._bounds(v, n > 0):
                # n·v ≥ n·bound/scale; of integers a multiple that is above -scale will do
                rest = form.plus(Form(frozenset(((v, n),))), -1).times(bound.scale)
                slack = number(bound.scale - 1)
                if all(self.holds(rest.plus(b.times(n)).plus(slack), depth - 1, facts) for b in bound.forms):
                    return True
        return False

    def _by_facts(self, form: Form, depth: int) -> bool:
        terms = set(form.terms)
        for scope in self.integers.scopes():
            for fact in scope.facts:
                if any((v, n) in fact.terms for v, n in terms) and self.holds(
                    form.plus(fact, -1), depth - 1, False
                ):
                    return True
        return False

    def _bounds(self, v: Value, lower: bool) -> tuple[Bound, ...]:
        for scope in self.integers.scopes():
            if v in scope.ranges:
                return scope.ranges[v].lower if lower else scope.ranges[v].upper
        return ()


# values


def larger(integers: Integers, x: Form, y: Form) -> Form:
    """The larger of two integers."""
    if at_most(integers, y, x):
        return x
    return y if at_most(integers, x, y) else integers.computed(ops.maximum, x, y)


def smaller(integers: Integers, x: Form, y: Form) -> Form:
    """The smaller of two integers."""
    if at_most(integers, x, y):
        return x
    return y if at_most(integers, y, x) else integers.computed(ops.minimum, x, y)


def divided(integers: Integers, x: Form, by: int) -> Form:
    """⌊x / by⌋ for a positive number."""
    if all(n % by == 0 for _, n in x.terms):
        return Form(frozenset((v, n // by) for v, n in x.terms), x.offset // by)
    return integers.computed(ops.floor_divide, x, number(by))


def counted_from_end(integers: Integers, x: Form, n: Form) -> Form:
    """An index of an axis of length n: a negative one counts from its end."""
    if nonnegative(integers, x):
        return x
    if at_most(integers, x, number(-1)):
        return x.plus(n)
    negative = integers.computed(ops.lt, x, ZERO)
    return integers.computed(ops.select, negative, x.plus(n), x)


def require(integers: Integers, low: Form, high: Form, error: str, text: str) -> None:
    """`low` ≤ `high`, or the running program raises."""
    difference = high.plus(low, -1)
    if nonnegative(integers, difference):
        return
    builder = integers.trace.builder
    holds = builder.emit(ops.le, (integers.operand(low), integers.operand(high)), {})
    builder.emit(ops.check, (holds,), {"error": error, "text": text})
    integers.facts.append(difference)


def require_equal(integers: Integers, x: Form, y: Form, error: str, text: str) -> None:
    """`x` = `y`, or the running program raises."""
    if at_most(integers, x, y) and at_most(integers, y, x):
        return
    builder = integers.trace.builder
    same = builder.emit(ops.eq, (integers.operand(x), integers.operand(y)), {})
    builder.emit(ops.check, (same,), {"error": error, "text": text})
    integers.facts += [x.plus(y, -1), y.plus(x, -1)]


# facts of regions


def count_loop(region: RegionTrace, index: Value, trips: Value | int) -> None:
    """In the body of a loop: its index counts from 0 to `trips` - 1, and it runs."""
    assert region.outer is not None
    outer = of(region.outer).update()
    integers = of(region)
    found = number(trips) if isinstance(trips, int) else unclamped(outer, outer.form(trips))
    last = found.plus(number(1), -1)
    integers.note(index, Range((Bound((ZERO,)),), (Bound((last,)),)))
    if last.terms:
        integers.facts.append(last)
        value = outer.value(found)
        index.likely = max(1, (value.likely if isinstance(value, Value) else 0) // 2)
    else:
        index.likely = max(1, found.offset // 2)


def unclamped(integers: Integers, form: Form) -> Form:
    """A number of iterations where there is at least one: of `maximum(x, 0)` x."""
    if len(form.terms) != 1 or form.offset:
        return form
    ((v, n),) = form.terms
    eqn = next((s.defined[v] for s in integers.scopes() if v in s.defined), None)
    if n != 1 or eqn is None or eqn.op is not ops.maximum:
        return form
    x, y = map(integers.form, eqn.operands)
    return x if y == ZERO else y if x == ZERO else form


def assume(trace: Trace, condition: Value, holds: bool) -> None:
    """In a branch its condition holds, or does not."""
    integers = of(trace).update()
    for v, _ in integers.form(condition).terms:
        eqn = next((s.defined[v] for s in integers.scopes() if v in s.defined), None)
        if eqn is not None:
            _assume(integers, eqn, holds)


def _assume(integers: Integers, eqn: Eqn, holds: bool) -> None:
    name = eqn.op.name
    if name == "not" or (name, holds) in (("and", True), ("or", False)):
        for x in eqn.operands:
            if x.dtype is BOOL and not x.shape:
                assume(integers.trace, x, holds if name != "not" else not holds)
    elif name in _ORDERS and all(x.dtype is I64 for x in eqn.operands):
        _assume_order(integers, eqn, holds)


#: Comparison → what holds where it does not.
_ORDERS = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}


def _assume_order(integers: Integers, eqn: Eqn, holds: bool) -> None:
    name = eqn.op.name if holds else _ORDERS[eqn.op.name]
    x, y = map(integers.form, eqn.operands)
    up, down = y.plus(x, -1), x.plus(y, -1)
    one = number(1)
    if name in ("le", "lt"):
        integers.facts.append(up if name == "le" else up.plus(one, -1))
    elif name in ("ge", "gt"):
        integers.facts.append(down if name == "ge" else down.plus(one, -1))
    elif name == "eq":
        integers.facts += [up, down]
    elif nonnegative(integers, down):
        integers.facts.append(down.plus(one, -1))
    elif nonnegative(integers, up):
        integers.facts.append(up.plus(one, -1))


def assume_test(test: RegionTrace, holds: Value, body: RegionTrace, params: dict[Value, Value]) -> None:
    """In the body of a loop its condition holds, which was traced in `test`.

    params  value there → what stands for it in the body
    """
    if holds.__class__ is Const:
        return
    assume(test, holds, True)
    own = of(test)
    for fact in own.facts:
        terms = [(params.get(v, v), n) for v, n in fact.terms]
        if all(v in params or v not in own.order for v, _ in fact.terms):
            of(body).facts.append(Form(frozenset(terms), fact.offset))


__all__ = [
    "assume",
    "assume_test",
    "at_most",
    "count_loop",
    "counted_from_end",
    "divided",
    "larger",
    "nonnegative",
    "require",
    "require_equal",
    "smaller",
    "unclamped",
]
