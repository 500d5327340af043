"""IR values with NumPy's manners: conversion, broadcasting and small compositions, below promotion."""

from __future__ import annotations

from functools import lru_cache
from operator import index as operator_index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import ops
from ..capture.tracer import Traced, known, lift
from ..ir.graph import Const, Value, const
from ..ir.types import BOOL, F64, I64, Dim, Shape, Type, is_int, is_supported, type_of
from .core import holds
from .lengths import agreeing, is_open, shown, total


def as_value(x: Any) -> Value:
    """Anything array-like as an IR value; nested lists of traced values are stacked."""
    if x.__class__ is Traced or not isinstance(x, (list, tuple)) or not holds(x):
        return lift(x).value
    items = [as_value(item) for item in x]
    dtype = common_dtype(items)
    items = [convert(v, dtype) for v in items]
    if any(v.shape != items[0].shape for v in items):
        shapes = ", ".join(str(v.type) for v in items)
        raise ValueError(f"the nested sequence has an inhomogeneous shape: its items are {shapes}")
    return stack_values(items)


def stack_values(items: list[Value]) -> Value:
    """Values of one type along a new first axis."""
    shape = items[0].shape
    return ops.concatenate(*[reshape(v, (1, *shape)) for v in items], axis=0)


def canonical(dtype: Any) -> np.dtype:
    """The IR's dtype object for anything NumPy takes as a dtype; TypeError if the IR has none."""
    dtype = np.dtype(dtype)
    if not is_supported(dtype):
        if dtype.kind == "c":
            raise NotImplementedError(f"complex numbers ({dtype}) are not supported yet")
        raise TypeError(f"dtype {dtype} is not supported; float64, float32, integers and bool are")
    return type_of(dtype).dtype


def common_dtype(values: list[Value]) -> np.dtype:
    """NumPy's result dtype of strongly typed values."""
    first = values[0].dtype
    if all(v.dtype is first for v in values):
        return first
    return canonical(np.result_type(*[v.dtype for v in values]))


def convert(v: Value, dtype: np.dtype) -> Value:
    """`v` as `dtype`, cast as astype does."""
    if v.type.dtype is dtype:
        return v
    if v.__class__ is Const and not v.type.shape:
        with np.errstate(all="ignore"):
            return Const(v.data.astype(dtype), type_of(dtype))
    return ops.convert(v, dtype=dtype)


def reshape(v: Value, shape: Shape) -> Value:
    """`v` under another shape of the same size."""
    return v if v.type.shape == shape else ops.reshape(v, shape=shape)


def transpose(v: Value, axes: tuple[int, ...]) -> Value:
    """`v` with result axis i from axis axes[i]."""
    return v if axes == tuple(range(len(axes))) else ops.transpose(v, axes=axes)


def broadcast(v: Value, shape: Shape) -> Value:
    """`v` repeated to `shape` by NumPy's rules; ValueError if it does not fit."""
    if v.type.shape == shape:
        return v
    kept, axes = broadcast_axes(v.type, shape)
    return ops.broadcast(reshape(v, kept), shape=shape, axes=axes)


def operand(v: Value, shape: Shape) -> Value:
    """`v` as an elementwise operand beside others of `shape`: of that shape, or of rank 0."""
    if v.type.shape == shape or not v.type.shape:
        return v
    if not v.type.dims and v.type.size == 1 and len(v.type.shape) <= len(shape):
        return reshape(v, ())
    return broadcast(v, shape)


def broadcast_axes(type: Type, shape: Shape) -> tuple[Shape, tuple[int, ...]]:
    """The lengths of the axes that are not repeated, and where they stand in `shape`."""
    return _placed(type, shape) if type.dims or is_open(shape) else _placed_once(type, shape)


def _placed(type: Type, shape: Shape) -> tuple[Shape, tuple[int, ...]]:
    lead = len(shape) - type.ndim
    if lead < 0 or any(n not in (1, m) for n, m in zip(type.shape, shape[lead:])):
        raise ValueError(f"{type} cannot be broadcast to shape {shape}")
    axes = tuple(lead + i for i, n in enumerate(type.shape) if n == shape[lead + i])
    return tuple(shape[a] for a in axes), axes


_placed_once = lru_cache(maxsize=4096)(_placed)


def common_shape(shapes: list[Shape], types: str = "") -> Shape:
    """The shape to which all `shapes` broadcast."""
    first = shapes[0]
    if all(s == first or not s for s in shapes):
        return first
    if any(map(is_open, shapes)):
        return _open_shape(shapes)
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = " ".join(str(s).replace(" ", "") for s in shapes)
        raise ValueError(f"operands could not be broadcast together with shapes {listed}") from None


def _open_shape(shapes: list[Shape]) -> Shape:
    """The shape to which shapes broadcast that agree (see `agreeing`)."""
    out: list[Any] = [1] * max(map(len, shapes))
    for shape in shapes:
        for k, n in enumerate(shape, len(out) - len(shape)):
            if n == 1 or n is out[k] or n == out[k]:
                continue
            if out[k] != 1:
                listed = " ".join(map(shown, shapes))
                raise ValueError(f"operands could not be broadcast together with shapes {listed}")
            out[k] = n
    return tuple(out)


