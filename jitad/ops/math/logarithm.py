"""log, log2, log10, log1p: the exponent comes off, the rest is an odd series in (m - 1)/(m + 1)."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from .coefficients_exponential import LN2, LN2_F32, LOG, LOG_F32
from .format import F32, F64, Format, format_of
from .polynomial import even_odd, fma

_SQRT_HALF = {F64: 0x3FE6A09E667F3BCD, F32: 0x3F3504F3}
_LOG = {F64: (LOG, LN2), F32: (LOG_F32, LN2_F32)}


def log(e: Any, x: Any) -> Any:
    """The natural logarithm, ≤ 1 ULP."""
    return e.function("log", _log, x)


def log1p(e: Any, x: Any) -> Any:
    """log(1 + x), ≤ 1 ULP also near 0."""
    return e.function("log1p", _log1p, x)


def _log(e: Any, x: Any) -> Any:
    rare = outside(e, x)
    return e.rare(rare, "log.outside", _log_anywhere, combine(e, *series(e, *decompose(e, x))), x)


def _log_anywhere(e: Any, x: Any) -> Any:
    return edges(e, x, combine(e, *series(e, *decompose(e, x, subnormal=True))))


def _log1p(e: Any, x: Any) -> Any:
    u = e.op("fadd", x, e.const(1.0, x))
    lost = e.op("fsub", x, e.op("fsub", u, e.const(1.0, x)))
    out = e.rare(outside(e, u), "log1p.outside", _log_anywhere, log_of_sum(e, u, lost), u)
    return e.intrinsic("llvm.copysign", out, x)


def log_of_sum(e: Any, u: Any, lost: Any) -> Any:
    """log(u + lost) for positive normal u, |lost| ≤ ulp(u)/2: the slope 1/m at m takes the second part along."""
    form = format_of(e, u)
    m, k = decompose(e, u)
    f, s, low, k = series(e, m, k)
    # lost/2**k/m: the power of two is the quotient of m and u, and (1 - 2s) is 1/m to 6 %.
    words = e.op("sub", e.bitcast(m, form.word), e.bitcast(u, form.word))
    power = e.bitcast(e.op("add", words, e.const(form.bias << form.mantissa, words)), form.type)
    slope = fma(e, s, e.const(-2.0, u), e.const(1.0, u))
    low = fma(e, e.op("fmul", e.fneg(lost), power), slope, low)
    return combine(e, f, s, low, k)


def series(e: Any, m: Any, k: Any) -> tuple[Any, Any, Any, Any]:
    """f, s, low, k with log(m·2**k) = f - low + k·(the first digits of log 2).

    f = m - 1 is exact, s = f/(m + 1), and log m = f - s·(f - s²·q(s²)).
    """
    coefficients, ln2 = _LOG[format_of(e, m)]
    f, one = e.op("fsub", m, e.const(1.0, m)), e.const(1.0, m)
    s = e.op("fdiv", f, e.op("fadd", m, one))
    z = e.op("fmul", s, s)
    rest = fma(e, e.fneg(z), even_odd(e, z, coefficients), f)
    return f, s, fma(e, s, rest, e.op("fmul", k, e.const(-ln2[1], m))), k


def combine(e: Any, f: Any, s: Any, low: Any, k: Any) -> Any:
    """The logarithm from what `series` gives."""
    return fma(e, k, e.const(_LOG[format_of(e, f)][1][0], f), e.op("fsub", f, low))


def outside(e: Any, x: Any) -> Any:
    """Whether x is not a positive normal number below the largest power of two."""
    form = format_of(e, x)
    word = e.bitcast(x, form.word)
    least, above = 1 << form.mantissa, 2 * form.bias << form.mantissa
    return e.icmp("uge", e.op("sub", word, e.const(least, word)), e.const(above - least, word))


def decompose(e: Any, x: Any, subnormal: bool = False) -> tuple[Any, Any]:
    """m and k with x = m·2**k, √½ ≤ m < √2, k a whole float, for positive normal x, or for `subnormal` too."""
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
    return m, e.op("fsub", _field(e, shifted, form), base)


def _field(e: Any, word: Any, form: Format) -> Any:
    """The exponent field of `word` plus 2**mantissa as a float: the field becomes the end of its bits."""
    field = e.op("lshr", word, e.const(form.mantissa, word))
    return e.bitcast(
        e.op("or", field, e.const((form.bias + form.mantissa) << form.mantissa, field)), form.type
    )


def edges(e: Any, x: Any, out: Any) -> Any:
    """`out` for positive finite x; -∞ at 0, ∞ at ∞, NaN at NaN and below 0."""
    out = e.select(e.fcmp("olt", x, e.const(inf, x)), out, x)
    at = e.select(e.fcmp("oeq", x, e.const(0.0, x)), e.const(-inf, x), e.const(nan, x))
    return e.select(e.fcmp("ole", x, e.const(0.0, x)), at, out)
