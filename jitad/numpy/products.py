"""Products of vectors, matrices and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .. import ops
from ..capture.tracer import Traced, implements_method
from ..ir.graph import Value
from ..ir.types import BOOL, I64, SizeUnknown, is_int
from .core import located, refuse, surface, wrapped
from .lengths import agreeing, same_length, shown, volume
from .promotion import dtype_argument
from .ufuncs import SPECS
from .values import (
    as_value,
    axis_index,
    broadcast,
    common_dtype,
    common_shape,
    convert,
    reshape,
    slice_axis,
    stack_values,
    transpose,
    truth,
)

Axes = tuple[int, ...]
NONE: tuple[Axes, Axes] = ((), ())


def dot_values(x: Value, y: Value, contract: tuple[Axes, Axes], batch: tuple[Axes, Axes] = NONE) -> Value:
    """`ops.dot` in NumPy's result dtype; without contracted axes an elementwise product, which fuses."""
    dtype = common_dtype([x, y])
    x, y = convert(x, dtype), convert(y, dtype)
    if dtype is BOOL:
        return truth(dot_values(convert(x, I64), convert(y, I64), contract, batch))
    if contract == NONE:
        return _outer(x, y, batch)
    return ops.dot(x, y, contract=contract, batch=batch)


def _outer(x: Value, y: Value, batch: tuple[Axes, Axes]) -> Value:
    """Batch axes, then the free axes of each operand."""
    free_x = [a for a in range(x.type.ndim) if a not in batch[0]]
    free_y = [a for a in range(y.type.ndim) if a not in batch[1]]
    x, y = transpose(x, (*batch[0], *free_x)), transpose(y, (*batch[1], *free_y))
    b = len(batch[0])
    y = reshape(y, y.type.shape[:b] + (1,) * len(free_x) + y.type.shape[b:])
    x = reshape(x, x.type.shape + (1,) * len(free_y))
    shape = common_shape([x.type.shape, y.type.shape])
    return ops.mul(broadcast(x, shape), broadcast(y, shape))


def paired(name: str, x: Value, y: Value, left: Axes, right: Axes) -> tuple[Value, Value]:
    """Operands whose axes to be summed over have the same dimensions; ValueError if they differ."""
    for i, j in zip(left, right):
        m, n = x.type.shape[i], y.type.shape[j]
        if m is n or m == n:
            continue
        if is_int(m) and is_int(n):
            raise ValueError(
                f"{name}: {x.type} and {y.type} do not fit: the summed axes have lengths {m} and {n}"
            )
        shapes = f"{shown(x.type.shape)} and {shown(y.type.shape)}"
        same_length(m, n, f"{name}: {shapes} do not fit: the summed axes differ in length")
        if is_int(n):
            x = reshape(x, tuple(n if a == i else k for a, k in enumerate(x.type.shape)))
        else:
            y = reshape(y, tuple(m if a == j else k for a, k in enumerate(y.type.shape)))
    return x, y


@surface(np.dot, open=True)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """Sum over the last axis of `a` and the last but one of `b`; the plain product if one is a scalar."""
    refuse("dot", out=out)
    x, y = as_value(a), as_value(b)
    if not x.type.ndim or not y.type.ndim:
        return SPECS["multiply"](wrapped(x), wrapped(y))
    i, j = x.type.ndim - 1, max(y.type.ndim - 2, 0)
    x, y = paired("dot", x, y, (i,), (j,))
    return wrapped(dot_values(x, y, ((i,), (j,))))


implements_method("dot")(located(lambda x, b, out=None: dot(x, b, out), "dot"))


def matmul_values(x: Value, y: Value) -> Value:
    """`matmul` on IR values: matrices in the last two axes, others broadcast; vectors as row and column."""
    if not x.type.ndim or not y.type.ndim:
        raise ValueError(f"matmul: {x.type} @ {y.type}: a scalar operand is not allowed, use * instead")
    i, j = x.type.ndim - 1, max(y.type.ndim - 2, 0)
    x, y = paired("matmul", x, y, (i,), (j,))
    if y.type.ndim <= 2:
        return dot_values(x, y, ((i,), (j,)))
    if x.type.ndim <= 2:
        out = dot_values(x, y, ((i,), (j,)))  # the row axis of x, if any, then those of y
        rows = out.type.ndim - y.type.ndim + 1
        return out if not rows else transpose(out, (*range(1, out.type.ndim - 1), 0, out.type.ndim - 1))
    if x.type.dims or y.type.dims:
        raise SizeUnknown(f"matmul of batches {x.type} and {y.type} needs their sizes")
    lead = common_shape([x.type.shape[:-2], y.type.shape[:-2]])
    x = broadcast(x, lead + x.type.shape[-2:])
    y = broadcast(y, lead + y.type.shape[-2:])
    n = len(lead)
    return dot_values(x, y, ((n + 1,), (n,)), (tuple(range(n)), tuple(range(n))))


