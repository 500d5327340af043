"""Arrays that a loop reads and writes by columns, kept by rows while it runs: the last axis comes first.

A column is one cache line for each of its elements. Where all that a loop does with an array is to read or
write parts that are one element wide along its last axis, the loop gets the array with that axis in front,
and hands it back; the copies at both ends touch each cache line once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Value, const, free_values
from ..ir.op import lookup
from ..ir.types import Type, is_int, type_of

#: Smaller arrays lie in the nearest cache, whatever their order.
LEAST_SIZE = 2048
#: Trips of a loop that nobody knows, and elements of a part whose size nobody knows: for estimates.
UNKNOWN = 8

_READS = frozenset({"slice", "window"})
_WRITES = frozenset({"set_at", "add_at", "set_window", "add_window"})


def leading(fn: Function) -> Function:
    """Return `fn` with such arrays turned for its outermost loops. O(equations)."""
    turns = {eqn: turned for eqn in fn.eqns if eqn.op.name == "for" and (turned := _Uses(eqn).turned())}
    if not turns:
        return fn
    rows: dict[Value, Value] = {}
    b = Builder()
    with b:
        for eqn in fn.eqns:
            if eqn not in turns:
                b.eqns.append(eqn)
                continue
            b.loc, b.origin = eqn.loc, eqn.origin
            _turn_loop(eqn, turns[eqn], rows, b)
    return fn.replace(eqns=tuple(b.eqns))


def _turn_loop(eqn: Eqn, turned: set[Value], rows: dict[Value, Value], b: Builder) -> None:
    """Append the loop with what is in `turned` by rows; `rows` has those versions of values outside."""
    transpose = lookup("transpose")
    outside = [v for v in (*eqn.operands, *free_values(eqn.regions[0])) if v in turned]
    for v in outside:
        if v not in rows:
            rows[v] = transpose(v, axes=_first(v))
    loop = _Turn(turned, dict(rows)).eqn(eqn)
    b.eqns.append(loop)
    for old, new in zip(eqn.results, loop.results):
        if old is not new:
            rows[old] = new
            axes = (*range(1, old.ndim), 0)
            b.eqns.append(Eqn(transpose, (new,), {"axes": axes}, (old,), eqn.loc, (), eqn.origin))


def _first(v: Value) -> tuple[int, ...]:
    return (v.ndim - 1, *range(v.ndim - 1))


def _rotated(xs: Sequence[Any]) -> tuple[Any, ...]:
    return (xs[-1], *xs[:-1])


def _by_rows(type: Type) -> Type:
    return type_of(type.dtype, _rotated(type.shape))


class _Uses:
    """What a loop does with each array: values that must have the same order are one group."""

    def __init__(self, loop: Eqn) -> None:
        self.parents: dict[Value, Value] = {}
        self.members: dict[Value, list[Value]] = {}
        self.other: set[Value] = set()
        self.touched: dict[Value, int] = {}
        self.loop = loop
        self.visit(loop, 1)

    def turned(self) -> set[Value]:
        """The values that are to be kept by rows."""
        blocked = {self.root(v) for v in self.other}
        groups: dict[Value, list[Value]] = {}
        for v in (*self.parents, *self.touched):
            groups.setdefault(self.root(v), []).append(v)
        found: set[Value] = set()
        for root, values in groups.items():
            touched = sum(self.touched.get(v, 0) for v in values)
            if root not in blocked and root.type.size >= LEAST_SIZE and touched >= root.type.size * 9 // 10:
                found.update(values)
        return found

    def root(self, v: Value) -> Value:
        while (parent := self.parents.get(v, v)) is not v:
            v = parent
        return v

    def same(self, a: Value, b: Value) -> None:
        for v in (a, b):
            self.parents.setdefault(v, v)
            if not _may_turn(v):
                self.other.add(v)
        self.parents[self.root(a)] = self.root(b)

    def access(self, base: Value, shape: Sequence[Any], times: int) -> None:
        if not _may_turn(base) or not is_int(shape[-1]) or shape[-1] != 1 or all(n == 1 for n in shape):
            self.other.add(base)
            return
        count = times
        for n in shape:
            count *= n if is_int(n) else UNKNOWN
        self.touched[base] = self.touched.get(base, 0) + count

    def visit(self, eqn: Eqn, times: int) -> None:
        name = eqn.op.name
        if name in _READS:
            self.access(eqn.operands[0], eqn.attrs["shape"], times)
        elif name in _WRITES:
            self.access(eqn.operands[0], eqn.operands[1].type.shape, times)
            self.same(eqn.operands[0], eqn.results[0])
            self.other.add(eqn.operands[1])
        elif name == "for":
            self.visit_for(eqn, times)
        elif name == "cond":
            for region in eqn.regions:
                self.visit_all(region, times)
                for out, r in zip(eqn.results, region.results):
                    self.same(out, r)
        else:
            self.other.update(eqn.operands, eqn.results)
            for region in eqn.regions:
                self.visit_all(region, times)
                self.other.update(region.params, region.results)

    def visit_for(self, eqn: Eqn, times: int) -> None:
        (body,), n = eqn.regions, eqn.attrs["carried"]
        trips = eqn.attrs["trips"]
        self.visit_all(body, times * (trips if trips >= 0 else UNKNOWN))
        for first, param, last, out in zip(
            eqn.operands[1:], body.params[1 : 1 + n], body.results, eqn.results
        ):
            self.same(param, last)
            self.same(param, out)
            if not isinstance(first, Const):
                self.same(param, first)
        self.other.update(eqn.operands[1 + n :], body.params[1 + n :], body.results[n:], eqn.results[n:])

    def visit_all(self, region: Function, times: int) -> None:
        for eqn in region.eqns:
            self.visit(eqn, times)


def _may_turn(v: Value) -> bool:
    return v.ndim >= 2 and not v.type.dims and v.type.item is None and not isinstance(v, Const)


class _Turn:
    """One copy of a loop in which some values are by rows."""

    def __init__(self, turned: set[Value], env: dict[Value, Value]) -> None:
        self.turned, self.env = turned, env

    def value(self, v: Value) -> Value:
        """What stands for `v`; the same for all that are not turned."""
        if v not in self.turned:
            return v
        if v not in self.env:
            self.env[v] = Value(_by_rows(v.type), v.hint)
        return self.env[v]

    def values(self, vs: Sequence[Value]) -> tuple[Value, ...]:
        return tuple(map(self.value, vs))

    @staticmethod
    def started(first: Value, param: Value) -> Value:
        """The first value of what a loop carries; a constant has the order of what it starts."""
        if isinstance(first, Const) and first.type is not param.type:
            return const(np.moveaxis(first.data, -1, 0))
        return first

    def region(self, region: Function) -> Function:
        b = Builder()
        with b:
            for eqn in region.eqns:
                b.loc, b.origin = eqn.loc, eqn.origin
                self.append(eqn, b)
        params, results = self.values(region.params), self.values(region.results)
        return region.replace(params=params, eqns=tuple(b.eqns), results=results)

    def append(self, eqn: Eqn, b: Builder) -> None:
        name = eqn.op.name
        if name in _READS and eqn.operands[0] in self.turned:
            attrs = {key: _rotated(x) for key, x in eqn.attrs.items()}
            part = eqn.op(self.value(eqn.operands[0]), *_starts(eqn.operands[1:]), **attrs)
            attrs = {"shape": eqn.results[0].shape}
            b.eqns.append(Eqn(lookup("reshape"), (part,), attrs, eqn.results, eqn.loc, (), eqn.origin))
        elif name in _WRITES and eqn.operands[0] in self.turned:
            base, update, *starts = eqn.operands
            update = lookup("reshape")(update, shape=_rotated(update.shape))
            attrs = {key: _rotated(x) for key, x in eqn.attrs.items()}
            operands = (self.value(base), update, *_starts(starts))
            results = self.values(eqn.results)
            b.eqns.append(Eqn(eqn.op, operands, attrs, results, eqn.loc, (), eqn.origin))
        else:
            b.eqns.append(self.eqn(eqn) if eqn.regions else eqn)

    def eqn(self, eqn: Eqn) -> Eqn:
        """The equation with regions, all of them copied."""
        regions = tuple(map(self.region, eqn.regions))
        operands, results = self.values(eqn.operands), self.values(eqn.results)
        if eqn.op.name == "for":
            n = 1 + eqn.attrs["carried"]
            operands = (*map(self.started, operands[:n], regions[0].params), *operands[n:])
        return Eqn(eqn.op, operands, eqn.attrs, results, eqn.loc, regions, eqn.origin)


def _starts(starts: Sequence[Value]) -> tuple[Value, ...]:
    return _rotated(starts) if starts else ()
