"""Views and pieces: which equations are index arithmetic, and where they read their operands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value, dims_of
from ..ir.types import is_int, likely
from ..ops.lowering import Dot, Piece, Piecewise, Reshape, View, Window, WindowInto
from ..opt.affine import Forms
from .edges import edge, form, minus, moved, plus
from .index import Index, Ix, fixed


def is_unit_reshape(eqn: Eqn) -> bool:
    """Whether an equation is a reshape that only adds or removes axes of length 1."""
    if not isinstance(eqn.op.lowering, Reshape):
        return False
    old, new = eqn.operands[0].shape, eqn.results[0].shape
    return [d for d in old if d != 1] == [d for d in new if d != 1]


def unit_reshape_index(eqn: Eqn, index: Index) -> Index:
    """The operand's index for a reshape that only adds or removes axes of length 1."""
    kept = iter([ix for ix, extent in zip(index, eqn.results[0].shape) if extent != 1])
    return tuple(Ix(-1, 0, 0) if extent == 1 else next(kept) for extent in eqn.operands[0].shape)


def is_transpose(eqn: Eqn) -> bool:
    """Whether an equation only permutes axes."""
    return isinstance(eqn.op.lowering, View) and set(eqn.attrs) == {"axes"}


def view_index(eqn: Eqn, index: Index) -> Index:
    """The index of a view's operand, given the result's."""
    lowering = eqn.op.lowering
    if isinstance(lowering, View):
        return lowering.index(eqn, index)
    if isinstance(lowering, Window):
        return window_index(eqn.operands[1:], eqn.attrs["step"], index)
    return unit_reshape_index(eqn, index)


def window_index(starts: Sequence[Value], step: Sequence[int], index: Index) -> Index:
    """Where a window lies: `start + step * index`, per axis."""
    return tuple(ix.affine(by, 0).plus(start) for ix, by, start in zip(index, step, starts))


def is_view(eqn: Eqn) -> bool:
    lowering = eqn.op.lowering
    return isinstance(lowering, View | Window) or is_unit_reshape(eqn)


def parts(forms: Forms, eqn: Eqn) -> list[Piece] | None:
    """The pieces with unit steps that a result is made of, where they are known before the loops; else None.

    A window is such a piece where it begins at a place that the sizes of its array say.
    """
    lowering = eqn.op.lowering
    if isinstance(lowering, WindowInto):
        return _window_parts(forms, eqn, lowering.add)
    if not isinstance(lowering, Piecewise):
        return None
    found: list[Piece] = lowering.pieces(eqn)
    if any(abs(s) != 1 for p in found for s in p.step):
        return None
    if not dims_of(eqn):
        return found
    if all(map(is_int, eqn.results[0].shape)):
        return None
    return [replace(p, count=_edges(forms, p.count)) for p in found]


def _window_parts(forms: Forms, eqn: Eqn, add: bool) -> list[Piece] | None:
    base, update, *starts = eqn.operands
    if not base.type.dims or any(abs(s) != 1 for s in eqn.attrs["step"]):
        return None
    places, shape = _edges(forms, starts), _edges(forms, base.shape)
    for at, extent in zip(places, shape):
        if not {v for v, _ in form(at).terms} <= {v for v, _ in form(extent).terms}:
            return None
    whole = Piece(0, (0,) * base.ndim, (1,) * base.ndim, shape)
    return [Piece(1, places, eqn.attrs["step"], _edges(forms, update.shape), add=add), whole]


def _edges(forms: Forms, dims: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(edge(forms, d) for d in dims)


def piece_bounds(piece: Piece) -> list[tuple[Any, Any]]:
    """The half-open interval of result indices that a piece with unit steps covers, per axis."""
    spans = zip(piece.lo, piece.step, piece.count)
    return [
        (lo, plus(lo, count)) if step > 0 else (plus(minus(lo, count), 1), plus(lo, 1))
        for lo, step, count in spans
    ]


def piece_index(piece: Piece, index: Index) -> Index:
    """The operand's index of a piece with unit steps, given the result's."""
    return tuple(moved(ix, minus(0, lo)).affine(step, 0) for ix, step, lo in zip(index, piece.step, piece.lo))


def contract_indices(eqn: Eqn, axes: Index) -> tuple[Index, Index]:
    """Indices of a product's operands over the axes (batch, lhs free, rhs free, contracted)."""
    x, y = eqn.operands
    (cx, cy), (bx, by) = eqn.attrs["contract"], eqn.attrs["batch"]
    free_x = [a for a in range(x.ndim) if a not in cx and a not in bx]
    free_y = [a for a in range(y.ndim) if a not in cy and a not in by]
    batch, rest = axes[: len(bx)], axes[len(bx) :]
    fx, fy, k = (
        rest[: len(free_x)],
        rest[len(free_x) : len(free_x) + len(free_y)],
        rest[len(free_x) + len(free_y) :],
    )
    index_x = dict(zip(bx, batch)) | dict(zip(free_x, fx)) | dict(zip(cx, k))
    index_y = dict(zip(by, batch)) | dict(zip(free_y, fy)) | dict(zip(cy, k))
    return tuple(index_x[a] for a in range(x.ndim)), tuple(index_y[a] for a in range(y.ndim))


def contracted(eqn: Eqn) -> int:
    """How many terms each element of a product sums; about, where that is known only when it runs."""
    return prod(likely(eqn.operands[0].shape[a]) for a in eqn.attrs["contract"][0])


def product_indices(eqn: Eqn, index: Index) -> Iterator[tuple[Index, Index]]:
    """For one element of a product, the indices of the operands' elements in each term."""
    x = eqn.operands[0]
    for term in np.ndindex(*(x.shape[a] for a in eqn.attrs["contract"][0])):
        yield contract_indices(eqn, (*index, *fixed(*term)))


def own_cost(eqn: Eqn) -> float:
    """Arithmetic of one element of an equation, its operands given, in additions."""
    return eqn.op.cost * (contracted(eqn) if isinstance(eqn.op.lowering, Dot) else 1)


def rereads(eqn: Eqn, k: int) -> float:
    """How often an inlined equation reads each element of operand `k`.

    Broadcasting along inner axes reads it once: what depends on outer loops only is computed there.
    """
    v, out = eqn.operands[k], eqn.results[0]
    if isinstance(eqn.op.lowering, Dot):
        return contracted(eqn) * out.type.likely_size / max(v.type.likely_size, 1)
    size, old = out.type.likely_size, max(v.type.likely_size, 1)
    kept = eqn.attrs.get("axes", ()) if size > old else ()
    outer = is_view(eqn) and any(out.shape[a] != 1 and a not in kept for a in range(max(kept, default=0)))
    return size / old if outer else 1.0
