"""A region and its reverse sweep, cut in two: what runs in the forward loop and what runs on the way back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Value, free_values, has_effect, reads
from ..ir.op import lookup
from ..opt import by_reciprocals, optimize
from .cotangents import Cotangents
from .keep import needed_for, parted, residuals, work
from .kept import Account
from .memory import Again
from .padded import kept_type, padded, read_back
from .tangent import zeros
from .tapes import Tapes

#: Cost of keeping a value each iteration, beside its bytes, in additions.
_EACH = 4.0


@dataclass
class Halves:
    """Both halves of a region; `kept` passes from one to the other, beside `full` and what both can read.

    results  of the region, given by `forward`
    kept     what `forward` computes and `back` reads
    starts   tapes that `forward` takes; `full`: as it leaves them, for `back`; `ends`: as `back` leaves them
    saved    bytes that `back` reads and that are not kept; `recomputed`: what it computes again, in words
    seeds    cotangents that `back` takes: of results of the region; `sums`: of values from around it, so far
    found    cotangents that `back` gives, of parameters; `totals`: the sums with what the region contributes
    """

    forward: list[Eqn]
    back: list[Eqn]
    results: tuple[Value, ...]
    kept: list[Value]
    starts: list[Value]
    full: tuple[Value, ...]
    ends: tuple[Value, ...]
    seeds: list[Value]
    sums: list[Value]
    found: tuple[Value, ...]
    totals: tuple[Value, ...]
    saved: int = 0
    recomputed: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """What one run of the region keeps."""
        return sum(v.type.likely_bytes for v in self.kept)


def halves(
    region: Function,
    active: set[Value],
    out: Sequence[Value],
    into: Sequence[Value],
    shared: Sequence[Value],
    given: Collection[Value],
    account: Account,
) -> Halves:
    """Reverse a region and cut it where least is kept.

    out      its results that have cotangents
    into     its parameters whose cotangents are wanted
    shared   active values from around it: their cotangents are summed up in place
    given    parameters that both halves have
    account  of what the loops in it keep
    """
    tapes = Tapes(account)
    whole, seeds, sums = reversed_region(region, active, out, into, shared, tapes)
    n, m = len(region.results), len(tapes.starts)
    results, full, rest = whole.results[:n], whole.results[n : n + m], whole.results[n + m :]
    late_from = {*seeds, *sums, *free_values(whole)}
    early, late, unknown = parted(whole.eqns, late_from)
    wanted = _wanted(late, rest, unknown)
    again = Again(early, set())
    if account.memory is not None:
        again = account.memory.again(region, early, wanted)
    again = again._replace(eqns=_seen_through(again.eqns))
    free = set(whole.params) - set(region.params) - late_from - set(tapes.starts)
    free.update(given)
    there = {*whole.params, *(r for eqn in early for r in eqn.results)}

    def store_cost(v: Value) -> float:
        if v in free or v in full:
            return 0.0
        type = kept_type(v.type, account) if v in there else None
        return float("inf") if type is None else _EACH + type.likely_bytes

    def cost(eqn: Eqn) -> float:
        """Arrays of which only a part is read again are never formed."""
        return work(eqn) if there.issuperset(eqn.results) else 0.0

    known = [p for p in whole.params if p not in late_from and p not in again.read]
    cut = residuals(known, again.eqns, wanted, store_cost, cost)
    kept = [v for v in cut if v not in free and v not in full]
    once_more = needed_for([e for e in again.eqns if not has_effect(e)], wanted, set(cut))
    saved = [v for v in wanted if v.type.is_float and v.type.item is None and v not in {*free, *full, *cut}]
    stored, made, back = padded(kept, account)
    return Halves(
        forward=[*needed_for(early, (*results, *full, *kept)), *made],
        back=read_back([*once_more, *late], rest, back),
        results=results,
        kept=stored,
        starts=tapes.starts,
        full=full,
        ends=rest[len(into) + len(shared) :],
        seeds=seeds,
        sums=sums,
        found=rest[: len(into)],
        totals=rest[len(into) : len(into) + len(shared)],
        saved=sum(v.type.likely_bytes for v in saved),
        recomputed=_named(once_more, again),
    )


def _seen_through(eqns: list[Eqn]) -> list[Eqn]:
    """The equations, reads of what an update has just written replaced by what it wrote.

    For what is computed again only: the forward sweep writes in place, and would need memory for it.
    """
    updates = {e.results[0]: e for e in eqns if e.op.name == "set_at"}
    return [_written_by(updates.get(e.operands[0]), e) if e.op.name == "slice" else e for e in eqns]


def _written_by(update: Eqn | None, eqn: Eqn) -> Eqn:
    """A slice, as the update itself where it reads all of that."""
    (out,) = eqn.results
    if update is None or out.type is not update.operands[1].type:
        return eqn
    if any(eqn.attrs[name] != update.attrs[name] for name in ("start", "step")):
        return eqn
    attrs = {"shape": out.shape}
    return Eqn(lookup("reshape"), (update.operands[1],), attrs, (out,), eqn.loc, (), eqn.origin)


def _named(eqns: list[Eqn], again: Again) -> tuple[str, ...]:
    """What the way back computes again, in words."""
    found = ["elements still in memory" for e in eqns if not again.read.isdisjoint(e.results)]
    found += [e.op.name for e in eqns if e.op.cost and again.read.isdisjoint(e.results) and _is_float(e)]
    return tuple(dict.fromkeys(found))


def _is_float(eqn: Eqn) -> bool:
    return any(r.type.is_float for r in eqn.results)


def reversed_region(
    region: Function,
    active: set[Value],
    out: Sequence[Value],
    into: Sequence[Value],
    shared: Sequence[Value],
    tapes: Tapes,
) -> tuple[Function, list[Value], list[Value]]:
    """The region followed by its reverse sweep, with the cotangents that it takes."""
    from .reversal import forward_sweep, reverse_sweep

    forward, reversals = forward_sweep(region.eqns, active, tapes)
    b = Builder(region.name)
    b.eqns.extend(forward)
    cotangents = Cotangents(b, active)
    seeds = [Value(v.type, "ct") for v in out]
    sums = [Value(v.type, "ct") for v in shared]
    with b:
        b.loc, b.origin = region.loc, "adjoint"
        arrays = [(v, ct) for v, ct in zip(shared, sums) if v.type.item is None]
        for v, ct in [*arrays, *zip(out, seeds)]:
            cotangents.add(v, ct)
        reverse_sweep(region.eqns, active, reversals, cotangents)
        b.loc = region.loc
        found = [cotangents.take(v) or zeros(v.type) for v in into]
        found += [cotangents.take(v) or ct for v, ct in zip(shared, sums)]  # a tape has one reader: no sum
    full = [tapes.full[s] for s in tapes.starts]
    ends = [tapes.ends[s] for s in tapes.starts]
    b.params = [*region.params, *free_values(region), *tapes.starts, *seeds, *sums]
    whole = b.finish([*region.results, *full, *found, *ends], region.loc)
    return by_reciprocals(optimize(whole)), seeds, sums


def _wanted(late: list[Eqn], rest: Sequence[Value], unknown: set[Value]) -> list[Value]:
    """What the back half reads or returns of the other, in order."""
    found = (v for values in (*(reads(eqn) for eqn in late), rest) for v in values)
    return list(dict.fromkeys(v for v in found if v not in unknown and not isinstance(v, Const)))
