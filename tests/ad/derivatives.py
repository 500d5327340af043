"""Derivatives of any order and mix of modes, composed from the passes, for tests."""

from __future__ import annotations

from jitad import ops
from jitad.ad import adjoint, tangent
from jitad.ir.builder import Builder
from jitad.ir.graph import Function, Value, const
from jitad.ir.types import Type
from jitad.ir.verify import check
from jitad.opt import optimize


def ones(type: Type) -> Value:
    one = const(1.0, type.dtype)
    return ops.broadcast(one, shape=type.shape, axes=()) if type.shape else one


def derivative(fn: Function, mode: str, active: int = 0) -> Function:
    """The derivative of the one result of `fn` in parameter `active`; "t" by tangents, "a" by adjoints.

    For an elementwise `fn` of an array: the array of derivatives.
    """
    flags = [i == active for i in range(len(fn.params))]
    (out,) = fn.results
    b = Builder(fn.name + "." + mode)
    args = [b.param(p.type, p.hint) for p in fn.params]
    with b:
        if mode == "t":
            _, dy = b.inline(check(tangent(fn, flags)), [*args, ones(fn.params[active].type)])
        else:
            _, dy = b.inline(check(adjoint(fn, flags)), [*args, ones(out.type)])
    return check(optimize(b.finish([dy])))


def nested(fn: Function, modes: str, active: int = 0) -> Function:
    """One derivative for each letter of `modes`, the first letter innermost."""
    for mode in modes:
        fn = derivative(fn, mode, active)
    return fn
