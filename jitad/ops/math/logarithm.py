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


def _log(e: Any, x: Any) -> Any:
    return e.rare(outside(e, x), "log.outside", _log_anywhere, _natural(e, *decompose(e, x, False)), x)


def _log_anywhere(e: Any, x: Any) -> Any:
    return edges(e, x, _natural(e, *decompose(e, x, True)))


def _natural(e: Any, m: Any, k: Any) -> Any:
    """log(m·2**k) = f - s·(f - s²·q(s²)) + k·log 2 with f = m - 1 and s = f/(m + 1)."""
    coefficients, ln2 = _LOG[format_of(e, m)]
    f, one = e.op("fsub", m, e.const(1.0, m)), e.const(1.0, m)
    s = e.op("fdiv", f, e.op("fadd", m, one))
    z = e.op("fmul", s, s)
    rest = fma(e, e.fneg(z), even_odd(e, z, coefficients), f)
    low = fma(e, s, rest, e.op("fmul", k, e.const(-ln2[1], m)))
    return fma(e, k, e.const(ln2[0], m), e.op("fsub", f, low))


def outside(e: Any, x: Any) -> Any:
    """Whether x is not a positive normal number."""
    form = format_of(e, x)
    word = e.bitcast(x, form.word)
    least, above = 1 << form.mantissa, (2 * form.bias + 1) << form.mantissa
    return e.icmp("uge", e.op("sub", word, e.const(least, word)), e.const(above - least, word))


def decompose(e: Any, x: Any, subnormal: bool) -> tuple[Any, Any]:
    """m and k with x = m·2**k, √½ ≤ m < √2, k a whole float, for positive finite x, normal unless `subnormal`."""
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
