"""exp, exp2 and expm1: a multiple of log 2 is taken off, a polynomial covers the rest."""

from __future__ import annotations

from typing import Any

from .coefficients_exponential import EXP, EXP_F32, LN2, LN2_F32
from .format import F32, F64, Format, format_of
from .polynomial import clamp, even_odd, fma

LOG2E = 1.4426950408889634
_EXP = {F64: (EXP, LN2, -746.0, 710.0), F32: (EXP_F32, LN2_F32, -104.5, 89.0)}


def exp(e: Any, x: Any) -> Any:
    """e**x, ≤ 1 ULP."""
    return e.function("exp", _exp, x)


def _exp(e: Any, x: Any) -> Any:
    form = format_of(e, x)
    coefficients, ln2, least, greatest = _EXP[form]
    x = clamp(e, x, least, greatest)  # beyond, the result is 0 or ∞ as well
    shifted, n = nearest(e, form, x, LOG2E)
    high, low = fma(e, n, e.const(-ln2[0], x), x), e.op("fmul", n, e.const(-ln2[1], x))
    r = e.op("fadd", high, low)
    # r would be rounded once too often in 1 + r + r²·q(r): its parts are added in the order of their size.
    rest = fma(e, e.op("fmul", r, r), even_odd(e, r, coefficients), low)
    first, second = halves(e, form, shifted)
    return e.op("fmul", fma(e, e.op("fadd", high, rest), first, first), second)


def nearest(e: Any, form: Format, x: Any, factor: float) -> tuple[Any, Any]:
    """The whole number n next to x·factor, and the sum whose low bits are those of n + 2·bias."""
    shift = e.const(form.round + 2 * form.bias, x)
    shifted = fma(e, x, e.const(factor, x), shift)
    return shifted, e.op("fsub", shifted, shift)


def halves(e: Any, form: Format, shifted: Any) -> tuple[Any, Any]:
    """Two powers of two with product 2**n, |n| ≤ 2·bias - 1, for `shifted` as `nearest` gives it.

    Multiplied one after the other they overflow, or round to a subnormal number, once and where they should.
    """
    bits = e.bitcast(shifted, form.word)
    half = e.op("lshr", bits, e.const(1, bits))
    rest = e.op("sub", bits, half)
    mantissa = e.const(form.mantissa, bits)
    first, second = (e.bitcast(e.op("shl", h, mantissa), form.type) for h in (half, rest))
    return first, second
