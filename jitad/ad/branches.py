"""Branches reversed: the branch that was taken gives what its way back reads, the other one zeros."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, free_values, renamed
from .cotangents import Cotangents
from .halves import Halves, halves
from .tangent import zeros
from .tapes import Tapes


@dataclass
class BranchReversal:
    """How one `cond` is run back.

    out      its active results; `shared`: active values that its branches read
    kept     per branch, the results of `forward` that hold what it kept
    starts   the tapes of loops in the branches
    """

    eqn: Eqn
    forward: list[Eqn]
    sides: tuple[Halves, ...]
    tapes: Tapes
    out: list[Value]
    shared: list[Value]
    kept: list[list[Value]]
    starts: list[Value]

    def reverse(self, cotangents: Cotangents) -> None:
        """Append the branches back; see `Reversal`."""
        of = lambda v: cotangents.take(v) or zeros(v.type)
        seeds = [of(v) for v in self.out]
        sums = [of(v) for v in self.shared]
        regions = tuple(
            self._back(region, h, kept, seeds, sums)
            for region, h, kept in zip(self.eqn.regions, self.sides, self.kept)
        )
        operands = self.eqn.operands
        types = [*(v.type for v in self.shared), *(s.type for s in self.starts)]
        new = [Value(t, "ct") for t in types]
        b = cotangents.builder
        b.eqns.append(Eqn(self.eqn.op, operands, {}, tuple(new), self.eqn.loc, regions, b.origin))
        for v, ct in zip(self.shared, new):
            cotangents.add(v, ct)
        self.tapes.ends.update(zip(self.starts, new[len(self.shared) :]))

    def _back(
        self, region: Function, h: Halves, kept: list[Value], seeds: list[Value], sums: list[Value]
    ) -> Function:
        """The way back of one branch; tapes of the other pass through it."""
        full = self.tapes.full
        own = dict(zip(h.starts, h.ends))
        results = (*h.totals, *(own.get(s, full[s]) for s in self.starts))
        back = Function(region.name, (), tuple(h.back), results, region.loc)
        env = {**dict(zip(h.kept, kept)), **dict(zip(h.seeds, seeds)), **dict(zip(h.sums, sums))}
        env.update((mine, full[s]) for s, mine in zip(h.starts, h.full))
        return renamed(back, env)


def reverse_cond(eqn: Eqn, active: set[Value], tapes: Tapes) -> BranchReversal:
    """The reversal of a `cond`."""
    on = [k for k, r in enumerate(eqn.results) if r in active]
    both = dict.fromkeys(v for region in eqn.regions for v in free_values(region) if v in active)
    shared = list(both)
    sides = tuple(
        halves(region, active, [region.results[k] for k in on], [], shared, set(), tapes.account)
        for region in eqn.regions
    )
    starts = [tapes.adopt(s) for h in sides for s in h.starts]
    full = [Value(s.type, "tape") for s in starts]
    tapes.full.update(zip(starts, full))
    kept = [[Value(v.type, v.hint) for v in h.kept] for h in sides]
    regions = tuple(_forward(region, k, sides, starts) for k, region in enumerate(eqn.regions))
    results = (*eqn.results, *full, *(v for values in kept for v in values))
    forward = Eqn(eqn.op, eqn.operands, eqn.attrs, results, eqn.loc, regions, eqn.origin)
    return BranchReversal(eqn, [forward], sides, tapes, [eqn.results[k] for k in on], shared, kept, starts)


def _forward(region: Function, which: int, sides: tuple[Halves, ...], starts: list[Value]) -> Function:
    """A branch that also gives what both branches keep: its own, zeros for the other."""
    mine = sides[which]
    b = Builder(region.name)
    b.eqns.extend(mine.forward)
    own = dict(zip(mine.starts, mine.full))
    with b:
        b.loc = region.loc
        kept = [v if h is mine else zeros(v.type) for h in sides for v in h.kept]
    results = (*mine.results, *(own.get(s, s) for s in starts), *kept)
    return region.replace(eqns=tuple(b.eqns), results=results)