@surface(np.matmul, open=True)
def matmul(
    x1: Any, x2: Any, /, out: Any = None, *, axes: Any = None, axis: Any = None, dtype: Any = None, **kw: Any
) -> Any:
    """Matrix product over the last two axes, batches broadcast; no scalar operands."""
    refuse("matmul", out=None if out == (None,) else out, axes=axes, axis=axis, **kw)
    x, y = as_value(x1), as_value(x2)
    chosen = dtype_argument(dtype)
    if chosen is not None:
        x, y = convert(x, chosen), convert(y, chosen)
    return wrapped(matmul_values(x, y))


_NUMBERS = (int, float, Traced, np.ndarray, np.generic, list, tuple)


def _matmul_operator(x: Any, y: Any) -> Any:
    return wrapped(matmul_values(as_value(x), as_value(y))) if isinstance(y, _NUMBERS) else NotImplemented


def _rmatmul_operator(x: Any, y: Any) -> Any:
    return wrapped(matmul_values(as_value(y), as_value(x))) if isinstance(y, _NUMBERS) else NotImplemented


implements_method("__matmul__")(located(_matmul_operator, "matmul"))
implements_method("__rmatmul__")(located(_rmatmul_operator, "matmul"))


@surface(*(f for f in (getattr(np, "vecdot", None),) if f), open=True)
def vecdot(x1: Any, x2: Any, /, out: Any = None, *, axis: int = -1, **kw: Any) -> Any:
    """Sums of products along one axis, the others broadcast."""
    refuse("vecdot", out=None if out == (None,) else out, **kw)
    x, y = as_value(x1), as_value(x2)
    if not x.type.ndim or not y.type.ndim:
        raise ValueError(f"vecdot: {x.type} and {y.type}: operands need at least one axis")
    i, j = axis_index(axis, x.type.ndim), axis_index(axis, y.type.ndim)
    x, y = paired("vecdot", x, y, (i,), (j,))
    x, y = agreeing([_last(x, i), _last(y, j)])
    shape = common_shape([x.type.shape, y.type.shape])
    n = len(shape) - 1
    lead = tuple(range(n))
    return wrapped(dot_values(broadcast(x, shape), broadcast(y, shape), ((n,), (n,)), (lead, lead)))


def _last(v: Value, axis: int) -> Value:
    return transpose(v, (*(a for a in range(v.type.ndim) if a != axis), axis))


def _matvec(name: str, vector_first: bool) -> Any:
    def f(x1: Any, x2: Any, /) -> Any:
        x, y = as_value(x1), as_value(x2)
        if vector_first:
            out = matmul_values(reshape(x, (*x.type.shape[:-1], 1, x.type.shape[-1])), y)
            return wrapped(reshape(out, (*out.type.shape[:-2], out.type.shape[-1])))
        out = matmul_values(x, reshape(y, (*y.type.shape, 1)))
        return wrapped(reshape(out, out.type.shape[:-1]))

    f.__name__ = name
    f.__doc__ = "Products of vectors with matrices, batches broadcast."
    return surface(*(g for g in (getattr(np, name, None),) if g))(f)


matvec, vecmat = _matvec("matvec", False), _matvec("vecmat", True)


@surface(np.vdot, open=True)
def vdot(a: Any, b: Any, /) -> Any:
    """Sum of products of all elements."""
    x, y = (reshape(v, (volume(v.type.shape),)) for v in (as_value(a), as_value(b)))
    x, y = paired("vdot", x, y, (0,), (0,))
    return wrapped(dot_values(x, y, ((0,), (0,))))


