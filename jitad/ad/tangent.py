"""Forward mode: the function that computes results and their tangents side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.builder import Builder
from ..ir.graph import Function, Value, const, reads
from ..ir.op import lookup
from ..ir.types import Type
from .activity import active_flags, carries, no_rule, useful, varied


def tangent(fn: Function, active: Sequence[bool] | None = None) -> Function:
    """Return the function (params, tangents of active params) → (results, tangents of floating results).

    active   one flag a parameter; None: every floating one

    Tangents have the type of what they belong to. Integer and bool results have none; a floating
    result that does not depend on an active parameter has an explicit zero, so that the signature
    follows from `fn` and `active` alone. Equations of `fn` stay as they are; each is followed by
    those of its tangent, with the same line and the origin "tangent". Nothing is computed for
    equations that no active parameter reaches or that reach no result. O(equations).
    Forward accumulation: Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 3.

    Raises TypeError if an active parameter is not floating, NotImplementedError (with the line) at an
    op without a tangent rule.
    """
    flags = active_flags(fn, active)
    needed = useful(fn, varied(fn, flags))
    b = Builder(fn.name + ".tangent")
    b.params.extend(fn.params)
    tangents: dict[Value, Value] = {}
    for p, on in zip(fn.params, flags):
        if on:
            tangents[p] = b.param(p.type, "t")
    get = tangents.get
    with b:
        for eqn, wanted in zip(fn.eqns, needed):
            b.eqns.append(eqn)
            if not wanted:
                continue
            if eqn.op.tangent is None:
                raise no_rule(eqn, "tangent")
            b.loc, b.origin = eqn.loc, "tangent"
            t = eqn.op.tangent(eqn, [get(v) for v in reads(eqn)])
            for r, dr in zip(eqn.results, t if isinstance(t, tuple) else (t,)):
                if dr is not None and carries(r):
                    tangents[r] = dr
        b.loc, b.origin = fn.loc, "tangent"
        out = [get(r) or zeros(r.type) for r in fn.results if carries(r)]
    return b.finish([*fn.results, *out], fn.loc)


def zeros(type: Type) -> Value:
    """The zero of a type, in the current builder: a constant, or copies of one."""
    zero = const(0, type.dtype)
    return lookup("broadcast")(zero, shape=type.shape, axes=()) if type.shape else zero
