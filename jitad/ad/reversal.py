"""Sweeps over equations with loops and branches: forwards, keeping what is needed, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..ir.graph import Eqn, Value
from .activity import STRUCTURED
from .branches import reverse_cond
from .budgets import Planned
from .calls import reverse_call
from .checkpoints import reverse_checkpoint
from .cotangents import Cotangents
from .loops import reverse_loop
from .schedules import divided
from .tapes import Tapes


class Reversal(Protocol):
    """A loop or branch that gives what its way back reads.

    forward  take the place of the equation
    """

    @property
    def forward(self) -> Sequence[Eqn]: ...

    def reverse(self, cotangents: Cotangents) -> None:
        """Take the cotangents of the equation's results, append the way back, add what it contributes."""


_MAKERS: dict[str, Callable[[Eqn, set[Value], Tapes], Reversal]] = {
    "for": reverse_loop,
    "while": reverse_loop,
    "cond": reverse_cond,
    "checkpoint": reverse_checkpoint,
    "call": reverse_call,
}
assert set(_MAKERS) == STRUCTURED


def forward_sweep(
    eqns: Sequence[Eqn], active: set[Value], tapes: Tapes
) -> tuple[list[Eqn], dict[Eqn, Reversal]]:
    """The equations as they run before the reverse sweep, and how active loops and branches are reversed."""
    found = [eqn for eqn in eqns if eqn.op.name in STRUCTURED and not active.isdisjoint(eqn.results)]
    budget = tapes.account.budget
    if budget is None:
        reversals = {eqn: _MAKERS[eqn.op.name](eqn, active, tapes) for eqn in found}
    else:
        reversals = _within(budget, found, active, tapes)
    out: list[Eqn] = []
    for eqn in eqns:
        out.extend(reversals[eqn].forward if eqn in reversals else [eqn])
    return out, reversals


def _within(budget: int, found: Sequence[Eqn], active: set[Value], tapes: Tapes) -> dict[Eqn, Reversal]:
    """The reversals of loops and branches that share a budget."""
    plans = [
        Planned(eqn, active, tapes.account) if eqn.op.name in ("for", "while") else None for eqn in found
    ]
    needs = [plan.need if plan else _of_branch(eqn) for plan, eqn in zip(plans, found)]
    reversals: dict[Eqn, Reversal] = {}
    for eqn, plan, share in zip(found, plans, divided(budget, needs)):
        part = tapes.within(share)
        reversals[eqn] = plan.reversal(part) if plan else _MAKERS[eqn.op.name](eqn, active, part)
    return reversals


def _of_branch(eqn: Eqn) -> int | None:
    """What a branch keeps for loops in it: nothing if there are none."""
    inside = any(e.op.name in ("for", "while") or _of_branch(e) is None for r in eqn.regions for e in r.eqns)
    return None if inside else 0


def reverse_sweep(
    eqns: Sequence[Eqn], active: set[Value], reversals: dict[Eqn, Reversal], cotangents: Cotangents
) -> None:
    """Walk back over the equations, appending to the builder of `cotangents`, which is open."""
    for eqn in reversed(eqns):
        if eqn in reversals:
            cotangents.builder.loc = eqn.loc
            reversals[eqn].reverse(cotangents)
        elif not active.isdisjoint(eqn.results):
            cotangents.reverse(eqn)