@surface(np.inner, open=True)
def inner(a: Any, b: Any, /) -> Any:
    """Sum of products over the last axes."""
    x, y = as_value(a), as_value(b)
    if not x.type.ndim or not y.type.ndim:
        return SPECS["multiply"](wrapped(x), wrapped(y))
    i, j = x.type.ndim - 1, y.type.ndim - 1
    x, y = paired("inner", x, y, (i,), (j,))
    return wrapped(dot_values(x, y, ((i,), (j,))))


@surface(np.outer, open=True)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """Products of all pairs of elements, as a matrix."""
    refuse("outer", out=out)
    x, y = (reshape(v, (volume(v.type.shape),)) for v in (as_value(a), as_value(b)))
    return wrapped(dot_values(x, y, NONE))


@surface(np.tensordot, open=True)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum of products over pairs of axes: the last and first n, or those listed."""
    x, y = as_value(a), as_value(b)
    left, right = _tensordot_axes(axes, x.type.ndim, y.type.ndim)
    if len(left) == len(right):
        x, y = paired("tensordot", x, y, left, right)
    else:
        raise ValueError(f"shape-mismatch for sum: {x.type} over axes {left}, {y.type} over axes {right}")
    return wrapped(dot_values(x, y, (left, right)))


def _tensordot_axes(axes: Any, m: int, n: int) -> tuple[Axes, Axes]:
    if not isinstance(axes, (tuple, list, np.ndarray)):
        k = axes.__index__()
        if k > min(m, n):
            raise ValueError(f"tensordot over {k} axes of operands with {m} and {n}")
        return tuple(range(m - k, m)), tuple(range(k))
    left, right = axes
    return normalize_axis_tuple(left, m), normalize_axis_tuple(right, n)


@surface(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Kronecker product."""
    x, y = as_value(a), as_value(b)
    rank = max(x.type.ndim, y.type.ndim)
    xs = (1,) * (rank - x.type.ndim) + x.type.shape
    ys = (1,) * (rank - y.type.ndim) + y.type.shape
    product = dot_values(reshape(x, xs), reshape(y, ys), NONE)
    order = tuple(k for i in range(rank) for k in (i, rank + i))
    return wrapped(reshape(transpose(product, order), tuple(m * n for m, n in zip(xs, ys))))


@surface(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """Cross product of vectors of length 3 (or 2, whose product is the third component)."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = as_value(a), as_value(b)
    x, y = (_last(v, axis_index(k, v.type.ndim)) for v, k in ((x, axisa), (y, axisb)))
    if x.type.shape[-1] not in (2, 3) or y.type.shape[-1] not in (2, 3):
        raise ValueError(
            f"incompatible dimensions for cross product of {x.type} and {y.type} (must be 2 or 3)"
        )
    shape = common_shape([x.type.shape[:-1], y.type.shape[:-1]])
    dtype = common_dtype([x, y])
    xs, ys = (_components(convert(v, dtype), shape) for v in (x, y))
    if len(xs) == len(ys) == 2:
        return wrapped(_minor(xs, ys, 0, 1))
    out = stack_values([_minor(xs, ys, 1, 2), _minor(xs, ys, 2, 0), _minor(xs, ys, 0, 1)])
    n = out.type.ndim
    axisc = axis_index(axisc, n)
    return wrapped(transpose(out, (*range(1, axisc + 1), 0, *range(axisc + 1, n))))


def _components(v: Value, shape: tuple[int, ...]) -> list[Value]:
    axis = v.type.ndim - 1
    lead = v.type.shape[:-1]
    return [broadcast(reshape(slice_axis(v, axis, i, 1, 1), lead), shape) for i in range(v.type.shape[axis])]


def _minor(x: list[Value], y: list[Value], i: int, j: int) -> Value:
    """xᵢyⱼ - xⱼyᵢ, a missing third component being 0."""
    terms = [ops.mul(x[i], y[j]) if i < len(x) and j < len(y) else None]
    terms += [ops.mul(x[j], y[i]) if j < len(x) and i < len(y) else None]
    first, second = terms
    if second is None:
        return first  # type: ignore[return-value]
    return ops.neg(second) if first is None else ops.sub(first, second)


__all__ = [
    "cross",
    "dot",
    "dot_values",
    "inner",
    "kron",
    "matmul",
    "matmul_values",
    "matvec",
    "outer",
    "tensordot",
    "vdot",
    "vecdot",
    "vecmat",
]
