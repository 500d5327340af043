"""Sums and products with what their rounding lost: pairs of floats that carry twice the digits."""

from __future__ import annotations

from typing import Any

from .polynomial import fma


def fast_two_sum(e: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """x + y and its rounding error, for |x| ≥ |y| or x = 0 (Dekker 1971)."""
    total = e.op("fadd", x, y)
    return total, e.op("fadd", e.op("fsub", x, total), y)


def two_sum(e: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """x + y and its rounding error, whichever is larger (Knuth)."""
    total = e.op("fadd", x, y)
    other = e.op("fsub", total, x)
    return total, e.op("fadd", e.op("fsub", x, e.op("fsub", total, other)), e.op("fsub", y, other))


def two_product(e: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """x·y and its rounding error."""
    product = e.op("fmul", x, y)
    return product, fma(e, x, y, e.fneg(product))


def product(e: Any, x: tuple[Any, Any], y: tuple[Any, Any]) -> tuple[Any, Any]:
    """The product of two pairs, without the product of their low parts; its parts may overlap by a bit."""
    high, low = two_product(e, x[0], y[0])
    return high, fma(e, x[1], y[0], fma(e, x[0], y[1], low))
