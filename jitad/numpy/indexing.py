"""Indexing: NumPy's basic and advanced rules, as strided slices and gathers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..capture import views
from ..capture.constants import folded
from ..capture.trace import current_trace
from ..capture.tracer import Traced
from ..ir.graph import Value, const
from ..ir.types import I64, Dim, Shape, is_int
from .core import holds, refuse, surface, unsupported, wrapped
from .keys import Array, At, Gap, New, Slice, integer_value, mask_place, parse
from .lengths import agreeing, moved, volume
from .spans import as_start, place
from .values import (
    as_value,
    axis_index,
    broadcast,
    common_shape,
    concrete,
    reshape,
)

Step = Any


def index(v: Value, key: Any) -> Value:
    """`v[key]` by NumPy's rules; IndexError where NumPy raises it."""
    return views.read(v, steps_to(v.type.shape, key)[0])


def steps_to(shape: Shape, key: Any) -> tuple[list[Step], bool]:
    """The steps from an array of `shape` to `[key]`, and whether NumPy makes a view of it."""
    items = parse(key, shape)
    if any(isinstance(item, Array) and not item.is_number for item in items):
        return _advanced(shape, items), False
    if any(isinstance(item, Array) for item in items) and _is_row(shape, items):
        return _picked(shape, items), True
    return _basic(shape, items), True


def _is_row(shape: Shape, items: list[Any]) -> bool:
    """Whether numbers name all axes or the first ones, and no slice moves: the others are windows."""
    if any(_moves(item, shape) for item in items):
        return False
    axes = [item.axis for item in items if isinstance(item, (At, Array))]
    return len(axes) == len(shape) or axes == list(range(len(axes)))


def _moves(item: Any, shape: Shape) -> bool:
    """Whether a slice begins or ends where the running program says."""
    if not isinstance(item, Slice):
        return False
    whole = item.length is shape[item.axis] and is_int(item.start) and item.start == 0 and item.step == 1
    return not (whole or (is_int(item.start) and is_int(item.length)))


def _basic(shape: Shape, items: list[Any]) -> list[Step]:
    parts = [i for i in items if not isinstance(i, (New, Gap))]
    start = tuple(p.start if isinstance(p, Slice) else _place(p, shape) for p in parts)
    step = tuple(p.step if isinstance(p, Slice) else 1 for p in parts)
    count = tuple(p.length if isinstance(p, Slice) else 1 for p in parts)
    out = tuple(1 if isinstance(i, New) else i.length for i in items if not isinstance(i, (At, Array, Gap)))
    return [part(start, step, count, shape), views.Reshape(out, count)]


def _place(item: At | Array, shape: Shape) -> Dim:
    """Where on its axis the entry is that a number names."""
    n = shape[item.axis]
    if isinstance(item, At):
        return item.place if is_int(n) else place(item.place, item.axis, n)
    return place(item.places, item.axis, n)


def part(start: Shape, step: tuple[int, ...], count: Shape, shape: Shape) -> Step:
    """The step to evenly spaced elements of an array of `shape`."""
    ints = all(map(is_int, start)) and all(is_int(n) or n is m for n, m in zip(count, shape))
    if ints and all(is_int(n) or (at == 0 and by == 1) for n, at, by in zip(count, start, step)):
        return views.Slice(start, step, count)
    return views.Window(tuple(map(as_start, start)), step, count)


def _picked(shape: Shape, items: list[Any]) -> list[Step]:
    """Numbers first, some of them traced; then slices of what is left."""
    picked = [i for i in items if isinstance(i, (At, Array))]
    numbers = tuple(p.places if isinstance(p, Array) else const(p.place, I64) for p in picked)
    others = [i for i in items if not isinstance(i, (At, Array))]
    return [views.Pick(numbers), *_basic(shape[len(picked) :], others)]


