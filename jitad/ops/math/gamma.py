"""gammaln and digamma: a polynomial on one unit interval, Stirling's series beyond, reflection below 0.

Both recurrences, Γ(x + 1) = x·Γ(x) and ψ(x + 1) = ψ(x) + 1/x, are exact steps to the unit interval. Every
region is computed in every lane and selected, without a branch, for positive normal arguments; the others are
rare. Zeros between the negative poles are irrational; near them the error is 2 ULP of the largest term that
cancels: log |x·sin(πx)/π|, gammaln(-x), and π·cot(πx), digamma(1 - x). Single precision goes through double.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np

from .coefficients_exponential import LN2
from .coefficients_gamma import (
    COTANGENT,
    DIGAMMA,
    DIGAMMA_CENTRE,
    DIGAMMA_ROOT,
    DIGAMMA_SPLIT,
    DIGAMMA_TAIL,
    GAMMALN,
    GAMMALN_CENTRE,
    GAMMALN_SPLIT,
    LOG_ROOT_TWO_PI,
    SINC,
    STIRLING,
)
from .double_double import fast_two_sum, two_product, two_sum
from .logarithm import decompose, log, outside, series
from .polynomial import even_odd, fma, horner

LEAST_NORMAL = 2.0**-1022


def gammaln(e: Any, x: Any) -> Any:
    """log |Γ(x)|, ≤ 2 ULP for x > 0, and for x < 0 of the largest of the terms."""
    return _in_double(e, "gammaln", _gammaln, x)


def digamma(e: Any, x: Any) -> Any:
    """Γ′(x)/Γ(x), ≤ 2 ULP for x > 0, for x < 0 of the largest of the terms."""
    return _in_double(e, "digamma", _digamma, x)


def _in_double(e: Any, name: str, body: Callable[[Any, Any], Any], x: Any) -> Any:
    if not e.single(x):
        return e.function(name, body, x)
    return e.cast("fptrunc", e.function(name, body, e.cast("fpext", x, np.float64)), np.float32)


def _gammaln(e: Any, x: Any) -> Any:
    return e.rare(outside(e, x), "gammaln.outside", _gammaln_anywhere, _gammaln_positive(e, x), x)


def _gammaln_anywhere(e: Any, x: Any) -> Any:
    """-log |a·sin(πa)/π| - log Γ(a) for a = -x ≥ 1, where 1 + a would be rounded; SciPy's value at -∞.

    Likewise with the factor 1 and Γ(1 + a) for -x < 1, which serves subnormal numbers of both signs.
    """
    one, a = e.const(1.0, x), e.fneg(x)
    reflect, large = e.fcmp("olt", x, one), e.fcmp("oge", a, one)
    value = _gammaln_positive(
        e, e.select(reflect, e.select(large, a, e.op("fadd", one, e.intrinsic("llvm.fabs", a))), x)
    )
    size = e.intrinsic("llvm.fabs", _offset(e, x))
    z = e.op("fmul", size, size)
    sine = fma(e, e.op("fmul", size, z), even_odd(e, z, SINC), size)
    sine = e.op("fmul", sine, e.select(large, a, one))
    pole = e.fcmp("oeq", size, e.const(0.0, x))
    mirrored = e.select(pole, e.const(inf, x), e.op("fsub", e.fneg(log(e, sine)), value))
    value = e.select(reflect, mirrored, value)
    return e.select(e.fcmp("oeq", e.intrinsic("llvm.fabs", x), e.const(inf, x)), x, value)


def _gammaln_positive(e: Any, x: Any) -> Any:
    """For positive normal x: log Γ(1 + t) plus or minus a logarithm below GAMMALN_SPLIT, t in 0 … 1."""
    one = e.const(1.0, x)
    below, above = e.fcmp("olt", x, one), e.fcmp("oge", x, e.const(2.0, x))
    far = e.fcmp("oge", x, e.const(GAMMALN_SPLIT, x))
    previous = e.op("fsub", x, one)
    t = e.select(below, x, e.select(above, e.op("fsub", x, e.const(2.0, x)), previous))
    factor = e.select(below, x, e.select(above, previous, one))
    high, low = _log_parts(e, e.select(far, x, factor))
    sign = e.select(below, e.const(-1.0, x), one)
    u, lost = two_product(e, t, e.op("fsub", t, one))  # the zeros of log Γ(1 + t)
    centre = e.const(GAMMALN_CENTRE, x)
    small = fma(e, lost, centre, e.op("fmul", sign, low))
    small = fma(e, u, even_odd(e, e.op("fsub", t, e.const(0.5, x)), GAMMALN), small)
    near = fma(e, sign, high, fma(e, u, centre, small))
    return e.select(far, _stirling(e, x, high, low), near)


def _stirling(e: Any, x: Any, high: Any, low: Any) -> Any:
    """x·(log x - 1) - log(x)/2 + log(2π)/2 + …, the first product by FMA; log x = high + low."""
    high, low = fast_two_sum(e, high, low)
    r = e.op("fdiv", e.const(1.0, x), x)
    tail = fma(e, x, low, e.const(LOG_ROOT_TWO_PI[1], x))
    tail = fma(e, r, even_odd(e, e.op("fmul", r, r), STIRLING), tail)
    rest = e.op("fadd", fma(e, high, e.const(-0.5, x), e.const(LOG_ROOT_TWO_PI[0], x)), tail)
    return fma(e, x, e.op("fsub", high, e.const(1.0, x)), rest)


def _digamma(e: Any, x: Any) -> Any:
    return e.rare(outside(e, x), "digamma.outside", _digamma_anywhere, _digamma_positive(e, x), x)


def _digamma_anywhere(e: Any, x: Any) -> Any:
    """digamma(1 - x) - π·cot(πx) below 1; NaN at negative poles, ∓∞ at ±0."""
    reflect = e.fcmp("olt", x, e.const(1.0, x))
    y, lost = two_sum(e, e.const(1.0, x), e.fneg(x))
    value = _digamma_positive(e, e.select(reflect, y, x))
    s = e.op("fdiv", e.const(1.0, x), y)
    slope = e.op("fmul", s, horner(e, s, (1.0, 1 / 2, 1 / 6)))  # ψ′(y), to 1 %
    value = e.select(reflect, fma(e, lost, slope, value), value)
    r = _offset(e, x)
    pole = e.fcmp("oeq", r, e.const(0.0, x))
    mirrored = e.select(pole, e.const(nan, x), _less_cotangent(e, value, r))
    value = e.select(reflect, mirrored, value)
    tiny = e.fcmp("olt", e.intrinsic("llvm.fabs", x), e.const(LEAST_NORMAL, x))
    value = e.select(tiny, e.op("fdiv", e.const(-1.0, x), x), value)
    return e.select(e.fcmp("oeq", x, e.const(inf, x)), x, value)


def _less_cotangent(e: Any, value: Any, r: Any) -> Any:
    """value - π·cot(πr) for |r| ≤ 1/2: (1 - 4r²)·(1 + r²·p(r²))/r with what each rounding loses."""
    z = e.op("fmul", r, r)
    square, under = two_product(e, e.op("fmul", r, e.const(4.0, r)), r)
    zero, low = fast_two_sum(e, e.const(1.0, r), e.fneg(square))  # the zeros of the cotangent
    zero, low = fast_two_sum(e, zero, e.op("fsub", low, under))
    low = fma(e, e.op("fmul", zero, z), even_odd(e, z, COTANGENT), low)
    top, lost = fast_two_sum(e, zero, low)
    reciprocal = e.op("fdiv", e.const(1.0, r), r)
    quotient = e.op("fmul", top, reciprocal)
    rest = e.op("fmul", e.op("fadd", fma(e, e.fneg(quotient), r, top), lost), reciprocal)
    return e.op("fsub", e.op("fsub", value, rest), quotient)


def _digamma_positive(e: Any, x: Any) -> Any:
    """For positive normal x: ψ(1 + t), less 1/x below 1, and the asymptotic series from DIGAMMA_SPLIT on."""
    one, zero = e.const(1.0, x), e.const(0.0, x)
    below = e.fcmp("olt", x, one)
    t = e.select(below, x, e.op("fsub", x, one))
    r = e.op("fdiv", one, x)
    d = e.op("fsub", e.op("fsub", t, e.const(DIGAMMA_ROOT[0], x)), e.const(DIGAMMA_ROOT[1], x))
    step = e.select(below, r, zero)
    small = e.op("fmul", d, even_odd(e, e.op("fsub", t, e.const(0.5, x)), DIGAMMA))
    small = fma(e, fma(e, step, x, e.const(-1.0, x)), step, small)  # what the rounding of 1/x lost
    near = e.op("fsub", fma(e, d, e.const(DIGAMMA_CENTRE, x), small), step)
    high, low = _log_parts(e, x)
    z = e.op("fmul", r, r)
    rest = fma(e, z, e.fneg(even_odd(e, z, DIGAMMA_TAIL)), low)
    series = e.op("fadd", fma(e, r, e.const(-0.5, x), high), rest)
    return e.select(e.fcmp("oge", x, e.const(DIGAMMA_SPLIT, x)), series, near)


def _log_parts(e: Any, x: Any) -> tuple[Any, Any]:
    """log x for positive normal x as k·log 2 + f and a second part of up to f²/2, together good to 2⁻⁵⁸."""
    m, k = decompose(e, x)
    f, s, g = series(e, m)
    first = e.op("fmul", k, e.const(LN2[0], x))  # exact
    high = e.op("fadd", first, f)
    lost = e.op("fadd", e.op("fsub", first, high), f)
    low = fma(e, s, g, e.op("fmul", k, e.const(-LN2[1], x)))
    return high, e.op("fsub", lost, low)


def _offset(e: Any, x: Any) -> Any:
    """x less the whole number next to it, exactly; NaN at ±∞."""
    return e.op("fsub", x, e.intrinsic("llvm.rint", x))
