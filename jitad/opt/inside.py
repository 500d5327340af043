"""Whether what an equation reads exists where a loop around it may not run: bounds hold inside it alone."""

from __future__ import annotations

from typing import Any

from ..ir.graph import Eqn, Value
from .accesses import WRITES
from .constraints import Constraints
from .indices import Indices, Site
from .intervals import EVERY, RULES
from .polyhedron import Linear, number

_PARTS = frozenset({"slice", "window", "set_at", "add_at", "set_window", "add_window"})


def is_safe(indices: Indices, site: Site | None, eqn: Eqn) -> bool:
    """Whether an equation can be evaluated wherever the code of a site runs: its sizes and places exist."""
    if not are_sizes(indices, site, eqn):
        return False
    if eqn.regions:
        inner = [e for region in eqn.regions for e in region.eqns]
        return not any(
            e.regions or e.op.name == "window" or any(r.type.dims for r in e.results) for e in inner
        )
    if eqn.op.name not in _PARTS:
        return True
    shape = eqn.operands[1].shape if eqn.op.name in WRITES else eqn.results[0].shape
    starts = eqn.attrs.get("start") or eqn.operands[2 if eqn.op.name in WRITES else 1 :]
    places = zip(starts, eqn.attrs["step"], shape, eqn.operands[0].shape)
    return all(are_inside(indices, site, *place) for place in places)


def are_sizes(indices: Indices, site: Site | None, eqn: Eqn) -> bool:
    """Whether no dimension of what an equation gives can be negative where a site runs."""
    return all(_is_size(indices, site, d) for d in {d for r in eqn.results for d in r.type.dims})


def are_inside(indices: Indices, site: Site | None, start: Any, step: Any, count: Any, size: Any) -> bool:
    """Whether `start + step·k` for 0 ≤ k < count are known to be places of an axis where a site runs."""
    if not isinstance(step, int):
        return False
    constraints = Constraints(indices)
    constraints.at(site)
    first, n, end = (constraints.named(_sum(indices, x)) for x in (start, count, size))
    last = first.plus(n.shifted(-1), step)
    some = n.shifted(-1)
    return all(
        constraints.exclude([some, outside])
        for place in (first, last)
        for outside in (place.times(-1).shifted(-1), place.plus(end, -1))
    )


def _may_depend(eqn: Eqn) -> bool:
    """Whether an equation may take for granted what holds where it stands."""
    return bool(eqn.regions) or eqn.op.name == "window" or any(r.type.dims for r in eqn.results)


def _is_size(indices: Indices, site: Site | None, d: Value) -> bool:
    """Whether a dimension is known not to be negative. That it is one says so only where the loop runs."""
    eqn = indices.makes.get(d)
    if eqn is None:
        return d in indices.counters or indices.home.get(d) is None
    found = indices.sum(d)
    if d not in found.terms:
        constraints = Constraints(indices)
        constraints.at(site)
        return constraints.exclude([constraints.named(found).times(-1).shifted(-1)])
    if eqn.op.name not in RULES:
        return False
    known = (indices.interval(u) if u.dtype.str[1:] == "i8" else EVERY for u in eqn.operands)
    return RULES[eqn.op.name](eqn, *known).lo >= 0


def _sum(indices: Indices, x: Any) -> Linear:
    return indices.sum(x) if isinstance(x, Value) else number(int(x))


__all__ = ["are_inside", "are_sizes", "is_safe"]
