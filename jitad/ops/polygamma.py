"""Code for polygamma: no library at hand exports it, and straight-line code vectorises.

ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! ζ(n+1, x). The Hurwitz zeta function is summed by the Euler–Maclaurin formula; arguments
≤ 0 go through the reflection formula (Abramowitz and Stegun, 6.4.7 and 23.1.30).
"""

from __future__ import annotations

from math import factorial, pi
from typing import Any

from ..ir.graph import Eqn
from .math.trigonometric import tan

#: B₂, B₄, …, B₂₀
BERNOULLI = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
)
#: Terms summed before the asymptotic series, beside n more: its last term is then below 2⁻⁵⁶ of the sum.
LEADING = 10


def emit_polygamma(e: Any, eqn: Eqn, x: Any) -> Any:
    """ψ⁽ⁿ⁾(x) for n = eqn.attrs["n"] ≥ 1; ±∞ at the poles."""
    n = eqn.attrs["n"]
    left = e.fcmp("ole", x, e.const(0.0, x))
    right = e.select(left, e.op("fsub", e.const(1.0, x), x), x)
    sign = -1.0 if n % 2 == 0 else 1.0
    value = e.op("fmul", _hurwitz(e, n + 1, right), e.const(sign * factorial(n), x))
    mirrored = e.fneg(value) if n % 2 else value
    return e.select(left, e.op("fsub", mirrored, _cotangent_derivative(e, n, x)), value)


def _hurwitz(e: Any, s: int, x: Any) -> Any:
    """ζ(s, x) = Σ (x + k)⁻ˢ over k ≥ 0, for whole s ≥ 2 and x > 0."""
    one = e.const(1.0, x)
    terms = LEADING + s - 1
    r = e.op("fdiv", one, e.op("fadd", x, e.const(float(terms), x)))
    total = _tail(e, s, r)
    for k in reversed(range(terms)):
        reciprocal = e.op("fdiv", one, e.op("fadd", x, e.const(float(k), x)))
        total = e.op("fadd", total, _whole_power(e, reciprocal, s))
    return total


def _tail(e: Any, s: int, r: Any) -> Any:
    """The sum from y = 1/r on: r ˢ⁻¹ (1/(s-1) + r/2 + r² Σ B₂ⱼ/(2j)! s(s+1)…(s+2j-2) r²ʲ⁻²)."""
    square = e.op("fmul", r, r)
    series = e.const(0.0, r)
    for j in range(len(BERNOULLI), 0, -1):
        weight = BERNOULLI[j - 1] * factorial(s + 2 * j - 2) / (factorial(2 * j) * factorial(s - 1))
        series = e.op("fadd", e.op("fmul", series, square), e.const(weight, r))
    inner = e.op("fadd", e.op("fmul", series, square), e.op("fmul", r, e.const(0.5, r)))
    return e.op("fmul", e.op("fadd", inner, e.const(1.0 / (s - 1), r)), _whole_power(e, r, s - 1))


def _whole_power(e: Any, x: Any, n: int) -> Any:
    """xⁿ, n ≥ 1."""
    if n == 1:
        return x
    half = _whole_power(e, x, n // 2)
    square = e.op("fmul", half, half)
    return e.op("fmul", square, x) if n % 2 else square


def _cotangent_derivative(e: Any, n: int, x: Any) -> Any:
    """dⁿ/dxⁿ of π cot(πx): a polynomial in c = cot(πx), whose coefficients have one sign."""
    coefficients = [0.0, pi]
    for _ in range(n):
        slope = [k * a for k, a in enumerate(coefficients)][1:]
        coefficients = [-pi * (a + b) for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope])]
    c = _cotangent(e, x)
    total = e.const(coefficients[-1], x)
    for a in reversed(coefficients[:-1]):
        total = e.op("fmul", total, c)
        total = e.op("fadd", total, e.const(a, x)) if a else total
    return total


def _cotangent(e: Any, x: Any) -> Any:
    """cot(πx), exactly periodic; ∞ at whole numbers, 0 halfway between."""
    whole = e.intrinsic("llvm.rint", x)
    near = e.select(e.fcmp("oeq", x, whole), e.const(0.0, x), e.op("fsub", x, whole))  # -∞ is whole too
    size = e.intrinsic("llvm.fabs", near)
    far = e.fcmp("ogt", size, e.const(0.25, x))
    angle = e.select(far, e.op("fsub", e.const(0.5, x), size), size)
    t = tan(e, e.op("fmul", angle, e.const(pi, x)))
    c = e.select(far, t, e.op("fdiv", e.const(1.0, x), t))
    return e.intrinsic("llvm.copysign", c, near)
