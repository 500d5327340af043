"""Splitting, repeating and choosing entries: split, tile, repeat, delete, insert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..capture.tracer import Traced
from ..ir.graph import Value, const
from ..ir.types import I64
from .core import holds, surface, unsupported, wrapped
from .indexing import index
from .keys import in_bounds
from .values import (
    as_value,
    axis_index,
    broadcast,
    concrete,
    convert,
    reshape,
    slice_axis,
    static_int,
    static_ints,
)
from .values import concatenate as join
from .viewing import handle, sliced_axis, with_ones


def _cut(x: Traced, bounds: list[int], axis: int) -> list[Any]:
    n = x.shape[axis]
    edges = [slice(a, b).indices(n)[:2] for a, b in zip([0, *bounds], [*bounds, n])]
    return [sliced_axis(x, axis, min(a, n), 1, max(b - a, 0)) for a, b in edges]


def _sections(n: int, sections: int) -> list[int]:
    """Where NumPy cuts n entries into nearly equal sections: the first ones are longer."""
    if sections <= 0:
        raise ValueError("number sections must be larger than 0.")
    size, longer = divmod(n, sections)
    return [k * size + min(k, longer) for k in range(1, sections)]


@surface(np.array_split, folds=False)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Consecutive parts along an axis, as nearly equal as possible, or cut at the given indices."""
    x = handle(ary)
    axis = axis_index(axis, x.ndim)
    indices_or_sections = concrete(indices_or_sections)
    if np.ndim(indices_or_sections):
        return _cut(x, list(static_ints(indices_or_sections, "a split index")), axis)
    sections = static_int(indices_or_sections, "the number of sections")
    return _cut(x, _sections(x.shape[axis], sections), axis)


@surface(np.split, folds=False)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Consecutive parts along an axis, all equal, or cut at the given indices."""
    x = handle(ary)
    indices_or_sections = concrete(indices_or_sections)
    if not np.ndim(indices_or_sections):
        sections = static_int(indices_or_sections, "the number of sections")
        if x.shape[axis_index(axis, x.ndim)] % sections:
            raise ValueError("array split does not result in an equal division")
    return array_split(x, indices_or_sections, axis)


def _splitter(name: str, rank: int, axis_of: Callable[[int], int]) -> Any:
    def f(ary: Any, indices_or_sections: Any) -> list[Any]:
        x = handle(ary)
        if x.ndim < rank:
            raise ValueError(f"{name} only works on arrays of {rank} or more dimensions")
        return split(x, indices_or_sections, axis_of(x.ndim))

    f.__name__ = name
    f.__doc__ = f"`split` along the axis that {name} is named for."
    return surface(getattr(np, name), folds=False)(f)


hsplit = _splitter("hsplit", 1, lambda ndim: 1 if ndim > 1 else 0)
vsplit = _splitter("vsplit", 2, lambda ndim: 0)
dsplit = _splitter("dsplit", 3, lambda ndim: 2)


@surface(*((np.unstack,) if hasattr(np, "unstack") else ()), folds=False)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The entries along an axis, as a tuple."""
    x = handle(x)
    axis = axis_index(axis, x.ndim)
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    return tuple(with_ones(sliced_axis(x, axis, i, 1, 1), shape) for i in range(x.shape[axis]))


# Repetition


