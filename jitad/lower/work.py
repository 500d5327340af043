"""Estimates of work, in additions: of a call, and of loops, which ask for signals when they are long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..ir.types import likely
from .callbacks import WORK
from .roots import CallbackRoot, CallRoot, RegionRoot, Root, Step, is_branch

if TYPE_CHECKING:
    from .buffers import Buffers

#: Trips of a loop whose count is not known: enough for its call to release the GIL.
GUESSED_TRIPS = 10_000
#: Loops of less work need not ask for signals.
LONG = 2**20


def work_of(buffers: Buffers) -> float:
    """Estimated additions of one run."""
    return _total(buffers, polled=True)


def unpolled_work(buffers: Buffers) -> float:
    """The same, without the bodies of loops that count for themselves."""
    return _total(buffers, polled=False)


def is_long(root: RegionRoot) -> bool:
    """Whether a loop may take long enough to ask for signals."""
    trips = root.eqn.attrs.get("trips", -1)
    return trips < 0 or trips * sum(map(work_of, root.inner)) >= LONG


def work_of_step(buffers: Buffers, step: Step) -> float:
    """Estimated additions of one run of a step."""
    return _step(buffers, step, polled=True)


def _total(buffers: Buffers, polled: bool) -> float:
    return 1.0 + sum(_step(buffers, step, polled) for step in buffers.plan.steps)


def _step(buffers: Buffers, step: Step, polled: bool) -> float:
    total = sum(eqn.op.cost * sum(r.type.likely_size for r in eqn.results[:1]) for eqn in step.eqns)
    for root in step.roots:
        if isinstance(root, RegionRoot):
            total += _region(root, polled)
        elif isinstance(root, CallRoot):
            total += root.callee.work
        elif isinstance(root, CallbackRoot):
            total += WORK
        else:
            elements = _changed(root) if root.value in buffers.in_place else _elements(root)
            total += elements * (1 + buffers.plan.cost_of(root.eqn))
    return total


def _region(root: RegionRoot, polled: bool) -> float:
    if is_branch(root.eqn):
        return max(_total(buffers, polled) for buffers in root.inner)
    if not polled and is_long(root):
        return 1.0
    trips = root.eqn.attrs.get("trips", -1)
    return (GUESSED_TRIPS if trips < 0 else trips) * sum(_total(buffers, polled) for buffers in root.inner)


def _elements(root: Root) -> float:
    if root.kind == "blas":
        return sum(v.type.likely_size for v in (*root.eqn.operands, root.value))
    return math.prod(map(likely, root.space))


def _changed(root: Root) -> float:
    """The elements of a result that takes over an operand's memory: of an update, what it writes."""
    if root.kind in ("scatter", "window"):
        return root.eqn.operands[1].type.likely_size
    if root.kind == "update":
        return sum(
            root.eqn.operands[p.operand].type.likely_size for p in root.eqn.op.lowering.pieces(root.eqn)[:-1]
        )
    return _elements(root)
