"""Rearrangement: flip, roll, pad, rotate, differences, resampling of entries along axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .. import ops
from ..ir.graph import Value, const
from ..ir.types import BOOL, SizeUnknown, is_int
from .core import NoValue, given, surface, unsupported, wrapped
from .lengths import less, moved, volume
from .promotion import cast, normal
from .splitting import pick
from .ufuncs import SPECS
from .values import (
    as_value,
    axis_index,
    broadcast,
    common_dtype,
    convert,
    reshape,
    slice_axis,
    static_ints,
)
from .values import concatenate as join
from .viewing import flipped, handle, transposed


def flip_axis(v: Value, axis: int) -> Value:
    """Entries along `axis` in reverse."""
    n = v.type.shape[axis]
    return slice_axis(v, axis, moved(n, -1), -1, n) if not is_int(n) or n > 1 else v


@surface(np.flip, folds=False, open=True)
def flip(m: Any, axis: Any = None) -> Any:
    """Entries in reverse along the given axes, or all."""
    x = handle(m)
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    for a in axes:
        x = flipped(x, a)
    return x


def _flipper(name: str, axis: int) -> Any:
    def f(m: Any) -> Any:
        x = handle(m)
        if x.ndim <= axis:
            raise ValueError(f"Input must be >= {axis + 1}-d.")
        return flipped(x, axis)

    f.__name__ = name
    f.__doc__ = f"Entries in reverse along axis {axis}."
    return surface(getattr(np, name), folds=False, open=True)(f)


flipud, fliplr = _flipper("flipud", 0), _flipper("fliplr", 1)


@surface(np.rot90, folds=False)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Rotated k times by 90° in the plane of two axes, from the first towards the second."""
    x = handle(m)
    first, second = normalize_axis_tuple(axes, x.ndim)
    order = list(range(x.ndim))
    order[first], order[second] = second, first
    k %= 4
    if k == 1:
        return transposed(flipped(x, second), tuple(order))
    if k == 2:
        return flipped(flipped(x, first), second)
    return flipped(transposed(x, tuple(order)), second) if k else x


@surface(np.roll, open=True)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Entries moved along axes by static shifts, those that fall off coming back at the other end."""
    v = as_value(a)
    if axis is None:
        flat = reshape(v, (volume(v.type.shape),))
        return wrapped(reshape(_roll(flat, sum(static_ints(shift, "a shift")), 0), v.type.shape))
    shifts = static_ints(shift, "a shift")
    axes = normalize_axis_tuple(axis, v.type.ndim, allow_duplicate=True)
    for s, x in np.broadcast(shifts, axes):
        v = _roll(v, int(s), int(x))
    return wrapped(v)


def _roll(v: Value, shift: int, axis: int) -> Value:
    n = v.type.shape[axis]
    if not is_int(n):
        raise SizeUnknown(f"roll along an axis of {v.type} needs its length")
    cut = -shift % n if n else 0
    if not cut:
        return v
    return join([slice_axis(v, axis, cut, 1, n - cut), slice_axis(v, axis, 0, 1, cut)], axis)


# Padding


@surface(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """Padded along every axis: constant, edge, reflect, symmetric, wrap or empty (zeros)."""
    v = as_value(array)
    widths = _pairs(_widths(pad_width, v.type.ndim), v.type.ndim)
    if any(n < 0 for pair in widths for n in pair):
        raise ValueError("index can't contain negative values")
    if mode in ("constant", "empty"):
        values = _pairs(kwargs.pop("constant_values", 0), v.type.ndim)
        _no_more(mode, kwargs)
        return wrapped(_pad_constant(v, widths, values))
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        unsupported(f"pad with mode={mode!r}", "constant, edge, reflect, symmetric and wrap are there")
    if kwargs.pop("reflect_type", "even") != "even":
        unsupported("pad with reflect_type='odd'")
    _no_more(mode, kwargs)
    for axis, pair in enumerate(widths):
        if pair != (0, 0):
            if not v.type.shape[axis]:
                raise ValueError(
                    f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'"
                )
            v = pick(v, np.pad(np.arange(v.type.shape[axis]), pair, mode), axis)
    return wrapped(v)


def _no_more(mode: str, kwargs: dict[str, Any]) -> None:
    if kwargs:
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {set(kwargs)}")


def _widths(pad_width: Any, ndim: int) -> Any:
    if not isinstance(pad_width, dict):
        return pad_width
    found = [pad_width.get(a, pad_width.get(a - ndim, 0)) for a in range(ndim)]
    return [w if isinstance(w, tuple) else (w, w) for w in found]


def _pairs(x: Any, ndim: int) -> list[tuple[Any, Any]]:
    """(before, after) for each axis, by NumPy's broadcasting to (ndim, 2); entries may be traced."""
    if not isinstance(x, (tuple, list, np.ndarray)):
        return [(x, x)] * ndim
    rows = [tuple(r) if isinstance(r, (tuple, list, np.ndarray)) else r for r in x]
    if all(not isinstance(r, tuple) for r in rows):
        rows = [tuple(rows)]
    rows = [r * 2 if len(r) == 1 else r for r in rows]
    rows = rows * ndim if len(rows) == 1 else rows
    if len(rows) != ndim or any(len(r) != 2 for r in rows):
        raise ValueError(
            f"operands could not be broadcast together: pad widths or values {x!r} for {ndim} axes"
        )
    return rows