def _advanced(shape: Shape, items: list[Any]) -> list[Step]:
    """Slices first, then one gather over the indexed axes; ints count as index arrays here."""
    parts = [i for i in items if not isinstance(i, (New, Gap))]
    sliced = [p if isinstance(p, Slice) else Slice(p.axis, 0, 1, shape[p.axis]) for p in parts]
    inner = tuple(s.length for s in sliced)
    picked = [p for p in parts if not isinstance(p, Slice)]
    arrays = [p.places if isinstance(p, Array) else const(p.place, I64) for p in picked]
    arrays = agreeing(arrays)
    joint = common_index_shape([a.type.shape for a in arrays])
    axes = (*[p.axis for p in picked], *(s.axis for s in parts if isinstance(s, Slice)))
    found = joint + tuple(inner[a] for a in axes[len(picked) :])
    return [
        part(tuple(s.start for s in sliced), tuple(s.step for s in sliced), inner, shape),
        views.Transpose(axes),
        views.Pick(tuple(broadcast(a, joint) for a in arrays)),
        *_placed(found, items, len(joint)),
    ]


def _placed(found: Shape, items: list[Any], rank: int) -> list[Step]:
    """The gathered axes moved to where adjacent indices stood, else in front; new axes put in."""
    picked = [k for k, item in enumerate(items) if isinstance(item, (At, Array))]
    adjacent = picked == list(range(picked[0], picked[-1] + 1))
    joint, rest = found[:rank], found[rank:]
    steps: list[Step] = []
    if adjacent:
        before = sum(isinstance(item, Slice) for item in items[: picked[0]])
        axes = (*range(rank, rank + before), *range(rank), *range(rank + before, len(found)))
        steps.append(views.Transpose(axes))
        found = tuple(found[a] for a in axes)
    shape: list[int] = list(joint) if not adjacent else []
    lengths = iter(rest)
    for k, item in enumerate(items):
        if adjacent and k == picked[0]:
            shape += joint
        if isinstance(item, New):
            shape.append(1)
        elif isinstance(item, Slice):
            shape.append(next(lengths))
    return [*steps, views.Reshape(tuple(shape), found)]


def common_index_shape(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape to which index arrays broadcast; IndexError if they do not."""
    try:
        return common_shape(shapes)
    except ValueError:
        listed = " ".join(map(str, shapes))
        raise IndexError(
            f"shape mismatch: indexing arrays could not be broadcast together with shapes {listed}"
        ) from None


@surface(methods=("__getitem__",), name="ndarray.__getitem__", folds=False, open=True)
def _getitem(x: Any, key: Any) -> Any:
    """Basic indexing, a view; indexing with integer arrays (traced ones too) and concrete masks, a copy."""
    if x.state is not None and x.state.number is not None:
        found = folded(np.ndarray.__getitem__, (x, key), {})
        if not (isinstance(found, Traced) or found is NotImplemented):
            return found
    masked = mask_place(key)
    if masked is not None:
        from .selected import select_elements

        return select_elements(x, key, masked)
    steps, is_view = steps_to(x.type.shape, key)
    if is_view and (has_ellipsis(key) or views.type_after(x.type, steps).shape):
        return views.viewed(x, steps, current_trace())
    return wrapped(views.read(as_value(x), steps))


def has_ellipsis(key: Any) -> bool:
    """Whether a key has an ellipsis, which makes even a single element an array."""
    return key is Ellipsis or (key.__class__ is tuple and any(k is Ellipsis for k in key))


@surface(np.take, methods=("take",), open=True)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """Entries along an axis, or of the flattened array; out of range: IndexError, wrapped or clipped."""
    refuse("take", out=out)
    v = as_value(a)
    if axis is None:
        v, axis = reshape(v, (volume(v.type.shape),)), 0
    axis = axis_index(axis, v.type.ndim)
    picked = bounded(integer_value(as_value(indices)), v.type.shape[axis], mode)
    key = indices if mode == "raise" else wrapped(picked)
    return wrapped(index(v, (*[slice(None)] * axis, key)))


def bounded(i: Value, n: Dim, mode: str) -> Value:
    """Indices as NumPy's `mode` brings them into range: "raise" leaves them, "wrap", "clip"."""
    if mode == "raise":
        return i
    if mode == "wrap":
        return ops.remainder(i, as_start(n))
    if mode == "clip":
        return ops.minimum(ops.maximum(i, const(0, I64)), as_start(moved(n, -1)))
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


__all__ = [
    "bounded",
    "common_index_shape",
    "compress",
    "extract",
    "has_ellipsis",
    "index",
    "part",
    "steps_to",
    "take",
    "take_along_axis",
]
