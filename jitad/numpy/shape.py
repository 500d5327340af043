"""Reshaping, transposing and broadcasting: the same elements in another arrangement."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..capture import views
from ..capture.handles import READ_ONLY, is_array, is_contiguous, root_of, state_of
from ..capture.trace import current_trace
from ..capture.tracer import METHODS, Traced
from ..ir.graph import Value
from ..ir.types import Shape, SizeUnknown
from .core import NoValue, given, refuse, refuse_order, surface, unsupported, wrapped
from .lengths import dims, divided_volume, fitting, is_open, quotient, same_length, shown, user_dim, volume
from .values import as_value, axis_index, broadcast, canonical, common_shape, convert, transpose
from .values import reshape as reshape_value
from .viewing import array_handle, fresh, handle, repeated, reshaped, transposed, with_ones


def _full_shape(old: Shape, shape: Any) -> Shape:
    """`shape` with its -1 filled in, for as many elements as the shape `old` has."""
    shape = dims(shape, "a shape")
    if shape.count(-1) > 1:
        raise ValueError("can only specify one unknown dimension")
    if is_open(old) or is_open(shape):
        return _open_shape(old, shape)
    size = prod(old)
    known = prod(n for n in shape if n != -1)
    if -1 in shape:
        if known <= 0 or size % known:
            raise ValueError(f"cannot reshape array of size {size} into shape {shape}")
        shape = tuple(size // known if n == -1 else n for n in shape)
    if any(n < 0 for n in shape) or prod(shape) != size:
        raise ValueError(f"cannot reshape array of size {size} into shape {shape}")
    return shape


def _open_shape(old: Shape, shape: Shape) -> Shape:
    """`_full_shape` where lengths are values of the program."""
    text = f"cannot reshape array of shape {shown(old)} into shape {shown(shape)}"
    if -1 not in shape:
        if not same_length(volume(old), volume(shape), text):
            raise ValueError(text)
        return shape
    others = tuple(n for n in shape if n != -1)
    rest = quotient(old, others)
    if rest is None:
        rest = divided_volume(old, others, text)
    return tuple(rest if n == -1 else n for n in shape)


def reversed_axes(x: Traced) -> Traced:
    """`x.T`."""
    return transposed(x, tuple(range(x.ndim))[::-1])


def _reshape(x: Traced, shape: Any, order: Any, copy: Any = None) -> Traced:
    shape = _full_shape(x.type.shape, shape)
    if order == "F":
        out = reversed_axes(reshaped(reversed_axes(x), shape[::-1]))
    else:
        _refuse_memory_order("reshape", x, order)
        out = reshaped(x, shape)
    if copy is True:
        return fresh(as_value(out))
    if copy is False and is_array(x) and root_of(out) is not root_of(x):
        raise ValueError("Unable to avoid creating a copy while reshaping.")
    return out


def _refuse_memory_order(function: str, x: Traced, order: Any) -> None:
    """Raise for orders that ask for the order of the elements in memory, unless that is C order."""
    refuse_order(function, order)
    if order in ("K", "A") and not is_contiguous(x):
        unsupported(f"{function} with order={order!r} of an array that is not contiguous")


@surface(np.reshape, folds=False, open=True)
def reshape(a: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Any:
    """The elements of `a` in another shape, in C order (Fortran order with order="F")."""
    shape = newshape if shape is None else shape
    if shape is None:
        raise TypeError("reshape() missing 1 required positional argument: 'shape'")
    return _reshape(handle(a), shape, order, copy)


@surface(methods=("reshape",), name="ndarray.reshape", folds=False, open=True)
def _reshape_method(x: Any, *shape: Any, order: str = "C", copy: Any = None) -> Any:
    """`x.reshape(2, 3)` and `x.reshape((2, 3))`."""
    return _reshape(handle(x), shape[0] if len(shape) == 1 else shape, order, copy)


@surface(np.ravel, methods=("ravel",), folds=False, open=True)
def ravel(a: Any, order: str = "C") -> Any:
    """All elements as a vector, in C order (Fortran order with order="F"): a view of a contiguous array."""
    x = handle(a)
    if order == "F":
        x = reversed_axes(x)
    else:
        _refuse_memory_order("ravel", x, order)
    return views.reshaped(x, (volume(x.type.shape),), current_trace(), ravel=True)


@surface(methods=("flatten",), name="ndarray.flatten", open=True)
def _flatten(x: Any, order: str = "C") -> Any:
    """A copy of all elements as a vector, in C order (Fortran order with order="F")."""
    v = as_value(reversed_axes(x) if order == "F" else x)
    if order != "F":
        _refuse_memory_order("flatten", x, order)
    return fresh(reshape_value(v, (volume(v.type.shape),)))


@surface(np.transpose, np.permute_dims, folds=False, open=True)
def transpose_(a: Any, axes: Any = None) -> Any:
    """Axes permuted: result axis i is axis axes[i]; all reversed without `axes`."""
    x = handle(a)
    if axes is None:
        return reversed_axes(x)
    order = normalize_axis_tuple(axes, x.ndim)
    if len(order) != x.ndim:
        raise ValueError("axes don't match array")
    return transposed(x, order)


@surface(methods=("transpose",), name="ndarray.transpose", folds=False, open=True)
def _transpose_method(x: Any, *axes: Any) -> Any:
    """`x.transpose(1, 0)`, `x.transpose((1, 0))`, `x.transpose()`."""
    return transpose_(x, None if not axes else axes[0] if len(axes) == 1 else axes)


@surface(np.matrix_transpose, folds=False, open=True)
def matrix_transpose(x: Any, /) -> Any:
    """The last two axes exchanged."""
    x = handle(x)
    n = x.ndim
    if n < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {n}")
    return transposed(x, (*range(n - 2), n - 1, n - 2))


@surface(np.swapaxes, methods=("swapaxes",), folds=False, open=True)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    x = handle(a)
    order = list(range(x.ndim))
    i, j = axis_index(axis1, x.ndim), axis_index(axis2, x.ndim)
    order[i], order[j] = j, i
    return transposed(x, tuple(order))


@surface(np.moveaxis, folds=False, open=True)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Axes moved to new places, the others in their old order."""
    x = handle(a)
    return transposed(x, _moved(x.ndim, source, destination))