def _pad_constant(v: Value, widths: list[tuple[Any, Any]], values: list[tuple[Any, Any]]) -> Value:
    for axis, ((before, after), (first, last)) in enumerate(zip(widths, values)):
        shape = v.type.shape
        sides = [
            broadcast(cast(normal(c), v.dtype), (*shape[:axis], int(n), *shape[axis + 1 :]))
            for n, c in ((before, first), (after, last))
        ]
        if before or after:
            v = join([s for s in (sides[0], v, sides[1]) if s.type.shape[axis]] or [v], axis)
    return v


# Differences


@surface(np.diff, open=True)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = NoValue, append: Any = NoValue) -> Any:
    """Differences of neighbours along an axis, n times; of bools: whether they differ."""
    if n == 0:
        return wrapped(as_value(a))
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    v = as_value(a)
    if not v.type.ndim:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = axis_index(axis, v.type.ndim)
    v = _extended(v, axis, prepend, append)
    for _ in range(n):
        m = less(v.type.shape[axis], 1)
        after, before = slice_axis(v, axis, 0 if m == 0 else 1, 1, m), slice_axis(v, axis, 0, 1, m)
        v = ops.ne(after, before) if v.dtype is BOOL else ops.sub(after, before)
    return wrapped(v)


def _extended(v: Value, axis: int, prepend: Any, append: Any) -> Value:
    parts = [v]
    for extra, first in ((prepend, True), (append, False)):
        if extra is not NoValue:
            e = as_value(extra)
            if not e.type.ndim:
                e = broadcast(e, tuple(1 if i == axis else m for i, m in enumerate(v.type.shape)))
            parts = [e, *parts] if first else [*parts, e]
    dtype = common_dtype(parts)
    return join([convert(p, dtype) for p in parts], axis)


@surface(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours in the flattened array, with something put before and after."""
    v = as_value(ary)
    d = as_value(diff(wrapped(reshape(v, (v.type.size,)))))
    ends = [None if e is None else convert(as_value(e), d.dtype) for e in (to_begin, to_end)]
    flat = [None if e is None else reshape(e, (e.type.size,)) for e in ends]
    return wrapped(join([p for p in (flat[0], d, flat[1]) if p is not None], 0))


@surface(np.trapezoid, open=True)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integral along an axis by the trapezoidal rule."""
    v = as_value(y)
    axis = axis_index(axis, v.type.ndim)
    pieces = less(v.type.shape[axis], 1)
    step = dx if x is None else diff(wrapped(as_value(x)), axis=-1 if as_value(x).type.ndim == 1 else axis)
    if given(x) and as_value(x).type.ndim == 1:
        step = wrapped(reshape(step.value, tuple(pieces if i == axis else 1 for i in range(v.type.ndim))))
    left, right = (wrapped(slice_axis(v, axis, first, 1, pieces)) for first in (0, 1))
    pair = SPECS["add"](right, left)
    area = SPECS["divide"](SPECS["multiply"](step, pair), 2.0).value
    return wrapped(ops.sum(area, axes=(axis,)))


@surface(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The elements over and over, in C order, until `new_shape` is full."""
    v = as_value(a)
    shape = static_ints(new_shape, "a shape")
    total = int(np.prod(shape, dtype=np.int64))
    if not v.type.size:
        return wrapped(broadcast(const(0, v.dtype), shape))
    flat = reshape(v, (v.type.size,))
    whole = [flat] * (total // v.type.size)
    return wrapped(reshape(join([*whole, slice_axis(flat, 0, 0, 1, total % v.type.size)], 0), shape))


__all__ = [
    "diff",
    "ediff1d",
    "flip",
    "flip_axis",
    "fliplr",
    "flipud",
    "pad",
    "resize",
    "roll",
    "rot90",
    "trapezoid",
]
