"""Integers of a trace as sums of multiples of others, so that equal sizes and indices are one value.

Dimensions are equal only if they are the same value (`ir.types`). So whoever needs an integer asks for it by
its form; it is made once, in the outermost region that has its parts, and found again from there inwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from .. import ops
from ..ir.graph import Const, Eqn, Value, const, dims_of
from ..ir.types import I64, Dim, Type, likely
from ..opt.affine import Form
from .region import RegionTrace
from .source import user_line
from .trace import Trace, current_trace

_order = count()


class Bound(NamedTuple):
    """`scale · value` is at least (or at most) one of `forms`; all of them have to do for a proof."""

    forms: tuple[Form, ...]
    scale: int = 1


class Range(NamedTuple):
    """What is known of a value: it keeps each of the bounds."""

    lower: tuple[Bound, ...] = ()
    upper: tuple[Bound, ...] = ()


def number(n: int) -> Form:
    """The form of a known integer."""
    return Form(frozenset(), n)


ZERO = number(0)


@lru_cache(maxsize=1024)
def constant(n: int) -> Const:
    """An operand that is known; the same one for equal numbers, so that equal views have equal steps."""
    return const(n, I64)


class Integers:
    """The integers that one trace has; those of the regions around it are in `outer`.

    forms     value → its form, over values that are sums of nothing else
    named     form → the value that stands for it
    numbered  (op, operands, attributes) → the value that was first computed so
    defined   value → its equation
    ranges    what is known of a value
    facts     forms that are not negative here
    sizes     form that was given as a size → the form of the size, which is never negative
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        inner = trace.__class__ is RegionTrace and trace.outer is not None
        self.outer: Integers | None = of(trace.outer) if inner else None  # type: ignore[arg-type]
        self.depth: int = 0 if self.outer is None else self.outer.depth + 1
        self.seen = 0
        self.forms: dict[Value, Form] = {}
        self.named: dict[Form, Value] = {}
        self.numbered: dict[Any, Value] = {}
        self.defined: dict[Value, Eqn] = {}
        self.ranges: dict[Value, Range] = {}
        self.order: dict[Value, int] = {}
        self.facts: list[Form] = []
        self.sizes: dict[Form, Form] = {}

    def scopes(self) -> Iterator[Integers]:
        """This and those around it, outwards."""
        found: Integers | None = self
        while found is not None:
            yield found
            found = found.outer

    # what the trace computed

    def update(self) -> Integers:
        """Take in the equations that came since the last time."""
        if self.outer is not None:
            self.outer.update()
        eqns = self.trace.builder.eqns
        while self.seen < len(eqns):
            self.seen += 1
            eqn = eqns[self.seen - 1]
            if len(eqn.results) == 1 and not eqn.regions and is_integer(eqn.results[0].type):
                self._enter(eqn)
        return self

    def _enter(self, eqn: Eqn) -> None:
        v = eqn.result
        form = self._sum(eqn) if v.type.dtype is I64 else None
        if form is None:
            key = eqn.op.name, tuple(map(self._key, eqn.operands)), tuple(sorted(eqn.attrs.items()))
            first = next((s.numbered[key] for s in self.scopes() if key in s.numbered), None)
            if first is not None:
                self.forms[v] = self.form(first)
                return
            self.numbered[key] = v
            self.defined[v] = eqn
            self._atom(v, range_of(eqn, self.form))
            return
        self.forms[v] = form
        if all(form not in s.named for s in self.scopes()):
            self.named[form] = v

    def _sum(self, eqn: Eqn) -> Form | None:
        name = eqn.op.name
        if name in ("add", "sub"):
            x, y = map(self.form, eqn.operands)
            return x.plus(y, 1 if name == "add" else -1)
        if name == "neg":
            return self.form(eqn.operands[0]).times(-1)
        if name == "mul":
            x, y = map(self.form, eqn.operands)
            if not x.terms or not y.terms:
                return y.times(x.offset) if not x.terms else x.times(y.offset)
        return None

    def _key(self, v: Value) -> Any:
        if is_integer(v.type):
            return v.type.dtype, self.form(v)
        return (v.type, v.data.item()) if isinstance(v, Const) and v.is_scalar else v

    def _atom(self, v: Value, range: Range = Range()) -> Form:  # noqa: B008 (immutable)
        form = self.forms[v] = Form(frozenset(((v, 1),)))
        self.named[form] = v
        self.order[v] = next(_order)
        self.ranges[v] = range
        return form

    def form(self, v: Value) -> Form:
        """The form of an integer or bool of shape ()."""
        if isinstance(v, Const):
            return number(int(v.data))
        for scope in self.scopes():
            found = scope.forms.get(v)
            if found is not None:
                return found
        home = next((s for s in self.scopes() if v in s.trace.builder.params), self)
        return home._atom(v)

    # values for forms

    def home_of(self, form: Form) -> Integers:
        """The outermost scope that has all parts of a form."""
        home = list(self.scopes())[-1]
        for v, _ in form.terms:
            owner = next((s for s in self.scopes() if v in s.order), self)
            home = owner if owner.depth > home.depth else home
        return home

    def value(self, form: Form) -> Dim:
        """The integer of this form: an int, or the one value that stands for it."""
        if not form.terms:
            return form.offset
        for scope in self.scopes():
            if form in scope.named:
                return scope.named[form]
        home = self.home_of(form)
        with home._line():
            home._make(form)
        return home.update().named[form]

    def _make(self, form: Form) -> Value:
        emit = self.trace.builder.emit
        terms = sorted(
            form.terms,
            key=lambda t: (t[1] < 0, next(s.order[t[0]] for s in self.scopes() if t[0] in s.order)),
        )
        out: Value | None = None
        offset = form.offset
        for v, n in terms:
            term = v if abs(n) == 1 else emit(ops.mul, (v, const(abs(n), I64)), {})
            if out is None and n < 0:
                out, offset = const(offset, I64), 0
            out = term if out is None else emit(ops.add if n > 0 else ops.sub, (out, term), {})
        assert out is not None
        if offset:
            out = emit(ops.add if offset > 0 else ops.sub, (out, const(abs(offset), I64)), {})
        return out

    def computed(self, op: Any, *operands: Form) -> Form:
        """The form of an op that cannot fail, of integers; the same ones give the same."""
        total = ZERO
        for form in operands:
            total = Form(total.terms | form.terms)
        home = self.home_of(total)
        with home._line():
            out = home.trace.builder.emit(op, tuple(home.operand(f) for f in operands), {})
        return home.update().form(out)

    def operand(self, form: Form) -> Value:
        """`value` as an operand."""
        v = self.value(form)
        return v if isinstance(v, Value) else constant(v)

    def _line(self) -> _Line:
        return _Line(self.trace)

    # what is known

    def note(self, v: Value, range: Range) -> None:
        """Know more of a value that is a sum of nothing else."""
        self.form(v)
        home = next(s for s in self.scopes() if v in s.order)
        old = home.ranges[v]
        home.ranges[v] = Range(old.lower + range.lower, old.upper + range.upper)

    def size(self, d: Dim) -> Form:
        """The form of a dimension, which is not negative."""
        if d.__class__ is int:
            return number(d)
        form = self.form(d)
        for v, _ in form.terms:
            if v is d and not any(
                b.forms == (ZERO,) for s in self.scopes() if v in s.ranges for b in s.ranges[v].lower
            ):
                self.note(d, Range(lower=(Bound((ZERO,)),)))
        return form

    def dim(self, form: Form) -> Dim:
        """The dimension of this form, which is known not to be negative."""
        d = self.value(form)
        if d.__class__ is not int and not d.likely:
            d.likely = max(1, form.offset + sum(n * likely(v) for v, n in form.terms))
        return d


