"""Loops and branches that are none: decided branches, few short iterations, values carried unchanged."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.builder import Builder
from ..ir.graph import (
    Const,
    Eqn,
    Function,
    Value,
    const,
    enter_old,
    renamed_eqn,
    retyped,
    retyped_params,
    substitute,
)
from ..ir.op import lookup
from ..ir.types import I64
from .simplify import simplify

#: A loop is unrolled up to so many iterations and so many equations in all, if they work on small values:
#: these then live in registers, and their indices are numbers.
MOST_TRIPS, MOST_EQUATIONS, SMALL = 16, 64, 16
#: Writes of some elements of an array of any size.
_WRITES = frozenset({"scatter_set", "scatter_add", "set_at", "add_at", "set_window", "add_window"})


def flatten(fn: Function) -> Function:
    """Return `fn` with such regions inlined; the same operations in the same order, so the same bits.

    O(equations of the result).
    """
    if not any(eqn.regions for eqn in fn.eqns):
        return fn
    walk = _Walk(Builder(fn.name), {})
    results = walk.run(fn)
    if not walk.changed:
        return fn
    return simplify(fn.replace(eqns=tuple(walk.b.eqns), results=results))


class _Walk:
    """One walk over a function or region; `env` holds what replaces values."""

    def __init__(self, b: Builder, env: dict[Value, Value]) -> None:
        self.b = b
        self.env = env
        self.changed = False

    def run(self, fn: Function) -> tuple[Value, ...]:
        with self.b:
            for eqn in fn.eqns:
                self.visit(eqn)
        return substitute(fn.results, self.env)

    def visit(self, eqn: Eqn) -> None:
        if not eqn.regions:
            eqn = retyped(eqn, self.env)
            operands = substitute(eqn.operands, self.env)
            if operands != eqn.operands:
                eqn = Eqn(eqn.op, operands, eqn.attrs, eqn.results, eqn.loc, (), eqn.origin)
            self.b.eqns.append(eqn)
            return
        typed = retyped(eqn, self.env)
        self.flat(self.inside(typed))
        enter_old(eqn, typed, self.env)

    def flat(self, eqn: Eqn) -> None:
        """Append an equation with regions that are flat, or its regions' equations."""
        if eqn.op.name == "cond" and isinstance(eqn.operands[0], Const):
            self.changed = True
            self.inline(eqn.regions[0 if eqn.operands[0].data else 1], (), eqn)
        elif eqn.op.name == "for" and _is_short(eqn):
            self.changed = True
            self.unroll(eqn)
        else:
            self.b.eqns.append(eqn)

    def inside(self, eqn: Eqn) -> Eqn:
        """`eqn` with its regions flattened, and without what its loop carries unchanged."""
        env = dict(self.env)
        fixed = _unchanged(eqn)
        for j in fixed:
            first = substitute((_inits(eqn)[j],), self.env)[0]
            self.changed = True
            self.env[eqn.results[j]] = first
            for region in eqn.regions:
                env[_state(eqn, region)[j]] = first
        regions = []
        for region in eqn.regions:
            walk = _Walk(Builder(region.name), env)
            params = retyped_params(region, env)
            results = walk.run(region)
            self.changed = self.changed or walk.changed
            regions.append(region.replace(params=params, eqns=tuple(walk.b.eqns), results=results))
        operands = substitute(eqn.operands, self.env)
        new = Eqn(eqn.op, operands, eqn.attrs, eqn.results, eqn.loc, tuple(regions), eqn.origin)
        return _without(new, fixed) if fixed else new

    def inline(self, region: Function, arguments: Sequence[Value], eqn: Eqn) -> None:
        """Append a region's equations; its results stand for those of `eqn`."""
        self.env.update(zip(eqn.results, self.body(region, arguments)))

    def body(self, region: Function, arguments: Sequence[Value]) -> tuple[Value, ...]:
        env = dict(zip(region.params, arguments, strict=True))
        for inner in region.eqns:
            self.b.eqns.append(renamed_eqn(inner, env))
        return substitute(region.results, env)

    def unroll(self, eqn: Eqn) -> None:
        (body,) = eqn.regions
        n, trips = eqn.attrs["carried"], eqn.attrs["trips"]
        state, stacks = eqn.operands[1 : n + 1], eqn.operands[n + 1 :]
        collected: dict[int, tuple[Value, ...]] = {}
        self.b.loc, self.b.origin = eqn.loc, eqn.origin
        for k in reversed(range(trips)) if eqn.attrs["reverse"] else range(trips):
            rows = [lookup("gather")(s, const(k, I64)) for s in stacks]
            out = self.body(body, (const(k, I64), *state, *rows))
            state, collected[k] = out[:n], out[n:]
        self.env.update(zip(eqn.results[:n], state))
        for m, r in enumerate(eqn.results[n:]):
            self.env[r] = _stacked([collected[k][m] for k in range(trips)], r)


