"""Ramps and grids: linspace and its relatives, meshgrid, vander."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..ir.graph import Value, const
from ..ir.types import BOOL, I64
from .core import surface, wrapped
from .promotion import cast, dtype_argument, normal, result_dtype
from .ufuncs import SPECS
from .values import (
    as_value,
    axis_index,
    broadcast,
    canonical,
    common_shape,
    convert,
    iota,
    reshape,
    select,
    static_int,
    transpose,
)
from .values import full as fill


@surface(np.linspace, creates=True)
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """`num` evenly spaced numbers from start to stop, along a new axis; the ends may be traced arrays."""
    num = static_int(num, "the number of samples")
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    first, delta, last = _ends(start, stop)
    divisions = num - 1 if endpoint else num
    step = ops.div(delta, const(divisions, delta.dtype)) if divisions else None
    shape = (num, *delta.type.shape)
    k = convert(iota(shape, 0), delta.dtype)
    ramp = ops.mul(k, broadcast(step, shape)) if step is not None else ops.mul(k, broadcast(delta, shape))
    ramp = ops.add(ramp, broadcast(first, shape))
    if endpoint and num > 1:
        ramp = select(ops.eq(iota(shape, 0), const(num - 1, I64)), broadcast(last, shape), ramp)
    out = _placed(ramp, axis, dtype)
    if not retstep:
        return out
    return out, wrapped(step if step is not None else broadcast(const(np.nan, delta.dtype), delta.type.shape))


def _ends(start: Any, stop: Any) -> tuple[Value, Value, Value]:
    """start, stop - start and stop, as floats of one shape."""
    a, b = normal(start), normal(stop)
    dtype = result_dtype(a, b, 1.0)
    first, last = cast(a, dtype), cast(b, dtype)
    shape = common_shape([first.type.shape, last.type.shape])
    first, last = broadcast(first, shape), broadcast(last, shape)
    return first, ops.sub(last, first), last


def _placed(ramp: Value, axis: int, dtype: Any) -> Any:
    """The first axis moved to `axis`, in the dtype asked for (integers rounded down, as NumPy does)."""
    n = ramp.type.ndim
    axis = axis_index(axis, n)
    ramp = transpose(ramp, (*range(1, axis + 1), 0, *range(axis + 1, n)))
    chosen = dtype_argument(dtype)
    if chosen is None or chosen is ramp.dtype:
        return wrapped(ramp)
    return wrapped(convert(ops.floor(ramp) if chosen.kind in "iu" else ramp, chosen))


@surface(np.logspace, creates=True)
def logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """base**x for `num` evenly spaced x from start to stop."""
    y = linspace(start, stop, num, endpoint, axis=axis)
    out = SPECS["power"](base, y)
    return out if dtype is None else out.astype(dtype)


@surface(np.geomspace, creates=True)
def geomspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` positive numbers in geometric progression from start to stop."""
    low, high = (SPECS["log"](x) for x in (start, stop))
    out = SPECS["exp"](linspace(low, high, num, endpoint, axis=axis))
    return out if dtype is None else out.astype(dtype)


@surface(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """Coordinate arrays of the grid that vectors span."""
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    n = len(xi)
    values = [as_value(x) for x in xi]
    places = list(range(n))
    if indexing == "xy" and n > 1:
        places[:2] = 1, 0
    shaped = [
        reshape(v, tuple(v.type.size if a == place else 1 for a in range(n)))
        for v, place in zip(values, places)
    ]
    if not sparse:
        shape = common_shape([v.type.shape for v in shaped])
        shaped = [broadcast(v, shape) for v in shaped]
    return tuple(wrapped(v) for v in shaped)


@surface(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """Powers of a vector as columns, the highest first unless `increasing`."""
    v = as_value(x)
    if v.type.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    n = v.type.shape[0] if N is None else static_int(N, "the number of columns")
    v = v if v.dtype is not BOOL else convert(v, I64)
    if v.dtype.kind in "iu":
        v = convert(v, canonical(np.promote_types(v.dtype, np.int64)))
    powers = [fill(v.type.shape, 1, v.dtype), v][:n]
    while len(powers) < n:
        powers.append(ops.mul(powers[-1], v))
    columns = [reshape(p, (v.type.shape[0], 1)) for p in (powers if increasing else powers[::-1])]
    if not columns:
        return wrapped(fill((v.type.shape[0], 0), 0, v.dtype))
    return wrapped(columns[0] if n == 1 else ops.concatenate(*columns, axis=1))


__all__ = [
    "geomspace",
    "linspace",
    "logspace",
    "meshgrid",
    "vander",
]