def full(shape: Shape, fill: Any, dtype: np.dtype) -> Value:
    """`fill`, a number or a value of rank 0, repeated to `shape`."""
    v = fill if isinstance(fill, Value) else const(fill, dtype)
    return broadcast(v, shape)


def iota(shape: Shape, axis: int, dtype: np.dtype = I64) -> Value:
    """The index along `axis`, for every element of `shape`."""
    return ops.iota(shape=shape, axis=axis, dtype=dtype)


def truth(v: Value) -> Value:
    """`v ≠ 0`; bools as they are."""
    return v if v.dtype is BOOL else ops.ne(v, const(0, v.dtype))


def select(cond: Value, x: Any, y: Any) -> Value:
    """`ops.select` for operands that broadcast; numbers take the other branch's dtype."""
    like = x if isinstance(x, Value) else y
    x, y = (v if isinstance(v, Value) else const(v, like.dtype) for v in (x, y))
    cond, x, y = agreeing([cond, x, y])
    shape = common_shape([v.type.shape for v in (cond, x, y)])
    out = ops.select(operand(cond, shape), operand(x, shape), operand(y, shape))
    return broadcast(out, shape)


def slice_value(v: Value, start: Shape, step: tuple[int, ...], shape: Shape) -> Value:
    """The strided part of `v` that begins at `start`."""
    if shape == v.type.shape and all(s == 1 or (is_int(n) and n <= 1) for s, n in zip(step, shape)):
        return v
    if v.type.dims or is_open(shape) or is_open(start):
        starts = [s if isinstance(s, Value) else const(s, I64) for s in start]
        return ops.window(v, *starts, step=step, shape=shape)
    return ops.slice(v, start=start, step=step, shape=shape)


def slice_axis(v: Value, axis: int, start: Dim, step: int, count: Dim) -> Value:
    """`count` entries along `axis`, all of the other axes."""
    n = v.type.ndim
    return slice_value(
        v,
        tuple(start if i == axis else 0 for i in range(n)),
        tuple(step if i == axis else 1 for i in range(n)),
        tuple(count if i == axis else m for i, m in enumerate(v.type.shape)),
    )


def concatenate(values: list[Value], axis: int) -> Value:
    """Values of one dtype joined along `axis`; empty ones left out."""
    kept = [v for v in values if not is_int(v.type.shape[axis]) or v.type.shape[axis]] or values[:1]
    if len(kept) > 1 and any(not is_int(v.type.shape[axis]) for v in kept):
        return _put_together(kept, axis)
    return kept[0] if len(kept) == 1 else ops.concatenate(*kept, axis=axis)


def _put_together(values: list[Value], axis: int) -> Value:
    """Values joined along `axis` where their lengths there are values of the program."""
    shape = values[0].type.shape
    lengths = [v.type.shape[axis] for v in values]
    out = full((*shape[:axis], total(lengths), *shape[axis + 1 :]), 0, values[0].dtype)
    zero = const(0, I64)
    for k, v in enumerate(values):
        at = total(lengths[:k])
        start = at if isinstance(at, Value) else const(at, I64)
        starts = [start if i == axis else zero for i in range(len(shape))]
        out = ops.set_window(out, v, *starts, step=(1,) * len(shape))
    return out


def axis_index(axis: Any, ndim: int) -> int:
    """`axis` from 0; AxisError if there is no such axis, TypeError if it is not an integer."""
    return normalize_axis_index(_index(axis), ndim)


def axis_tuple(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction, from 0, increasing; None means all."""
    if axis is None:
        return tuple(range(ndim))
    axis = tuple(map(_index, axis)) if isinstance(axis, (tuple, list)) else _index(axis)
    return tuple(sorted(normalize_axis_tuple(axis, ndim)))


def _index(axis: Any) -> int:
    return operator_index(axis)


def static_ints(x: Any, what: str) -> tuple[int, ...]:
    """A size or a tuple of sizes as Python ints; a traced one raises, naming `what` and static_argnums."""
    x = concrete(x)
    nested = isinstance(x, (tuple, list)) or (isinstance(x, np.ndarray) and x.ndim)
    items = tuple(map(concrete, x)) if nested else (x,)
    for item in items:
        if isinstance(item, Traced):
            raise NotImplementedError(
                f"{what} is the traced value {item!r}; sizes must be Python ints here: make the argument "
                "static (static_argnums or static_argnames)"
            )
    return tuple(map(operator_index, items))


def static_int(x: Any, what: str) -> int:
    """A size or an offset as a Python int; a traced one raises as in `static_ints`."""
    (n,) = static_ints(x, what)
    return n


def concrete(x: Any) -> Any:
    """The array of a traced value that depends on no argument; anything else as it is."""
    if isinstance(x, Traced):
        array = known(x)
        return x if array is None else array
    return x


def floating(v: Value) -> Value:
    """`v` as a float: integers and bools become f64."""
    return v if v.dtype.kind == "f" else convert(v, F64)


__all__ = [
    "as_value",
    "axis_index",
    "axis_tuple",
    "broadcast",
    "broadcast_axes",
    "canonical",
    "common_dtype",
    "common_shape",
    "concatenate",
    "concrete",
    "convert",
    "floating",
    "full",
    "iota",
    "operand",
    "reshape",
    "select",
    "slice_axis",
    "slice_value",
    "stack_values",
    "static_int",
    "static_ints",
    "transpose",
    "truth",
]
