"""Contraction: a product that feeds a sum becomes one fused multiply-add, rounded once."""

from __future__ import annotations

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Value, const
from ..ir.op import lookup
from .dce import dce


def contract(fn: Function) -> Function:
    """Return `fn` with `add` and `sub` of a floating product replaced by `fma`.

        a*b + c → fma(a, b, c)        c + a*b → fma(a, b, c)
        a*b - c → fma(a, b, -c)       c - a*b → fma(-a, b, c)

    If both operands are products the first one is contracted. Whether an equation is contracted
    depends on the equations that define its operands and on nothing else: not on who else reads the
    product, nor on what surrounds it, so the same expression gives the same bits as a value, inside
    a gradient, taped or recomputed. A product that nothing else reads disappears. `x - x` is left
    alone and stays 0. Products of another shape than the sum (rank 0 beside an array) stay.

    Run it last, after differentiation. O(equations).
    """
    return dce(_walk(fn, {}))


def _walk(fn: Function, outer: dict[Value, Eqn]) -> Function:
    b = Builder(fn.name)
    products = dict(outer) if outer else {}
    with b:
        for eqn in fn.eqns:
            name = eqn.op.name
            if name == "mul":
                products[eqn.results[0]] = eqn
            elif (name == "add" or name == "sub") and eqn.results[0].type.is_float:
                eqn = _contracted(b, eqn, products) or eqn
            elif eqn.regions:
                regions = tuple(_walk(region, products) for region in eqn.regions)
                eqn = Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)
            b.eqns.append(eqn)
    return fn.replace(eqns=tuple(b.eqns))


def _contracted(b: Builder, eqn: Eqn, products: dict[Value, Eqn]) -> Eqn | None:
    """The `fma` that replaces `eqn`, if any; a negation that it needs goes to `b`."""
    x, y = eqn.operands
    out = eqn.results[0]
    if x is y:
        return None
    first, second = products.get(x), products.get(y)
    if first is not None and x.type is not out.type:
        first = None
    product = first or second
    if product is None or product.results[0].type is not out.type:
        return None
    b.loc, b.origin = eqn.loc, eqn.origin
    (p, q), rest = product.operands, y if product is first else x
    if eqn.op.name == "sub":
        if product is first:
            rest = _negated(rest)
        else:
            p = _negated(p)
    return Eqn(lookup("fma"), (p, q, rest), {}, eqn.results, eqn.loc, (), eqn.origin)


def _negated(v: Value) -> Value:
    return const(-v.data, v.dtype) if isinstance(v, Const) else lookup("neg")(v)
