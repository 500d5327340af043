"""arctan, arctan2, arcsin and arccos: an odd polynomial after reduction by one division or one square root.

Each angle is k·π/2 + (t + t·w) with |t| ≤ 1. The first sum is kept in two parts, and so is t where its own
rounding counts: what a division or a root lost is known by FMA, and a rough divisor, made of the bits of a
float, turns it into the error of the quotient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .coefficients_inverse_trigonometric import (
    ARCSIN,
    ARCSIN_F32,
    ARCTAN,
    ARCTAN_F32,
    HALF_PI,
    HALF_PI_F32,
)
from .format import F32, F64, format_of
from .polynomial import even_odd, fma, least

#: bits(1/x) ≈ this - bits(x), within 12 %.
_RECIPROCAL = {F64: 0x7FDE6238DA3C2118, F32: 0x7EF311C7}
#: bits(1/√x) ≈ this - bits(x)/2, within 4 %.
_RECIPROCAL_ROOT = {F64: 0x5FE6EB50C7B537A9, F32: 0x5F375A86}
_SIGN = {F64: -(2**63), F32: -(2**31)}
#: arctan2 leaves a point to libm when its greater coordinate is not between these powers of two, or the other
#: is below: in between neither the quotient nor what it lost underflows.
_SCALE = {F64: (-500, 500), F32: (-60, 60)}
#: Stands for ∞, and its reciprocal for 0.
_LARGE = {F64: 1e300, F32: 3e38}
_HALF_PI = {F64: HALF_PI, F32: HALF_PI_F32}
_ARCTAN = {F64: ARCTAN, F32: ARCTAN_F32}
_ARCSIN = {F64: ARCSIN, F32: ARCSIN_F32}


def arctan(e: Any, x: Any) -> Any:
    """The inverse tangent, ≤ 1 ULP."""
    return e.function("arctan", _arctan, x)


def arctan2(e: Any, y: Any, x: Any) -> Any:
    """The angle of the point (x, y), ≤ 1 ULP."""
    return e.function("arctan2", _arctan2, y, x)


def arcsin(e: Any, x: Any) -> Any:
    """The inverse sine, ≤ 1 ULP."""
    return e.function("arcsin", _arcsin, x)


def arccos(e: Any, x: Any) -> Any:
    """The inverse cosine, ≤ 1 ULP."""
    return e.function("arccos", _arccos, x)


def _arctan(e: Any, x: Any) -> Any:
    """t + t·w for t = |x| up to 1; π/2 + (t + t·w) for t = -1/|x| beyond."""
    form, one, zero = format_of(e, x), e.const(1.0, x), e.const(0.0, x)
    half_pi = _HALF_PI[form]
    size = least(e, e.intrinsic("llvm.fabs", x), _LARGE[form])
    large = e.fcmp("ogt", size, one)
    inverse = e.op("fdiv", e.const(-1.0, x), size)
    t = e.select(large, inverse, size)
    # What the division lost counts near 1, where the slope of arctan is near 0.55.
    lost = e.op("fmul", fma(e, inverse, size, one), e.const(0.55, x))
    low = e.select(large, fma(e, lost, inverse, e.const(half_pi[1], x)), zero)
    base = e.select(large, e.const(half_pi[0], x), zero)
    return e.intrinsic("llvm.copysign", _sum(e, base, t, _tangent_series(e, t), low), x)


def _arctan2(e: Any, y: Any, x: Any) -> Any:
    short, long, turned = _by_size(e, y, x)
    t = e.op("fdiv", short, long)
    lost = fma(e, e.fneg(t), long, short)
    low = e.op(
        "fmul", lost, _rough_reciprocal(e, fma(e, t, short, long))
    )  # the slope of arctan is 1/(1 + t²)
    quarters, flip = _quadrant(e, x, turned)
    base, base_low = (e.op("fmul", quarters, e.const(part, x)) for part in _HALF_PI[format_of(e, x)])
    t, low = _flipped(e, t, flip), _flipped(e, low, flip)
    out = _sum(e, base, t, _tangent_series(e, t), e.op("fadd", base_low, low))
    out = e.intrinsic("llvm.copysign", out, y)
    return e.rare(_out_of_scale(e, short, long), "arctan2.far", _arctan2_far, out, y, x)


def _arctan2_far(e: Any, y: Any, x: Any) -> Any:
    """libm's value, in double precision."""
    if not e.single(x):
        return e.libm("atan2", y, x)
    return e.cast("fptrunc", e.libm("atan2", *(e.cast("fpext", v, np.float64) for v in (y, x))), np.float32)


def _out_of_scale(e: Any, short: Any, long: Any) -> Any:
    """Whether `long` is not in the range of `_SCALE`, or `short`, unless it is 0, is below it."""
    form = format_of(e, long)
    low, high = ((form.bias + k) << form.mantissa for k in _SCALE[form])
    short, long = e.bitcast(short, form.word), e.bitcast(long, form.word)
    outside = e.icmp("ugt", e.op("sub", long, e.const(low, long)), e.const(high - low, long))
    below = e.op("sub", short, e.const(1, short))  # 0 becomes the greatest
    return e.op("or", outside, e.icmp("ult", below, e.const(low - 1, short)))


