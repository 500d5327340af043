"""Indexing: NumPy's basic and advanced rules, as strided slices and gathers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..capture.tracer import Traced, known
from ..ir.graph import Value, const
from ..ir.types import BOOL, I64
from .core import holds, refuse, surface, unsupported, wrapped
from .values import (
    as_value,
    axis_index,
    broadcast,
    common_shape,
    concrete,
    convert,
    reshape,
    slice_value,
    transpose,
)


class _New(NamedTuple):
    """`None`: a new axis of length 1."""


class _Gap(NamedTuple):
    """An ellipsis: it parts the indices on either side even where it stands for no axis."""


class _Slice(NamedTuple):
    """Part of an axis, `start + step·k` for k < count."""

    axis: int
    start: int
    step: int
    length: int


class _At(NamedTuple):
    """One entry of an axis, by a Python int."""

    axis: int
    place: int


class _Array(NamedTuple):
    """Entries of an axis, by an array of int64."""

    axis: int
    places: Value


class _Known(NamedTuple):
    """An index array whose numbers are known now, so that its bounds are checked now."""

    places: Value
    numbers: np.ndarray


def index(v: Value, key: Any) -> Value:
    """`v[key]` by NumPy's rules; IndexError where NumPy raises it."""
    items = _parse(key, v.type.shape)
    if any(isinstance(item, _Array) for item in items):
        return _advanced(v, items)
    return _basic(v, items)


def _basic(v: Value, items: list[Any]) -> Value:
    parts = [i for i in items if not isinstance(i, (_New, _Gap))]
    start = tuple(p.start if isinstance(p, _Slice) else p.place for p in parts)
    step = tuple(p.step if isinstance(p, _Slice) else 1 for p in parts)
    count = tuple(p.length if isinstance(p, _Slice) else 1 for p in parts)
    out = slice_value(v, start, step, count)
    shape = tuple(1 if isinstance(i, _New) else i.length for i in items if not isinstance(i, (_At, _Gap)))
    return reshape(out, shape)


def _advanced(v: Value, items: list[Any]) -> Value:
    """Slices first, then one gather over the indexed axes; ints count as index arrays here."""
    parts = [i for i in items if not isinstance(i, (_New, _Gap))]
    sliced = [p if isinstance(p, _Slice) else _Slice(p.axis, 0, 1, v.type.shape[p.axis]) for p in parts]
    v = slice_value(
        v, tuple(s.start for s in sliced), tuple(s.step for s in sliced), tuple(s.length for s in sliced)
    )
    picked = [p for p in parts if not isinstance(p, _Slice)]
    arrays = [p.places if isinstance(p, _Array) else const(p.place, I64) for p in picked]
    joint = common_index_shape([a.type.shape for a in arrays])
    axes = [p.axis for p in picked]
    v = transpose(v, (*axes, *(s.axis for s in parts if isinstance(s, _Slice))))
    out = ops.gather(v, *[broadcast(a, joint) for a in arrays])
    return _place(out, items, len(joint))


def _place(out: Value, items: list[Any], rank: int) -> Value:
    """The gathered axes moved to where adjacent indices stood, else in front; new axes put in."""
    picked = [k for k, item in enumerate(items) if isinstance(item, (_At, _Array))]
    adjacent = picked == list(range(picked[0], picked[-1] + 1))
    joint, rest = out.type.shape[:rank], list(out.type.shape[rank:])
    before = 0
    if adjacent:
        before = sum(isinstance(item, _Slice) for item in items[: picked[0]])
        n = out.type.ndim
        out = transpose(out, (*range(rank, rank + before), *range(rank), *range(rank + before, n)))
    shape: list[int] = list(joint) if not adjacent else []
    lengths = iter(rest)
    for k, item in enumerate(items):
        if adjacent and k == picked[0]:
            shape += joint
        if isinstance(item, _New):
            shape.append(1)
        elif isinstance(item, _Slice):
            shape.append(next(lengths))
    return reshape(out, tuple(shape))