def _stacked(rows: list[Value], like: Value) -> Value:
    if not rows:
        return lookup("broadcast")(const(0, like.dtype), shape=like.shape, axes=())
    shape = (1, *like.shape[1:])
    tall = [lookup("broadcast")(v, shape=shape, axes=tuple(range(1, len(shape)))) for v in rows]
    return tall[0] if len(tall) == 1 else lookup("concatenate")(*tall, axis=0)


def _is_short(eqn: Eqn) -> bool:
    trips = eqn.attrs["trips"]
    (body,) = eqn.regions
    if trips < 0:
        return False
    if trips <= 1:
        return True
    return (
        trips <= MOST_TRIPS
        and trips * len(body.eqns) <= MOST_EQUATIONS
        and all(_is_small(inner) for inner in body.eqns)
    )


def may_unroll(eqn: Eqn) -> bool:
    """Whether a loop may be unrolled, once passes have made its body smaller."""
    if eqn.op.name != "for" or not 0 <= eqn.attrs["trips"] <= MOST_TRIPS:
        return False
    return all(_is_small(inner) or may_unroll(inner) for inner in eqn.regions[0].eqns)


def _is_small(eqn: Eqn) -> bool:
    if eqn.regions or any(r.type.item is not None for r in eqn.results):
        return False
    return eqn.op.name in _WRITES or all(not r.type.dims and r.size <= SMALL for r in eqn.results)


def _inits(eqn: Eqn) -> tuple[Value, ...]:
    return eqn.operands[1 : eqn.attrs["carried"] + 1] if eqn.op.name == "for" else eqn.operands


def _state(eqn: Eqn, region: Function) -> tuple[Value, ...]:
    return region.params[1 : eqn.attrs["carried"] + 1] if eqn.op.name == "for" else region.params


def _unchanged(eqn: Eqn) -> list[int]:
    """Which carried values every iteration leaves as they are."""
    if eqn.op.name not in ("for", "while"):
        return []
    body = eqn.regions[-1]
    return [j for j, p in enumerate(_state(eqn, body)) if body.results[j] is p]


def _without(eqn: Eqn, fixed: list[int]) -> Eqn:
    """The loop without some of its carried values."""
    first = 1 if eqn.op.name == "for" else 0
    drop = lambda values, at: tuple(v for k, v in enumerate(values) if k - at not in fixed)
    attrs = {**eqn.attrs, "carried": eqn.attrs["carried"] - len(fixed)} if first else eqn.attrs
    *tests, body = eqn.regions
    regions = (
        *(t.replace(params=drop(t.params, 0)) for t in tests),
        body.replace(params=drop(body.params, first), results=drop(body.results, 0)),
    )
    return Eqn(
        eqn.op,
        drop(eqn.operands, first),
        attrs,
        drop(eqn.results, 0),
        eqn.loc,
        regions,
        eqn.origin,
    )
