"""Means, variances and other moments, by the two-pass formula."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..ir.graph import Value, const
from ..ir.types import BOOL, I64
from .core import NoValue, given, refuse, surface, unsupported, wrapped
from .lengths import agreeing, volume
from .promotion import dtype_argument
from .reductions import keep_axes, masked_by, reduce_axes, sum_axes, widened
from .values import as_value, axis_index, axis_tuple, broadcast, common_dtype, convert, floating, reshape


def safe_sqrt(v: Value) -> Value:
    """√v, with derivative 0 where v is 0 (norms and standard deviations of constants)."""
    zero = ops.eq(v, const(0, v.dtype))
    return ops.select(zero, const(0, v.dtype), ops.sqrt(ops.select(zero, const(1, v.dtype), v)))


def _count(v: Value, axes: tuple[int, ...], where: Any) -> Value:
    """How many elements each result stands for, as a float of v's dtype."""
    if where is NoValue or where is True or where is None:
        size = volume(tuple(v.type.shape[a] for a in axes))
        return convert(size, v.dtype) if isinstance(size, Value) else const(size, v.dtype)
    mask, v = agreeing([as_value(where), v])
    mask = broadcast(mask, v.type.shape)
    return convert(ops.sum(convert(mask, I64), axes=axes), v.dtype) if axes else convert(mask, v.dtype)


def _mean(v: Value, axes: tuple[int, ...], where: Any) -> Value:
    total = masked_by(v, where, 0)
    total = sum_axes(total, axes) if axes else total
    return ops.div(total, _count(v, axes, where))


def _operand(a: Any, dtype: Any) -> Value:
    v = as_value(a)
    chosen = dtype_argument(dtype)
    if chosen is not None and chosen.kind != "f":
        unsupported(f"a mean or variance with dtype={chosen}", "convert the result with astype")
    return floating(v) if chosen is None else convert(v, chosen)


@surface(np.mean, methods=("mean",), open=True)
def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = NoValue,
    *,
    where: Any = NoValue,
) -> Any:
    """Arithmetic mean over axes; of integers and bools as f64. NaN for no elements."""
    refuse("mean", out=out)
    v = _operand(a, dtype)
    axes = axis_tuple(axis, v.type.ndim)
    return wrapped(keep_axes(_mean(v, axes, where), v.type.shape, axes, keepdims))


def _variance(
    a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: Any, where: Any, mean: Any, correction: Any
) -> Value:
    ddof = _degrees(ddof, correction)
    v = _operand(a, dtype)
    shape = v.type.shape
    axes = axis_tuple(axis, v.type.ndim)
    if given(mean):
        centre = convert(as_value(mean), v.dtype)
    else:
        centre = keep_axes(_mean(v, axes, where), shape, axes, True)
    deviation = ops.sub(v, broadcast(centre, shape))
    squares = masked_by(ops.mul(deviation, deviation), where, 0)
    total = sum_axes(squares, axes) if axes else squares
    count = ops.maximum(ops.sub(_count(v, axes, where), const(ddof, v.dtype)), const(0, v.dtype))
    return keep_axes(ops.div(total, count), shape, axes, keepdims)


def _degrees(ddof: Any, correction: Any) -> Any:
    if not given(correction):
        return ddof
    if ddof != 0:
        raise ValueError("ddof and correction can't be provided simultaneously.")
    return correction


@surface(np.var, methods=("var",), open=True)
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = NoValue,
    *,
    where: Any = NoValue,
    mean: Any = NoValue,
    correction: Any = NoValue,
) -> Any:
    """Variance over axes: the mean square of deviations from the mean, divided by n - ddof."""
    refuse("var", out=out)
    return wrapped(_variance(a, axis, dtype, ddof, keepdims, where, mean, correction))


