"""Indexing: NumPy's basic and advanced rules, as strided slices and gathers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..ir.graph import Value, const
from ..ir.types import I64
from .core import holds, refuse, surface, unsupported, wrapped
from .keys import Array, At, Gap, New, Slice, integer_value, parse
from .values import (
    as_value,
    axis_index,
    broadcast,
    common_shape,
    concrete,
    reshape,
    slice_value,
    transpose,
)


def index(v: Value, key: Any) -> Value:
    """`v[key]` by NumPy's rules; IndexError where NumPy raises it."""
    items = parse(key, v.type.shape)
    if any(isinstance(item, Array) for item in items):
        return _advanced(v, items)
    return _basic(v, items)


def _basic(v: Value, items: list[Any]) -> Value:
    parts = [i for i in items if not isinstance(i, (New, Gap))]
    start = tuple(p.start if isinstance(p, Slice) else p.place for p in parts)
    step = tuple(p.step if isinstance(p, Slice) else 1 for p in parts)
    count = tuple(p.length if isinstance(p, Slice) else 1 for p in parts)
    out = slice_value(v, start, step, count)
    shape = tuple(1 if isinstance(i, New) else i.length for i in items if not isinstance(i, (At, Gap)))
    return reshape(out, shape)


def _advanced(v: Value, items: list[Any]) -> Value:
    """Slices first, then one gather over the indexed axes; ints count as index arrays here."""
    parts = [i for i in items if not isinstance(i, (New, Gap))]
    sliced = [p if isinstance(p, Slice) else Slice(p.axis, 0, 1, v.type.shape[p.axis]) for p in parts]
    v = slice_value(
        v, tuple(s.start for s in sliced), tuple(s.step for s in sliced), tuple(s.length for s in sliced)
    )
    picked = [p for p in parts if not isinstance(p, Slice)]
    arrays = [p.places if isinstance(p, Array) else const(p.place, I64) for p in picked]
    joint = common_index_shape([a.type.shape for a in arrays])
    axes = [p.axis for p in picked]
    v = transpose(v, (*axes, *(s.axis for s in parts if isinstance(s, Slice))))
    out = ops.gather(v, *[broadcast(a, joint) for a in arrays])
    return _place(out, items, len(joint))


def _place(out: Value, items: list[Any], rank: int) -> Value:
    """The gathered axes moved to where adjacent indices stood, else in front; new axes put in."""
    picked = [k for k, item in enumerate(items) if isinstance(item, (At, Array))]
    adjacent = picked == list(range(picked[0], picked[-1] + 1))
    joint, rest = out.type.shape[:rank], list(out.type.shape[rank:])
    before = 0
    if adjacent:
        before = sum(isinstance(item, Slice) for item in items[: picked[0]])
        n = out.type.ndim
        out = transpose(out, (*range(rank, rank + before), *range(rank), *range(rank + before, n)))
    shape: list[int] = list(joint) if not adjacent else []
    lengths = iter(rest)
    for k, item in enumerate(items):
        if adjacent and k == picked[0]:
            shape += joint
        if isinstance(item, New):
            shape.append(1)
        elif isinstance(item, Slice):
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
    picked = _bounded(integer_value(as_value(indices)), v.type.shape[axis], mode)
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
    v, i = as_value(arr), integer_value(as_value(indices))
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


__all__ = ["common_index_shape", "compress", "extract", "index", "take", "take_along_axis"]
