"""Intervals of integers, with a rule for each op: from those of its operands' elements to its result's.

What leaves 64 bits, or has no rule, is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..ir.graph import Eqn
from ..ir.types import is_int


class Interval(NamedTuple):
    """All values x with lo ≤ x ≤ hi."""

    lo: int
    hi: int


EVERY = Interval(-(2**63), 2**63 - 1)


def hull(*values: int) -> Interval:
    """The smallest interval with these numbers; unknown when it does not fit into 64 bits."""
    lo, hi = min(values), max(values)
    return Interval(lo, hi) if EVERY.lo <= lo and hi <= EVERY.hi else EVERY


def _floor_divide(eqn: Eqn, x: Interval, y: Interval) -> Interval:
    if y.lo <= 0:
        return EVERY
    return hull(x.lo // y.lo, x.lo // y.hi, x.hi // y.lo, x.hi // y.hi)


def _remainder(eqn: Eqn, x: Interval, y: Interval) -> Interval:
    if y.lo <= 0:
        return EVERY
    if 0 <= x.lo and x.hi < y.lo:
        return x
    return Interval(0, y.hi - 1)


def _and(eqn: Eqn, x: Interval, y: Interval) -> Interval:
    bounds = [z.hi for z in (x, y) if z.lo >= 0]
    return Interval(0, min(bounds)) if bounds else EVERY


def _iota(eqn: Eqn) -> Interval:
    return _below(eqn.attrs["shape"][eqn.attrs["axis"]])


def _position(eqn: Eqn, *_: Interval) -> Interval:
    return _below(eqn.operands[0].shape[eqn.attrs["axis"]])


def _below(extent: Any) -> Interval:
    """Positions along an axis."""
    return Interval(0, max(extent - 1, 0) if is_int(extent) else EVERY.hi - 1)


def _converted(eqn: Eqn, x: Interval) -> Interval:
    dtype = eqn.operands[0].dtype
    if dtype.kind == "b":
        return Interval(0, 1)
    if dtype.kind in "iu" and dtype.itemsize < 8:
        bits = 8 * dtype.itemsize
        return (
            Interval(0, 2**bits - 1)
            if dtype.kind == "u"
            else Interval(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        )
    return x if dtype.kind == "i" else EVERY


def _same(eqn: Eqn, x: Interval, *_: Interval) -> Interval:
    return x


RULES: dict[str, Callable[..., Interval]] = {
    "add": lambda eqn, x, y: hull(x.lo + y.lo, x.hi + y.hi),
    "sub": lambda eqn, x, y: hull(x.lo - y.hi, x.hi - y.lo),
    "mul": lambda eqn, x, y: hull(x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi),
    "neg": lambda eqn, x: hull(-x.lo, -x.hi),
    "abs": lambda eqn, x: hull(0 if x.lo <= 0 <= x.hi else min(abs(x.lo), abs(x.hi)), abs(x.lo), abs(x.hi)),
    "minimum": lambda eqn, x, y: Interval(min(x.lo, y.lo), min(x.hi, y.hi)),
    "maximum": lambda eqn, x, y: Interval(max(x.lo, y.lo), max(x.hi, y.hi)),
    "select": lambda eqn, _, x, y: hull(*x, *y),
    "floor_divide": _floor_divide,
    "remainder": _remainder,
    "and": _and,
    "iota": _iota,
    "argmax": _position,
    "argmin": _position,
    "convert": _converted,
    "broadcast": _same,
    "reshape": _same,
    "transpose": _same,
    "slice": _same,
    "gather": _same,
    "stop_gradient": _same,
    "concatenate": lambda eqn, *xs: hull(*(bound for x in xs for bound in x)),
}
