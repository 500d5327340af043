"""Joining: concatenate, stack, block and their relatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..capture.tracer import Traced
from ..ir.graph import Value
from ..ir.types import is_int
from .core import refuse, surface, wrapped
from .lengths import fitting, is_open, volume
from .promotion import dtype_argument
from .shape import at_least
from .values import (
    as_value,
    axis_index,
    common_dtype,
    convert,
    reshape,
)
from .values import concatenate as join


def _items(arrays: Any) -> list[Value]:
    """The arrays of a sequence; a traced array is a sequence of its rows."""
    if isinstance(arrays, Traced) and not arrays.ndim:
        raise ValueError(f"needs a sequence of arrays, not the scalar {arrays!r}")
    values = [as_value(a) for a in arrays]
    if not values:
        raise ValueError("need at least one array to concatenate")
    return values


def _alike(values: list[Value], dtype: Any) -> list[Value]:
    target = dtype_argument(dtype) or common_dtype(values)
    return [convert(v, target) for v in values]


def _joined(values: list[Value], axis: Any, dtype: Any = None) -> Value:
    if axis is None:
        values, axis = [reshape(v, (volume(v.type.shape),)) for v in values], 0
    first = values[0].type
    if not first.ndim:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    axis = axis_index(axis, first.ndim)
    for v in values[1:]:
        if v.type.ndim != first.ndim:
            raise ValueError(
                f"all the input arrays must have same number of dimensions: {first} and {v.type}"
            )
        if any(
            i != axis and is_int(m) and is_int(n) and m != n
            for i, (m, n) in enumerate(zip(first.shape, v.type.shape))
        ):
            raise ValueError(
                "all the input array dimensions except for the concatenation axis must match exactly: "
                f"{first} and {v.type} along axis {axis}"
            )
    return join(_alike(_beside(values, axis), dtype), axis)


def _beside(values: list[Value], axis: int) -> list[Value]:
    """Values to be joined along an axis, whose other lengths are those of the first, by checks if need be."""
    shape = values[0].type.shape
    if not any(v.type.dims for v in values):
        return values
    wanted = {len(shape) - 1 - i: n for i, n in enumerate(shape) if i != axis}
    text = "all the input array dimensions except for the concatenation axis must match exactly"
    return [fitting(v, wanted, text, repeats=False) for v in values]


@surface(np.concatenate, open=True)
def concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Arrays joined along an existing axis; flattened first with axis=None."""
    refuse("concatenate", out=out)
    return wrapped(_joined(_items(arrays), axis, dtype))


@surface(np.stack, open=True)
def stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Arrays of one shape joined along a new axis."""
    refuse("stack", out=out)
    return wrapped(_stacked(_items(arrays), axis, dtype))


def _stacked(values: list[Value], axis: int, dtype: Any = None) -> Value:
    shape = values[0].type.shape
    if any(map(is_open, (v.type.shape for v in values))):
        values = [
            fitting(v, dict(enumerate(reversed(shape))), "all input arrays must have the same shape", False)
            for v in values
        ]
    if any(v.type.shape != shape for v in values):
        raise ValueError(
            f"all input arrays must have the same shape: {', '.join(str(v.type) for v in values)}"
        )
    axis = axis_index(axis, len(shape) + 1)
    return _joined([reshape(v, (*shape[:axis], 1, *shape[axis:])) for v in values], axis, dtype)


@surface(np.vstack, open=True)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays joined as rows."""
    return wrapped(_joined([at_least(v, 2) for v in _items(tup)], 0, dtype))


@surface(np.hstack, open=True)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Arrays joined along the second axis, vectors along the first."""
    values = [at_least(v, 1) for v in _items(tup)]
    return wrapped(_joined(values, 0 if values[0].type.ndim == 1 else 1, dtype))


@surface(np.dstack, open=True)
def dstack(tup: Any) -> Any:
    """Arrays joined along the third axis."""
    return wrapped(_joined([at_least(v, 3) for v in _items(tup)], 2))


@surface(np.column_stack, open=True)
def column_stack(tup: Any) -> Any:
    """Vectors as columns, beside matrices, in one matrix."""
    values = [reshape(v, (volume(v.type.shape), 1)) if v.type.ndim < 2 else v for v in _items(tup)]
    return wrapped(_joined(values, 1))


@surface(np.block)
def block(arrays: Any) -> Any:
    """An array put together from nested lists of blocks."""
    depth = _depth(arrays)
    rank = max(depth, *[v.type.ndim for v in _leaves(arrays)])
    return wrapped(_block(arrays, rank, rank - depth))


def _depth(arrays: Any) -> int:
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(a) for a in arrays}
    if len(depths) != 1:
        raise ValueError("List depths are mismatched")
    return 1 + depths.pop()


def _leaves(arrays: Any) -> list[Value]:
    return [v for a in arrays for v in _leaves(a)] if isinstance(arrays, list) else [as_value(arrays)]


def _block(arrays: Any, rank: int, axis: int) -> Value:
    if not isinstance(arrays, list):
        v = as_value(arrays)
        return reshape(v, (1,) * (rank - v.type.ndim) + v.type.shape)
    return _joined([_block(a, rank, axis + 1) for a in arrays], axis)


@surface(np.append, open=True)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """`values` after `arr` along an axis; both flattened without one."""
    return wrapped(_joined([as_value(arr), as_value(values)], axis))


__all__ = [
    "append",
    "block",
    "column_stack",
    "concatenate",
    "dstack",
    "hstack",
    "stack",
    "vstack",
]
