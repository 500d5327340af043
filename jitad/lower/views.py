"""Views and pieces: which equations are index arithmetic, and where they read their operands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.types import likely
from ..ops.lowering import Dot, Piece, Reshape, View, Window
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


def piece_bounds(piece: Piece) -> list[tuple[int, int]]:
    """The half-open interval of result indices that a piece with unit steps covers, per axis."""
    spans = zip(piece.lo, piece.step, piece.count)
    return [(lo, lo + count) if step > 0 else (lo - count + 1, lo + 1) for lo, step, count in spans]


def piece_index(piece: Piece, index: Index) -> Index:
    """The operand's index of a piece with unit steps, given the result's."""
    return tuple(ix.affine(step, -step * lo) for ix, step, lo in zip(index, piece.step, piece.lo))


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
