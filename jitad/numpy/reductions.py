"""Reductions: sum, prod, max, min, any, all and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..ir.graph import Value, const
from ..ir.types import BOOL, DTYPES, I64, Shape
from .core import NoValue, given, refuse, surface, unsupported, wrapped
from .lengths import agreeing, require_elements, volume
from .promotion import cast, dtype_argument, normal
from .ufuncs import SPECS
from .values import (
    as_value,
    axis_index,
    axis_tuple,
    broadcast,
    common_shape,
    convert,
    reshape,
    select,
    transpose,
    truth,
)

Fold = Callable[[Value, tuple[int, ...]], Value]


def reduce_axes(v: Value, axis: Any, keepdims: Any, fold: Fold) -> Value:
    """`fold` over NumPy's `axis`; the reduced axes are kept with length 1 if `keepdims` says so."""
    axes = fold_axes(axis, v.type.ndim)
    out = fold(v, axes) if axes else v
    return keep_axes(out, v.type.shape, axes, keepdims)


def fold_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes of a ufunc's `reduce`, which lets the axes 0 and -1 pass for rank 0."""
    if ndim == 0 and axis is not None and not isinstance(axis, (tuple, list)) and axis in (0, -1):
        return ()
    return axis_tuple(axis, ndim)


def keep_axes(out: Value, shape: Shape, axes: tuple[int, ...], keepdims: Any) -> Value:
    """`out`, an operand of `shape` reduced over `axes`, with those axes of length 1 if they are kept."""
    if keepdims is NoValue or not keepdims:
        return out
    return reshape(out, tuple(1 if i in axes else n for i, n in enumerate(shape)))


def sum_axes(v: Value, axes: tuple[int, ...]) -> Value:
    return ops.sum(v, axes=axes)


def widened(dtype: np.dtype) -> np.dtype:
    """The dtype in which NumPy adds and multiplies: integers at least 64 bits wide."""
    if dtype.kind in "bi":
        return I64
    return DTYPES["u64"] if dtype.kind == "u" else dtype


def masked_by(v: Value, where: Any, fill: Any) -> Value:
    """`v` with `fill` where the mask `where` is false, broadcast together; `v` itself without a mask."""
    if where is NoValue or where is True or where is None:
        return v
    mask = as_value(where)
    if mask.dtype is not BOOL:
        raise TypeError(f"where= must be of bools, not {mask.type}")
    mask, v = agreeing([mask, v])
    shape = common_shape([mask.type.shape, v.type.shape])
    if shape != v.type.shape:
        v = broadcast(v, shape)
    return select(mask, v, const(fill, v.dtype))


def _accumulate(name: str, fold: Fold, identity: int, combine: str) -> Callable[..., Any]:
    def run(a: Any, axis: Any, dtype: Any, keepdims: Any, initial: Any, where: Any) -> Any:
        v = as_value(a)
        dtype = dtype_argument(dtype) or widened(v.dtype)
        if dtype is BOOL:
            unsupported(f"{name} with dtype=bool", "use np.any or np.all")
        out = reduce_axes(masked_by(convert(v, dtype), where, identity), axis, keepdims, fold)
        if given(initial):
            return SPECS[combine](wrapped(out), wrapped(cast(normal(initial), dtype)))
        return wrapped(out)

    return run


_sum = _accumulate("sum", sum_axes, 0, "add")
_prod = _accumulate("prod", lambda v, axes: ops.prod(v, axes=axes), 1, "multiply")


@surface(np.sum, methods=("sum",), open=True)
def sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = NoValue,
    initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:
    """Sum over axes; integers and bools add up as int64 (uint64), as in NumPy."""
    refuse("sum", out=out)
    return _sum(a, axis, dtype, keepdims, initial, where)


@surface(np.prod, methods=("prod",), open=True)
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = NoValue,
    initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:
    """Product over axes; its derivative is right also where elements are zero."""
    refuse("prod", out=out)
    return _prod(a, axis, dtype, keepdims, initial, where)


