"""Intervals of integer values, found from loop counters and constants, by which checks of indices disappear.

A rule takes the intervals of the operands' elements and gives that of the result's. What leaves 64 bits, or
has no rule, is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.graph import Const, Eqn, Value
from ..opt.intervals import EVERY, RULES, Interval, hull

if TYPE_CHECKING:
    from .plan import Plan


def interval(plan: Plan, v: Value) -> Interval:
    """What is known of the elements of an int64 value of a plan, or of the plans around it."""
    if isinstance(v, Const):
        return hull(int(v.data.min()), int(v.data.max())) if v.size else Interval(0, 0)
    scope: Plan | None = plan
    while scope is not None:
        if v in scope.intervals:
            return scope.intervals[v]
        if v in scope.producer:
            found = scope.intervals[v] = _computed(scope, scope.producer[v])
            return found
        scope = scope.outer
    return EVERY


def counter(plan: Plan, eqn: Eqn) -> Interval:
    """What the counter of a `for` runs through."""
    trips = eqn.attrs["trips"]
    last = (interval(plan, eqn.operands[0]).hi if trips < 0 else trips) - 1
    return Interval(0, max(last, 0))


def _computed(plan: Plan, eqn: Eqn) -> Interval:
    rule = RULES.get(eqn.op.name)
    if rule is None or eqn.results[0].dtype.str[1:] != "i8":
        return EVERY
    return rule(eqn, *(interval(plan, v) if v.dtype.str[1:] == "i8" else EVERY for v in eqn.operands))
