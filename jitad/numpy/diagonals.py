"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..capture import views
from ..capture.handles import READ_ONLY, View, strides_of
from ..capture.trace import current_trace
from ..capture.tracer import Traced
from ..ir.graph import Value, const
from ..ir.types import I64, Shape
from .core import refuse, surface, wrapped
from .values import (
    as_value,
    axis_index,
    broadcast,
    iota,
    reshape,
    select,
    static_int,
)
from .values import full as fill
from .viewing import handle


def diagonal_value(v: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """The diagonal of two axes, as the last axis."""
    return views.read(v, diagonal_steps(v.type.shape, offset, axis1, axis2))


def diagonal_steps(shape: Shape, offset: int, axis1: int, axis2: int) -> list[views.Step]:
    """To a diagonal as the last axis: one strided slice of the matrix laid out as a vector."""
    n = len(shape)
    axis1, axis2 = axis_index(axis1, n), axis_index(axis2, n)
    if axis1 == axis2:
        raise ValueError("axis1 and axis2 cannot be the same")
    rest = [a for a in range(n) if a not in (axis1, axis2)]
    axes = (*rest, axis1, axis2)
    *lead, rows, columns = (shape[a] for a in axes)
    count = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    start = offset if offset >= 0 else -offset * columns
    zeros_, ones_ = (0,) * len(lead), (1,) * len(lead)
    return [
        views.Transpose(axes),
        views.Reshape((*lead, rows * columns), (*lead, rows, columns)),
        views.Slice((*zeros_, start if count else 0), (*ones_, columns + 1), (*lead, count)),
    ]


def diagonal_view(x: Traced, offset: int, axis1: int = 0, axis2: int = 1, writeable: bool = False) -> Traced:
    """The view that NumPy's `diagonal` is: read-only, if not asked for otherwise."""
    out = views.viewed(x, diagonal_steps(x.shape, offset, axis1, axis2), current_trace())
    if isinstance(out.state, View):
        strides = strides_of(x)
        axes = [axis_index(a, x.ndim) for a in (axis1, axis2)]
        rest = [s for a, s in enumerate(strides) if a not in axes]
        out.state.strides = (*rest, strides[axes[0]] + strides[axes[1]])
        if not writeable:
            out.state.sealed = out.state.sealed or READ_ONLY
    return out


@surface(np.diagonal, methods=("diagonal",), folds=False)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Diagonals of two axes, along a new last axis."""
    x = handle(a)
    if x.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    return diagonal_view(x, static_int(offset, "an offset"), axis1, axis2)


def diagonal_matrix(v: Value, k: int) -> Value:
    """The square matrix with the vector `v` on its k-th diagonal."""
    n = v.type.shape[0] + abs(k)
    if not v.type.shape[0]:
        return fill((n, n), 0, v.dtype)
    start = k if k >= 0 else -k * n
    flat = ops.set_at(fill((n * n,), 0, v.dtype), v, start=(start,), step=(n + 1,))
    return reshape(flat, (n, n))


@surface(np.diag, folds=False)
def diag(v: Any, k: int = 0) -> Any:
    """The k-th diagonal of a matrix, or the matrix with a vector there."""
    x = handle(v)
    k = static_int(k, "an offset")
    if x.ndim == 1:
        return wrapped(diagonal_matrix(as_value(x), k))
    if x.ndim != 2:
        raise ValueError("Input must be 1- or 2-d.")
    return diagonal_view(x, k)


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


__all__ = [
    "diag",
    "diagflat",
    "diagonal",
    "diagonal_matrix",
    "diagonal_value",
    "trace",
    "tril",
    "triu",
]