class _Extreme:
    """max or min: what differs between the two, and the rest once."""

    def __init__(self, name: str, fold: Any, of_bools: Any, combine: str) -> None:
        self.name, self.fold, self.of_bools, self.combine = name, fold, of_bools, combine
        self.none = f"zero-size array to reduction operation {combine} which has no identity"

    def worst(self, dtype: np.dtype) -> Any:
        """The element that never wins."""
        if dtype.kind == "b":
            return self.combine == "minimum"
        low = self.combine == "maximum"
        if dtype.kind == "f":
            return -np.inf if low else np.inf
        return np.iinfo(dtype).min if low else np.iinfo(dtype).max

    def run(self, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
        v = as_value(a)
        masks = where is not NoValue and where is not True and where is not None
        if masks and not given(initial):
            raise ValueError(
                f"reduction operation '{self.combine}' does not have an identity, "
                "so to use a where mask one has to specify 'initial'"
            )
        v = masked_by(v, where, self.worst(v.dtype)) if masks else v
        axes = fold_axes(axis, v.type.ndim)
        if 0 in [v.type.shape[a] for a in axes]:
            out = self.empty(v, axes, given(initial))
        else:
            if not given(initial):
                require_elements(v.type.shape, axes, self.none)
            out = self.folded(v, axes)
        out = keep_axes(out, v.type.shape, axes, keepdims)
        if given(initial):
            return SPECS[self.combine](wrapped(out), wrapped(cast(normal(initial), v.dtype)))
        return wrapped(out)

    def folded(self, v: Value, axes: tuple[int, ...]) -> Value:
        if not axes:
            return v
        return (self.of_bools if v.dtype is BOOL else self.fold)(v, axes=axes)

    def empty(self, v: Value, axes: tuple[int, ...], has_initial: bool) -> Value:
        shape = tuple(n for i, n in enumerate(v.type.shape) if i not in axes)
        if not has_initial and 0 not in shape:
            raise ValueError(f"{self.none}: {v.type}")
        return broadcast(const(self.worst(v.dtype), v.dtype), shape)


_MAX = _Extreme("max", ops.reduce_max, ops.reduce_or, "maximum")
_MIN = _Extreme("min", ops.reduce_min, ops.reduce_and, "minimum")


@surface(np.max, np.amax, methods=("max",), open=True)
def max(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = NoValue,
    initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:
    """Largest element over axes, NaN if there is one; ties share the derivative equally."""
    refuse("max", out=out)
    return _MAX.run(a, axis, keepdims, initial, where)


@surface(np.min, np.amin, methods=("min",), open=True)
def min(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = NoValue,
    initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:
    """Smallest element over axes, NaN if there is one; ties share the derivative equally."""
    refuse("min", out=out)
    return _MIN.run(a, axis, keepdims, initial, where)


@surface(np.ptp, open=True)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = NoValue) -> Any:
    """Largest minus smallest element over axes."""
    refuse("ptp", out=out)
    return SPECS["subtract"](max(a, axis, keepdims=keepdims), min(a, axis, keepdims=keepdims))


@surface(np.all, methods=("all",), differentiable=False, open=True)
def all(a: Any, axis: Any = None, out: Any = None, keepdims: Any = NoValue, *, where: Any = NoValue) -> Any:
    """Whether all elements over axes are non-zero."""
    refuse("all", out=out)
    v = masked_by(truth(as_value(a)), where, True)
    return wrapped(reduce_axes(v, axis, keepdims, lambda v, axes: ops.reduce_and(v, axes=axes)))


@surface(np.any, methods=("any",), differentiable=False, open=True)
def any(a: Any, axis: Any = None, out: Any = None, keepdims: Any = NoValue, *, where: Any = NoValue) -> Any:
    """Whether any element over axes is non-zero."""
    refuse("any", out=out)
    v = masked_by(truth(as_value(a)), where, False)
    return wrapped(reduce_axes(v, axis, keepdims, lambda v, axes: ops.reduce_or(v, axes=axes)))


@surface(np.count_nonzero, differentiable=False, open=True)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """How many elements over axes are non-zero, as int64."""
    return wrapped(reduce_axes(convert(truth(as_value(a)), I64), axis, keepdims, sum_axes))


def _index_of(op: Any, name: str, a: Any, axis: Any, keepdims: Any) -> Any:
    v = as_value(a)
    v = convert(v, DTYPES["u8"]) if v.dtype is BOOL else v
    shape = v.type.shape
    flat = axis is None
    if flat:
        v, axis = reshape(v, (volume(shape),)), 0
    axis = axis_index(axis, v.type.ndim)
    none = f"attempt to get {name} of an empty sequence"
    if v.type.shape[axis] == 0:
        raise ValueError(none)
    require_elements(v.type.shape, (axis,), none)
    if v.type.dims and axis < v.type.ndim - 1:
        v = transpose(v, (*[a for a in range(v.type.ndim) if a != axis], axis))
        axis = v.type.ndim - 1
    out = op(v, axis=axis)
    return wrapped(keep_axes(out, shape, tuple(range(len(shape))) if flat else (axis,), keepdims))


@surface(np.argmax, methods=("argmax",), differentiable=False, open=True)
def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = NoValue) -> Any:
    """Index of the first largest element (or NaN), int64; of the flattened array without an axis."""
    refuse("argmax", out=out)
    return _index_of(ops.argmax, "argmax", a, axis, keepdims)


@surface(np.argmin, methods=("argmin",), differentiable=False, open=True)
def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = NoValue) -> Any:
    """Index of the first smallest element (or NaN), int64; of the flattened array without an axis."""
    refuse("argmin", out=out)
    return _index_of(ops.argmin, "argmin", a, axis, keepdims)


def _without_nan(a: Any, fill: float) -> Value:
    v = as_value(a)
    return v if v.dtype.kind != "f" else select(ops.isnan(v), const(fill, v.dtype), v)


@surface(np.nansum, open=True)
def nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = NoValue,
    initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:
    """Sum over axes with NaN counted as 0."""
    refuse("nansum", out=out)
    return _sum(wrapped(_without_nan(a, 0)), axis, dtype, keepdims, initial, where)


@surface(np.nanprod, open=True)
def nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = NoValue,
    initial: Any = NoValue,
    where: Any = NoValue,
) -> Any:
    """Product over axes with NaN counted as 1."""
    refuse("nanprod", out=out)
    return _prod(wrapped(_without_nan(a, 1)), axis, dtype, keepdims, initial, where)


__all__ = [
    "all",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "keep_axes",
    "masked_by",
    "max",
    "min",
    "nanprod",
    "nansum",
    "prod",
    "ptp",
    "reduce_axes",
    "sum",
    "sum_axes",
    "widened",
]
