"""Forward mode: the function that computes results and their tangents side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, callee, once, reads
from ..ir.types import Type
from ..ops.shape import zeros as zeros_of
from ..ops.tape import new_tape
from .activity import STRUCTURED, active_flags, active_values, carries, no_rule


def tangent(fn: Function, active: Sequence[bool] | None = None) -> Function:
    """Return the function (params, tangents of active params) → (results, tangents of floating results).

    active   one flag a parameter; None: every floating one

    Tangents have the type of what they belong to. Integer and bool results have none; a floating
    result that does not depend on an active parameter has an explicit zero, so that the signature
    follows from `fn` and `active` alone. Equations of `fn` stay as they are; each is followed by
    those of its tangent, with the same line and the origin "tangent". A loop or branch is replaced
    by one that carries tangents beside its values. Nothing is computed for equations that no active
    parameter reaches or that reach no result. O(equations).
    Forward accumulation: Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 3.

    Raises TypeError if an active parameter is not floating, NotImplementedError (with the line) at an
    op without a tangent rule.
    """
    flags = active_flags(fn, active)
    b = Builder(fn.name + ".tangent")
    b.params.extend(fn.params)
    tangents: dict[Value, Value] = {}
    for p, on in zip(fn.params, flags):
        if on:
            tangents[p] = b.param(p.type, "t")
    with b:
        _Forward(b, tangents, active_values(fn, flags)).run(fn.eqns)
        b.loc, b.origin = fn.loc, "tangent"
        out = [tangents.get(r) or zeros(r.type) for r in fn.results if carries(r)]
    return b.finish([*fn.results, *out], fn.loc)


class _Forward:
    """One sweep over the equations of a function or region, into the builder, which is open."""

    def __init__(self, b: Builder, tangents: dict[Value, Value], active: set[Value]) -> None:
        self.b = b
        self.tangents = tangents
        self.active = active

    def run(self, eqns: Sequence[Eqn]) -> None:
        b, get, active = self.b, self.tangents.get, self.active
        for eqn in eqns:
            if eqn.op.name in STRUCTURED:
                self.structured(eqn)
                continue
            b.eqns.append(eqn)
            if active.isdisjoint(eqn.results):
                continue
            if eqn.op.tangent is None:
                raise no_rule(eqn, "tangent")
            b.loc, b.origin = eqn.loc, "tangent"
            t = eqn.op.tangent(eqn, [get(v) for v in (reads(eqn) if eqn.regions else eqn.operands)])
            for r, dr in zip(eqn.results, t if isinstance(t, tuple) else (t,)):
                if dr is not None and carries(r):
                    self.tangents[r] = dr

    def structured(self, eqn: Eqn) -> None:
        """Append the loop or branch that carries tangents beside the values of `eqn`."""
        self.b.loc, self.b.origin = eqn.loc, "tangent"
        if eqn.op.name == "call":
            self._call(eqn)
        elif eqn.op.name in ("cond", "checkpoint"):
            self._branch(eqn)
        elif eqn.op.name == "while":
            self._while(eqn)
        else:
            self._for(eqn)

    def of(self, v: Value) -> Value:
        """The tangent of `v`, an explicit zero if there is none."""
        return self.tangents.get(v) or zeros(v.type)

    def region(self, region: Function, params: Sequence[Value], active: Sequence[bool]) -> tuple:
        """The region's equations with tangents, and the tangents of its results where `active`.

        params   those of the region that have tangents; returns (equations, their tangents, the results')
        """
        inner = Builder(region.name)
        with inner:
            ts = [inner.param(p.type, "t") for p in params]
            sweep = _Forward(inner, {**self.tangents, **dict(zip(params, ts))}, self.active)
            sweep.run(region.eqns)
            inner.loc, inner.origin = region.loc, "tangent"
            out = [sweep.of(r) for r, on in zip(region.results, active) if on]
        return tuple(inner.eqns), ts, out

    def _call(self, eqn: Eqn) -> None:
        function = callee(eqn)
        assert function is not None
        into = tuple(v in self.tangents for v in eqn.operands)
        out = tuple(r in self.active for r in eqn.results)
        if not any(out):
            self.b.eqns.append(eqn)
            return
        both = once(function, ("tangent", into, out), lambda f: _of_function(f, into, out))
        operands = (*eqn.operands, *(self.tangents[v] for v in _where(eqn.operands, into)))
        ts = self._new(_where(eqn.results, out))
        self._emit(eqn, operands, {"function": both}, (*eqn.results, *ts), ())

    def _branch(self, eqn: Eqn) -> None:
        on = [r in self.active for r in eqn.results]
        regions = []
        for region in eqn.regions:
            eqns, _, out = self.region(region, (), on)
            regions.append(region.replace(eqns=eqns, results=(*region.results, *out)))
        ts = self._new([r for r, flag in zip(eqn.results, on) if flag])
        self._emit(eqn, eqn.operands, eqn.attrs, (*eqn.results, *ts), tuple(regions))

    def _while(self, eqn: Eqn) -> None:
        test, body = eqn.regions
        on = [p in self.active or r in self.active for p, r in zip(body.params, eqn.results)]
        eqns, ts, out = self.region(body, _where(body.params, on), on)
        body = body.replace(params=(*body.params, *ts), eqns=eqns, results=(*body.results, *out))
        test = test.replace(params=(*test.params, *(Value(t.type) for t in ts)))
        operands = (*eqn.operands, *(self.of(v) for v in _where(eqn.operands, on)))
        self._emit(
            eqn, operands, eqn.attrs, (*eqn.results, *self._new(_where(eqn.results, on))), (test, body)
        )

    def _for(self, eqn: Eqn) -> None:
        (body,) = eqn.regions
        n = eqn.attrs["carried"]
        index, state, rows = body.params[0], body.params[1 : n + 1], body.params[n + 1 :]
        round_ = [p in self.active or r in self.active for p, r in zip(state, eqn.results)]
        into = [p in self.active for p in rows]
        out_of = [r in self.active for r in eqn.results[n:]]
        params = [*_where(state, round_), *_where(rows, into)]
        eqns, ts, out = self.region(body, params, [*round_, *out_of])
        c = sum(round_)
        body = body.replace(
            params=(index, *state, *ts[:c], *rows, *ts[c:]),
            eqns=eqns,
            results=(*body.results[:n], *out[:c], *body.results[n:], *out[c:]),
        )
        count, inits, stacks = eqn.operands[0], eqn.operands[1 : n + 1], eqn.operands[n + 1 :]
        operands = (
            count,
            *inits,
            *(self.of(v) for v in _where(inits, round_)),
            *stacks,
            *(self.of(v) for v in _where(stacks, into)),
        )
        new = self._new([*_where(eqn.results[:n], round_), *_where(eqn.results[n:], out_of)])
        results = (*eqn.results[:n], *new[:c], *eqn.results[n:], *new[c:])
        self._emit(eqn, operands, {**eqn.attrs, "carried": n + c}, results, (body,))

    def _new(self, values: Sequence[Value]) -> list[Value]:
        """New values for the tangents of `values`, entered."""
        ts = [Value(v.type, "t") for v in values]
        self.tangents.update(zip(values, ts))
        return ts

    def _emit(self, eqn: Eqn, operands: Sequence[Value], attrs: dict, results: tuple, regions: tuple) -> None:
        self.b.eqns.append(Eqn(eqn.op, tuple(operands), attrs, results, eqn.loc, regions, eqn.origin))


def _of_function(fn: Function, into: Sequence[bool], out: Sequence[bool]) -> Function:
    """The function (params, tangents of those `into`) → (results, tangents of those `out`)."""
    b = Builder(fn.name + ".tangent")
    params = _where(fn.params, into)
    with b:
        ts = [b.param(p.type, "t") for p in params]
        sweep = _Forward(b, dict(zip(params, ts)), active_values(fn, into, out))
        sweep.run(fn.eqns)
        b.loc, b.origin = fn.loc, "tangent"
        found = [sweep.of(r) for r in _where(fn.results, out)]
    b.params = [*fn.params, *ts]
    return b.finish([*fn.results, *found], fn.loc)


def _where(values: Sequence[Value], flags: Sequence[bool]) -> list[Value]:
    return [v for v, on in zip(values, flags) if on]


def zeros(type: Type) -> Value:
    """The zero of a type, in the current builder: a constant, copies of one, or an empty tape."""
    return zeros_of(type) if type.item is None else new_tape(type.item)
