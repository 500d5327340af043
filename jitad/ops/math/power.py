"""power: e**(y·log x), with the logarithm and its product with y as pairs of floats."""

from __future__ import annotations

from typing import Any

import numpy as np

from .coefficients_exponential import LN2_LONG, LOG_LONG, TWO_THIRDS
from .double_double import fast_two_sum, product, two_product
from .exponential import LOG2E, growth, nearest
from .format import F64
from .logarithm import decompose, natural, outside
from .polynomial import estrin, fma

_LARGE = 708.0  # e**x of smaller |x| is a normal number


def power(e: Any, x: Any, y: Any) -> Any:
    """x**y, ≤ 1 ULP; negative and special operands, which are rare, by libm's pow."""
    return e.function("pow", _power, x, y)


def _power(e: Any, x: Any, y: Any) -> Any:
    libm = lambda e, x, y: e.libm("pow", x, y)
    if e.single(x):
        wide = [e.cast("fpext", v, np.float64) for v in (x, y)]
        out, far = _short(e, *wide)
        rare = e.op("or", far, outside(e, wide[0]))
        return e.rare(rare, "pow.outside", libm, e.cast("fptrunc", out, np.float32), x, y)
    out, far = _long(e, x, y)
    return e.rare(e.op("or", far, outside(e, x)), "pow.outside", libm, out, x, y)


def _short(e: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """x**y with an error of some 2**-44, and whether the exponent is out of range or NaN."""
    return _exp_of_pair(e, e.op("fmul", y, natural(e, *decompose(e, x))), e.const(0.0, x))


def _long(e: Any, x: Any, y: Any) -> tuple[Any, Any]:
    log, rest = _log_pair(e, *decompose(e, x))
    high, low = two_product(e, y, log)
    return _exp_of_pair(e, high, fma(e, y, rest, low))


def _exp_of_pair(e: Any, high: Any, low: Any) -> tuple[Any, Any]:
    """e**(high + low), and whether the exponent is out of range or NaN."""
    far = e.fcmp("uge", e.intrinsic("llvm.fabs", high), e.const(_LARGE, high))
    shifted, n = nearest(e, high, LOG2E, F64.bias)
    bits = e.bitcast(shifted, F64.word)
    power = e.bitcast(e.op("shl", bits, e.const(F64.mantissa, bits)), F64.type)
    first, rest = growth(e, high, n, low)
    return fma(e, e.op("fadd", first, rest), power, power), far


def _log_pair(e: Any, m: Any, k: Any) -> tuple[Any, Any]:
    """log(m·2**k) as a pair, relative error some 2**-65: 2s + s·z·(2/3 + z·q(z)) with z = s²."""
    s, rest = _quotient(e, m)
    twice = e.op("fadd", s, s)
    z, lost = two_product(e, s, s)
    inner = _inner(e, z, fma(e, twice, rest, lost))
    cubic, low = product(e, (s, rest), inner)
    high, lost = fast_two_sum(e, twice, cubic)
    low = e.op("fadd", lost, fma(e, rest, e.const(2.0, m), low))
    whole, part = (e.const(c, m) for c in LN2_LONG)
    total = fma(e, k, whole, high)
    lost = e.op("fadd", fma(e, k, whole, e.fneg(total)), high)
    return total, e.op("fadd", lost, fma(e, k, part, low))


def _quotient(e: Any, m: Any) -> tuple[Any, Any]:
    """(m - 1)/(m + 1) as a pair."""
    one = e.const(1.0, m)
    f = e.op("fsub", m, one)
    d = e.op("fadd", m, one)
    lost = e.op("fsub", m, e.op("fsub", d, one))  # d - 1 is exact
    inverse = e.op("fdiv", one, d)
    s = e.op("fmul", f, inverse)
    rest = fma(e, e.fneg(s), lost, fma(e, e.fneg(s), d, f))
    return s, e.op("fmul", rest, inverse)


def _inner(e: Any, z: Any, rest: Any) -> tuple[Any, Any]:
    """z·(2/3 + z·q(z)) for the pair z, rest."""
    first, second = (e.const(c, z) for c in TWO_THIRDS)
    q = estrin(e, z, LOG_LONG)
    v = fma(e, z, q, first)
    lost = fma(e, z, q, e.op("fsub", first, v))
    high, low = two_product(e, z, v)
    more = fma(e, rest, v, e.op("fmul", z, fma(e, rest, q, second)))
    return high, fma(e, z, lost, e.op("fadd", more, low))
