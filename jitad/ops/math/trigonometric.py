"""sin, cos and tan: reduction by multiples of π/2, then the polynomial of the quadrant.

|x| ≤ 2²² is reduced by three parts of π/2 under FMA (Cody and Waite): x - n·part₀ is exact, and what the
second difference loses is carried along. Larger arguments, which are rare, go to libm. The reduction and both
polynomials are written the same way in sin and cos, so that LLVM computes them once where both are wanted.
tan, whose derivative needs neither, has a polynomial of its own and in odd quadrants one reciprocal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .coefficients_trigonometric import (
    COS,
    COS_F32,
    HALF_PI,
    SIN,
    SIN_F32,
    TAN,
    TAN_CENTRE,
    TAN_F32,
    TWO_OVER_PI,
)
from .polynomial import estrin, even_odd, fma, horner

#: Largest argument that is reduced by parts: n times their error is then below 2⁻¹¹⁶, and no double below is
#: nearer than 2⁻⁶¹ to a multiple of π/2.
FAR = 2.0**22
#: Adding it rounds to a whole number, which the low bits of the sum hold.
ROUND = 1.5 * 2.0**52
SIGN = -(2**63)


def sin(e: Any, x: Any) -> Any:
    """sin x, ≤ 1 ULP."""
    return e.function("sin", _sin, x)


def cos(e: Any, x: Any) -> Any:
    """cos x, ≤ 1 ULP."""
    return e.function("cos", _cos, x)


def tan(e: Any, x: Any) -> Any:
    """tan x, ≤ 1 ULP."""
    return e.function("tan", _tan, x)


def _sin(e: Any, x: Any) -> Any:
    return _circular(e, x, "sin", 0)


def _cos(e: Any, x: Any) -> Any:
    return _circular(e, x, "cos", 1)


def _circular(e: Any, x: Any, name: str, turn: int) -> Any:
    """sin(x + turn·π/2); single precision is computed in double."""
    if e.single(x):
        wide = e.cast("fpext", x, np.float64)
        out = e.cast("fptrunc", _quadrant(e, *_both_f32(e, wide), turn), np.float32)
    else:
        out = _quadrant(e, *_both(e, x), turn)
    return _or_far(e, name, out, x)


def _tan(e: Any, x: Any) -> Any:
    """tan r in even quadrants, -1/tan r in odd ones."""
    if e.single(x):
        n, r = _reduce_f32(e, e.cast("fpext", x, np.float64))
        u = e.op("fmul", r, r)
        t = fma(e, e.op("fmul", r, u), even_odd(e, u, TAN_F32), r)
        out = e.cast("fptrunc", e.select(_odd(e, n), _negative_reciprocal_f32(e, t), t), np.float32)
    else:
        r, part, n = _tangent(e, x)
        t = e.op("fadd", r, part)
        low = e.op("fsub", part, e.op("fsub", t, r))
        out = e.select(_odd(e, n), _negative_reciprocal(e, t, low), t)
    return _or_far(e, "tan", out, x)


def _tangent(e: Any, x: Any) -> tuple[Any, Any, Any]:
    """r, p and n with tan(x - n·π/2) = r + p, |p| < |r|/3."""
    r, excess, n = reduce_by_half_pi(e, x)
    u = e.op("fmul", r, r)
    first, *others = TAN
    v = fma(e, r, r, e.const(-TAN_CENTRE, r))
    p = fma(e, v, even_odd(e, v, others), e.const(first, r))
    # The excess, half a unit of r at most, counts with the slope 1 + tan²r, here to 7 %.
    slope = fma(e, u, e.const(-1.55, r), e.const(-1.0, r))
    # What u = r² lost counts most at π/4, where it counts 0.6·r.
    lost = e.op("fmul", fma(e, r, r, e.fneg(u)), e.op("fmul", r, e.const(0.6, r)))
    return r, fma(e, e.op("fmul", r, u), p, fma(e, excess, slope, lost)), n


def _negative_reciprocal(e: Any, x: Any, low: Any) -> Any:
    """-1/(x + low): one step of Newton's method, with the exact remainder, from -1/x."""
    out = e.op("fdiv", e.const(-1.0, x), x)
    rest = fma(e, out, low, fma(e, out, x, e.const(1.0, x)))
    return fma(e, out, rest, out)


