"""Estimates of work, in additions: of a call, and of loops, which ask for signals when they are long."""

from __future__ import annotations

from ..ir.graph import Eqn
from .plan import Plan
from .roots import RegionRoot, Root, is_branch

#: Trips of a loop whose count is not known: enough for its call to release the GIL.
GUESSED_TRIPS = 10_000
#: Loops of less work need not ask for signals.
LONG = 2**20


def work_of(plan: Plan) -> float:
    """Estimated additions of one run."""
    return _total(plan, polled=True)


def unpolled_work(plan: Plan) -> float:
    """The same, without the bodies of loops that count for themselves."""
    return _total(plan, polled=False)


def is_long(eqn: Eqn, plans: list[Plan]) -> bool:
    """Whether a loop may take long enough to ask for signals."""
    trips = eqn.attrs.get("trips", -1)
    return trips < 0 or trips * sum(map(work_of, plans)) >= LONG


def _total(plan: Plan, polled: bool) -> float:
    total = 1.0
    for step in plan.steps:
        total += sum(eqn.op.cost * sum(r.size for r in eqn.results[:1]) for eqn in step.eqns)
        for root in step.roots:
            if isinstance(root, RegionRoot):
                total += _region(root, polled)
            else:
                total += _elements(root) * (1 + plan.cost_of(root.eqn))
    return total


def _region(root: RegionRoot, polled: bool) -> float:
    if is_branch(root.eqn):
        return max(_total(plan, polled) for plan in root.plans)
    if not polled and is_long(root.eqn, root.plans):
        return 1.0
    trips = root.eqn.attrs.get("trips", -1)
    return (GUESSED_TRIPS if trips < 0 else trips) * sum(_total(plan, polled) for plan in root.plans)


def _elements(root: Root) -> float:
    if root.kind == "blas":
        return sum(v.size for v in root.eqn.operands) + root.value.size
    elements = 1.0
    for extent in root.space:
        elements *= extent
    return elements
