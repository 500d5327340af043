"""cbrt and hypot: each a value that is nearly right, corrected once by what is left of it."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from .coefficients_roots import CBRT, CBRT_F32
from .double_double import fast_two_sum, two_product
from .format import F32, F64, Format, format_of
from .polynomial import fma, horner

#: By format: p in q**(-1/3) = p(q), the bits that a number loses before it is multiplied by a third of
#: 2**bits, that third, and what the product is taken from. The guess r has |x·r³ - 1| ≤ 0.1021 (0.1042).
_CBRT = {
    F64: (CBRT, 32, 0x55555555, 0x553EE96206C2BCB7),
    F32: (CBRT_F32, 16, 0x5555, 0x54A1AA2C),
}
#: From this power of two on, cbrt's remainder has all its digits; by the second one smaller numbers grow.
_CBRT_LEAST = {F64: (-900, 216), F32: (-90, 48)}
#: Sums of squares from here to there neither overflow nor lose digits; others are scaled.
_SQUARES, _SCALE = (-900, 1000), 600
#: Less the word of x, these are the words of 1/x to 5.1 %.
_RECIPROCAL = {F64: 0x7FDE6238502484D6, F32: 0x7EF311C2}


def cbrt(e: Any, x: Any) -> Any:
    """The real cube root, ≤ 1 ULP, exact for cubes."""
    return e.function("cbrt", _cbrt, x)


def hypot(e: Any, x: Any, y: Any) -> Any:
    """√(x² + y²), ≤ 1 ULP; overflows where the result does."""
    return e.function("hypot", _hypot_f32 if e.single(x) else _hypot, x, y)


def _cbrt(e: Any, x: Any) -> Any:
    form = format_of(e, x)
    size = e.intrinsic("llvm.fabs", x)
    rare = beyond(e, form, size, _CBRT_LEAST[form][0], form.bias + 1)
    return e.rare(rare, "cbrt.beyond", _cbrt_anywhere, _cube_root(e, form, x, size), x)


def _cbrt_anywhere(e: Any, x: Any) -> Any:
    """The cube root of small numbers by scaling; 0, ∞ and NaN are their own."""
    form = format_of(e, x)
    least, grow = _CBRT_LEAST[form]
    small = e.fcmp("olt", e.intrinsic("llvm.fabs", x), e.const(2.0**least, x))
    grown = e.select(small, e.op("fmul", x, e.const(2.0**grow, x)), x)
    root = _cube_root(e, form, grown, e.intrinsic("llvm.fabs", grown))
    root = e.select(small, e.op("fmul", root, e.const(2.0 ** -(grow // 3), x)), root)
    twice = e.op("fadd", x, x)
    return e.select(e.fcmp("ueq", twice, x), twice, root)


def _cube_root(e: Any, form: Format, x: Any, size: Any) -> Any:
    """From r = size**(-1/3), guessed by bits and improved by a series, x·r², then one Newton step.

    The step takes root³ - x with the square in two parts, so that it is the last rounding that counts.
    """
    series, lost, third, start = _CBRT[form]
    word = e.bitcast(size, form.word)
    part = e.op("mul", e.op("lshr", word, e.const(lost, word)), e.const(third, word))
    r = e.bitcast(e.op("sub", e.const(start, word), part), form.type)
    near_one = e.op("fmul", e.op("fmul", size, r), e.op("fmul", r, r))
    r = e.op("fmul", r, horner(e, near_one, series))
    slope = e.op("fmul", r, r)
    root = e.op("fmul", x, slope)
    square, below = two_product(e, root, root)
    rest = fma(e, below, root, fma(e, square, root, e.fneg(x)))
    return fma(e, rest, e.op("fmul", slope, e.const(-1 / 3, x)), root)


def _hypot(e: Any, x: Any, y: Any) -> Any:
    total, below = _sum_of_squares(e, x, y)
    rare = beyond(e, F64, total, *_SQUARES)
    return e.rare(rare, "hypot.beyond", _hypot_anywhere, root_of_sum(e, total, below), x, y)


def _hypot_anywhere(e: Any, x: Any, y: Any) -> Any:
    """Scaled by a power of two; ∞ with whatever else, NaN included, is ∞."""
    x, y = (e.intrinsic("llvm.fabs", v) for v in (x, y))
    most = e.select(e.fcmp("ogt", x, y), x, y)
    down, up = (e.const(2.0**k, x) for k in (-_SCALE, _SCALE))
    large = e.fcmp("ogt", most, e.const(1.0, x))
    scale, back = e.select(large, down, up), e.select(large, up, down)
    total, below = _sum_of_squares(e, e.op("fmul", x, scale), e.op("fmul", y, scale))
    out = e.op("fmul", root_of_sum(e, total, below), back)
    out = e.select(e.fcmp("oeq", total, e.const(0.0, x)), total, out)
    for v in (x, y):
        out = e.select(e.fcmp("oeq", v, e.const(inf, x)), v, out)
    return out


def _hypot_f32(e: Any, x: Any, y: Any) -> Any:
    """In double arithmetic, where nothing overflows and one product is exact."""
    wide, other = (e.cast("fpext", v, np.float64) for v in (x, y))
    total = fma(e, wide, wide, e.op("fmul", other, other))
    out = e.cast("fptrunc", e.intrinsic("llvm.sqrt", total), np.float32)
    for v in (x, y):
        size = e.intrinsic("llvm.fabs", v)
        out = e.select(e.fcmp("oeq", size, e.const(inf, x)), size, out)
    return out


def _sum_of_squares(e: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """x² + y² in two parts."""
    x, y = (e.intrinsic("llvm.fabs", v) for v in (x, y))
    swapped = e.fcmp("ogt", y, x)
    larger, smaller = e.select(swapped, y, x), e.select(swapped, x, y)
    (high, a), (low, b) = two_product(e, larger, larger), two_product(e, smaller, smaller)
    total, lost = fast_two_sum(e, high, low)
    return total, e.op("fadd", lost, e.op("fadd", a, b))


def root_of_sum(e: Any, total: Any, below: Any) -> Any:
    """√(total + below) rounded nearly once, for a second part below a few ULPs of the first."""
    return e.op("fadd", *root_in_parts(e, total, below))


def root_in_parts(e: Any, total: Any, below: Any) -> tuple[Any, Any]:
    """√total, and by the tangent what makes it √(total + below): to 5 %, which is enough for a correction."""
    root = e.intrinsic("llvm.sqrt", total)
    rest = e.op("fadd", fma(e, e.fneg(root), root, total), below)
    return root, e.op("fmul", rest, reciprocal(e, root, -1))


def reciprocal(e: Any, x: Any, exponent: int = 0) -> Any:
    """2**exponent/x to 5 %, for positive normal x, by a difference of words."""
    form = format_of(e, x)
    word = e.bitcast(x, form.word)
    start = _RECIPROCAL[form] + (exponent << form.mantissa)
    return e.bitcast(e.op("sub", e.const(start, word), word), form.type)


def beyond(e: Any, form: Format, x: Any, least: int, above: int) -> Any:
    """Whether x ≥ +0 is outside 2**least … 2**above, or NaN."""
    word = e.bitcast(x, form.word)
    low, high = (k + form.bias << form.mantissa for k in (least, above))
    return e.icmp("uge", e.op("sub", word, e.const(low, word)), e.const(high - low, word))
