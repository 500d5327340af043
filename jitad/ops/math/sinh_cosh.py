"""sinh and cosh: |x| = r + n·log 2, and the addition theorems with the even and odd part of e**r.

With u = 2**(n-1) and d = 2**-(n+1), sinh |x| = (u - d)·cosh r + (u + d)·sinh r, and cosh x likewise with the
signs exchanged: no division, and for n = 0 the first term is exactly 0, so that small numbers need no case of
their own. Everything is halved, for n = 1025. The parts are written the same way in both functions, so that
LLVM computes them once where both are wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .coefficients_exponential import LN2, LN2_F32
from .coefficients_sinh_cosh import COSH, COSH_F32, SINH, SINH_F32
from .exponential import LOG2E, nearest
from .format import F32, F64, format_of
from .polynomial import fma, horner

#: Both are ∞ from these on, and n is at most 1025 (129).
_MOST = {F64: (710.6, LN2), F32: (89.6, LN2_F32)}
_SINH, _COSH = {F64: SINH, F32: SINH_F32}, {F64: COSH, F32: COSH_F32}


def sinh(e: Any, x: Any) -> Any:
    """sinh x, ≤ 1 ULP."""
    return e.function("sinh", _sinh, x)


def cosh(e: Any, x: Any) -> Any:
    """cosh x, ≤ 1 ULP."""
    return e.function("cosh", _cosh, x)


def _sinh(e: Any, x: Any) -> Any:
    p = _parts(e, x)
    lost = e.op("fsub", e.op("fsub", p.up, p.difference), p.down)
    tail = fma(e, p.total, p.odd, fma(e, p.difference, p.even, lost))
    half = _add_product(e, p.difference, p.total, p.high, tail)
    out = e.intrinsic("llvm.copysign", e.op("fadd", half, half), x)
    tiny = e.fcmp("olt", p.size, e.const(2.0 ** -(format_of(e, x).mantissa // 2 + 2), x))
    return e.select(tiny, x, out)  # half of a subnormal number would be rounded


def _cosh(e: Any, x: Any) -> Any:
    p = _parts(e, x)
    lost = e.op("fadd", e.op("fsub", p.up, p.total), p.down)
    tail = fma(e, p.difference, p.odd, fma(e, p.total, p.even, lost))
    half = _add_product(e, p.total, p.difference, p.high, tail)
    return e.op("fadd", half, half)


@dataclass(frozen=True)
class _Parts:
    """up = u/2 and down = d/2, their sum and difference rounded; cosh r = 1 + even, sinh r = high + odd.

    The high part is exact and nearly all of r; down is 0 where it has no effect.
    """

    size: Any
    up: Any
    down: Any
    total: Any
    difference: Any
    high: Any
    odd: Any
    even: Any


def _parts(e: Any, x: Any) -> _Parts:
    form = format_of(e, x)
    most, ln2 = _MOST[form]
    size, limit = e.intrinsic("llvm.fabs", x), e.const(most, x)
    size = e.select(e.fcmp("olt", limit, size), limit, size)
    shifted, n = nearest(e, size, LOG2E, form.bias - 2)
    bits = e.bitcast(shifted, form.word)
    up = e.op("shl", bits, e.const(form.mantissa, bits))
    down = e.op("sub", e.const(2 * (form.bias - 2) << form.mantissa, bits), up)
    down = e.select(e.icmp("slt", down, e.const(0, bits)), e.const(0, bits), down)
    up, down = e.bitcast(up, form.type), e.bitcast(down, form.type)
    total, difference = e.op("fadd", up, down), e.op("fsub", up, down)
    high, low = fma(e, n, e.const(-ln2[0], x), size), e.op("fmul", n, e.const(-ln2[1], x))
    r = e.op("fadd", high, low)
    z = e.op("fmul", r, r)
    odd = fma(e, e.op("fmul", z, r), horner(e, z, _SINH[form]), low)
    even = e.op("fmul", z, fma(e, z, horner(e, z, _COSH[form]), e.const(0.5, x)))
    return _Parts(size, up, down, total, difference, high, odd, even)


def _add_product(e: Any, a: Any, b: Any, c: Any, tail: Any) -> Any:
    """a + b·c + tail for |b·c| < a or a = 0, rounded once but for the tail's error."""
    head = fma(e, b, c, a)
    return e.op("fadd", head, e.op("fadd", fma(e, b, c, e.op("fsub", a, head)), tail))
