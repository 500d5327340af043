"""What the loops of a derivative keep for their way back, in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..ir.graph import Eqn, Function, Loc


class Kept(NamedTuple):
    """What one loop keeps.

    per_trip  bytes an iteration, those of loops inside it included where it keeps them for these
    trips     iterations, −1 if they are known only when it runs
    """

    loc: Loc | None
    kind: str
    per_trip: int
    trips: int

    @property
    def total(self) -> int:
        """Bytes in all; −1 if the iterations are known only when it runs."""
        return self.per_trip * self.trips if self.trips >= 0 else -1


def kept_by_loops(fn: Function) -> list[Kept]:
    """What each loop of the program stacks or pushes on tapes, in order; those that keep nothing left out.

    Loops of a program stack only what a reverse sweep reads. An upper bound: what a later pass finds dead
    is gone already.
    """
    return [k for eqn in fn.eqns for k in _of(eqn)]


def _of(eqn: Eqn) -> Iterator[Kept]:
    if eqn.op.name in ("for", "while"):
        body = eqn.regions[-1]
        trips = eqn.attrs.get("trips", -1)
        stacked = body.results[eqn.attrs["carried"] :] if eqn.op.name == "for" else ()
        pushed = [e.operands[1] for e in body.eqns if e.op.name == "push"]
        size = 0 if eqn.origin == "adjoint" else sum(v.type.nbytes for v in (*stacked, *pushed))
        if size:
            yield Kept(eqn.loc, eqn.op.name, size, trips)
    for region in eqn.regions:
        for inner in region.eqns:
            yield from _of(inner)