def _negative_reciprocal_f32(e: Any, x: Any) -> Any:
    """-1/x to some 46 bits: a division of single precision and one step of Newton's method in double."""
    single = e.cast("fptrunc", x, np.float32)
    out = e.cast("fpext", e.op("fdiv", e.const(-1.0, single), single), np.float64)
    return fma(e, out, fma(e, out, x, e.const(1.0, x)), out)


def _or_far(e: Any, name: str, out: Any, x: Any) -> Any:
    """`out`, or libm's value in double precision where x is large, infinite or NaN."""

    def far(e: Any, x: Any) -> Any:
        if e.single(x):
            return e.cast("fptrunc", e.libm(name, e.cast("fpext", x, np.float64)), np.float32)
        return e.libm(name, x)

    size = e.intrinsic("llvm.fabs", x)
    return e.rare(e.fcmp("ugt", size, e.const(FAR, x)), f"{name}.far", far, out, x)


def _odd(e: Any, n: Any) -> Any:
    return e.icmp("ne", e.op("and", n, e.const(1, n)), e.const(0, n))


def _quadrant(e: Any, s: Any, c: Any, n: Any, turn: int) -> Any:
    """sin(r + (n + turn)·π/2) from s = sin r and c = cos r."""
    odd = _odd(e, n)
    value = e.select(odd, s, c) if turn else e.select(odd, c, s)
    quarter = e.op("add", n, e.const(turn, n)) if turn else n
    flip = e.op("and", e.op("shl", quarter, e.const(62, n)), e.const(SIGN, n))
    return e.bitcast(e.op("xor", e.bitcast(value, "i64"), flip), "double")


def _both(e: Any, x: Any) -> tuple[Any, Any, Any]:
    """sin r, cos r and n, where x = r + n·π/2."""
    r, excess, n = reduce_by_half_pi(e, x)
    u = e.op("fmul", r, r)
    c = _cosine(e, r, excess, u)
    # r - (r·w + excess·c): where r = -0 the bracket is +0, so that the sign is kept.
    w = e.op("fmul", u, estrin(e, u, SIN))
    s = e.op("fsub", r, fma(e, r, w, e.op("fmul", excess, c)))
    return s, c, n


def _cosine(e: Any, r: Any, excess: Any, u: Any) -> Any:
    """cos(r - excess) as 1 - u/2, its rounding error, and terms that are small."""
    one, half = e.const(1.0, u), e.const(-0.5, u)
    head = fma(e, u, half, one)
    lost = fma(e, u, half, e.op("fsub", one, head))
    tail = fma(e, e.op("fmul", u, u), estrin(e, u, COS), fma(e, r, excess, lost))
    return e.op("fadd", head, tail)


def reduce_by_half_pi(e: Any, x: Any) -> tuple[Any, Any, Any]:
    """(r, excess, n) with x = r - excess + n·π/2, |r| ≤ π/4, for |x| ≤ FAR.

    r is rounded and the excess is what rounding lost; n is an integer of which only the low bits count.
    """
    n, bits = _nearest(e, x)
    high, middle, low = HALF_PI
    exact = fma(e, n, e.const(-high, x), x)
    r = fma(e, n, e.const(-middle, x), exact)
    lost = fma(e, n, e.const(middle, x), e.op("fsub", r, exact))
    excess = fma(e, n, e.const(low, x), lost)
    return r, excess, bits


def _nearest(e: Any, x: Any) -> tuple[Any, Any]:
    """The whole number nearest to x·2/π, and an integer with the same low bits."""
    shifted = fma(e, x, e.const(TWO_OVER_PI, x), e.const(ROUND, x))
    return e.op("fsub", shifted, e.const(ROUND, x)), e.bitcast(shifted, "i64")


def _reduce_f32(e: Any, x: Any) -> tuple[Any, Any]:
    """n and x - n·π/2, as good as single precision needs, in double."""
    n, bits = _nearest(e, x)
    for part in HALF_PI[:2]:
        x = fma(e, n, e.const(-part, x), x)
    return bits, x


def _both_f32(e: Any, x: Any) -> tuple[Any, Any, Any]:
    """sin r, cos r and n, where x = r + n·π/2, to single precision in double arithmetic."""
    bits, x = _reduce_f32(e, x)
    u = e.op("fmul", x, x)
    # The sum with +0 keeps the sign of x = -0: u·p is then +0 instead of -0.
    s = fma(e, x, fma(e, u, horner(e, u, SIN_F32), e.const(0.0, u)), x)
    c = fma(e, u, horner(e, u, COS_F32), e.const(1.0, u))
    return s, c, bits
