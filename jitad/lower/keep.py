"""Keep or recompute between nests: which inlined expressions get memory, by a minimum cut.

A value that several nests read (or one nest at several indices) is either stored once and loaded by each, or
computed again in each from something that is stored. The network weighs memory traffic against arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..ir.graph import Eqn, Value
from ..ir.mincut import min_cut
from ..ir.types import likely
from ..ops.lowering import Scalar
from .index import Index, identity
from .views import is_transpose, is_unit_reshape, is_view, own_cost, piece_index, rereads, view_index

if TYPE_CHECKING:
    from .plan import Plan

#: Expressions cheaper than this (in additions) are computed again, unless they were as often as that.
DEAR, OFTEN = 8.0, 64
#: Traffic of one 8-byte element, in additions: written once, read by each reader.
STORE, LOAD = 4.0, 1.5
#: Loading an element from a column, beside its neighbours: once each instead of a vector at a time.
LOAD_COLUMN = 3.0
#: Rows from this length on are read in vectors.
ROW = 8


def columns_to_copy(plan: Plan) -> list[Eqn]:
    """Transpositions of what is then read so often that rows of a copy are cheaper than columns."""
    readers = _readers(plan)
    return [plan.producer[v] for v in readers if _is_column(plan, v) and _pays(readers[v])]


def _is_column(plan: Plan, v: Value) -> bool:
    """Whether rows of `v` are columns in memory."""
    eqn = plan.producer[v]
    if not is_transpose(eqn) or likely(v.shape[-1]) < ROW or eqn.attrs["axes"][-1] == v.ndim - 1:
        return False
    base = eqn.operands[0]
    while base in plan.inline and is_unit_reshape(plan.producer[base]):
        base = plan.producer[base].operands[0]
    return base not in plan.inline


def _pays(times: float) -> bool:
    return LOAD_COLUMN + STORE + times * LOAD < times * LOAD_COLUMN


def values_to_keep(plan: Plan) -> Iterable[Eqn]:
    """The equations whose results should be stored although nothing forces it."""
    readers = _readers(plan)
    shared = {v: n for v, n in readers.items() if n > 1}
    if not any(plan.inline_cost(v) >= (DEAR if n < OFTEN else LOAD) for v, n in shared.items()):
        return []
    nodes = [eqn.results[0] for eqn in plan.fn.eqns if eqn.results and eqn.results[0] in shared]
    edges = [(u, v) for v in nodes for u in plan.producer[v].operands if u in shared]

    def store_cost(v: Value) -> float:
        if is_view(plan.producer[v]):
            return float("inf")
        return (STORE + LOAD * shared[v]) * v.type.likely_bytes / 8

    def recompute_cost(v: Value) -> float:
        return (shared[v] - 1) * own_cost(plan.producer[v]) * v.type.likely_size + 1e-9

    kept = min_cut(nodes, edges, store_cost, recompute_cost, (), _frontier(plan, readers, nodes))
    return [plan.producer[v] for v in nodes if v in kept]


#: Who computes an element, and where: a root and an index of its loops, or a place that reads it somehow.
_Place = tuple[object, Index]


def _readers(plan: Plan) -> dict[Value, float]:
    """How often each inlined value is computed if nothing is kept: per reader, place and outer broadcast."""
    places: dict[Value, set[_Place]] = {}
    mine: set[_Place]
    factor: dict[Value, float] = {}
    for eqn in reversed(plan.fn.eqns):
        if not eqn.results or (out := eqn.results[0]) in plan.aliases:
            continue
        mine, times = {(out, identity(out.ndim))}, 1.0
        if out in plan.inline:
            mine, times = places.get(out, set()), factor.get(out, 1.0)
        for k, v in enumerate(eqn.operands):
            if v in plan.inline:
                found = places.setdefault(v, set())
                if len(found) < OFTEN:
                    found.update(_places(plan, eqn, k, mine))
                factor[v] = max(factor.get(v, 1.0), times * rereads(eqn, k))
    return {v: len(found) * factor[v] for v, found in places.items()}


def _places(plan: Plan, eqn: Eqn, k: int, mine: set[_Place]) -> Iterator[_Place]:
    """Where operand `k` is read if the result is computed at these places."""
    lowering, v = eqn.op.lowering, eqn.operands[k]
    root = plan.roots.get(eqn.results[0])
    for reader, index in mine:
        if root is not None and root.kind != "map":
            yield reader, identity(v.ndim)
        elif isinstance(lowering, Scalar):
            yield reader, index if v.shape else ()
        elif is_view(eqn):
            yield reader, view_index(eqn, index)
        elif found := plan.parts(eqn):
            yield from ((reader, piece_index(p, index)) for p in found if p.operand == k)
        else:
            yield (reader, index), identity(v.ndim)


def _frontier(plan: Plan, readers: dict[Value, float], nodes: list[Value]) -> set[Value]:
    """Shared values that something less shared reads: those that must be had in every nest."""
    shared = set(nodes)
    needed = set()
    for eqn in plan.fn.eqns:
        if not eqn.results:
            continue
        out = eqn.results[0]
        for v in eqn.operands:
            if v in shared and (out not in plan.inline or readers.get(out, 0) < readers[v]):
                needed.add(v)
    return needed
