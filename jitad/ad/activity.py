"""Activity: which values depend on the active parameters and reach a differentiable result."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.graph import Eqn, Function, Value, reads
from ..ir.types import is_float


def carries(v: Value) -> bool:
    """Whether values of this type have derivatives."""
    return v.type.dtype.kind == "f"


def active_flags(fn: Function, active: Sequence[bool] | None) -> list[bool]:
    """`active` checked; None stands for every floating parameter.

    Raises TypeError if an integer or bool parameter is asked for, ValueError on a wrong length.
    """
    if active is None:
        return [is_float(p.dtype) for p in fn.params]
    if len(active) != len(fn.params):
        raise ValueError(f"@{fn.name} has {len(fn.params)} parameters, `active` has {len(active)} entries")
    for i, (p, on) in enumerate(zip(fn.params, active)):
        if on and not carries(p):
            raise TypeError(f"@{fn.name}: parameter {i} is {p.type}: only floats have derivatives")
    return [bool(on) for on in active]


def varied(fn: Function, active: Sequence[bool]) -> set[Value]:
    """Values that depend differentiably on an active parameter. One forward walk."""
    found = {p for p, on in zip(fn.params, active) if on}
    for eqn in fn.eqns:
        if eqn.op.differentiable and not (
            found.isdisjoint(eqn.operands) and (not eqn.regions or found.isdisjoint(reads(eqn)))
        ):
            found.update([r for r in eqn.results if r.type.dtype.kind == "f"])
    return found


def useful(fn: Function, varied: set[Value]) -> list[bool]:
    """Per equation, whether its results vary and a floating result depends on them. One backward walk."""
    wanted = {r for r in fn.results if r in varied}
    flags = [False] * len(fn.eqns)
    for i in range(len(fn.eqns) - 1, -1, -1):
        eqn = fn.eqns[i]
        if not wanted.isdisjoint(eqn.results):
            flags[i] = True
            wanted.update([v for v in reads(eqn) if v in varied])
    return flags


def no_rule(eqn: Eqn, mode: str) -> NotImplementedError:
    """The error for an op that varies but declares no rule."""
    place = eqn.loc or "an unknown line"
    return NotImplementedError(f"{eqn.op.name} has no {mode} rule\n  from       {place}")
