"""log, log2, log10, log1p: the exponent comes off, the rest is an odd series in (m - 1)/(m + 1)."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from .coefficients_exponential import (
    LN2,
    LN2_F32,
    LOG,
    LOG2E,
    LOG2E_F32,
    LOG10_2,
    LOG10_2_F32,
    LOG10E,
    LOG10E_F32,
    LOG_F32,
    SOFTPLUS,
    SOFTPLUS_F32,
)
from .exponential import exp
from .format import F32, F64, exponent_field, format_of
from .polynomial import even_odd, fma

_SQRT_HALF = {F64: 0x3FE6A09E667F3BCD, F32: 0x3F3504F3}
_LOG = {F64: LOG, F32: LOG_F32}
_SOFTPLUS = {F64: SOFTPLUS, F32: SOFTPLUS_F32}
_LN2 = {F64: LN2, F32: LN2_F32}
#: High and low part of the factor of the natural logarithm, and of the logarithm of 2.
_BASE2 = {F64: (LOG2E, (1.0, 0.0)), F32: (LOG2E_F32, (1.0, 0.0))}
_BASE10 = {F64: (LOG10E, LOG10_2), F32: (LOG10E_F32, LOG10_2_F32)}


def log(e: Any, x: Any) -> Any:
    """The natural logarithm, ≤ 1 ULP."""
    return e.function("log", _log, x)


def log2(e: Any, x: Any) -> Any:
    """The logarithm to base 2, ≤ 1 ULP, exact for powers of two."""
    return e.function("log2", _log2, x)


def log10(e: Any, x: Any) -> Any:
    """The logarithm to base 10, ≤ 1 ULP."""
    return e.function("log10", _log10, x)


def log1p(e: Any, x: Any) -> Any:
    """log(1 + x), ≤ 1 ULP also near 0."""
    return e.function("log1p", _log1p, x)


def _log(e: Any, x: Any) -> Any:
    return e.rare(outside(e, x), "log.outside", _log_anywhere, natural(e, *decompose(e, x)), x)


def _log_anywhere(e: Any, x: Any) -> Any:
    return edges(e, x, natural(e, *decompose(e, x, subnormal=True)))


def _log2(e: Any, x: Any) -> Any:
    anywhere = lambda e, x: edges(e, x, _to_base(e, *decompose(e, x, subnormal=True), _BASE2))
    return e.rare(outside(e, x), "log2.outside", anywhere, _to_base(e, *decompose(e, x), _BASE2), x)


def _log10(e: Any, x: Any) -> Any:
    anywhere = lambda e, x: edges(e, x, _to_base(e, *decompose(e, x, subnormal=True), _BASE10))
    return e.rare(outside(e, x), "log10.outside", anywhere, _to_base(e, *decompose(e, x), _BASE10), x)


def _log1p(e: Any, x: Any) -> Any:
    u, lost = one_plus(e, x)
    out = e.rare(outside(e, u), "log.outside", _log_anywhere, log_of_sum(e, u, lost), u)
    return e.intrinsic("llvm.copysign", out, x)


def one_plus(e: Any, x: Any) -> tuple[Any, Any]:
    """1 + x and what its rounding lost."""
    u = e.op("fadd", x, e.const(1.0, x))
    return u, e.op("fsub", x, e.op("fsub", u, e.const(1.0, x)))


def log_of_sum(e: Any, u: Any, lost: Any) -> Any:
    """log(u + lost) for positive normal u, |lost| ≤ ulp(u)/2: a slope takes the second part along."""
    form = format_of(e, u)
    m, k = decompose(e, u)
    f, s, rest = series(e, m)
    # lost/2**k/m: the power of two is the quotient of m and u, and (1 - 2s) is 1/m to 6 %.
    words = e.op("sub", e.bitcast(m, form.word), e.bitcast(u, form.word))
    power = e.bitcast(e.op("add", words, e.const(form.bias << form.mantissa, words)), form.type)
    slope = fma(e, s, e.const(-2.0, u), e.const(1.0, u))
    low = fma(e, s, rest, e.op("fmul", k, e.const(-_LN2[form][1], m)))
    low = fma(e, e.op("fmul", e.fneg(lost), power), slope, low)
    return fma(e, k, e.const(_LN2[form][0], u), e.op("fsub", f, low))


def natural(e: Any, m: Any, k: Any) -> Any:
    """log(m·2**k)."""
    high, low = _LN2[format_of(e, m)]
    f, s, rest = series(e, m)
    small = fma(e, s, rest, e.op("fmul", k, e.const(-low, m)))
    return fma(e, k, e.const(high, m), e.op("fsub", f, small))


def _to_base(e: Any, m: Any, k: Any, base: Any) -> Any:
    """log(m·2**k) times the factor of the base; f·factor would be rounded without its low part."""
    factor, of_two = base[format_of(e, m)]
    f, s, rest = series(e, m)
    small = fma(e, e.op("fmul", s, rest), e.const(-factor[0], m), e.op("fmul", f, e.const(factor[1], m)))
    if of_two[1]:
        small = fma(e, k, e.const(of_two[1], m), small)
    value = fma(e, f, e.const(factor[0], m), small)
    return e.op("fadd", value, k) if of_two[0] == 1 else fma(e, k, e.const(of_two[0], m), value)


def series(e: Any, m: Any) -> tuple[Any, Any, Any]:
    """f, s, g with log m = f - s·g, √½ ≤ m < √2: f = m - 1 is exact, s = f/(m + 1), g = f - s²·q(s²)."""
    f, one = e.op("fsub", m, e.const(1.0, m)), e.const(1.0, m)
    s = e.op("fdiv", f, e.op("fadd", m, one))
    z = e.op("fmul", s, s)
    return f, s, fma(e, e.fneg(z), even_odd(e, z, _LOG[format_of(e, m)]), f)


def outside(e: Any, x: Any) -> Any:
    """Whether x is not a positive normal number below the largest power of two."""
    form = format_of(e, x)
    word = e.bitcast(x, form.word)
    least, above = 1 << form.mantissa, 2 * form.bias << form.mantissa
    return e.icmp("uge", e.op("sub", word, e.const(least, word)), e.const(above - least, word))


def decompose(e: Any, x: Any, subnormal: bool = False) -> tuple[Any, Any]:
    """m and k with x = m·2**k, √½ ≤ m < √2, k a whole float, for positive normal x or any positive x."""
    form = format_of(e, x)
    base = e.const(2.0**form.mantissa + form.bias, x)
    if subnormal:
        small, grow = e.fcmp("olt", x, e.const(2.0 ** (1 - form.bias), x)), form.mantissa + 2
        x = e.select(small, e.op("fmul", x, e.const(2.0**grow, x)), x)
        base = e.select(small, e.const(2.0**form.mantissa + form.bias + grow, x), base)
    word = e.bitcast(x, form.word)
    # The exponent field of `shifted` counts from √½ instead of 1.
    one = form.bias << form.mantissa
    shifted = e.op("add", word, e.const(one - _SQRT_HALF[form], word))
    mantissa = e.op("and", shifted, e.const((1 << form.mantissa) - 1, word))
    m = e.bitcast(e.op("add", mantissa, e.const(_SQRT_HALF[form], word)), form.type)
    return m, e.op("fsub", exponent_field(e, form, shifted), base)


def edges(e: Any, x: Any, out: Any) -> Any:
    """`out` for positive finite x; -∞ at 0, ∞ at ∞, NaN at NaN and below 0."""
    out = e.select(e.fcmp("olt", x, e.const(inf, x)), out, x)
    at = e.select(e.fcmp("oeq", x, e.const(0.0, x)), e.const(-inf, x), e.const(nan, x))
    return e.select(e.fcmp("ole", x, e.const(0.0, x)), at, out)


def logaddexp(e: Any, x: Any, y: Any) -> Any:
    """log(e**x + e**y); the error is ≤ 1 ULP of the larger of the result and log 2."""
    return e.function("logaddexp", _logaddexp, x, y)


def _logaddexp(e: Any, x: Any, y: Any) -> Any:
    """max(x, y) + log(1 + e**-|x - y|); equal operands apart, since ∞ - ∞ is NaN."""
    difference = e.select(e.fcmp("oeq", x, y), e.const(0.0, x), e.op("fsub", x, y))
    larger = e.select(e.fcmp("ogt", x, y), x, y)
    small = exp(e, e.fneg(e.intrinsic("llvm.fabs", difference)))
    return e.op("fadd", larger, _log_up_to_two(e, small))


def _log_up_to_two(e: Any, w: Any) -> Any:
    """log(1 + w) for 0 ≤ w ≤ 1 (or NaN): `series` with f = w and more terms, so that nothing comes off."""
    s = e.op("fdiv", w, e.op("fadd", w, e.const(2.0, w)))
    z = e.op("fmul", s, s)
    rest = fma(e, e.fneg(z), even_odd(e, z, _SOFTPLUS[format_of(e, w)]), w)
    return fma(e, e.fneg(s), rest, w)
