"""Keys of indexing: from what stands between the brackets to one item an axis."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..capture.tracer import Traced, known
from ..ir.graph import Const, Value, const
from ..ir.types import BOOL, I64, Dim, Shape, SizeUnknown, is_int
from .core import holds, unsupported
from .spans import is_known, span, static_step
from .values import (
    as_value,
    concrete,
    convert,
)


class New(NamedTuple):
    """`None`: a new axis of length 1."""


class Gap(NamedTuple):
    """An ellipsis: it parts the indices on either side even where it stands for no axis."""


class Slice(NamedTuple):
    """Part of an axis, `start + step·k` for k < count."""

    axis: int
    start: Dim
    step: int
    length: Dim


class At(NamedTuple):
    """One entry of an axis, by a Python int; as it was given, where the length of the axis is a value."""

    axis: int
    place: int


class Array(NamedTuple):
    """Entries of an axis, by an array of int64, or one entry by a traced number."""

    axis: int
    places: Value

    @property
    def is_number(self) -> bool:
        return not self.places.type.shape


class Known(NamedTuple):
    """An index array whose numbers are known now, so that its bounds are checked now."""

    places: Value
    numbers: np.ndarray


def mask_place(key: Any) -> int | None:
    """Where in a key a mask stands that depends on an argument; None if there is none."""
    for i, k in enumerate(key if isinstance(key, tuple) else (key,)):
        if isinstance(k, Traced) and k.dtype is BOOL and k.ndim and known(k) is None:
            return i
    return None


def parse(key: Any, shape: Shape) -> list[Any]:
    entries = [_entry(k) for k in (key if isinstance(key, tuple) else (key,))]
    used = sum(_consumes(e) for e in entries)
    if used > len(shape):
        raise IndexError(
            f"too many indices for array: array is {len(shape)}-dimensional, but {used} were indexed"
        )
    if sum(e is Ellipsis for e in entries) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    if not any(e is Ellipsis for e in entries):
        entries.append(Ellipsis)
    items: list[Any] = []
    axis = 0
    for e in entries:
        for item in _items(e, axis, shape, len(shape) - used):
            items.append(item)
            axis += not isinstance(item, (New, Gap))
    return items


def _entry(k: Any) -> Any:
    """One entry of a key: None, Ellipsis, slice, int, bool array (concrete), or IR value of integers."""
    if k is None or k is Ellipsis:
        return k
    if isinstance(k, slice):
        return slice(*map(_bound, (k.start, k.stop, k.step)))
    if isinstance(k, Traced) and k.dtype is BOOL and k.ndim:
        mask = known(k)  # captured, not an argument: where it is true can be compiled in
        k = k if mask is None else mask
    if isinstance(k, Traced) and k.dtype is BOOL:
        k = concrete(k)
    if isinstance(k, (bool, np.bool_, Traced)) and (not isinstance(k, Traced) or k.dtype is BOOL):
        return _refuse_bool(k)
    if isinstance(k, Traced):
        i = integer_value(as_value(k))
        return int(i.data) if i.__class__ is Const and not i.type.shape else i
    if isinstance(k, np.ndarray) and not k.ndim and k.dtype.kind in "iu":
        return integer_value(as_value(k))
    if isinstance(k, (np.ndarray, list, tuple)):
        return _array_entry(k)
    try:
        return k.__index__()
    except (AttributeError, TypeError):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean "
            f"arrays are valid indices, not {type(k).__name__}"
        ) from None


def _bound(k: Any) -> Any:
    """A bound or step of a slice: None, an int, or an i64 value of shape ()."""
    if k is None or k.__class__ is int:
        return k
    if not isinstance(k, Traced):
        return k.__index__() if hasattr(k, "__index__") else k
    found = known(k)
    if found is not None:
        return found.__index__()
    if k.ndim or k.dtype.kind not in "iu":
        raise TypeError(f"slice indices must be integers or None or have an __index__ method, not {k!r}")
    i = integer_value(as_value(k))
    return int(i.data) if isinstance(i, Const) else i


def _array_entry(k: Any) -> Any:
    if isinstance(k, (list, tuple)) and holds(k):
        return integer_value(as_value(k))
    array = np.asarray(k)
    if isinstance(k, (list, tuple)) and not array.size:
        array = array.astype(np.int64)
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind not in "iu":
        raise IndexError(f"arrays used as indices must be of integer (or boolean) type, not {array.dtype}")
    return Known(convert(as_value(k), I64) if array is k else const(array, I64), array)


def integer_value(v: Value) -> Value:
    if v.dtype.kind not in "iu":
        raise IndexError(f"arrays used as indices must be of integer (or boolean) type, not {v.type}")
    return convert(v, I64)


def _refuse_bool(k: Any) -> Any:
    if isinstance(k, Traced):
        unsupported(
            f"indexing with the traced mask {k!r}, whose number of true elements is only known at run time",
            "choose with np.where(mask, x, fill), or reduce with where=mask",
        )
    return unsupported("indexing with True or False", "use np.newaxis or a slice")


def _consumes(e: Any) -> int:
    """How many axes an entry indexes."""
    if e is None or e is Ellipsis:
        return 0
    return e.ndim if isinstance(e, np.ndarray) else 1


def _items(e: Any, axis: int, shape: Shape, hidden: int) -> list[Any]:
    if e is None:
        return [New()]
    if e is Ellipsis:
        return [Gap(), *(Slice(axis + i, 0, 1, shape[axis + i]) for i in range(hidden))]
    if isinstance(e, slice):
        return [_slice(e, axis, shape[axis])]
    if isinstance(e, int):
        return [At(axis, in_bounds(e, axis, shape[axis]) if is_int(shape[axis]) else e)]
    if isinstance(e, np.ndarray):
        return _mask_items(e, axis, shape)
    if isinstance(e, Known):
        if not is_int(shape[axis]):
            return [Array(axis, e.places)]
        for bad in e.numbers[(e.numbers < -shape[axis]) | (e.numbers >= shape[axis])].flat:
            in_bounds(int(bad), axis, shape[axis])
        return [Array(axis, e.places)]
    return [Array(axis, e)]


def _slice(e: slice, axis: int, n: Dim) -> Slice:
    if is_int(n) and is_known(e.start) and is_known(e.stop) and is_known(e.step):
        start, stop, step = e.indices(n)
        count = len(range(start, stop, step))
        return Slice(axis, start if count else 0, step, count)
    step = static_step(e.step)
    if step == 1 and e.start in (None, 0) and e.stop is None:
        return Slice(axis, 0, 1, n)
    first, length = span(e.start, e.stop, step, n)
    return Slice(axis, first, step, length)


def _mask_items(mask: np.ndarray, axis: int, shape: Shape) -> list[Any]:
    for i, n in enumerate(mask.shape):
        if not is_int(shape[axis + i]):
            raise SizeUnknown(f"a mask of length {n} on an axis whose length the running program knows")
        if n != shape[axis + i]:
            raise IndexError(
                f"boolean index did not match indexed array along axis {axis + i}; size of axis is "
                f"{shape[axis + i]} but size of corresponding boolean axis is {n}"
            )
    return [Array(axis + i, const(k, I64)) for i, k in enumerate(np.nonzero(mask))]


def in_bounds(i: int, axis: int, n: int) -> int:
    """`i` counted from 0; IndexError if the axis has no such entry."""
    if not -n <= i < n:
        raise IndexError(f"index {i} is out of bounds for axis {axis} with size {n}")
    return i + n if i < 0 else i


__all__ = ["Array", "At", "Gap", "Known", "New", "Slice", "in_bounds", "integer_value", "mask_place", "parse"]
