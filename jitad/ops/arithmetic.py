"""Arithmetic: the ring operations, division, magnitudes and signs."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from math import frexp, isfinite
from typing import Any

import numpy as np

from ..ir.graph import Const, Eqn, Value, const
from ..ir.op import Op, Sample, is_const
from .elementwise import broadcast_to, elementwise, intrinsic, kind
from .sampling import binary, points, unary

AWAY = (0.5, 3.0)  # where division is tame


def arith(name: str) -> Callable[..., Any]:
    """Emit the instruction `name` for integers, `f` + `name` for floats."""
    return lambda e, eqn, x, y: e.op("f" + name if kind(eqn) == "f" else name, x, y)


def _emit_neg(e: Any, eqn: Eqn, x: Any) -> Any:
    return e.fneg(x) if kind(eqn) == "f" else e.op("sub", e.const(0, x), x)


def _emit_abs(e: Any, eqn: Eqn, x: Any) -> Any:
    k = kind(eqn)
    if k == "f":
        return e.intrinsic("llvm.fabs", x)
    return x if k == "u" else e.select(e.icmp("slt", x, e.const(0, x)), _emit_neg(e, eqn, x), x)


def _emit_sign(e: Any, eqn: Eqn, x: Any) -> Any:
    k = kind(eqn)
    zero, one = e.const(0, x), e.const(1, x)
    if k == "u":
        return e.select(e.icmp("eq", x, zero), zero, one)
    minus = e.const(-1, x)
    if k == "i":
        return e.select(e.icmp("sgt", x, zero), one, e.select(e.icmp("slt", x, zero), minus, zero))
    nan_or_zero = e.select(e.fcmp("uno", x, x), x, zero)
    return e.select(e.fcmp("ogt", x, zero), one, e.select(e.fcmp("olt", x, zero), minus, nan_or_zero))


def _simplify_add(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    # -0.0 is the neutral element of floats: -0.0 + 0.0 is 0.0.
    x, y = operands
    if is_const(y, _neutral(y)):
        return x
    return y if is_const(x, _neutral(x)) else None


def _neutral(x: Value) -> float:
    return -0.0 if x.type.is_float else 0


def _simplify_sub(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    x, y = operands
    if is_const(y, 0):
        return x
    return broadcast_to(neg(y), y.type) if is_const(x, _neutral(x)) and x.type.is_float else None


def _simplify_mul(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    for x, y in (operands, operands[::-1]):
        if is_const(y, 1):
            return x
        if x.type.is_float and is_const(y, -1):
            return neg(x)
    return None


def _simplify_div(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    x, y = operands
    if is_const(y, 1):
        return x
    if is_const(y, -1):
        return neg(x)
    if isinstance(y, Const) and y.is_scalar and _exact_reciprocal(y):
        return mul(x, const(1 / y.data, y.dtype))
    return None


def _exact_reciprocal(y: Const) -> bool:
    """Whether y is a power of two whose reciprocal is a normal number."""
    tiny = np.finfo(y.dtype).tiny
    data = float(y.data)
    return (
        isfinite(data)
        and builtins.abs(frexp(data)[0]) == 0.5
        and tiny <= builtins.abs(1 / data) <= 1 / float(tiny)
    )


def _tangent_div(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    # (tx - out·ty) / y: one division whichever operands are active
    tx, ty = tangents
    _, y = eqn.operands
    if ty is None:
        return None if tx is None else broadcast_to(div(tx, y), eqn.result.type)
    part = mul(ty, eqn.result)
    return broadcast_to(div(neg(part) if tx is None else sub(tx, part), y), eqn.result.type)


add = elementwise(
    "add",
    "x + y",
    arity=2,
    dtypes="fiu",
    partials=lambda x, y, out: (1, 1),
    scalar=arith("add"),
    reference=np.add,
    samples=binary(dtypes="fi"),
    singular=False,
    simplify=_simplify_add,
)

sub = elementwise(
    "sub",
    "x - y",
    arity=2,
    dtypes="fiu",
    partials=lambda x, y, out: (1, -1),
    scalar=arith("sub"),
    reference=np.subtract,
    samples=binary(dtypes="fi"),
    singular=False,
    simplify=_simplify_sub,
)

mul = elementwise(
    "mul",
    "x · y",
    arity=2,
    dtypes="fiu",
    partials=lambda x, y, out: (y, x),
    scalar=arith("mul"),
    reference=np.multiply,
    samples=binary(dtypes="fi"),
    simplify=_simplify_mul,
)

div: Op = elementwise(
    "div",
    "x / y of floats",
    arity=2,
    partials=lambda x, y, out: (lambda t: div(t, y), lambda t: neg(mul(div(t, y), out))),
    tangent=_tangent_div,
    scalar=lambda e, eqn, x, y: e.op("fdiv", x, y),
    reference=np.divide,
    samples=binary(y=AWAY),
    simplify=_simplify_div,
    cost=4,
)

fma = elementwise(
    "fma",
    "x · y + z, rounded once in native code; made by passes only",
    arity=3,
    partials=lambda x, y, z, out: (y, x, 1),
    scalar=intrinsic("llvm.fma"),
    reference=lambda x, y, z: x * y + z,
    samples=tuple(
        Sample((points(s, dtype=d), points(t, dtype=d, phase=1), points(s, dtype=d, phase=2)))
        for s, t, d in (
            ((), (), "f64"),
            ((3, 4), (3, 4), "f64"),
            ((5,), (), "f64"),
            ((3, 4), (3, 4), "f32"),
            ((0,), (), "f64"),
        )
    ),
)

neg: Op = elementwise(
    "neg",
    "-x",
    dtypes="fiu",
    partials=lambda x, out: (-1,),
    scalar=_emit_neg,
    reference=np.negative,
    samples=unary(dtypes="fi"),
    singular=False,
)

abs = elementwise(
    "abs",
    "|x|; derivative 0 at 0",
    dtypes="fiu",
    partials=lambda x, out: (lambda t: mul(t, sign(x)),),
    scalar=_emit_abs,
    reference=np.abs,
    samples=unary(dtypes="fi"),
)

sign: Op = elementwise(
    "sign",
    "-1, 0 or 1 by the sign of x, NaN for NaN; derivative 0",
    dtypes="fiu",
    scalar=_emit_sign,
    reference=np.sign,
    samples=unary(dtypes="fi"),
)