def move_axes(v: Value, source: Any, destination: Any) -> Value:
    """`moveaxis` on IR values."""
    return transpose(v, _moved(v.type.ndim, source, destination))


def _moved(ndim: int, source: Any, destination: Any) -> tuple[int, ...]:
    source = normalize_axis_tuple(source, ndim, "source")
    destination = normalize_axis_tuple(destination, ndim, "destination")
    if len(source) != len(destination):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [i for i in range(ndim) if i not in source]
    for to, axis in sorted(zip(destination, source)):
        order.insert(to, axis)
    return tuple(order)


@surface(np.rollaxis, folds=False, open=True)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """An axis rolled back until it lies before `start`."""
    x = handle(a)
    axis = axis_index(axis, x.ndim)
    start = start + x.ndim if start < 0 else start
    if not 0 <= start <= x.ndim:
        raise np.exceptions.AxisError(f"start {start} is out of bounds for {x.type}")
    return transposed(x, _moved(x.ndim, axis, start - 1 if axis < start else start))


@surface(np.squeeze, methods=("squeeze",), folds=False, open=True)
def squeeze(a: Any, axis: Any = None) -> Any:
    """Without the axes of length 1 (or the given ones, which must have length 1)."""
    x = handle(a)
    shape = x.type.shape
    if axis is None:
        if x.type.dims:
            raise SizeUnknown(f"squeeze of {x.type} without an axis asks which of its lengths are 1")
        return with_ones(x, tuple(n for n in shape if n != 1))
    axes = normalize_axis_tuple(axis, len(shape))
    if any(shape[a] != 1 for a in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return with_ones(x, tuple(n for i, n in enumerate(shape) if i not in axes))


@surface(np.expand_dims, folds=False, open=True)
def expand_dims(a: Any, axis: Any) -> Any:
    """New axes of length 1 at these places of the result."""
    x = handle(a)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    ndim = len(axes) + x.ndim
    axes = normalize_axis_tuple(axes, ndim)
    lengths = iter(x.type.shape)
    return with_ones(x, tuple(1 if i in axes else next(lengths) for i in range(ndim)))


@surface(np.broadcast_to, folds=False, open=True)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    """The array repeated to `shape` by the rules of broadcasting."""
    x, shape = handle(array), dims(shape, "a shape")
    if not (x.type.dims or is_open(shape)):
        return repeated(x, shape)
    text = f"shape {shown(x.type.shape)} cannot be broadcast to {shown(shape)}"
    v = fitting(as_value(x), dict(enumerate(reversed(shape))), text)
    out = wrapped(broadcast(v, shape))
    state_of(out).sealed = READ_ONLY
    return out


@surface(np.broadcast_arrays, folds=False, open=True)
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """All arrays repeated to their common shape, as a tuple."""
    handles = [handle(a) for a in args]
    if any(x.type.dims for x in handles):
        raise SizeUnknown("broadcast_arrays needs sizes that only the running program knows")
    shape = common_shape([x.type.shape for x in handles])
    return tuple(x if x.type.shape == shape else repeated(x, shape) for x in handles)


def _at_least(rank: int) -> Any:
    def f(*arys: Any) -> Any:
        found = tuple(with_ones(x, _padded(x.type.shape, rank)) for x in map(array_handle, arys))
        return found[0] if len(found) == 1 else found

    f.__name__ = f"atleast_{rank}d"
    f.__doc__ = f"Arrays with at least {rank} axes."
    return surface(getattr(np, f.__name__), folds=False, open=True)(f)


def at_least(v: Value, rank: int) -> Value:
    """`v` with axes of length 1 added where NumPy's atleast_nd adds them."""
    return reshape_value(v, _padded(v.type.shape, rank))


def _padded(shape: tuple[int, ...], rank: int) -> tuple[int, ...]:
    if len(shape) >= rank:
        return shape
    if rank == 3 and len(shape) == 2:
        return (*shape, 1)
    if rank == 3 and len(shape) == 1:
        return (1, *shape, 1)
    return (1,) * (rank - len(shape)) + shape


atleast_1d, atleast_2d, atleast_3d = map(_at_least, (1, 2, 3))


@surface(np.copy, open=True)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """A new array of the same elements."""
    refuse_order("copy", order)
    return fresh(as_value(a))


@surface(methods=("copy",), name="ndarray.copy", open=True)
def _copy_method(x: Any, order: str = "C") -> Any:
    """`x.copy()`; of a number itself."""
    if not is_array(x):
        return x
    out = copy(x, order)
    if order == "C" and isinstance(out, Traced):
        state_of(out).ordered = True
    return out


def _astype(x: Any, dtype: Any, order: str, casting: str, copy: Any = True) -> Any:
    refuse_order("astype", order)
    v, target = as_value(x), canonical(dtype)
    if not np.can_cast(v.dtype, target, casting=casting):  # type: ignore[arg-type]
        raise TypeError(
            f"Cannot cast array data from {v.dtype!r} to {target!r} according to the rule '{casting}'"
        )
    if not copy and v.dtype is target:
        return handle(x)
    return fresh(convert(v, target)) if is_array(handle(x)) else wrapped(convert(v, target))


@surface(methods=("astype",), name="ndarray.astype", open=True)
def _astype_method(
    x: Any, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
) -> Any:
    """The values in another dtype."""
    return _astype(x, dtype, order, casting, copy)


@surface(*((np.astype,) if hasattr(np, "astype") else ()), open=True)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """The values in another dtype."""
    return _astype(x, dtype, "K", "unsafe", copy)


@surface(methods=("view",), name="ndarray.view", differentiable=False, folds=False, open=True)
def _view(x: Any, dtype: Any = None, type: Any = None) -> Any:
    """`x.view()` is the array itself; other dtypes would reinterpret memory."""
    refuse("ndarray.view", type=type)
    if dtype is not None and np.dtype(dtype) != x.dtype:
        unsupported(f"ndarray.view with dtype={dtype!r}", "convert with astype")
    return x


@surface(np.shape, differentiable=False, open=True)
def shape(a: Any) -> tuple[Any, ...]:
    """The lengths of the axes: Python ints, traced ones where only the running program knows them."""
    return handle(a).shape


@surface(np.ndim, differentiable=False, open=True)
def ndim(a: Any) -> int:
    """The number of axes, a Python int."""
    return as_value(a).type.ndim


@surface(np.size, differentiable=False, open=True)
def size(a: Any, axis: Any = None) -> Any:
    """The number of elements (along an axis, or several): a Python int, a traced one if need be."""
    lengths = as_value(a).type.shape
    if axis is None:
        return user_dim(volume(lengths))
    return user_dim(volume(tuple(lengths[i] for i in normalize_axis_tuple(axis, len(lengths)))))


@surface(methods=("item",), name="ndarray.item")
def _item(x: Any, *args: Any) -> Any:
    """One element as a traced Python number: of a size-1 array, or at a flat or full index."""
    v = as_value(x)
    if len(args) == 1 and isinstance(args[0], tuple):
        (args,) = args
    if not args:
        if v.type.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return wrapped(reshape_value(v, ()), weak=True)
    if len(args) == 1:
        return wrapped(as_value(ravel(x)[args[0]]), weak=True)
    if len(args) != v.type.ndim:
        raise ValueError("incorrect number of indices for array")
    return wrapped(as_value(x[args]), weak=True)


@surface(methods=("tolist",), name="ndarray.tolist")
def _tolist(x: Any) -> Any:
    """Nested lists of traced Python numbers."""
    if not x.shape:
        return wrapped(as_value(x), weak=True)
    return [_tolist(row) for row in x]


@surface(np.real, folds=False, open=True)
def real(val: Any) -> Any:
    """The array itself, as complex numbers are not supported yet."""
    return handle(val)


def _properties() -> None:
    """Attributes of ndarray that are computed; the others belong to Traced."""
    Traced.mT = property(lambda x: matrix_transpose(x))  # type: ignore[attr-defined]
    METHODS["size"] = size


_properties()

__all__ = [
    "NoValue",
    "astype",
    "at_least",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_to",
    "copy",
    "expand_dims",
    "given",
    "matrix_transpose",
    "move_axes",
    "moveaxis",
    "ndim",
    "ravel",
    "real",
    "reshape",
    "rollaxis",
    "shape",
    "size",
    "squeeze",
    "swapaxes",
    "transpose_",
]
