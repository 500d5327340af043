"""Polynomials, gradients on grids, convolution and interpolation."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from .. import ops
from ..ir.graph import Value, const
from .core import refuse, surface, unsupported, wrapped
from .promotion import result_dtype
from .ufuncs import SPECS
from .values import (
    as_value,
    axis_index,
    broadcast,
    common_dtype,
    convert,
    floating,
    full,
    reshape,
    slice_axis,
)
from .values import concatenate as join

_add, _mul, _div = (SPECS[n] for n in ("add", "multiply", "divide"))


@surface(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """The polynomial with coefficients p, highest power first, at x; by Horner's rule."""
    coefficients = as_value(p)
    if coefficients.type.ndim != 1:
        raise ValueError(f"polyval: coefficients must be a vector, not {coefficients.type}")
    point = wrapped(as_value(x))
    n = coefficients.type.shape[0]
    y = wrapped(full(point.shape, 0, result_dtype(point, wrapped(coefficients))))
    for k in range(n):
        y = _add(_mul(y, point), wrapped(reshape(slice_axis(coefficients, 0, k, 1, 1), ())))
    return y


@surface(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences along axes on a grid with constant steps, one-sided at the ends."""
    v = floating(as_value(f))
    axes = range(v.type.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [axis_index(a, v.type.ndim) for a in axes]
    steps = list(varargs) if len(varargs) == len(axes) else list(varargs or (1.0,)) * len(axes)
    if len(steps) != len(axes):
        raise TypeError("invalid number of arguments")
    if any(as_value(s).type.ndim for s in steps):
        unsupported("gradient with coordinates that are arrays", "divide np.diff of values and coordinates")
    found = [_gradient(v, a, s, edge_order) for a, s in zip(axes, steps)]
    return found[0] if len(found) == 1 else tuple(found)


def _gradient(v: Value, axis: int, step: Any, edge_order: int) -> Any:
    n = v.type.shape[axis]
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    if n < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, "
            "at least (edge_order + 1) elements are required."
        )
    at = lambda i: slice_axis(v, axis, i, 1, 1)
    middle = ops.mul(ops.sub(slice_axis(v, axis, 2, 1, n - 2), slice_axis(v, axis, 0, 1, n - 2)), 0.5)
    if edge_order == 1:
        first, last = ops.sub(at(1), at(0)), ops.sub(at(n - 1), at(n - 2))
    else:
        first = ops.sub(ops.sub(ops.mul(at(1), 2.0), ops.mul(at(0), 1.5)), ops.mul(at(2), 0.5))
        last = ops.add(ops.sub(ops.mul(at(n - 1), 1.5), ops.mul(at(n - 2), 2.0)), ops.mul(at(n - 3), 0.5))
    return _div(wrapped(join([first, middle, last], axis)), step)


@surface(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Discrete convolution of two vectors, as a sum of shifted multiples of the longer one."""
    x, y = as_value(a), as_value(v)
    dtype = common_dtype([x, y])
    x, y = (reshape(convert(w, dtype), (w.type.size,)) for w in (x, y))
    if not x.type.size or not y.type.size:
        raise ValueError("a and v cannot be empty")
    if y.type.size > x.type.size:
        x, y = y, x
    m, n = x.type.size, y.type.size
    start, count = {"full": (0, m + n - 1), "same": ((n - 1) // 2, m), "valid": (n - 1, m - n + 1)}.get(
        mode, (0, -1)
    )
    if count < 0:
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full', not {mode!r}")
    edge = full((n - 1,), 0, dtype)
    padded = join([edge, x, edge], 0)
    terms = [
        ops.mul(slice_axis(padded, 0, n - 1 - k + start, 1, count), reshape(slice_axis(y, 0, k, 1, 1), ()))
        for k in range(n)
    ]
    return wrapped(reduce(ops.add, terms))


@surface(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Piecewise linear interpolation at x between the points (xp, fp), xp increasing.

    Each x is compared with every xp: O(size of x · size of xp).
    """
    refuse("interp", period=period)
    at, xs, fs = (floating(as_value(w)) for w in (x, xp, fp))
    dtype = common_dtype([at, xs, fs])
    at, xs, fs = (convert(w, dtype) for w in (at, xs, fs))
    n = xs.type.size
    if xs.type.shape != fs.type.shape or xs.type.ndim != 1:
        raise ValueError(f"fp and xp are not of the same length: {fs.type} and {xs.type}")
    if not n:
        raise ValueError("array of sample points is empty")
    first, last = (reshape(slice_axis(fs, 0, k, 1, 1), ()) for k in (0, n - 1))
    low, high = (reshape(slice_axis(xs, 0, k, 1, 1), ()) for k in (0, n - 1))
    inside = _segment(at, xs, fs) if n > 1 else broadcast(first, at.type.shape)
    below = first if left is None else convert(as_value(left), dtype)
    above = last if right is None else convert(as_value(right), dtype)
    out = ops.select(ops.lt(at, low), below, ops.select(ops.gt(at, high), above, inside))
    return wrapped(broadcast(out, at.type.shape))


def _segment(at: Value, xs: Value, fs: Value) -> Value:
    """The line through the two points around each x."""
    from ..ir.types import I64

    n = xs.type.size
    shape = (*at.type.shape, n)
    reached = ops.le(broadcast(xs, shape), broadcast(reshape(at, (*at.type.shape, 1)), shape))
    count = ops.sum(convert(reached, I64), axes=(len(shape) - 1,))
    i = ops.minimum(ops.maximum(ops.sub(count, const(1, I64)), const(0, I64)), const(n - 2, I64))
    j = ops.add(i, const(1, I64))
    x0, x1, f0, f1 = ops.gather(xs, i), ops.gather(xs, j), ops.gather(fs, i), ops.gather(fs, j)
    return ops.add(ops.mul(ops.div(ops.sub(f1, f0), ops.sub(x1, x0)), ops.sub(at, x0)), f0)


__all__ = ["convolve", "gradient", "interp", "polyval"]
