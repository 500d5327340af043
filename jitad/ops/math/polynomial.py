"""Polynomials by fused multiply-adds: Horner (fewest operations) and Estrin (shortest chain)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def fma(e: Any, x: Any, y: Any, z: Any) -> Any:
    """x·y + z, rounded once."""
    return e.intrinsic("llvm.fma", x, y, z)


def horner(e: Any, x: Any, coefficients: Sequence[float]) -> Any:
    """Σ coefficients[k]·x**k, one chain of fused multiply-adds."""
    out = e.const(coefficients[-1], x)
    for c in reversed(coefficients[:-1]):
        out = fma(e, out, x, e.const(c, x))
    return out


def estrin(e: Any, x: Any, coefficients: Sequence[float]) -> Any:
    """Σ coefficients[k]·x**k by pairs, pairs of pairs …: a chain of log2(n) steps, log2(n) - 1 more products.

    The rounding error is about that of `horner` as long as |x| < 1 and the coefficients do not grow.
    """
    terms = [e.const(c, x) for c in coefficients]
    power = x
    while len(terms) > 1:
        pairs = [fma(e, b, power, a) for a, b in zip(terms[::2], terms[1::2])]
        terms = pairs + terms[len(pairs) * 2 :]
        if len(terms) > 1:
            power = e.op("fmul", power, power)
    return terms[0]


def clamp(e: Any, x: Any, lo: float, hi: float) -> Any:
    """min(max(x, lo), hi), which lets NaN through."""
    low, high = e.const(lo, x), e.const(hi, x)
    x = e.select(e.fcmp("ogt", low, x), low, x)
    return e.select(e.fcmp("olt", high, x), high, x)


def even_odd(e: Any, x: Any, coefficients: Sequence[float]) -> Any:
    """Σ coefficients[k]·x**k as two chains in x², half as long as Horner's for one product more."""
    square = e.op("fmul", x, x)
    return fma(e, horner(e, square, coefficients[1::2]), x, horner(e, square, coefficients[::2]))


def least(e: Any, x: Any, bound: float) -> Any:
    """min(x, bound), which lets NaN through."""
    limit = e.const(bound, x)
    return e.select(e.fcmp("ogt", x, limit), limit, x)