def common_index_shape(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape to which index arrays broadcast; IndexError if they do not."""
    try:
        return common_shape(shapes)
    except ValueError:
        listed = " ".join(map(str, shapes))
        raise IndexError(
            f"shape mismatch: indexing arrays could not be broadcast together with shapes {listed}"
        ) from None


# From a key to one item an axis


def _parse(key: Any, shape: tuple[int, ...]) -> list[Any]:
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
            axis += not isinstance(item, (_New, _Gap))
    return items


def _entry(k: Any) -> Any:
    """One entry of a key: None, Ellipsis, slice, int, bool array (concrete), or IR value of integers."""
    if k is None or k is Ellipsis or isinstance(k, slice):
        return k
    if isinstance(k, Traced) and k.dtype is BOOL and k.ndim:
        mask = known(k)  # captured, not an argument: where it is true can be compiled in
        k = k if mask is None else mask
    if isinstance(k, Traced) and k.dtype is BOOL:
        k = concrete(k)
    if isinstance(k, (bool, np.bool_, Traced)) and (not isinstance(k, Traced) or k.dtype is BOOL):
        return _refuse_bool(k)
    if isinstance(k, Traced):
        return _integer_value(as_value(k))
    if isinstance(k, np.ndarray) and not k.ndim and k.dtype.kind in "iu":
        return _integer_value(as_value(k))
    if isinstance(k, (np.ndarray, list, tuple)):
        return _array_entry(k)
    try:
        return k.__index__()
    except (AttributeError, TypeError):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean "
            f"arrays are valid indices, not {type(k).__name__}"
        ) from None


def _array_entry(k: Any) -> Any:
    if isinstance(k, (list, tuple)) and holds(k):
        return _integer_value(as_value(k))
    array = np.asarray(k)
    if isinstance(k, (list, tuple)) and not array.size:
        array = array.astype(np.int64)
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind not in "iu":
        raise IndexError(f"arrays used as indices must be of integer (or boolean) type, not {array.dtype}")
    return _Known(convert(as_value(k if array is k else array), I64), array)


def _integer_value(v: Value) -> Value:
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


def _items(e: Any, axis: int, shape: tuple[int, ...], hidden: int) -> list[Any]:
    if e is None:
        return [_New()]
    if e is Ellipsis:
        return [_Gap(), *(_Slice(axis + i, 0, 1, shape[axis + i]) for i in range(hidden))]
    if isinstance(e, slice):
        start, stop, step = e.indices(shape[axis])
        count = len(range(start, stop, step))
        return [_Slice(axis, start if count else 0, step, count)]
    if isinstance(e, int):
        return [_At(axis, in_bounds(e, axis, shape[axis]))]
    if isinstance(e, np.ndarray):
        return _mask_items(e, axis, shape)
    if isinstance(e, _Known):
        for bad in e.numbers[(e.numbers < -shape[axis]) | (e.numbers >= shape[axis])].flat:
            in_bounds(int(bad), axis, shape[axis])
        return [_Array(axis, e.places)]
    return [_Array(axis, e)]


def _mask_items(mask: np.ndarray, axis: int, shape: tuple[int, ...]) -> list[Any]:
    for i, n in enumerate(mask.shape):
        if n != shape[axis + i]:
            raise IndexError(
                f"boolean index did not match indexed array along axis {axis + i}; size of axis is "
                f"{shape[axis + i]} but size of corresponding boolean axis is {n}"
            )
    return [_Array(axis + i, const(k, I64)) for i, k in enumerate(np.nonzero(mask))]


def in_bounds(i: int, axis: int, n: int) -> int:
    """`i` counted from 0; IndexError if the axis has no such entry."""
    if not -n <= i < n:
        raise IndexError(f"index {i} is out of bounds for axis {axis} with size {n}")
    return i + n if i < 0 else i


@surface(methods=("__getitem__",), name="ndarray.__getitem__")
def _getitem(x: Any, key: Any) -> Any:
    """Basic indexing, and indexing with integer arrays (traced ones too) and concrete boolean masks."""
    return wrapped(index(as_value(x), key))


@surface(np.take, methods=("take",))
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """Entries along an axis, or of the flattened array; out of range: IndexError, wrapped or clipped."""
    refuse("take", out=out)
    v = as_value(a)
    if axis is None:
        v, axis = reshape(v, (v.type.size,)), 0
    axis = axis_index(axis, v.type.ndim)
    picked = _bounded(_integer_value(as_value(indices)), v.type.shape[axis], mode)
    key = indices if mode == "raise" else wrapped(picked)
    return wrapped(index(v, (*[slice(None)] * axis, key)))


def _bounded(i: Value, n: int, mode: str) -> Value:
    if mode == "raise":
        return i
    if mode == "wrap":
        return ops.remainder(i, const(n, I64))
    if mode == "clip":
        return ops.minimum(ops.maximum(i, const(0, I64)), const(n - 1, I64))
    raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")


@surface(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """Entries along an axis, one index array entry for each place of the other axes."""
    v, i = as_value(arr), _integer_value(as_value(indices))
    if axis is None:
        v, axis = reshape(v, (v.type.size,)), 0
    if i.type.ndim != v.type.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    axis = axis_index(axis, v.type.ndim)
    others = [n if k != axis else 1 for k, n in enumerate(v.type.shape)]
    shape = common_index_shape([i.type.shape, tuple(others)])
    keys = [
        broadcast(i, shape) if k == axis else ops.iota(shape=shape, axis=k, dtype=I64)
        for k in range(v.type.ndim)
    ]
    return wrapped(ops.gather(v, *keys))


@surface(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """Entries along an axis where a concrete condition of bools holds."""
    refuse("compress", out=out)
    return take(a, np.flatnonzero(_concrete(condition, "compress")), axis)


@surface(methods=("compress",), name="ndarray.compress")
def _compress_method(x: Any, condition: Any, axis: Any = None, out: Any = None) -> Any:
    """`x.compress(condition, axis)`."""
    return compress(condition, x, axis, out)


@surface(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """Elements of the flattened array where a concrete condition holds."""
    return take(arr, np.flatnonzero(_concrete(condition, "extract")))


def _concrete(x: Any, what: str) -> np.ndarray:
    x = concrete(x)
    if holds(x):
        unsupported(
            f"{what} with a traced condition, whose number of true elements is unknown", "use np.where"
        )
    return np.asarray(x)


__all__ = ["common_index_shape", "compress", "extract", "in_bounds", "index", "take", "take_along_axis"]