@surface(np.std, methods=("std",), open=True)
def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = NoValue,
    *,
    where: Any = NoValue,
    mean: Any = NoValue,
    correction: Any = NoValue,
) -> Any:
    """Standard deviation over axes; its derivative is 0 where it is 0."""
    refuse("std", out=out)
    return wrapped(safe_sqrt(_variance(a, axis, dtype, ddof, keepdims, where, mean, correction)))


@surface(np.nanmean)
def nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = NoValue,
    *,
    where: Any = NoValue,
) -> Any:
    """Mean over axes of the elements that are not NaN."""
    refuse("nanmean", out=out, where=where)
    v = as_value(a)
    if v.dtype.kind != "f":
        return mean(a, axis, dtype, keepdims=keepdims)
    return mean(wrapped(v), axis, dtype, keepdims=keepdims, where=wrapped(ops.not_(ops.isnan(v))))


@surface(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = NoValue
) -> Any:
    """Weighted mean over axes; the weights have the shape of `a`, or that of the one axis."""
    v = as_value(a)
    axes = axis_tuple(axis, v.type.ndim)
    if weights is None:
        v = floating(v)
        out, scale = mean(wrapped(v), axis, keepdims=keepdims), _count(v, axes, None)
    else:
        w = as_value(weights)
        dtype = common_dtype([v, w, const(0.0)]) if v.dtype.kind in "iub" else common_dtype([v, w])
        v, w = convert(v, dtype), _weights(convert(w, dtype), v, axes, axis)
        scale = reduce_axes(w, axis, keepdims, sum_axes)
        out = wrapped(ops.div(reduce_axes(ops.mul(v, w), axis, keepdims, sum_axes), scale))
    if returned:
        return out, wrapped(broadcast(convert(scale, out.dtype), out.shape))
    return out


def _weights(w: Value, v: Value, axes: tuple[int, ...], axis: Any) -> Value:
    shape = v.type.shape
    if w.type.shape == shape:
        return w
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    if w.type.shape != tuple(shape[a] for a in axes):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    return broadcast(reshape(w, tuple(n if i in axes else 1 for i, n in enumerate(shape))), shape)


@surface(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Covariance matrix of the rows (columns, if not `rowvar`) of a matrix."""
    refuse("cov", y=y, fweights=fweights, aweights=aweights, dtype=dtype)
    v = floating(as_value(m))
    if v.type.ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    v = reshape(v, (1, v.type.size)) if v.type.ndim < 2 else v
    v = v if rowvar or v.type.shape[0] == 1 else ops.transpose(v, axes=(1, 0))
    n = v.type.shape[1]
    centre = broadcast(reshape(_mean(v, (1,), None), (v.type.shape[0], 1)), v.type.shape)
    x = ops.sub(v, centre)
    scale = n - (ddof if ddof is not None else 0 if bias else 1)
    out = ops.div(ops.dot(x, x, contract=((1,), (1,)), batch=((), ())), const(scale, v.dtype))
    return wrapped(reshape(out, ()) if out.type.size == 1 else out)


def _scan(op: Any, a: Any, axis: Any, dtype: Any) -> Any:
    v = as_value(a)
    if axis is None:
        v, axis = reshape(v, (volume(v.type.shape),)), 0
    chosen = dtype_argument(dtype) or widened(v.dtype)
    if chosen is BOOL:
        unsupported("a cumulative sum or product with dtype=bool")
    return wrapped(op(convert(v, chosen), axis=axis_index(axis, v.type.ndim), reverse=False))


@surface(np.cumsum, methods=("cumsum",), open=True)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sums along an axis; of the flattened array without one."""
    refuse("cumsum", out=out)
    return _scan(ops.cumsum, a, axis, dtype)


@surface(np.cumprod, methods=("cumprod",), open=True)
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products along an axis; of the flattened array without one."""
    refuse("cumprod", out=out)
    return _scan(ops.cumprod, a, axis, dtype)


__all__ = [
    "average",
    "cov",
    "cumprod",
    "cumsum",
    "mean",
    "nanmean",
    "safe_sqrt",
    "std",
    "var",
]
