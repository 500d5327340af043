"""Creation: arrays of constants and ramps, diagonals, triangles and grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..capture.tracer import Traced
from ..ir.graph import Value, const
from ..ir.types import BOOL, I64
from .core import holds, refuse, refuse_order, surface, wrapped
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
    static_ints,
    transpose,
)
from .values import full as fill


@surface(np.array)
def array(
    object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", subok: bool = False, ndmin: int = 0
) -> Any:
    """An array of numbers, arrays and traced values in nested sequences, as NumPy's `array` makes it."""
    refuse_order("array", order)
    v = as_value(object)
    v = v if dtype is None else convert(v, canonical(dtype))
    shape = v.type.shape
    return wrapped(reshape(v, (1,) * (ndmin - len(shape)) + shape))


@surface(np.asarray)
def asarray(a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None) -> Any:
    """`array`; a traced array of the right dtype as it is."""
    return array(a, dtype, order=order or "K")


def _like(a: Any, dtype: Any, order: Any, shape: Any) -> tuple[np.dtype, tuple[int, ...]]:
    refuse_order("an array creation function", order)
    v = as_value(a)
    return dtype_argument(dtype) or v.dtype, v.type.shape if shape is None else static_ints(shape, "a shape")


def _constant_like(name: str, number: int) -> Any:
    def f(
        a: Any,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        *,
        device: Any = None,
    ) -> Any:
        chosen, dims = _like(a, dtype, order, shape)
        return wrapped(fill(dims, number, chosen))

    f.__name__ = name
    f.__doc__ = f"An array of {number}s with the shape and dtype of another."
    return surface(getattr(np, name))(f)


zeros_like = _constant_like("zeros_like", 0)
ones_like = _constant_like("ones_like", 1)
empty_like = _constant_like("empty_like", 0)


@surface(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """An array of one value, with the shape and dtype of another."""
    chosen, dims = _like(a, dtype, order, shape)
    return wrapped(broadcast(cast(normal(fill_value), chosen), dims))


@surface(np.full, creates=True)
def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> Any:
    """An array of one value, which may be traced and may be an array that broadcasts."""
    refuse_order("full", order)
    value = normal(fill_value)
    chosen = dtype_argument(dtype) or (value.dtype if isinstance(value, Traced) else result_dtype(value))
    return wrapped(broadcast(cast(value, chosen), static_ints(shape, "a shape")))


def _size_function(name: str) -> Any:
    """A creation function whose arguments are all sizes: NumPy's, with a clear error for traced ones."""
    original = getattr(np, name)

    def f(*args: Any, **kwargs: Any) -> Any:
        what = f"an argument of {name}"
        args = tuple(_size(a, what) for a in args)
        return original(*args, **{key: _size(a, what) for key, a in kwargs.items()})

    f.__name__ = name
    f.__doc__ = f"`numpy.{name}`: an array of static size, hence a constant."
    return surface(original, creates=True)(f)


def _size(a: Any, what: str) -> Any:
    """An argument with the numbers of traced values that depend on no argument."""
    if not isinstance(a, (Traced, tuple, list)) or not holds(a):
        return a
    sizes = static_ints(a, what)
    return sizes[0] if isinstance(a, Traced) and not a.ndim else sizes


zeros, ones, empty, eye, identity, tri, arange = map(
    _size_function, ("zeros", "ones", "empty", "eye", "identity", "tri", "arange")
)
triu_indices, tril_indices, diag_indices, indices = map(
    _size_function, ("triu_indices", "tril_indices", "diag_indices", "indices")
)


# Ramps


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


# Diagonals and triangles


def diagonal_value(v: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """The diagonal of two axes, as the last axis: one strided slice of the matrix laid out as a vector."""
    n = v.type.ndim
    axis1, axis2 = axis_index(axis1, n), axis_index(axis2, n)
    if axis1 == axis2:
        raise ValueError("axis1 and axis2 cannot be the same")
    rest = [a for a in range(n) if a not in (axis1, axis2)]
    v = transpose(v, (*rest, axis1, axis2))
    *lead, rows, columns = v.type.shape
    count = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    flat = reshape(v, (*lead, rows * columns))
    start = offset if offset >= 0 else -offset * columns
    zeros_ = (0,) * len(lead)
    return ops.slice(
        flat,
        start=(*zeros_, start if count else 0),
        step=(*(1 for _ in lead), columns + 1),
        shape=(*lead, count),
    )


@surface(np.diagonal, methods=("diagonal",))
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Diagonals of two axes, along a new last axis."""
    v = as_value(a)
    if v.type.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    return wrapped(diagonal_value(v, static_int(offset, "an offset"), axis1, axis2))


def diagonal_matrix(v: Value, k: int) -> Value:
    """The square matrix with the vector `v` on its k-th diagonal."""
    n = v.type.shape[0] + abs(k)
    if not v.type.shape[0]:
        return fill((n, n), 0, v.dtype)
    start = k if k >= 0 else -k * n
    flat = ops.set_at(fill((n * n,), 0, v.dtype), v, start=(start,), step=(n + 1,))
    return reshape(flat, (n, n))


@surface(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """The k-th diagonal of a matrix, or the matrix with a vector there."""
    x = as_value(v)
    k = static_int(k, "an offset")
    if x.type.ndim == 1:
        return wrapped(diagonal_matrix(x, k))
    if x.type.ndim != 2:
        raise ValueError("Input must be 1- or 2-d.")
    return wrapped(diagonal_value(x, k))


@surface(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """The matrix with the elements of an array on its k-th diagonal."""
    x = as_value(v)
    return wrapped(diagonal_matrix(reshape(x, (x.type.size,)), static_int(k, "an offset")))


@surface(np.trace, methods=("trace",))
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """Sum of a diagonal."""
    refuse("trace", out=out)
    d = diagonal(a, offset, axis1, axis2)
    return d.sum(axis=-1, dtype=dtype)


def _below(shape: tuple[int, ...], k: int) -> Value:
    """Where column ≤ row + k, for the last two axes."""
    n = len(shape)
    return ops.le(iota(shape, n - 1), ops.add(iota(shape, n - 2), const(k, I64)))


def _square(m: Any) -> Value:
    """A matrix, or stack of matrices; a vector is taken as the row of each line, as in NumPy."""
    v = as_value(m)
    if not v.type.ndim:
        raise ValueError(f"needs an array of at least one dimension, not {v.type}")
    return broadcast(v, (v.type.shape[0],) * 2) if v.type.ndim == 1 else v


@surface(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    """The lower triangle of the last two axes, up to the k-th diagonal; zeros elsewhere."""
    v = _square(m)
    return wrapped(select(_below(v.type.shape, static_int(k, "an offset")), v, const(0, v.dtype)))


@surface(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    """The upper triangle of the last two axes, from the k-th diagonal; zeros elsewhere."""
    v = _square(m)
    k = static_int(k, "an offset")
    return wrapped(select(_below(v.type.shape, k - 1), const(0, v.dtype), v))


# Grids


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
    "arange",
    "array",
    "asarray",
    "diag",
    "diag_indices",
    "diagflat",
    "diagonal",
    "diagonal_matrix",
    "diagonal_value",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "indices",
    "linspace",
    "logspace",
    "meshgrid",
    "ones",
    "ones_like",
    "trace",
    "tri",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
    "vander",
    "zeros",
    "zeros_like",
]
