"""Multiples of multiples: `2·(100·t)` and `-(2·u)` become one product, where that rounds the same."""

from __future__ import annotations

from math import frexp, isfinite
from typing import NamedTuple

import numpy as np

from ..ir.graph import Const, Eqn, Value, const
from ..ir.op import lookup

#: The ops that may be, or become, a multiple of one value by a constant.
MULTIPLES = frozenset({"add", "mul", "neg"})


class Multiple(NamedTuple):
    """`factor · of`; the product rounds once."""

    factor: float
    of: Value


def multiple_of(eqn: Eqn, operands: tuple[Value, ...]) -> Multiple | None:
    """What an equation of floats is a multiple of: `c·t`, `-t` or `t + t`."""
    if not eqn.results[0].type.is_float:
        return None
    x = operands[0]
    if eqn.op.name == "neg":
        return Multiple(-1.0, x)
    y = operands[1]
    if eqn.op.name == "add":
        return Multiple(2.0, x) if x is y else None
    if isinstance(x, Const):
        x, y = y, x
    if isinstance(y, Const) and y.is_scalar and not isinstance(x, Const):
        return Multiple(float(y.data), x)
    return None


def merged(outer: Multiple, inner: Multiple) -> Multiple | None:
    """The multiple of what `inner` is a multiple of; None unless it has the same bits.

    A sign changes no rounding. Neither does a power of two, unless a result is subnormal: then both have to
    be whole numbers, whose products with subnormal numbers are exact.
    """
    a, b = outer.factor, inner.factor
    if abs(a) == 1.0 or abs(b) == 1.0:
        return Multiple(a * b, inner.of)
    whole = _whole(a, inner.of) and _whole(b, inner.of) and _whole(a * b, inner.of)
    return Multiple(a * b, inner.of) if whole and (_power_of_two(a) or _power_of_two(b)) else None


def _whole(c: float, like: Value) -> bool:
    """Whether a factor is a whole number, not 0, that the dtype holds exactly, as it does all below."""
    return isfinite(c) and c == int(c) and 1.0 <= abs(c) <= 1.0 / float(np.finfo(like.dtype).eps)


def _power_of_two(c: float) -> bool:
    return abs(frexp(c)[0]) == 0.5


def product(eqn: Eqn, multiple: Multiple) -> Eqn | None:
    """The equation of a multiple, with the results of `eqn`; None where the operand has another shape."""
    if multiple.of.type is not eqn.results[0].type or multiple.factor in (1.0, -1.0):
        return None
    factor = const(multiple.factor, multiple.of.dtype)
    return Eqn(lookup("mul"), (factor, multiple.of), {}, eqn.results, eqn.loc, (), eqn.origin)
