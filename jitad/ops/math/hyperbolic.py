"""tanh and the logistic function, from the parts of the exponential."""

from __future__ import annotations

from typing import Any

from .coefficients_exponential import TANH, TANH_F32
from .exponential import LOG2E, growth, halves, nearest
from .format import F32, F64, format_of
from .polynomial import even_odd, fma

_TANH = {F64: TANH, F32: TANH_F32}
_EXPIT_ZERO = {F64: 746.0, F32: 104.5}  # expit rounds to 0 below minus this
_TANH_ONE = {F64: 44.0, F32: 20.0}  # tanh rounds to 1 from half of this on


def tanh(e: Any, x: Any) -> Any:
    """tanh x, ≤ 1 ULP."""
    return e.function("tanh", _tanh, x)


def expit(e: Any, x: Any) -> Any:
    """1/(1 + e**-x), ≤ 1 ULP."""
    return e.function("expit", _expit, x)


def _tanh(e: Any, x: Any) -> Any:
    """x + x³·q(x²) up to 0.8, from there on 1 - 2/(e**2|x| + 1)."""
    form = format_of(e, x)
    size = e.intrinsic("llvm.fabs", x)
    twice, most = e.op("fadd", size, size), e.const(_TANH_ONE[form], x)
    twice = e.select(e.fcmp("olt", most, twice), most, twice)
    shifted, n = nearest(e, twice, -LOG2E, form.bias)
    bits = e.bitcast(shifted, form.word)
    power = e.bitcast(e.op("shl", bits, e.const(form.mantissa, bits)), form.type)
    high, rest = growth(e, twice, e.fneg(n))
    one = e.const(1.0, x)
    below = e.op("fadd", e.op("fadd", one, power), e.op("fadd", high, rest))
    large = fma(e, e.op("fdiv", one, below), e.op("fmul", power, e.const(-2.0, x)), one)
    square = e.op("fmul", size, size)
    small = fma(e, e.op("fmul", square, size), even_odd(e, square, _TANH[form]), size)
    out = e.select(e.fcmp("olt", size, e.const(0.8, x)), small, large)
    return e.intrinsic("llvm.copysign", out, x)


def _expit(e: Any, x: Any) -> Any:
    """t/(t + e**r) where e**|x| = e**r/t, t a power of two, for negative x; 1 minus that for positive."""
    form, one = format_of(e, x), e.const(1.0, x)
    size, most = e.intrinsic("llvm.fabs", x), e.const(_EXPIT_ZERO[form], x)
    size = e.select(e.fcmp("olt", most, size), most, size)
    shifted, n = nearest(e, size, -LOG2E, 2 * form.bias)
    first, second = halves(e, form, shifted)
    power = e.op("fmul", first, second)
    high, rest = growth(e, size, e.fneg(n))
    base, step = e.op("fadd", power, one), e.op("fadd", high, rest)
    below = e.op("fadd", base, step)
    lost = e.op("fsub", power, e.op("fsub", base, one))
    lost = e.op("fadd", lost, e.op("fadd", e.op("fsub", base, below), step))
    inverse = e.op("fdiv", one, below)
    error = fma(e, e.fneg(lost), inverse, fma(e, e.fneg(below), inverse, one))
    quotient = fma(e, inverse, error, inverse)
    above = fma(e, e.fneg(power), quotient, one)
    return e.select(
        e.fcmp("olt", x, e.const(0.0, x)), e.op("fmul", e.op("fmul", quotient, first), second), above
    )
