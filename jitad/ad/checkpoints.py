"""Checkpoints reversed: the region runs again, as part of its way back, which is a checkpoint itself."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, callee, free_values, has_effect, once, renamed
from ..opt import dce
from .cotangents import Cotangents
from .kept import Account
from .tangent import zeros
from .tapes import Tapes


@dataclass
class CheckpointReversal:
    """How one `checkpoint` is run back.

    out     its active results
    shared  active values that its region reads
    """

    eqn: Eqn
    active: set[Value]
    account: Account
    out: list[int]
    shared: list[Value]

    @property
    def forward(self) -> list[Eqn]:
        return [self.eqn]

    def reverse(self, cotangents: Cotangents) -> None:
        """Append the region back; see `Reversal`."""
        eqn, b = self.eqn, cotangents.builder
        of = lambda v: cotangents.take(v) or zeros(v.type)
        seeds = [of(eqn.results[k]) for k in self.out]
        sums = [of(v) for v in self.shared]
        back = self._back(seeds, sums)
        new = tuple(Value(v.type, "ct") for v in self.shared)
        b.eqns.append(Eqn(eqn.op, (), {}, new, eqn.loc, (back,), b.origin))
        for v, ct in zip(self.shared, new):
            cotangents.add(v, ct)

    def _back(self, seeds: list[Value], sums: list[Value]) -> Function:
        """The region and its reverse sweep, with tapes of their own."""
        from .halves import reversed_region

        (region,) = self.eqn.regions
        again = without_effects(region)
        account = self.account.within(self.account.budget)
        account.memory = None  # what arrays held when the region ran is gone when it runs again
        tapes = Tapes(account)
        out = [again.results[k] for k in self.out]
        whole, own_seeds, own_sums = reversed_region(again, self.active, out, (), self.shared, tapes)
        b = Builder(region.name)
        b.loc, b.origin = region.loc, "adjoint"
        tapes.begin(b)
        first = len(region.results) + len(tapes.starts)
        totals = whole.results[first : first + len(self.shared)]
        back = Function(region.name, (), (*b.eqns, *whole.eqns), totals, region.loc)
        return renamed(dce(back), {**dict(zip(own_seeds, seeds)), **dict(zip(own_sums, sums))})


def reverse_checkpoint(eqn: Eqn, active: set[Value], tapes: Tapes) -> CheckpointReversal:
    """The reversal of a `checkpoint`."""
    (region,) = eqn.regions
    shared = [v for v in free_values(region) if v in active]
    out = [k for k, r in enumerate(eqn.results) if r in active]
    return CheckpointReversal(eqn, active, tapes.account, out, shared)


def without_effects(region: Function) -> Function:
    """A region or function that runs again: what can fail has not, what is printed has been."""
    eqns = []
    for eqn in region.eqns:
        if eqn.op.effect:
            continue
        if (function := callee(eqn)) is not None and has_effect(eqn):
            attrs = {**eqn.attrs, "function": once(function, "without effects", without_effects)}
            eqn = Eqn(eqn.op, eqn.operands, attrs, eqn.results, eqn.loc, (), eqn.origin)
        if eqn.regions:
            inner = tuple(without_effects(r) for r in eqn.regions)
            eqn = Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, inner, eqn.origin)
        eqns.append(eqn)
    return region.replace(eqns=tuple(eqns))
