"""Affine indices of a loop nest: `scale * axis + offset`, and what is known of their range."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Ix(NamedTuple):
    """`scale * iv(axis) + offset`; axis −1 is the constant `offset`."""

    axis: int
    scale: int
    offset: int

    def affine(self, scale: int, offset: int) -> Ix:
        """`scale * self + offset`."""
        if self.axis < 0:
            return Ix(-1, 0, scale * self.offset + offset)
        return Ix(self.axis, scale * self.scale, scale * self.offset + offset)


Index = tuple[Ix, ...]


def fixed(*position: int) -> Index:
    """The index of one known element."""
    return tuple(Ix(-1, 0, p) for p in position)


@cache
def identity(rank: int) -> Index:
    """The index that walks the loop axes in order."""
    return tuple(Ix(a, 1, 0) for a in range(rank))


def depth(index: Index) -> int:
    """How many loops must be open before the index is known."""
    return max((ix.axis for ix in index), default=-1) + 1


def crossings(ix: Ix, bounds: tuple[int, ...]) -> list[int]:
    """The values of the axis at which `ix` crosses one of `bounds`: cuts for index-set splitting.

    Between two cuts (half-open) `ix < bound` has one truth value for every bound.
    """
    if ix.axis < 0:
        return []
    cuts = []
    for bound in bounds:
        if ix.scale > 0:  # ix < bound  ⟺  iv < ceil((bound - offset) / scale)
            cuts.append(-((ix.offset - bound) // ix.scale))
        else:  # ix < bound  ⟺  iv > (offset - bound) / |scale|
            cuts.append((ix.offset - bound) // -ix.scale + 1)
    return cuts


@cache
def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Element strides of a C-contiguous array."""
    strides = []
    step = 1
    for extent in reversed(shape):
        strides.append(step)
        step *= extent
    return tuple(reversed(strides))
