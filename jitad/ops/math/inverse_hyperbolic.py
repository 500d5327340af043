"""arcsinh, arccosh, arctanh: all are k·log 2 and an inverse hyperbolic tangent of a small quotient s.

arctanh x is half the logarithm of (1 + x)/(1 - x) = m·2**k, the others are the logarithm of |x| + √(x² ± 1),
which is m·2**k, and log m = 2·atanh s for s = (m - 1)/(m + 1). Where k = 0, s is known without cancellation:
it is x, x/(1 + √(x² + 1)), and √(x² - 1)/(x + 1). There is one division in each; what its operands and its
rounding have lost is made up for to first order, for which the reciprocal need not be good.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any

from .coefficients_inverse_hyperbolic import ATANH, ATANH_F32, HALF_LN2, HALF_LN2_F32
from .double_double import fast_two_sum, two_product
from .format import F32, F64, exponent_field, format_of
from .logarithm import decompose
from .polynomial import even_odd, fma
from .roots import beyond, reciprocal, root_in_parts

_ATANH = {F64: (ATANH, HALF_LN2), F32: (ATANH_F32, HALF_LN2_F32)}
_HUGE = {F64: 500, F32: 60}  # where x² ± 1 is x², and does not overflow, as a power of two


def arcsinh(e: Any, x: Any) -> Any:
    """arcsinh x, ≤ 1 ULP."""
    return e.function("arcsinh", _arcsinh, x)


def arccosh(e: Any, x: Any) -> Any:
    """arccosh x, ≤ 1 ULP; NaN below 1."""
    return e.function("arccosh", _arccosh, x)


def arctanh(e: Any, x: Any) -> Any:
    """arctanh x, ≤ 1 ULP; ±∞ at ±1 and NaN beyond."""
    return e.function("arctanh", _arctanh, x)


def _arcsinh(e: Any, x: Any) -> Any:
    size, one = e.intrinsic("llvm.fabs", x), e.const(1.0, x)
    total = fma(e, x, x, one)
    root, low = root_in_parts(e, total, fma(e, x, x, e.op("fsub", one, total)))
    m, m_low, k = _sum_in_parts(e, root, size, low)
    near = e.fcmp("oeq", k, e.const(0.0, x))
    out = _twice(
        e,
        k,
        (e.select(near, size, e.op("fsub", m, one)), e.select(near, e.const(0.0, x), m_low)),
        (e.select(near, root, m), e.select(near, low, m_low)),
    )
    form = format_of(e, x)
    tiny = e.fcmp("olt", size, e.const(2.0 ** -(form.mantissa // 2 + 2), x))
    out = e.select(tiny, size, out)  # half of a subnormal number would be rounded
    huge = e.fcmp("ugt", size, e.const(2.0 ** _HUGE[form], x))
    return e.intrinsic("llvm.copysign", e.rare(huge, "arcsinh.huge", _log_of_twice, out, size), x)


def _arccosh(e: Any, x: Any) -> Any:
    form, one = format_of(e, x), e.const(1.0, x)
    less, (more, more_low) = e.op("fsub", x, one), fast_two_sum(e, x, one)
    square, below = two_product(e, less, more)
    root, low = root_in_parts(e, square, fma(e, less, more_low, below))
    m, m_low, k = _sum_in_parts(e, x, root, low)
    near = e.fcmp("oeq", k, e.const(0.0, x))
    out = _twice(
        e,
        k,
        (e.select(near, root, e.op("fsub", m, one)), e.select(near, low, m_low)),
        (e.select(near, x, m), e.select(near, e.const(0.0, x), m_low)),
    )
    rare = beyond(e, form, x, 0, _HUGE[form])
    return e.rare(rare, "arccosh.huge", _arccosh_huge, out, x)


def _arccosh_huge(e: Any, x: Any) -> Any:
    below = e.fcmp("olt", x, e.const(1.0, x))
    return e.select(below, e.const(nan, x), _log_of_twice(e, x))


def _log_of_twice(e: Any, x: Any) -> Any:
    """log(2x) for positive normal x; ∞ and NaN are their own."""
    m, k = decompose(e, x)
    zero, one = e.const(0.0, x), e.const(1.0, x)
    out = _twice(e, e.op("fadd", k, one), (e.op("fsub", m, one), zero), (m, zero))
    return e.select(e.fcmp("olt", x, e.const(inf, x)), out, x)


def _sum_in_parts(e: Any, x: Any, y: Any, low: Any) -> tuple[Any, Any, Any]:
    """m, m', k with x + y + low = (m + m')·2**k, √½ ≤ m < √2, for x ≥ y ≥ 0 and a small part."""
    form = format_of(e, x)
    u, lost = fast_two_sum(e, x, y)
    low = e.op("fadd", lost, low)
    m, k = decompose(e, u)
    # 2**-k is the quotient of m and u.
    words = e.op("sub", e.bitcast(m, form.word), e.bitcast(u, form.word))
    power = e.bitcast(e.op("add", words, e.const(form.bias << form.mantissa, words)), form.type)
    return m, e.op("fmul", low, power), k


def _twice(e: Any, k: Any, numerator: tuple[Any, Any], less_one: tuple[Any, Any]) -> Any:
    """k·log 2 + 2·atanh s for s = numerator/(1 + less_one), both in parts, less_one < 2."""
    base, low = less_one
    total, lost = fast_two_sum(e, e.const(1.0, k), base)
    half = _logarithm(e, k, *_quotient(e, numerator, (total, e.op("fadd", low, lost))))
    return e.op("fadd", half, half)


def _quotient(e: Any, x: tuple[Any, Any], y: tuple[Any, Any]) -> tuple[Any, Any]:
    """(x + x')/(y + y') in parts, the second to 5 %."""
    s = e.op("fdiv", x[0], y[0])
    rest = e.op("fadd", fma(e, e.fneg(s), y[0], x[0]), fma(e, e.fneg(s), y[1], x[1]))
    return s, e.op("fmul", rest, reciprocal(e, y[0]))


def _logarithm(e: Any, k: Any, s: Any, low: Any) -> Any:
    """k·log(2)/2 + atanh(s + low), for k = 0 or k ≥ 1."""
    coefficients, half_ln2 = _ATANH[format_of(e, k)]
    head = fma(e, k, e.const(half_ln2[0], k), s)
    lost = e.op("fadd", fma(e, k, e.const(half_ln2[0], k), e.fneg(head)), s)
    z = e.op("fmul", s, s)
    tail = e.op("fadd", lost, fma(e, k, e.const(half_ln2[1], k), low))
    tail = fma(e, e.op("fmul", z, s), even_odd(e, z, coefficients), tail)
    return e.op("fadd", head, tail)


def _arctanh(e: Any, x: Any) -> Any:
    """With p = 2**k·(1 - |x|) next to 1 + |x|, s is their difference, which is exact, over their sum."""
    form, one = format_of(e, x), e.const(1.0, x)
    size = e.intrinsic("llvm.fabs", x)
    more, more_low = fast_two_sum(e, one, size)
    less, less_low = fast_two_sum(e, one, e.fneg(size))
    words = e.bitcast(more, form.word), e.bitcast(less, form.word)
    half = e.const(1 << form.mantissa - 1, words[0])
    scaled = e.op("add", e.op("sub", *words), half)
    exponent = e.op("and", scaled, e.const(-1 << form.mantissa, scaled))
    p = e.bitcast(e.op("add", words[1], exponent), form.type)
    power = e.bitcast(e.op("add", exponent, e.const(form.bias << form.mantissa, exponent)), form.type)
    p_low = e.op("fmul", less_low, power)
    total, lost = fast_two_sum(e, more, p)
    total_low = e.op("fadd", lost, e.op("fadd", more_low, p_low))
    difference = e.op("fsub", more, p), e.op("fsub", more_low, p_low)
    s, low = _quotient(e, difference, (total, total_low))
    near = e.icmp("eq", exponent, e.const(0, exponent))
    s, low = e.select(near, size, s), e.select(near, e.const(0.0, x), low)
    k = e.op("fsub", exponent_field(e, form, exponent), e.const(2.0**form.mantissa, x))
    out = _logarithm(e, k, s, low)
    out = e.rare(e.fcmp("uge", size, one), "arctanh.edge", _arctanh_edge, out, size)
    return e.intrinsic("llvm.copysign", out, x)


def _arctanh_edge(e: Any, size: Any) -> Any:
    return e.select(e.fcmp("oeq", size, e.const(1.0, size)), e.const(inf, size), e.const(nan, size))
