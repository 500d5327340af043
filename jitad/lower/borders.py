"""At the borders of an index set: which pieces and which memory an index lies in, found out as loops run.

Where a nest is not cut at every border, an index may lie inside a piece for some loop indices and lanes only.
The piece is then computed for all of them and selected where it holds; what it would read outside an array
is read as zero, or from the array's beginning, and never selected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .emitter import Reg, llvm_type, memory_type
from .index import Index, Ix, row_major

if TYPE_CHECKING:
    from .nest import Nest


class Bound(NamedTuple):
    """`lo <= ix < hi`, which holds for some loop indices only."""

    ix: Ix
    lo: int
    hi: int


class Mask(NamedTuple):
    """Where something holds: for each lane, or alike in all lanes and known in `level` loops."""

    reg: Reg
    level: int


def inside(nest: Nest, index: Index, bounds: Iterable[tuple[int, int]]) -> bool | Mask:
    """Whether an index lies in a box: everywhere, nowhere, or where the mask holds."""
    partial = []
    for ix, (lo, hi) in zip(index, bounds):
        first, last = nest.reach(ix)
        if last < lo or first >= hi:
            return False
        if first < lo or last >= hi:
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
    shape: tuple[int, ...],
    index: Index,
    dtype: np.dtype,
) -> Reg | None:
    """An element of the array at `base`, known in `known` loops, if its index may be outside; else None."""
    bounds = [Bound(ix, 0, extent) for ix, extent in zip(index, shape)]
    wild = {b for b in bounds if nest.reach(b.ix)[0] < 0 or nest.reach(b.ix)[1] >= b.hi}
    if not wild:
        return None
    terms = list(zip(bounds, row_major(shape)))
    along = [(b, s) for b, s in terms if _in_lanes(nest, b.ix)]
    alike = [(b, s) for b, s in terms if not _in_lanes(nest, b.ix)]
    level = max([known, *(b.ix.axis + 1 for b, _ in alike)])
    element = memory_type(dtype)

    def row() -> Reg:
        moving = [(s * b.ix.scale, nest.ivs[b.ix.axis]) for b, s in alike if b.ix.axis >= 0]
        at = nest.e.offset(moving, sum(s * b.ix.offset for b, s in alike))
        if partial := [b for b, _ in alike if b in wild]:
            at = nest.e.define(f"select i1 {_mask(nest, partial).reg.text}, i64 {at}, i64 0", "i64").text
        return Reg(nest.e.gep(base(), element, at), "ptr")

    place = tuple((b.ix, s) for b, s in alike)
    pointer = _at(nest, level, ("guarded", key, place), row).text
    if not along:
        return nest.e.load(pointer, dtype)
    stride = sum(s * b.ix.scale for b, s in along)
    first = sum(s * b.ix.offset for b, s in along)
    pointer = nest.e.beside(pointer, element, nest.e.offset([(stride, nest.ivs[-1])], first))
    lanes = [flag for b, _ in along if b in wild for flag in [_lanes(nest, b)]]
    if not lanes:
        return nest.load_lanes(pointer, stride, dtype)
    return _load_where([all(flags) for flags in zip(*lanes)], nest, pointer, stride, dtype)


def _load_where(flags: list[bool], nest: Nest, pointer: str, stride: int, dtype: np.dtype) -> Reg:
    """The elements of those lanes, zero in the others."""
    e = nest.e
    if stride == 1:
        return e.masked_load(pointer, dtype, flags)
    out = e.literal(0, llvm_type(dtype), len(flags))
    for lane, flag in enumerate(flags):
        if flag:
            at = e.beside(pointer, memory_type(dtype), str(lane * stride))
            out = e.insert(out, e.load(at, dtype), lane)
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
    flags = ", ".join(f"i1 {'true' if all(ks) else 'false'}" for ks in zip(*lanes))
    constant = Reg(f"<{flags}>", "i1", nest.lanes)
    if found is None:
        return Mask(constant, len(nest.ivs))
    wide = choose(nest, Mask(found, level), constant, nest.e.const(False, constant))
    return Mask(wide, len(nest.ivs))


def _all(nest: Nest, bounds: list[Bound]) -> Reg:
    """Whether all bounds hold, alike in all lanes."""
    out: Reg | None = None
    for b in bounds:
        one = _at(nest, b.ix.axis + 1, ("inside", b), lambda b=b: _holds(nest, b))  # type: ignore[misc]
        out = one if out is None else nest.e.op("and", out, one)
    assert out is not None
    return out


def _holds(nest: Nest, b: Bound) -> Reg:
    at = nest.e.offset([(b.ix.scale, nest.ivs[b.ix.axis])], b.ix.offset - b.lo)
    return nest.e.icmp("ult", Reg(at, "i64", 1, nest.e.chunk), nest.e.literal(b.hi - b.lo, "i64"))


def _lanes(nest: Nest, b: Bound) -> list[bool]:
    """In which lanes of the only vector of the innermost loop a bound holds."""
    bounds = nest.ranges[-1]
    assert bounds is not None and bounds[1] - bounds[0] == nest.lanes, "a row was not cut at a border"
    start, _ = bounds
    return [b.lo <= b.ix.scale * (start + k) + b.ix.offset < b.hi for k in range(nest.lanes)]


def _at(nest: Nest, level: int, key: object, emit: Callable[[], Reg]) -> Reg:
    """What `emit` gives, once, in the code of that many open loops."""
    memo = nest.memos[level]
    if key not in memo:
        lines, nest.e.lines = nest.e.lines, nest.lists[level]
        memo[key] = emit()
        nest.e.lines = lines
    return memo[key]
