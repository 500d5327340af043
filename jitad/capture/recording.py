"""A call that was traced, as a function of the program: what later calls put in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import ops
from ..ir.graph import Const, Eqn, Function, Value, free_values, renamed
from ..opt.inline import size
from .attempts import Recorder, born
from .constants import constant
from .describe import Described, Doubt
from .handles import View, is_array, is_contiguous, root_of, state_of
from .region import RegionTrace
from .source import user_line
from .trace import Trace
from .traced import Traced
from .tracer import import_value

#: Functions of fewer equations (those of arrays count for eight) are traced each time.
SMALL = 8
#: From the leaves of a call and the values of its results to what a part of its result is.
Builder = Callable[[Sequence[Traced], Sequence[Value], Trace], Any]


@dataclass
class Record:
    """One watched call.

    operands  per parameter of `function`: the number of a leaf, or a hidden input of the outermost trace
    roots     what the functions that ran read from around them; `around`: its description
    executed  those functions
    reshaped  the leaves of which it makes reshapes that depend on their layout
    build     the result
    """

    function: Function
    operands: list[int | Value]
    roots: list[Callable[[], Any]]
    around: tuple
    executed: dict[Any, None]
    reshaped: list[int]
    build: Builder

    def apply(self, described: Described, trace: Trace) -> tuple[Any] | None:
        """The result of a call with arguments of this description, or None if other things have changed."""
        given = len(described.parts)
        try:
            for root in self.roots:
                described.add(root())
        except (Doubt, AttributeError, KeyError):
            return None
        if tuple(described.parts[given:]) != self.around:
            return None
        leaves = described.leaves
        operands = self.given(leaves, trace)
        for k in self.reshaped:
            state_of(root_of(leaves[k])).reshaped = True
        trace.builder.loc = user_line()
        values = trace.builder.emit(ops.call, operands, {"function": self.function})
        return (self.build(leaves, values, trace),)

    def given(self, leaves: Sequence[Traced], trace: Trace) -> tuple[Value, ...]:
        """The operands of a call."""
        return tuple(
            import_value(leaves[v], trace) if isinstance(v, int) else trace.bring(v, trace.root)
            for v in self.operands
        )


def recorded(
    name: str,
    described: Described,
    roots: list[Callable[[], Any]],
    recorder: Recorder,
    trace: Trace,
    start: int,
    writes: int,
    result: Any,
) -> Record:
    """What was traced since equation `start` and write `writes`; Doubt if it cannot stand for others."""
    given = len(described.parts)
    for root in roots:
        described.add(root())
    leaves = described.leaves
    arrays = {id(root_of(x)) for x in leaves}
    if any(id(x) in arrays for x in trace.root.writes[writes:]):
        raise Doubt
    results = _Results(leaves, recorder, trace)
    build = results.part(result)
    eqns = tuple(trace.builder.eqns[start:])
    fn, operands = _closed(name, eqns, results.values, leaves, trace)
    reshaped = [
        k
        for k, x in enumerate(leaves)
        if (s := root_of(x).state) is not None and s.__class__ is not View and s.reshaped
    ]
    around = tuple(described.parts[given:])
    record = Record(fn, operands, roots, around, recorder.executed, reshaped, build)
    if size(fn) >= SMALL:
        _replace(record, eqns, results.values, leaves, trace, start)
    return record


def _replace(
    record: Record,
    eqns: tuple[Eqn, ...],
    results: list[Value],
    leaves: Sequence[Traced],
    trace: Trace,
    start: int,
) -> None:
    """Put a call for the equations that were traced; nothing but its results is read of them from now on."""
    builder = trace.builder
    operands = record.given(leaves, trace)
    inside = {r for eqn in eqns for r in eqn.results}
    for x in leaves:
        _forget(x, inside, trace)
    del builder.eqns[start:]
    own = tuple(v if v in inside else Value(v.type) for v in results)
    attrs = {"function": record.function}
    builder.eqns.append(Eqn(ops.call, operands, attrs, own, user_line(), (), builder.origin))


def _forget(x: Traced, inside: set[Value], trace: Trace) -> None:
    """Let a handle from before not remember what was read of it."""
    while x.state.__class__ is View:
        if x._value in inside:
            x.state.seen = -1
        if isinstance(trace, RegionTrace) and id(x) in trace._views and trace._views[id(x)][2] in inside:
            del trace._views[id(x)]
        x = x.state.parent
    if x._value in inside and x.state is not None and x.state.number is not None:
        x._value = None


def _closed(
    name: str, eqns: tuple[Eqn, ...], results: list[Value], leaves: Sequence[Traced], trace: Trace
) -> tuple[Function, list[int | Value]]:
    """The equations as a function of what they read, and where that comes from."""
    places: dict[Value, int | Value] = {}
    for k, x in enumerate(leaves):
        value = _peek(x, trace)
        if value is not None:
            places.setdefault(value, k)
    whole = Function(name, (), eqns, tuple(results), trace.loc)
    read = free_values(whole)
    if any(v.type.dims for v in (*read, *results)):
        raise Doubt  # the sizes of what it is given, or gives, are values too
    for v in read:
        if v not in places:
            places[v] = _hidden_input(v, trace)
    return renamed(whole.replace(params=tuple(read)), {}), [places[v] for v in read]


def _peek(x: Traced, trace: Trace) -> Value | None:
    """What `x` is in `trace`, if that is known without an equation or a note of its reading."""
    if x.state.__class__ is View:
        if x.home is trace:
            return x._value if x.state.seen == trace.stamp(x.state.root) else None
        kept = trace._views.get(id(x)) if isinstance(trace, RegionTrace) else None
        return None if kept is None else kept[2]
    if x.home is trace:
        return x._value
    if isinstance(trace, RegionTrace):
        found = trace.local.get(id(x))
        if found is not None or trace.can_write(x):
            return found
        return None if trace.outer is None else _peek(x, trace.outer)
    outer = None if trace.outer is None else _peek(x, trace.outer)
    return outer if outer is None or isinstance(outer, Const) else trace.imports.get(outer)


def _hidden_input(v: Value, trace: Trace) -> Value:
    """The hidden input of the outermost trace that `v` is in `trace`; Doubt if it is something else."""
    at: Trace | None = trace
    while at is not None:
        if at is at.root:
            if at.captures.has(v):
                return v
            break
        if not isinstance(at, RegionTrace):
            outer = next((value for value, param in at.imports.items() if param is v), None)
            if outer is None:
                break
            v = outer
        at = at.outer
    raise Doubt


class _Results:
    """What a call gives, taken apart: `values` are those that its function returns."""

    def __init__(self, leaves: Sequence[Traced], recorder: Recorder, trace: Trace) -> None:
        self.numbers = {id(x): k for k, x in enumerate(leaves)}
        self.older = {id(root_of(x)) for x in leaves}
        self.recorder, self.trace = recorder, trace
        self.values: list[Value] = []
        self.seen: set[int] = set()

    def part(self, x: Any) -> Builder:
        """How to build what `x` is in another call."""
        cls = x.__class__
        if cls is Traced:
            return self._traced(x)
        if cls in (int, float, bool, str, type(None), complex) or isinstance(x, np.generic):
            return lambda leaves, values, trace: x
        if cls is tuple or (isinstance(x, tuple) and hasattr(x, "_fields")):
            parts = [self.part(item) for item in x]
            make = cls if cls is tuple else cls._make
            return lambda leaves, values, trace: make([p(leaves, values, trace) for p in parts])
        if cls is list or cls is dict:
            return self._container(x)
        raise Doubt

    def _container(self, x: Any) -> Builder:
        self._once(x)
        if not self.recorder.owns(x):
            raise Doubt
        if isinstance(x, list):
            parts = [self.part(item) for item in x]
            return lambda leaves, values, trace: born([p(leaves, values, trace) for p in parts])
        if not all(isinstance(key, (str, int)) for key in x):
            raise Doubt
        named = {key: self.part(item) for key, item in x.items()}
        return lambda leaves, values, trace: born({k: p(leaves, values, trace) for k, p in named.items()})

    def _once(self, x: Any) -> None:
        """Nothing is in the result twice: it would have to be one thing again."""
        if id(x) in self.seen:
            raise Doubt
        self.seen.add(id(x))

    def _traced(self, x: Traced) -> Builder:
        if id(x) in self.numbers:
            number = self.numbers[id(x)]
            return lambda leaves, values, trace: leaves[number]
        root, weak = root_of(x), x.weak
        self._once(root)
        state = root.state
        if id(root) in self.older or root.home is not self.trace or not is_contiguous(x):
            raise Doubt
        if state is not None and (state.sealed or state.rivals or state.later or state.lost):
            raise Doubt
        if state is not None and state.number is not None:
            if root is not x:
                raise Doubt
            known = state.number.copy()
            return lambda leaves, values, trace: constant(known.copy())
        value = x.value
        if isinstance(value, Const):
            return lambda leaves, values, trace: Traced(value, trace, weak)
        if value not in self.values:
            self.values.append(value)
        place = self.values.index(value)
        array = is_array(x) and not x.shape
        reshaped = state is not None and state.reshaped
        ordered = state is not None and state.ordered

        def build(leaves: Sequence[Traced], values: Sequence[Value], trace: Trace) -> Traced:
            out = Traced(values[place], trace, weak)
            if array or reshaped or ordered:
                new = state_of(out)
                new.rank0, new.reshaped, new.ordered = array, reshaped, ordered
            return out

        return build
