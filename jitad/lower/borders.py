"""At the borders of an index set: which pieces and which memory an index lies in, found out as loops run.

Where a nest is not cut at every border, an index may lie inside a piece for some loop indices and lanes only.
The piece is then computed for all of them and selected where it holds; what it would read outside an array
is read as zero, or from the array's beginning, and never selected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..ir.graph import Eqn
from ..ir.types import Shape, is_int
from .amounts import Amount
from .edges import Between, Edge, edge, minus, moved
from .emitter import Reg, llvm_type, memory_type
from .index import Index, Ix
from .views import piece_bounds, piece_index

if TYPE_CHECKING:
    from .nest import Nest


class Bound(NamedTuple):
    """`lo <= ix < hi`, which holds for some loop indices only."""

    ix: Ix
    lo: Edge
    hi: Edge


class Mask(NamedTuple):
    """Where something holds: for each lane, or alike in all lanes and known in `level` loops."""

    reg: Reg
    level: int


def piecewise(nest: Nest, eqn: Eqn, index: Index) -> Reg:
    """One element of what is in pieces: of each in which the index is, or where it is."""
    parts: list[tuple[bool | Mask, Reg, bool]] = []
    for piece in nest.plan.parts(eqn) or ():
        where = inside(nest, index, piece_bounds(piece))
        if where is False:
            continue
        assert nest.guarded or where is True or where.level == 0, "an index set was not cut at a border"
        with nest.guarding(nest.guarded or where is not True):
            x = nest.element(eqn.operands[piece.operand], piece_index(piece, index))
        parts.append((where, x, piece.add))
        if where is True and not piece.add:
            break
    assert parts, f"no piece of {eqn.op.name} covers its index"
    _, out, _ = parts.pop()  # whoever asks for elements that no piece covers does not look at them
    for where, x, add in reversed(parts):
        out = choose(nest, where, _sum(nest, x, out) if add else x, out)
    return out


def _sum(nest: Nest, x: Reg, y: Reg) -> Reg:
    x, y = nest.unify([x, y])
    return nest.e.op("fadd" if x.ty in ("double", "float") else "add", x, y)


def inside(nest: Nest, index: Index, bounds: Iterable[tuple[Edge, Edge]]) -> bool | Mask:
    """Whether an index lies in a box: everywhere, nowhere, or where the mask holds."""
    partial = []
    for ix, (lo, hi) in zip(index, bounds):
        started, ended = nest.below(ix, lo), nest.below(ix, hi)
        if started is True or ended is False:
            return False
        if started is None or ended is None:
            partial.append(Bound(ix, lo, hi))
    return _mask(nest, partial) if partial else True


def choose(nest: Nest, where: bool | Mask, new: Reg, old: Reg) -> Reg:
    """`new` where the mask holds, `old` elsewhere."""
    if where is True:
        return new
    assert isinstance(where, Mask)
    lanes = max(new.lanes, old.lanes, where.reg.lanes)
    new, old = (x if x.lanes == lanes else nest.splat(x, lanes) for x in (new, old))
    mask = where.reg
    if mask.lanes < lanes:
        key = ("splat", mask.text, lanes)
        mask = _at(nest, where.level, key, lambda: nest.e.splat(where.reg, lanes))
    return nest.e.select(mask, new, old)


def between(nest: Nest, ranges: dict[int, tuple[int, int]]) -> Reg:
    """Whether the indices of these loops lie in these ranges."""
    bounds = [Bound(Ix(a, 1, 0), lo, hi) for a, (lo, hi) in ranges.items()]
    return _mask(nest, bounds).reg


def guarded_load(
    nest: Nest,
    key: object,
    known: int,
    base: Callable[[], str],
    shape: Shape,
    index: Index,
    dtype: np.dtype,
) -> Reg | None:
    """An element of the array at `base`, known in `known` loops, if its index may be outside; else None."""
    bounds = [Bound(ix, 0, edge(nest.plan.forms, extent)) for ix, extent in zip(index, shape)]
    wild = {b for b in bounds if nest.below(b.ix, 0) is not False or nest.below(b.ix, b.hi) is not True}
    if not wild:
        return None
    empty = not all(map(is_int, shape))  # it may be, and has no first row then
    terms = list(zip(bounds, nest.strides_of(shape)))
    along = [(b, s) for b, s in terms if _in_lanes(nest, b.ix)]
    alike = [(b, s) for b, s in terms if not _in_lanes(nest, b.ix)]
    level = max([known, *(b.ix.axis + 1 for b, _ in alike)])
    element = memory_type(dtype)

    def row() -> Reg:
        at, _ = _offset(nest, alike)
        if (partial := [b for b, _ in alike if b in wild]) and not empty:
            at = nest.e.define(f"select i1 {_mask(nest, partial).reg.text}, i64 {at}, i64 0", "i64").text
        return Reg((nest.e.beside if empty else nest.e.gep)(base(), element, at), "ptr")

    place = tuple((b.ix, s) for b, s in alike)
    pointer = _at(nest, level, ("guarded", key, place), row).text
    if not along and not empty:
        return nest.e.load(pointer, dtype)
    at, stride = _offset(nest, along)
    pointer = nest.e.beside(pointer, element, at)
    lanes = [b for b, _ in along if b in wild]
    if empty:
        return _load_where(nest, _mask(nest, [b for b in bounds if b in wild]).reg, pointer, stride, dtype)
    if lanes:
        return _load_where(nest, _mask(nest, lanes).reg, pointer, stride, dtype)
    return nest.load_lanes(pointer, stride, dtype)


def _offset(nest: Nest, terms: list[tuple[Bound, Amount]]) -> tuple[str, Amount]:
    """How far an element is from the first, its first lane; and the stride of the lanes."""
    moving, constant = nest.coefficients([s for _, s in terms], tuple(b.ix for b, _ in terms))
    at = nest.e.offset([(c, nest.ivs[a]) for a, c in sorted(moving.items())], constant)
    return at, moving.get(len(nest.ivs) - 1, 0) if nest.lanes > 1 else 0


def _load_where(nest: Nest, mask: Reg, pointer: str, stride: Amount, dtype: np.dtype) -> Reg:
    """The elements so far apart from the pointer on, in the lanes of the mask; the others are zero or any."""
    e, element = nest.e, memory_type(dtype)
    if stride == 1:
        return e.masked_load(pointer, dtype, mask if mask.lanes > 1 else e.splat(mask, nest.lanes))
    nothing = _at(nest, 0, "nothing", lambda: Reg(nest.kernel.text.global_bytes(np.zeros(1)), "ptr"))

    def one(lane: int) -> Reg:
        holds = e.extract(mask, lane) if mask.lanes > 1 else mask
        at = e.beside(pointer, element, nest.lane_offset(lane, stride))
        return e.load(e.define(f"select i1 {holds.text}, ptr {at}, ptr {nothing.text}", "ptr").text, dtype)

    if stride == 0 and mask.lanes == 1:
        return one(0)
    out = Reg("poison", llvm_type(dtype), nest.lanes)
    for lane in range(nest.lanes):
        out = e.insert(out, one(lane), lane)
    return out


def _in_lanes(nest: Nest, ix: Ix) -> bool:
    return nest.lanes > 1 and ix.axis == len(nest.ivs) - 1


def _mask(nest: Nest, bounds: list[Bound]) -> Mask:
    """Where all the bounds hold."""
    alike = [b for b in bounds if not _in_lanes(nest, b.ix)]
    lanes = [_lanes(nest, b) for b in bounds if _in_lanes(nest, b.ix)]
    level = max((b.ix.axis + 1 for b in alike), default=0)
    found = None
    if alike:
        found = _at(nest, level, ("all", tuple(alike)), lambda: _all(nest, alike))
    if not lanes:
        assert found is not None
        return Mask(found, level)
    here = _together(nest, lanes)
    if found is None:
        return Mask(here, len(nest.ivs))
    return Mask(choose(nest, Mask(found, level), here, nest.e.const(False, here)), len(nest.ivs))


def _together(nest: Nest, masks: list[Reg]) -> Reg:
    out = masks[0]
    for mask in masks[1:]:
        out = nest.e.op("and", out, mask)
    return out


def _all(nest: Nest, bounds: list[Bound]) -> Reg:
    """Whether all bounds hold, alike in all lanes."""
    out: Reg | None = None
    for b in bounds:
        one = _at(nest, b.ix.axis + 1, ("inside", b), lambda b=b: _holds(nest, b))  # type: ignore[misc]
        out = one if out is None else nest.e.op("and", out, one)
    assert out is not None
    return out


def _holds(nest: Nest, b: Bound) -> Reg:
    at = nest.position(_from_start(b), 1)
    return nest.e.icmp("ult", at, nest.like(_length(nest, b), at))


def _from_start(b: Bound) -> Ix:
    return moved(b.ix, minus(0, b.lo))


def _length(nest: Nest, b: Bound) -> Amount:
    return nest.amount(minus(b.hi, b.lo))


def _lanes(nest: Nest, b: Bound) -> Reg:
    """In which lanes of the innermost loop's vector a bound holds."""
    bounds = nest.ranges[-1]
    lo, hi = b.lo, b.hi
    if bounds is not None and not isinstance(bounds, Between) and bounds[1] - bounds[0] == nest.lanes:
        assert isinstance(lo, int) and isinstance(hi, int) and not b.ix.terms, "a border is not known here"
        at = [b.ix.scale * k + b.ix.offset for k in range(*bounds)]  # the only vector of its loop
        return Reg(f"<{', '.join(f'i1 {str(lo <= k < hi).lower()}' for k in at)}>", "i1", nest.lanes)
    assert nest.crossing, "a row was not cut at a border"

    def holds() -> Reg:
        at = nest.position(_from_start(b))
        return nest.e.icmp("ult", at, nest.like(_length(nest, b), at))

    return _at(nest, len(nest.ivs), ("lanes", b), holds)


def _at(nest: Nest, level: int, key: object, emit: Callable[[], Reg]) -> Reg:
    """What `emit` gives, once, in the code of that many open loops."""
    memo = nest.memos[level]
    if key not in memo:
        lines, nest.e.lines = nest.e.lines, nest.lists[level]
        memo[key] = emit()
        nest.e.lines = lines
    return memo[key]
