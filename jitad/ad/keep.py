"""Keep or recompute: split a function into what runs now and what waits for the rest of its input."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from math import prod, sqrt

from ..ir.graph import Const, Eqn, Function, Value, callee, has_effect, once, reads
from ..ir.mincut import min_cut
from ..ops.lowering import Gather

#: Cost of a residual beside its bytes: one more array to allocate and to hand over.
_EACH = 64.0
#: Cost of keeping a byte, in units of `Op.cost` (an addition): written once, read once, through the cache.
_BYTE = 1.0
_NEVER = float("inf")
#: Iterations of a loop whose trips are not known, for an estimate.
_TRIPS = 100


@dataclass(frozen=True)
class Split:
    """A function in two parts, run one after the other.

    forward    known parameters → results that depend on these alone, then the residuals
    backward   residuals, then the other parameters → the other results
    known      per result of the whole, whether `forward` gives it
    residuals  how many values pass from one to the other
    """

    forward: Function
    backward: Function
    known: tuple[bool, ...]
    residuals: int


def split(fn: Function, n_known: int) -> Split:
    """Split `fn` at its first `n_known` parameters, keeping what is cheapest to keep.

    The values that the second part reads from the first are kept as residuals or recomputed from
    other residuals, by a minimum cut (`ir.mincut`): a kept value costs its bytes, a recomputed one
    the arithmetic of its equation. Parameters that are needed are residuals like others, since the
    second part must own what it reads; sizes of what is kept come first. Of an adjoint this makes
    primal and pullback, of a tangent primal and pushforward. What is dead in the parts is dropped.
    O(equations), beside the cut.
    """
    early, late, unknown = parted(fn.eqns, fn.params[n_known:])
    known = tuple(r not in unknown for r in fn.results)
    needed = {v: None for eqn in late for v in reads(eqn) if v not in unknown and not isinstance(v, Const)}
    needed |= dict.fromkeys(d for p in fn.params[n_known:] for d in p.type.dims)
    kept = _sizes_first(residuals(fn.params[:n_known], early, list(needed), store_cost), fn.params[n_known:])
    backward = Function(
        fn.name + ".backward",
        (*kept, *fn.params[n_known:]),
        (*needed_for([e for e in early if not has_effect(e)], needed, set(kept)), *late),
        tuple(r for r, k in zip(fn.results, known) if not k),
        fn.loc,
    )
    results = (*(r for r, k in zip(fn.results, known) if k), *kept)
    forward = Function(
        fn.name + ".forward", fn.params[:n_known], tuple(needed_for(early, results)), results, fn.loc
    )
    return Split(forward, backward, known, len(kept))


def parted(eqns: Iterable[Eqn], waited_for: Iterable[Value]) -> tuple[list[Eqn], list[Eqn], set[Value]]:
    """The equations that can run before some values are there, the others, and all values that wait."""
    unknown = set(waited_for)
    early: list[Eqn] = []
    late: list[Eqn] = []
    for eqn in eqns:
        if unknown.isdisjoint(reads(eqn)):
            early.append(eqn)
        else:
            late.append(eqn)
            unknown.update(eqn.results)
    return early, late, unknown


def residuals(
    params: Sequence[Value],
    eqns: Sequence[Eqn],
    needed: Sequence[Value],
    store_cost: Callable[[Value], float],
    cost: Callable[[Eqn], float] | None = None,
) -> list[Value]:
    """The values to keep, in order of definition, so that `needed` can be had from them again.

    cost  of running an equation again; `work` if None
    """
    cost = cost or work
    nodes = [*params, *(r for eqn in eqns for r in eqn.results)]
    makes = {r: eqn for eqn in eqns for r in eqn.results}
    inside = set(nodes)  # what comes from elsewhere is there when it is needed
    edges = [(u, r) for r, eqn in makes.items() for u in reads(eqn) if u in inside]
    again: Callable[[Value], float] = lambda v: _NEVER if has_effect(makes[v]) else cost(makes[v])
    kept = min_cut(nodes, edges, store_cost, again, params, needed)
    return [v for v in nodes if v in kept]


def _sizes_first(kept: Iterable[Value], others: Iterable[Value]) -> list[Value]:
    """The values that are kept, after the sizes in their types and in those of `others`."""
    kept = list(kept)
    sizes = dict.fromkeys(d for v in (*kept, *others) for d in v.type.dims)
    return [*sizes, *(v for v in kept if v not in sizes)]


def store_cost(v: Value) -> float:
    """What it costs to keep `v` from one call to another, in units of an addition; a tape cannot be kept."""
    return _NEVER if v.type.item is not None else _EACH + _BYTE * v.type.likely_bytes


def work(eqn: Eqn) -> float:
    """The arithmetic of one equation in units of an addition: elements times `Op.cost`.

    Elements are those of the largest operand or result, so that a reduction counts what it reads; of
    a gather those of its result, however large the array that it picks from; of a matrix product, one
    for each product of two elements: (m, k) · (k, n) counts m·k·n. A loop counts its body once an
    iteration (a guess where the trips are not known), a branch its dearer side.
    """
    function = callee(eqn)
    if function is not None:
        return once(function, "work", lambda f: sum(map(work, f.eqns)) + 1.0)
    if eqn.regions:
        inside = [sum(work(e) for e in region.eqns) + 1 for region in eqn.regions]
        if eqn.op.name in ("cond", "checkpoint"):
            return max(inside)
        trips = eqn.attrs.get("trips", -1)
        return sum(inside) * (trips if trips >= 0 else _TRIPS)
    if isinstance(eqn.op.lowering, Gather):
        return eqn.op.cost * eqn.results[0].type.likely_size
    sizes = [v.type.likely_size for v in (*eqn.operands, *eqn.results)]
    if "contract" in eqn.attrs:
        return eqn.op.cost * sqrt(prod(sizes))
    return eqn.op.cost * max(sizes, default=0)


def needed_for(eqns: Sequence[Eqn], wanted: Iterable[Value], given: Collection[Value] = ()) -> list[Eqn]:
    """The equations that give `wanted` from `given`, and those that can fail.

    Results of theirs that are given nevertheless get new names.
    """
    open_ = set(wanted).difference(given)
    found = []
    for eqn in reversed(eqns):
        if not open_.isdisjoint(eqn.results) or has_effect(eqn):
            found.append(_unnamed(eqn, given))
            open_.update(v for v in reads(eqn) if v not in given)
    return found[::-1]


def _unnamed(eqn: Eqn, given: Collection[Value]) -> Eqn:
    if not any(r in given for r in eqn.results):
        return eqn
    results = tuple(Value(r.type, r.hint) if r in given else r for r in eqn.results)
    return Eqn(eqn.op, eqn.operands, eqn.attrs, results, eqn.loc, eqn.regions, eqn.origin)
