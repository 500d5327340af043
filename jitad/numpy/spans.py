"""Slices and numbers of a key on an axis whose length, or whose bounds, the running program knows."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..capture.bounds import (
    at_most,
    counted_from_end,
    divided,
    larger,
    nonnegative,
    require,
    smaller,
)
from ..capture.integers import ZERO, Integers, constant, here, number
from ..capture.tracer import lift
from ..ir.graph import Const, Value
from ..ir.named import named
from ..ir.types import I64, Dim
from ..opt.affine import Form
from .core import unsupported

_ONE = number(1)


def span(low: Any, high: Any, step: int, n: Dim) -> tuple[Dim, Dim]:
    """Start and length of `low:high:step` on an axis of length n, clamped as NumPy does where that is needed.

    low, high   None, an int, or an i64 value of shape ()
    """
    integers = here()
    length = integers.size(n)
    if step > 0:
        start = ZERO if low is None else _clamped(integers, form_of(low), length, ZERO, length)
        stop = length if high is None else _clamped(integers, form_of(high), length, ZERO, length)
        gap = stop.plus(start, -1)
    else:
        last = length.plus(_ONE, -1)
        start = last if low is None else _clamped(integers, form_of(low), length, number(-1), last)
        stop = number(-1) if high is None else _clamped(integers, form_of(high), length, number(-1), last)
        gap = start.plus(stop, -1)
    gap = larger(integers, gap, ZERO)
    by = abs(step)
    count = gap if by == 1 else divided(integers, gap.plus(number(by - 1)), by)
    found = integers.dim(count)
    if found.__class__ is int and found <= 0:
        return 0, 0
    return integers.value(start), found


def _clamped(integers: Integers, x: Form, n: Form, low: Form, high: Form) -> Form:
    """A bound of a slice: negative ones count from the end, none is outside of `low` … `high`."""
    if nonnegative(integers, x):
        return smaller(integers, x, high)
    if at_most(integers, x, number(-1)):
        return larger(integers, x.plus(n), low)
    x = counted_from_end(integers, x, n)
    return larger(integers, smaller(integers, x, high), low)


def steps(low: Any, high: Any, step: int) -> tuple[Dim, Dim]:
    """Start and length of `arange(low, high, step)` of ints and traced ones."""
    integers = here()
    start, stop = (number(x) if isinstance(x, int) else integers.form(_as_i64(x)) for x in (low, high))
    gap = larger(integers, stop.plus(start, -1) if step > 0 else start.plus(stop, -1), ZERO)
    by = abs(step)
    return integers.value(start), integers.dim(
        gap if by == 1 else divided(integers, gap.plus(number(by - 1)), by)
    )


def _as_i64(x: Any) -> Value:
    v = lift(x).value
    return v if v.dtype is I64 else ops.convert(v, dtype=I64)


def place(i: Any, axis: int, n: Dim) -> Dim:
    """An index of an axis of length n, counted from 0; where it may be outside the running program checks."""
    integers = here()
    length = integers.size(n)
    x = counted_from_end(integers, form_of(i), length)
    size = f" with size {n}" if n.__class__ is int else ""
    text = named("index", f"index is out of bounds for axis {axis}{size}")
    require(integers, ZERO, x, "IndexError", text)
    require(integers, x, length.plus(_ONE, -1), "IndexError", text)
    return integers.value(x)


def form_of(x: Any) -> Form:
    """The form of an int, or of an i64 value of shape ()."""
    if isinstance(x, Value):
        return here().form(x)
    return number(x)


def as_start(x: Dim) -> Value:
    """A start as an operand of `window`."""
    return x if isinstance(x, Value) else constant(x)


def is_known(x: Any) -> bool:
    """Whether a bound of a slice is an int, or not given."""
    return not isinstance(x, Value)


def static_step(step: Any) -> int:
    """The step of a slice as an int."""
    if isinstance(step, Const):
        step = int(step.data)
    if isinstance(step, Value):
        unsupported(f"a slice whose step is the traced {step.type}", "a step is a Python int")
    step = 1 if step is None else step
    if step == 0:
        raise ValueError("slice step cannot be zero")
    return step


__all__ = ["as_start", "form_of", "is_known", "place", "span", "static_step", "steps"]