def _by_size(e: Any, y: Any, x: Any) -> tuple[Any, Any, Any]:
    """The lesser and the greater of |x| and |y|, and whether the greater is |y|."""
    a, b = e.intrinsic("llvm.fabs", x), e.intrinsic("llvm.fabs", y)
    turned = e.fcmp("ogt", b, a)
    return e.select(turned, a, b), e.select(turned, b, a), turned


def _quadrant(e: Any, x: Any, turned: Any) -> tuple[Any, Any]:
    """k and a sign bit: the angle of (x, |y|) is k·π/2 ± arctan(t)."""
    form = format_of(e, x)
    bits = e.bitcast(x, form.word)
    negative = e.icmp("slt", bits, e.const(0, bits))
    zero, one, two = (e.const(v, x) for v in (0.0, 1.0, 2.0))
    quarters = e.select(turned, one, e.select(negative, two, zero))
    sign = e.const(_SIGN[form], bits)
    flip = e.select(turned, e.op("xor", bits, sign), bits)
    return quarters, e.op("and", flip, sign)


def _flipped(e: Any, x: Any, sign: Any) -> Any:
    form = format_of(e, x)
    return e.bitcast(e.op("xor", e.bitcast(x, form.word), sign), form.type)


def _arcsin(e: Any, x: Any) -> Any:
    """x + x·w up to ½; π/2 - 2·arcsin √((1 - |x|)/2) beyond."""
    form, size, zero = format_of(e, x), e.intrinsic("llvm.fabs", x), e.const(0.0, x)
    large, u, s, low = _root(e, size)
    t = e.select(large, e.op("fmul", s, e.const(-2.0, x)), size)
    base, base_low = (e.select(large, e.const(part, x), zero) for part in _HALF_PI[form])
    out = _sum(e, base, t, _times(e, u, _ARCSIN[form]), e.select(large, e.op("fsub", base_low, low), zero))
    return e.intrinsic("llvm.copysign", out, x)


def _arccos(e: Any, x: Any) -> Any:
    """π/2 - (x + x·w) up to ½; 2·arcsin √((1 - |x|)/2) beyond, or π minus that where x < 0."""
    form, size, zero = format_of(e, x), e.intrinsic("llvm.fabs", x), e.const(0.0, x)
    large, u, s, low = _root(e, size)
    bits = e.bitcast(x, form.word)
    sign = e.op("and", bits, e.const(_SIGN[form], bits))
    t = e.select(large, _flipped(e, e.op("fadd", s, s), sign), e.fneg(x))
    negative = e.fcmp("olt", x, zero)
    base, base_low = (
        e.select(large, e.select(negative, e.const(2 * part, x), zero), e.const(part, x)) for part in HALF_PI
    )
    low = e.select(large, _flipped(e, low, sign), zero)
    return _sum(e, base, t, _times(e, u, _ARCSIN[form]), e.op("fadd", base_low, low))


def _root(e: Any, size: Any) -> tuple[Any, Any, Any, Any]:
    """Whether |x| > ½; u = |x|² or else z = (1 - |x|)/2; s = √z; and what 2·s lost by rounding."""
    half = e.const(0.5, size)
    large = e.fcmp("ogt", size, half)
    z = fma(e, size, e.const(-0.5, size), half)
    s = e.intrinsic("llvm.sqrt", z)
    low = e.op("fmul", fma(e, e.fneg(s), s, z), _rough_root_reciprocal(e, z))
    return large, e.select(large, z, e.op("fmul", size, size)), s, low


def _tangent_series(e: Any, t: Any) -> Any:
    """w in arctan(t) = t + t·w. In powers of t² - 1 its rounding errors are least where |w| is greatest."""
    first, *others = _ARCTAN[format_of(e, t)]
    v = fma(e, t, t, e.const(-1.0, t))
    p = fma(e, v, even_odd(e, v, others), e.const(first, t))
    return fma(e, v, p, p)


def _times(e: Any, u: Any, coefficients: Any) -> Any:
    return e.op("fmul", u, even_odd(e, u, coefficients))


def _sum(e: Any, base: Any, t: Any, w: Any, low: Any) -> Any:
    """base + t + t·w + low, where base is 0 or ≥ |t| and the rest is small."""
    total = e.op("fadd", base, t)
    lost = e.op("fadd", e.op("fsub", base, total), t)
    return e.op("fadd", total, fma(e, t, w, e.op("fadd", lost, low)))


def _rough_reciprocal(e: Any, x: Any) -> Any:
    """1/x within 12 %, for positive x of moderate size."""
    form = format_of(e, x)
    bits = e.bitcast(x, form.word)
    return e.bitcast(e.op("sub", e.const(_RECIPROCAL[form], bits), bits), form.type)


def _rough_root_reciprocal(e: Any, x: Any) -> Any:
    """1/√x within 4 %, for positive x; something finite for 0."""
    form = format_of(e, x)
    bits = e.bitcast(x, form.word)
    half = e.op("lshr", bits, e.const(1, bits))
    return e.bitcast(e.op("sub", e.const(_RECIPROCAL_ROOT[form], bits), half), form.type)
