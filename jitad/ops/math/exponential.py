"""exp, exp2 and expm1: a multiple of log 2 is taken off, a polynomial covers the rest."""

from __future__ import annotations

from typing import Any

from .coefficients_exponential import EXP, EXP2, EXP2_F32, EXP_F32, LN2, LN2_F32
from .format import F32, F64, Format, format_of
from .polynomial import clamp, even_odd, fma

LOG2E = 1.4426950408889634
_EXP = {F64: (EXP, LN2), F32: (EXP_F32, LN2_F32)}
_EXP2 = {F64: EXP2, F32: EXP2_F32}
#: Beyond these, exp is 0 or ∞, exp2 likewise, and expm1 is -1 or ∞.
_EXP_RANGE = {F64: (-746.0, 710.0), F32: (-104.5, 89.0)}
_EXP2_RANGE = {F64: (-1076.0, 1025.0), F32: (-151.0, 129.0)}
_EXPM1_RANGE = {F64: (-40.0, 710.0), F32: (-20.0, 89.0)}


def exp(e: Any, x: Any) -> Any:
    """e**x, ≤ 1 ULP."""
    return e.function("exp", _exp, x)


def exp2(e: Any, x: Any) -> Any:
    """2**x, ≤ 1 ULP, exact for whole x."""
    return e.function("exp2", _exp2, x)


def expm1(e: Any, x: Any) -> Any:
    """e**x - 1, ≤ 1 ULP also near 0."""
    return e.function("expm1", _expm1, x)


def _exp(e: Any, x: Any) -> Any:
    form = format_of(e, x)
    x = clamp(e, x, *_EXP_RANGE[form])
    shifted, n = nearest(e, x, LOG2E, 2 * form.bias)
    first, second = halves(e, form, shifted)
    high, rest = growth(e, x, n)
    return e.op("fmul", fma(e, e.op("fadd", high, rest), first, first), second)


def _exp2(e: Any, x: Any) -> Any:
    form = format_of(e, x)
    x = clamp(e, x, *_EXP2_RANGE[form])
    shifted, n = nearest(e, x, 1.0, 2 * form.bias)
    first, second = halves(e, form, shifted)
    r = e.op("fsub", x, n)
    rest = e.op("fmul", e.op("fmul", r, r), even_odd(e, r, _EXP2[form]))
    s = fma(e, r, e.const(LN2[0] + LN2[1], x), rest)
    return e.op("fmul", fma(e, s, first, first), second)


def _expm1(e: Any, x: Any) -> Any:
    """2**n·(high + rest) + (2**n - 1), halved so that n = 1024 does not overflow before it must."""
    form = format_of(e, x)
    y = clamp(e, x, *_EXPM1_RANGE[form])
    shifted, n = nearest(e, y, LOG2E, form.bias - 1)
    bits = e.bitcast(shifted, form.word)
    power = e.bitcast(e.op("shl", bits, e.const(form.mantissa, bits)), form.type)
    high, low, r, cubic = parts(e, y, n)
    half = e.op("fmul", r, e.const(0.5, x))
    missed = e.op("fsub", low, e.op("fsub", r, high))  # by r, which counts in r²/2
    rest = fma(e, e.op("fmul", e.op("fmul", r, r), r), cubic, fma(e, missed, r, low))
    rest = fma(e, half, r, rest)
    base = e.op("fsub", power, e.const(0.5, x))
    total = fma(e, high, power, base)
    # What rounding took off the base, for n = 54, and off the total.
    lost = e.op("fsub", e.op("fsub", power, base), e.const(0.5, x))
    lost = e.op("fadd", lost, fma(e, high, power, e.op("fsub", base, total)))
    out = e.op("fadd", total, fma(e, rest, power, lost))
    tiny = e.fcmp("olt", e.intrinsic("llvm.fabs", x), e.const(2.0 ** -(form.mantissa + 2), x))
    return e.select(tiny, x, e.op("fadd", out, out))


def growth(e: Any, x: Any, n: Any, more: Any = None) -> tuple[Any, Any]:
    """High and low part of e**r - 1 for r = x - n·log 2 (+ more), their sum good enough for e**r."""
    high, low, r, cubic = parts(e, x, n, more)
    return high, fma(e, e.op("fmul", r, r), fma(e, r, cubic, e.const(0.5, x)), low)


def parts(e: Any, x: Any, n: Any, more: Any = None) -> tuple[Any, Any, Any, Any]:
    """high, low, r, q with r = x - n·log 2 (+ more), |r| ≤ log(2)/2, and e**r = 1 + r + r²/2 + r³·q.

    The high part x - n·(the first digits of log 2) is exact; r = high + low is rounded.
    """
    coefficients, ln2 = _EXP[format_of(e, x)]
    high, last = fma(e, n, e.const(-ln2[0], x), x), e.const(-ln2[1], x)
    low = e.op("fmul", n, last) if more is None else fma(e, n, last, more)
    r = e.op("fadd", high, low)
    return high, low, r, even_odd(e, r, coefficients)


def nearest(e: Any, x: Any, factor: float, offset: int) -> tuple[Any, Any]:
    """A sum whose low bits are those of n + offset, for the whole number n next to x·factor, and n."""
    shift = e.const(format_of(e, x).round + offset, x)
    shifted = e.op("fadd", x, shift) if factor == 1 else fma(e, x, e.const(factor, x), shift)
    return shifted, e.op("fsub", shifted, shift)


def halves(e: Any, form: Format, shifted: Any) -> tuple[Any, Any]:
    """Two powers of two with product 2**n, |n| ≤ 2·bias - 1, for `shifted` = n + 2·bias in its low bits.

    Multiplied one after the other they overflow, or round to a subnormal number, once and where they should.
    """
    bits = e.bitcast(shifted, form.word)
    half = e.op("lshr", bits, e.const(1, bits))
    rest = e.op("sub", bits, half)
    mantissa = e.const(form.mantissa, bits)
    first, second = (e.bitcast(e.op("shl", h, mantissa), form.type) for h in (half, rest))
    return first, second
