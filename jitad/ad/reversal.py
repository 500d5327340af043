"""Sweeps over equations with loops and branches: forwards, keeping what is needed, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..ir.graph import Eqn, Value
from .activity import STRUCTURED
from .branches import reverse_cond
from .checkpoints import reverse_checkpoint
from .cotangents import Cotangents
from .loops import reverse_for, reverse_while
from .tapes import Tapes


class Reversal(Protocol):
    """A loop or branch that gives what its way back reads.

    forward  takes the place of the equation
    """

    forward: Eqn

    def reverse(self, cotangents: Cotangents) -> None:
        """Take the cotangents of the equation's results, append the way back, add what it contributes."""


_MAKERS: dict[str, Callable[[Eqn, set[Value], Tapes], Reversal]] = {
    "for": reverse_for,
    "while": reverse_while,
    "cond": reverse_cond,
    "checkpoint": reverse_checkpoint,
}
assert set(_MAKERS) == STRUCTURED


def forward_sweep(
    eqns: Sequence[Eqn], active: set[Value], tapes: Tapes
) -> tuple[list[Eqn], dict[Eqn, Reversal]]:
    """The equations as they run before the reverse sweep, and how active loops and branches are reversed."""
    reversals: dict[Eqn, Reversal] = {}
    out = []
    for eqn in eqns:
        if eqn.op.name in STRUCTURED and not active.isdisjoint(eqn.results):
            reversal = reversals[eqn] = _MAKERS[eqn.op.name](eqn, active, tapes)
            out.append(reversal.forward)
        else:
            out.append(eqn)
    return out, reversals


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
