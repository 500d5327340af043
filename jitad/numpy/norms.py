"""Norms of vectors and matrices; their derivative is 0 where they are 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .. import ops
from ..ir.graph import Value, const
from .core import surface, unsupported, wrapped
from .lengths import require_elements, volume
from .reductions import keep_axes
from .statistics import safe_sqrt
from .values import as_value, convert, floating, reshape, transpose, truth

Axes = tuple[int, ...]


@surface(np.linalg.norm, name="linalg.norm", open=True)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norm of a vector or matrix, or of the vectors or matrices along one or two axes.

    Vectors: any real `ord`, ±inf and 0 included; matrices: None and "fro", ±1, ±inf.
    """
    v = floating(as_value(x))
    shape = v.type.shape
    flat = axis is None and (
        ord is None or (ord in (2, "fro") and v.type.ndim in ((1,) if ord == 2 else (2,)))
    )
    if flat or (axis is None and v.type.ndim not in (1, 2)):
        if not flat:
            raise ValueError("Improper number of dimensions to norm.")
        axes: Axes = tuple(range(v.type.ndim))
        out = _euclidean(v, axes)
    else:
        axes = tuple(range(v.type.ndim)) if axis is None else normalize_axis_tuple(axis, v.type.ndim)
        if len(axes) not in (1, 2):
            raise ValueError("Improper number of dimensions to norm.")
        out = _vector(v, axes, ord) if len(axes) == 1 else _matrix(v, axes, ord)
    return wrapped(keep_axes(out, shape, axes, keepdims))


def _euclidean(v: Value, axes: Axes) -> Value:
    squares = ops.mul(v, v)
    return safe_sqrt(ops.sum(squares, axes=tuple(sorted(axes))) if axes else squares)


def _extreme(op: Any, v: Value, axes: Axes) -> Value:
    none = f"zero-size array to reduction operation {op.name[-3:]}imum which has no identity"
    if any(v.type.shape[a] == 0 for a in axes):
        raise ValueError(f"{none}: {v.type}")
    require_elements(v.type.shape, axes, none)
    return op(v, axes=axes)


def _vector(v: Value, axes: Axes, ord: Any) -> Value:
    if ord is None or ord == 2:
        return _euclidean(v, axes)
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    if ord == np.inf:
        return _extreme(ops.reduce_max, ops.abs(v), axes)
    if ord == -np.inf:
        return _extreme(ops.reduce_min, ops.abs(v), axes)
    if ord == 0:
        return ops.sum(convert(truth(v), v.dtype), axes=axes)
    if ord == 1:
        return ops.sum(ops.abs(v), axes=axes)
    total = ops.sum(ops.power(ops.abs(v), const(ord, v.dtype)), axes=axes)
    zero = ops.eq(total, const(0, v.dtype))
    root = ops.power(ops.select(zero, const(1, v.dtype), total), const(1 / ord, v.dtype))
    return ops.select(zero, const(0 if ord > 0 else np.inf, v.dtype), root)


def _matrix(v: Value, axes: Axes, ord: Any) -> Value:
    rows, columns = axes
    if rows == columns:
        raise ValueError("Duplicate axes given.")
    if ord is None or ord in ("fro", "f"):
        return _euclidean(v, axes)
    if ord in (2, -2, "nuc"):
        unsupported(f"linalg.norm of matrices with ord={ord!r}, which needs singular values", "use ord='fro'")
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError("Invalid norm order for matrices.")
    inner, outer = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = ops.sum(ops.abs(v), axes=(inner,))
    return _extreme(ops.reduce_max if ord > 0 else ops.reduce_min, sums, (outer - (outer > inner),))


@surface(np.linalg.vector_norm, name="linalg.vector_norm", open=True)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Norm of vectors along one axis, of all elements without an axis, or along several axes taken as one."""
    v = floating(as_value(x))
    shape = v.type.shape
    axes = tuple(range(v.type.ndim)) if axis is None else normalize_axis_tuple(axis, v.type.ndim)
    rest = [a for a in range(v.type.ndim) if a not in axes]
    v = transpose(v, (*rest, *axes))
    lead = tuple(shape[a] for a in rest)
    size = volume(tuple(shape[a] for a in axes))
    out = _vector(reshape(v, (*lead, size)), (len(lead),), ord)
    return wrapped(keep_axes(out, shape, axes, keepdims))


@surface(np.linalg.matrix_norm, name="linalg.matrix_norm")
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norm of the matrices in the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)


__all__ = ["matrix_norm", "norm", "vector_norm"]