def reaches(type: Type, trace: Trace) -> bool:
    """Whether the dimensions of a type are values that `trace` has, or the regions around it."""
    scopes = list(of(trace).update().scopes())
    return all(any(d in s.forms for s in scopes) or _is_param(d, scopes) for d in type.dims)


def _is_param(d: Value, scopes: list[Integers]) -> bool:
    return any(d in s.trace.builder.params for s in scopes)


def sizes_of(region: RegionTrace) -> bool:
    """Whether arrays in a region have sizes that are computed in it."""
    own = of(region)
    return any(d in own.forms for eqn in region.builder.eqns for d in _inner_dims(eqn))


def _inner_dims(eqn: Eqn) -> Iterator[Value]:
    yield from dims_of(eqn)
    for inner in eqn.regions:
        for e in inner.eqns:
            yield from _inner_dims(e)


class _Line:
    """The user's line for what is emitted into a builder that may not be the innermost one."""

    def __init__(self, trace: Trace) -> None:
        self.builder = trace.builder

    def __enter__(self) -> None:
        self.loc = self.builder.loc
        self.builder.loc = user_line(3)

    def __exit__(self, *_: object) -> None:
        self.builder.loc = self.loc


def is_integer(type: Type) -> bool:
    """Whether it is the type of an integer or bool of shape ()."""
    return not type.shape and type.item is None and type.dtype.kind in "iub"


def range_of(eqn: Eqn, form: Callable[[Value], Form]) -> Range:
    """What an equation says of its result, which is no sum."""
    name, xs = eqn.op.name, eqn.operands
    if name in ("maximum", "minimum"):
        each, both = tuple(Bound((form(x),)) for x in xs), (Bound(tuple(map(form, xs))),)
        return Range(each, both) if name == "maximum" else Range(both, each)
    if name == "select":
        both = (Bound((form(xs[1]), form(xs[2]))),)
        return Range(both, both)
    if name == "abs":
        x, y = form(xs[0]), form(xs[0]).times(-1)
        return Range((Bound((ZERO,)), Bound((x,)), Bound((y,))), (Bound((x, y)),))
    if name in ("argmax", "argmin") and xs[0].type.ndim == 1:
        (n,) = xs[0].type.shape
        last = number(n - 1) if n.__class__ is int else form(n).plus(number(1), -1)
        return Range((Bound((ZERO,)),), (Bound((last,)),))
    if name == "convert" and xs[0].type.dtype.kind == "b":
        return Range((Bound((ZERO,)),), (Bound((number(1),)),))
    if name in ("floor_divide", "remainder") and isinstance(xs[1], Const) and int(xs[1].data) > 0:
        by, x = int(xs[1].data), form(xs[0])
        if name == "floor_divide":
            return Range((Bound((x.plus(number(by - 1), -1),), by),), (Bound((x,), by),))
        return Range((Bound((ZERO,)),), (Bound((number(by - 1),)),))
    if eqn.result.type.dtype.kind in "ub":
        return Range(lower=(Bound((ZERO,)),))
    return Range()


def of(trace: Trace) -> Integers:
    """The integers of a trace."""
    if trace.integers is None:
        trace.integers = Integers(trace)
    return trace.integers


def here() -> Integers:
    """The integers of the innermost trace, as of now."""
    return of(current_trace()).update()


__all__ = ["ZERO", "Bound", "Integers", "Range", "constant", "here", "number", "of", "reaches", "sizes_of"]
