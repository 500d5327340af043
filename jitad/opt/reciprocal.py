"""Quotients of derivatives in loop bodies: products with reciprocals that do not wait for what is divided."""

from __future__ import annotations

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Value, const
from ..ir.op import lookup


def by_reciprocals(fn: Function) -> Function:
    """Return `fn` with scalar quotients that differentiation made, `a / y`, as `a · (1 / y)`.

    On the way back of a loop a cotangent comes through such quotients from one iteration to the next; the
    reciprocal of what it is divided by can be had before it arrives, and serves every quotient by the same y.
    Costs up to half a unit in the last place more; beyond 2¹⁰²² the reciprocal loses digits, below 2⁻¹⁰²² it
    is infinite. Quotients of the program itself stay. Not inside regions of `fn`. O(equations).
    """
    if not any(_is_derived(eqn) for eqn in fn.eqns):
        return fn
    b = Builder(fn.name)
    known: dict[Value, Value] = {}
    with b:
        for eqn in fn.eqns:
            if _is_derived(eqn):
                a, y = eqn.operands
                b.loc, b.origin = eqn.loc, eqn.origin
                if y not in known:
                    known[y] = lookup("div")(const(1, y.dtype), y)
                eqn = Eqn(lookup("mul"), (a, known[y]), {}, eqn.results, eqn.loc, (), eqn.origin)
            b.eqns.append(eqn)
    return fn.replace(eqns=tuple(b.eqns))


def _is_derived(eqn: Eqn) -> bool:
    return (
        eqn.op.name == "div"
        and bool(eqn.origin)
        and not eqn.results[0].type.shape
        and not any(isinstance(v, Const) for v in eqn.operands)
    )
