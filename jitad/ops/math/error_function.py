"""erf and erfc: a polynomial near 0, exp(-x²) times a smooth function beyond."""

from __future__ import annotations

from typing import Any

import numpy as np

from .coefficients_error_function import (
    ERF,
    ERF_CENTRE,
    ERF_F32,
    ERF_LAST_F32,
    ERF_SCALE_F32,
    ERF_TAIL,
    ERFC,
    ERFC_AT_MIDDLE,
    ERFC_CENTRE,
    ERFC_F32,
    ERFC_MIDDLE,
    ERFC_SPLIT,
    ERFC_TAIL,
)
from .exponential import LOG2E, exp, growth, halves, nearest
from .format import F64
from .polynomial import even_odd, fma, least


def erf(e: Any, x: Any) -> Any:
    """erf x, ≤ 1 ULP."""
    return e.function("erf", _erf_f32 if e.single(x) else _erf, x)


def _erf(e: Any, x: Any) -> Any:
    """x + x·p(x² - 1) up to 1, then 1 - exp(-x²)·q; the exponential is also the derivative's.

    In powers of x² - 1 the rounding errors of p are least near 1, where they count most.
    """
    size, one = e.intrinsic("llvm.fabs", x), e.const(1.0, x)
    near = fma(e, x, even_odd(e, fma(e, x, x, e.const(-1.0, x)), ERF), x)
    q = even_odd(e, mobius(e, least(e, size, 6.0), ERF_CENTRE), ERF_TAIL)
    far = fma(e, e.fneg(exp(e, e.fneg(e.op("fmul", x, x)))), q, one)
    return e.select(e.fcmp("olt", size, one), near, e.intrinsic("llvm.copysign", far, x))


def _erf_f32(e: Any, x: Any) -> Any:
    """x·p(x²) in double arithmetic, which has the digits that the alternating terms lose."""
    size = least(e, e.intrinsic("llvm.fabs", x), ERF_LAST_F32)
    wide = e.cast("fpext", e.intrinsic("llvm.copysign", size, x), np.float64)
    t = fma(e, e.op("fmul", wide, e.const(ERF_SCALE_F32, wide)), wide, e.const(-1.0, wide))
    return e.cast("fptrunc", e.op("fmul", wide, even_odd(e, t, ERF_F32)), np.float32)


def erfc(e: Any, x: Any) -> Any:
    """erfc x, ≤ 1 ULP."""
    return e.function("erfc", _erfc_f32 if e.single(x) else _erfc, x)


def _erfc(e: Any, x: Any) -> Any:
    """1 - (x + x·p(x²)) near 0; exp(-x²)·q·h from ERFC_SPLIT on, and 2 minus that for negative x."""
    size, one = e.intrinsic("llvm.fabs", x), e.const(1.0, x)
    head = e.op("fsub", one, x)
    lost = e.op("fsub", e.op("fsub", one, head), x)
    near = e.op("fadd", head, fma(e, e.fneg(x), even_odd(e, e.op("fmul", x, x), ERFC), lost))
    right = _erfc_right(e, least(e, size, 28.0))
    far = e.select(e.fcmp("olt", x, e.const(0.0, x)), e.op("fsub", e.const(2.0, x), right), right)
    return e.select(e.fcmp("olt", size, e.const(ERFC_SPLIT, x)), near, far)


def _erfc_right(e: Any, x: Any) -> Any:
    """2ⁿ·E·q·h, each factor but the first with what its rounding lost, for ERFC_SPLIT ≤ x ≤ 28."""
    shifted, exponential, exponential_low = _bell(e, x)
    q, q_low = _reciprocal(e, x, ERFC_CENTRE)
    h, h_low = _erfc_tail(e, q, q_low)
    product = e.op("fmul", exponential, q)
    low = fma(e, exponential, q_low, fma(e, exponential, q, e.fneg(product)))
    low = fma(e, exponential_low, q, low)
    out = fma(e, product, h, fma(e, product, h_low, e.op("fmul", low, h)))
    first, second = halves(e, F64, shifted)
    return e.op("fmul", e.op("fmul", out, first), second)


def _bell(e: Any, x: Any) -> tuple[Any, Any, Any]:
    """exp(-x²) = 2ⁿ·(head + low), n in the low bits of the first result."""
    square = e.op("fmul", x, x)
    lost = fma(e, x, x, e.fneg(square))
    exponent, one = e.fneg(square), e.const(1.0, x)
    shifted, n = nearest(e, exponent, LOG2E, 2 * F64.bias)
    high, rest = growth(e, exponent, n)
    start = e.op("fadd", high, one)
    head = e.op("fadd", start, rest)
    low = e.op("fsub", rest, e.op("fsub", head, start))
    low = e.op("fadd", low, e.op("fsub", high, e.op("fsub", start, one)))
    return shifted, head, fma(e, e.fneg(lost), head, low)


def _reciprocal(e: Any, x: Any, k: float) -> tuple[Any, Any]:
    """1/(x + k) in two parts. (x + k) - k is exact, so that what the sum lost is known."""
    one, centre = e.const(1.0, x), e.const(k, x)
    total = e.op("fadd", x, centre)
    lost = e.op("fsub", x, e.op("fsub", total, centre))
    q = e.op("fdiv", one, total)
    minus = e.fneg(q)
    return q, e.op("fmul", q, fma(e, minus, lost, fma(e, minus, total, one)))


def _erfc_tail(e: Any, q: Any, q_low: Any) -> tuple[Any, Any]:
    """h(q + q_low) in two parts; q_low by the slope of the quadratic terms."""
    t = e.op("fsub", q, e.const(ERFC_MIDDLE, q))
    first, *others = ERFC_TAIL
    rest = fma(e, t, even_odd(e, t, others), e.const(first, q))
    middle = e.const(ERFC_AT_MIDDLE[0], q)
    head = fma(e, t, rest, middle)
    low = fma(e, t, rest, e.op("fsub", middle, head))
    slope = fma(e, t, e.const(2 * others[0], q), e.const(first, q))
    return head, fma(e, q_low, slope, e.op("fadd", low, e.const(ERFC_AT_MIDDLE[1], q)))


def _erfc_f32(e: Any, x: Any) -> Any:
    """exp(-x²)·q·h(q) in double arithmetic for x ≥ 0, 2 minus that below."""
    wide = e.cast("fpext", x, np.float64)
    size = least(e, e.intrinsic("llvm.fabs", wide), 10.1)
    one = e.const(1.0, wide)
    q = e.op("fdiv", one, e.op("fadd", size, e.const(ERFC_CENTRE, wide)))
    h = even_odd(e, e.op("fsub", q, e.const(ERFC_MIDDLE, q)), ERFC_F32)
    right = e.op("fmul", exp(e, e.fneg(e.op("fmul", size, size))), e.op("fmul", q, h))
    left = e.op("fsub", e.const(2.0, wide), right)
    return e.cast("fptrunc", e.select(e.fcmp("olt", wide, e.const(0.0, wide)), left, right), np.float32)


def mobius(e: Any, x: Any, k: float) -> Any:
    """(x - k)/(x + k)."""
    centre = e.const(k, x)
    return e.op("fdiv", e.op("fsub", x, centre), e.op("fadd", x, centre))
