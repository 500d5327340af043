"""Creation: arrays of constants, of nested sequences, and like others."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..capture.handles import depends_on_layout, is_array, is_contiguous
from ..capture.tracer import Traced
from .core import holds, refuse_order, surface
from .promotion import cast, dtype_argument, normal, result_dtype
from .values import (
    as_value,
    broadcast,
    canonical,
    convert,
    static_ints,
)
from .values import full as fill
from .viewing import fresh, with_ones


@surface(np.array, folds=False)
def array(
    object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", subok: bool = False, ndmin: int = 0
) -> Any:
    """An array of numbers, arrays and traced values in nested sequences, as NumPy's `array` makes it."""
    refuse_order("array", order)
    x = object
    if copy or not (isinstance(x, Traced) and is_array(x)) or not same_dtype(x, dtype):
        v = as_value(x)
        x = fresh(v if dtype is None else convert(v, canonical(dtype)))
        if copy is False and isinstance(object, Traced) and is_array(object):
            raise ValueError("Unable to avoid copy while creating an array as requested.")
    return with_ones(x, (1,) * (ndmin - x.ndim) + x.shape)


@surface(np.asarray, folds=False)
def asarray(a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None) -> Any:
    """`array`; a traced array of the right dtype as it is."""
    return array(a, dtype, order=order or "K", copy=copy)


def _same_array(name: str) -> Any:
    def f(a: Any, dtype: Any = None, *args: Any, **keywords: Any) -> Any:
        x = asarray(a, dtype, order=keywords.get("order"))
        depends_on_layout(x)
        if name == "ascontiguousarray" and not is_contiguous(x):
            return fresh(as_value(x))
        return with_ones(x, (1,)) if name == "ascontiguousarray" and not x.ndim else x

    f.__name__ = name
    f.__doc__ = "`asarray`, as a traced array is C-contiguous in meaning."
    return surface(getattr(np, name), folds=False)(f)


asanyarray = _same_array("asanyarray")
ascontiguousarray = _same_array("ascontiguousarray")


def same_dtype(x: Traced, dtype: Any) -> bool:
    """Whether `x` already has the dtype asked for."""
    return dtype is None or canonical(dtype) is x.dtype


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
        return fresh(fill(dims, number, chosen))

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
    return fresh(broadcast(cast(normal(fill_value), chosen), dims))


@surface(np.full, creates=True)
def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> Any:
    """An array of one value, which may be traced and may be an array that broadcasts."""
    refuse_order("full", order)
    value = normal(fill_value)
    chosen = dtype_argument(dtype) or (value.dtype if isinstance(value, Traced) else result_dtype(value))
    return fresh(broadcast(cast(value, chosen), static_ints(shape, "a shape")))


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


__all__ = [
    "arange",
    "array",
    "asanyarray",
    "asarray",
    "ascontiguousarray",
    "diag_indices",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "identity",
    "indices",
    "ones",
    "ones_like",
    "tri",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]