@surface(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """The array repeated as a whole, `reps[i]` times along axis i."""
    v = as_value(A)
    counts = static_ints(reps, "a number of repetitions")
    rank = max(len(counts), v.type.ndim)
    counts = (1,) * (rank - len(counts)) + counts
    shape = (1,) * (rank - v.type.ndim) + v.type.shape
    doubled = tuple(n for pair in zip((1,) * rank, shape) for n in pair)
    repeated = tuple(n for pair in zip(counts, shape) for n in pair)
    return wrapped(
        reshape(broadcast(reshape(v, doubled), repeated), tuple(c * n for c, n in zip(counts, shape)))
    )


@surface(np.repeat, methods=("repeat",))
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Each entry along an axis repeated: all as often, or each by its own concrete count."""
    v = as_value(a)
    if axis is None:
        v, axis = reshape(v, (v.type.size,)), 0
    axis = axis_index(axis, v.type.ndim)
    shape = v.type.shape
    counts = static_ints(repeats, "a number of repetitions")
    if any(c < 0 for c in counts):
        raise ValueError("repeats may not contain negative values.")
    if len(counts) == 1:
        (c,) = counts
        v = broadcast(
            reshape(v, (*shape[: axis + 1], 1, *shape[axis + 1 :])),
            (*shape[: axis + 1], c, *shape[axis + 1 :]),
        )
        return wrapped(reshape(v, (*shape[:axis], shape[axis] * c, *shape[axis + 1 :])))
    if len(counts) != shape[axis]:
        raise ValueError(
            f"operands could not be broadcast together with shape ({shape[axis]},) ({len(counts)},)"
        )
    return wrapped(pick(v, np.repeat(np.arange(shape[axis]), counts), axis))


# Static choices along an axis


def pick(v: Value, indices: np.ndarray, axis: int) -> Value:
    """The entries of `v` at known `indices` along an axis: few runs as slices, many as a gather."""
    runs = _runs(indices.tolist())
    if len(runs) <= 8:
        return join([_run(v, axis, *run) for run in runs] or [slice_axis(v, axis, 0, 1, 0)], axis)
    return index(v, (*[slice(None)] * axis, wrapped(const(indices, I64))))


def _run(v: Value, axis: int, start: int, step: int, count: int) -> Value:
    if step or count == 1:
        return slice_axis(v, axis, start, step or 1, count)
    shape = v.type.shape
    return broadcast(slice_axis(v, axis, start, 1, 1), (*shape[:axis], count, *shape[axis + 1 :]))


def _runs(indices: list[int]) -> list[tuple[int, int, int]]:
    """An index sequence as (start, step, count) of arithmetic runs, greedily."""
    runs: list[tuple[int, int, int]] = []
    k = 0
    while k < len(indices):
        end = k + 1
        step = indices[end] - indices[k] if end < len(indices) else 1
        while end < len(indices) and indices[end] - indices[end - 1] == step:
            end += 1
        if end - k == 2 and abs(step) > 1:
            end = k + 1  # two far apart are no run: the second may begin a better one
        runs.append((indices[k], step if end - k > 1 else 1, end - k))
        k = end
    return runs


@surface(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    """Without the entries that `obj` (int, slice, concrete integers or mask) names along an axis."""
    v = as_value(arr)
    if axis is None:
        v, axis = reshape(v, (v.type.size,)), 0
    axis = axis_index(axis, v.type.ndim)
    obj = concrete(obj)
    if isinstance(obj, Traced):
        unsupported("delete at a traced index", "choose with np.where")
    if isinstance(obj, (tuple, list)) and holds(obj):
        obj = list(static_ints(obj, "an index"))
    return wrapped(pick(v, np.delete(np.arange(v.type.shape[axis]), obj), axis))


@surface(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """With `values` before the entry that the integer `obj` names along an axis."""
    v = as_value(arr)
    if axis is None:
        v, axis = reshape(v, (v.type.size,)), 0
    axis = axis_index(axis, v.type.ndim)
    obj = concrete(obj)
    if isinstance(obj, (Traced, slice)) or np.ndim(obj):
        unsupported(f"insert at {obj!r}", "insert at an integer, or use np.concatenate")
    n = v.type.shape[axis]
    at = n if obj == n else in_bounds(obj.__index__(), axis, n)
    new = convert(as_value(values), v.dtype)
    shape = v.type.shape
    if not new.type.ndim:
        count = 1
    elif new.type.ndim == v.type.ndim:
        count = new.type.shape[axis]
    else:
        count = new.type.shape[0] if v.type.ndim == 1 else 1
    new = broadcast(new, (*shape[:axis], count, *shape[axis + 1 :]))
    return wrapped(join([slice_axis(v, axis, 0, 1, at), new, slice_axis(v, axis, at, 1, n - at)], axis))


__all__ = [
    "array_split",
    "delete",
    "dsplit",
    "hsplit",
    "insert",
    "pick",
    "repeat",
    "split",
    "tile",
    "unstack",
    "vsplit",
]
