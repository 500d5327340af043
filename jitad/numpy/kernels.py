"""What ufuncs compute, on IR values in the loop's dtypes: a primitive, or a formula of several."""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi
from typing import Any

import numpy as np

from .. import ops
from ..ir.graph import Const, Value, const
from ..ir.op import Op
from ..ir.types import BOOL, F64
from .values import convert, full, truth

Kernel = Callable[..., Any]


def on_bools(of_bools: Kernel, otherwise: Kernel) -> Kernel:
    """One kernel for bools and another for numbers."""
    return lambda *xs: (of_bools if xs[0].type.dtype is BOOL else otherwise)(*xs)


def on_floats(of_floats: Kernel, otherwise: Kernel) -> Kernel:
    """One kernel for floats and another for integers and bools."""
    return lambda *xs: (of_floats if xs[0].type.dtype.kind == "f" else otherwise)(*xs)


def same(x: Value) -> Value:
    return x


def everywhere(value: bool) -> Kernel:
    """A constant bool of the operand's shape."""
    return lambda x: full(x.type.shape, value, BOOL)


def comparison(op: Op, negative_first: bool, negative_second: bool) -> Kernel:
    """A comparison; NumPy compares u64 with i64 by value, in a loop of mixed dtypes.

    negative_first, negative_second   the result where the i64 operand, in that place, is negative
    """

    def kernel(x: Value, y: Value) -> Value:
        if x.type.dtype is y.type.dtype:
            return op(x, y)
        if x.dtype.kind == "i":
            return ops.select(ops.lt(x, 0), const(negative_first, BOOL), op(convert(x, y.dtype), y))
        return ops.select(ops.lt(y, 0), const(negative_second, BOOL), op(x, convert(y, x.dtype)))

    return kernel


def odd(f: Kernel, x: Value) -> Value:
    """f(|x|) with the sign of x, of zeros too. Unlike copysign's, its derivative at 0 is that of f."""
    negative = ops.signbit(x)
    y = f(ops.select(negative, ops.neg(x), x))
    return ops.select(negative, ops.neg(y), y)


def fmod(x: Value, y: Value) -> Value:
    """x - y·trunc(x/y), exact, with the sign of x."""
    if x.dtype.kind == "f":
        return odd(lambda x: ops.remainder(x, ops.abs(y)), x)
    r = ops.remainder(x, y)
    if x.dtype.kind == "u":
        return r
    crossed = ops.and_(ops.ne(r, 0), ops.xor(ops.lt(x, 0), ops.lt(y, 0)))
    return ops.select(crossed, ops.sub(r, y), r)


def modf(x: Value) -> tuple[Value, Value]:
    part = odd(lambda x: ops.select(ops.isinf(x), const(0, x.dtype), ops.sub(x, ops.trunc(x))), x)
    return part, ops.trunc(x)


def power(x: Value, y: Value) -> Value:
    """x**y; the constant exponents that NumPy treats apart are treated apart too."""
    if isinstance(y, Const):
        if x.dtype.kind != "f":
            if np.any(y.data < 0):
                raise ValueError("Integers to negative integer powers are not allowed.")
        if y.is_scalar:
            simple = _POWERS.get(float(y.data))
            if simple is not None and (x.dtype.kind == "f" or float(y.data) in (1.0, 2.0)):
                return simple(x)
    return ops.power(x, y)


_POWERS: dict[float, Kernel] = {
    1.0: same,
    2.0: lambda x: ops.mul(x, x),
    0.5: lambda x: ops.sqrt(x),
    -1.0: lambda x: ops.div(const(1, x.dtype), x),
}


def heaviside(x: Value, h: Value) -> Value:
    zero = const(0, x.dtype)
    at_zero = ops.select(ops.eq(x, zero), h, x)  # x itself when it is NaN
    return ops.select(ops.lt(x, zero), zero, ops.select(ops.gt(x, zero), const(1, x.dtype), at_zero))


def reciprocal(x: Value) -> Value:
    return ops.div(const(1, x.dtype), x)


def integer_reciprocal(x: Value) -> Value:
    """1/x rounded towards zero; 1/0 is what the conversion of ∞ gives, as in NumPy."""
    return ops.convert(ops.div(const(1, F64), convert(x, F64)), dtype=x.dtype)


def logaddexp2(x: Value, y: Value) -> Value:
    ln2 = log(2.0)
    return ops.div(ops.logaddexp(ops.mul(x, ln2), ops.mul(y, ln2)), const(ln2, x.dtype))


def logical(op: Op) -> Kernel:
    return lambda *xs: op(*[truth(x) for x in xs])


def sign(x: Value) -> Value:
    return ops.sign(x)


def ldexp(x: Value, n: Value) -> Value:
    """x·2**n, in two steps so that neither factor overflows before the product does."""
    half = ops.shift_right(n, const(1, n.dtype))
    rest = ops.sub(n, half)
    return ops.mul(ops.mul(x, ops.exp2(convert(half, x.dtype))), ops.exp2(convert(rest, x.dtype)))


def scaled(factor: float) -> Kernel:
    return lambda x: ops.mul(x, factor)


RADIANS, DEGREES = scaled(pi / 180), scaled(180 / pi)


def sinc(x: Value) -> Value:
    """sin(πx)/(πx); at 0 it is 1, with derivative 0 and the right second derivative."""
    y = ops.mul(x, pi)
    tiny = ops.lt(ops.abs(y), const(1e-4 if x.dtype is F64 else 1e-2, x.dtype))
    safe = ops.select(tiny, const(1, x.dtype), y)
    square = ops.mul(y, y)
    series = ops.add(
        ops.mul(square, ops.sub(ops.mul(square, 1 / 120), const(1 / 6, x.dtype))), const(1, x.dtype)
    )
    return ops.select(tiny, series, ops.div(ops.sin(safe), safe))


__all__ = [
    "DEGREES",
    "RADIANS",
    "Kernel",
    "comparison",
    "everywhere",
    "fmod",
    "heaviside",
    "integer_reciprocal",
    "ldexp",
    "logaddexp2",
    "logical",
    "modf",
    "on_bools",
    "on_floats",
    "power",
    "reciprocal",
    "same",
    "scaled",
    "sign",
    "sinc",
]
