"""Creation: arrays of constants, of nested sequences, and like others."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import ops
from ..capture.handles import depends_on_layout, is_array, is_contiguous
from ..capture.trace import tracing
from ..capture.tracer import Traced
from ..ir.graph import Value, const
from ..ir.types import I64, Shape
from .core import holds, refuse_order, surface
from .lengths import dims, fitting, is_open, shown
from .promotion import cast, dtype_argument, normal, result_dtype
from .spans import as_start, steps
from .values import (
    as_value,
    broadcast,
    canonical,
    convert,
    static_ints,
)
from .values import full as fill
from .viewing import fresh, with_ones


@surface(np.array, folds=False, open=True)
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
    return with_ones(x, (1,) * (ndmin - x.ndim) + x.type.shape)


@surface(np.asarray, folds=False, open=True)
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
    return surface(getattr(np, name), folds=False, open=True)(f)


asanyarray = _same_array("asanyarray")
ascontiguousarray = _same_array("ascontiguousarray")


def same_dtype(x: Traced, dtype: Any) -> bool:
    """Whether `x` already has the dtype asked for."""
    return dtype is None or canonical(dtype) is x.dtype


def _like(a: Any, dtype: Any, order: Any, shape: Any) -> tuple[np.dtype, tuple[int, ...]]:
    refuse_order("an array creation function", order)
    v = as_value(a)
    return dtype_argument(dtype) or v.dtype, v.type.shape if shape is None else dims(shape, "a shape")


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
        chosen, lengths = _like(a, dtype, order, shape)
        return fresh(fill(lengths, number, chosen))

    f.__name__ = name
    f.__doc__ = f"An array of {number}s with the shape and dtype of another."
    return surface(getattr(np, name), folds=name != "empty_like", open=True)(f)


def _cleared(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, whose arrays have what was in memory, with zeros in a trace: there, that would be a constant."""

    @wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        out = f(*args, **kwargs)
        if isinstance(out, np.ndarray) and out.dtype.kind in "biufc" and tracing():
            out.fill(0)
        return out

    return call


zeros_like = _constant_like("zeros_like", 0)
ones_like = _constant_like("ones_like", 1)
empty_like = _cleared(_constant_like("empty_like", 0))


@surface(np.full_like, open=True)
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
    chosen, lengths = _like(a, dtype, order, shape)
    return fresh(_filled(cast(normal(fill_value), chosen), lengths))


@surface(np.full, creates=True, open=True)
def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> Any:
    """An array of one value, which may be traced and may be an array that broadcasts."""
    refuse_order("full", order)
    value = normal(fill_value)
    chosen = dtype_argument(dtype) or (value.dtype if isinstance(value, Traced) else result_dtype(value))
    return fresh(_filled(cast(value, chosen), dims(shape, "a shape")))


def _filled(v: Value, shape: Shape) -> Value:
    """`v` broadcast to `shape`, whose lengths may be values of the program."""
    text = f"could not broadcast input array from shape {shown(v.type.shape)} into shape {shown(shape)}"
    if v.type.dims or is_open(shape):
        v = fitting(v, dict(enumerate(reversed(shape))), text)
    return broadcast(v, shape)


def _size_function(name: str) -> Any:
    """A creation function whose arguments are all sizes: NumPy's, with a clear error for traced ones."""
    original = getattr(np, name)
    make = np.zeros if name == "empty" else original

    def f(*args: Any, **kwargs: Any) -> Any:
        if name in OPEN and (holds(args) or holds(tuple(kwargs.values()))):
            found = OPEN[name](*args, **kwargs)
            if found is not None:
                return found
        what = f"an argument of {name}"
        args = tuple(_size(a, what) for a in args)
        return make(*args, **{key: _size(a, what) for key, a in kwargs.items()})

    f.__name__ = name
    f.__doc__ = f"`numpy.{name}`: an array of static size, hence a constant."
    return surface(original, creates=True, open=True)(f)


def _size(a: Any, what: str) -> Any:
    """An argument with the numbers of traced values that depend on no argument."""
    if not isinstance(a, (Traced, tuple, list)) or not holds(a):
        return a
    sizes = static_ints(a, what)
    return sizes[0] if isinstance(a, Traced) and not a.ndim else sizes


def _filled_with(number: int) -> Any:
    """`zeros` or `ones` of a shape with traced ints; None if they are known."""

    def f(shape: Any, dtype: Any = float, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
        lengths = dims(shape, "a shape")
        refuse_order("an array creation function", order)
        return (
            fresh(fill(lengths, number, canonical(float if dtype is None else dtype)))
            if is_open(lengths)
            else None
        )

    return f


def _arange(*args: Any, dtype: Any = None, device: Any = None, like: Any = None, **ends: Any) -> Any:
    """`arange` of traced ints; None if they are known, or if there are others."""
    if ends or len(args) > 3 or not all(_is_integer(a) for a in args):
        return None
    low, high, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
    if isinstance(step, Traced) or not (isinstance(low, Traced) or isinstance(high, Traced)):
        return None
    start, length = steps(low, high, int(step))
    if length.__class__ is int and not isinstance(start, Value):
        return None
    v = ops.iota(shape=(length,), axis=0, dtype=I64)
    v = v if step == 1 else ops.mul(v, const(int(step), I64))
    v = ops.add(v, as_start(start)) if isinstance(start, Value) or start else v
    return fresh(convert(v, I64 if dtype is None else canonical(dtype)))


def _is_integer(a: Any) -> bool:
    if isinstance(a, Traced):
        return not a.ndim and a.dtype.kind in "iu"
    return isinstance(a, (int, np.integer))


def _eye(N: Any, M: Any = None, k: int = 0, dtype: Any = float, order: str = "C", **rest: Any) -> Any:
    """`eye` of traced ints; None if they are known."""
    shape = dims((N, N if M is None else M), "a size")
    if not is_open(shape) or rest or isinstance(k, Traced):
        return None
    row, column = (ops.iota(shape=shape, axis=a, dtype=I64) for a in (0, 1))
    return fresh(convert(ops.eq(ops.add(row, const(k, I64)), column), canonical(dtype)))


OPEN: dict[str, Any] = {
    "zeros": _filled_with(0),
    "ones": _filled_with(1),
    "empty": _filled_with(0),
    "arange": _arange,
    "eye": _eye,
    "identity": lambda n, dtype=float: _eye(n, dtype=dtype),
}

zeros, ones, empty, eye, identity, tri, arange = map(
    _size_function, ("zeros", "ones", "empty", "eye", "identity", "tri", "arange")
)
empty = _cleared(empty)
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
