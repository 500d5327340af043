"""Affine indices of a loop nest: `scale * axis + offset`, and what is known of their range."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any, NamedTuple

from ..ir.graph import Const, Value
from ..ir.types import is_int


class Ix(NamedTuple):
    """`scale * iv(axis) + offset + Σ factor * value`; axis −1: no loop of the nest moves it.

    terms  (value, factor) for integers of the program that are known before the nest
    """

    axis: int
    scale: int
    offset: int
    terms: tuple[tuple[Value, int], ...] = ()

    def affine(self, scale: int, offset: int) -> Ix:
        """`scale * self + offset`."""
        terms = tuple((v, scale * n) for v, n in self.terms) if self.terms else ()
        if self.axis < 0:
            return Ix(-1, 0, scale * self.offset + offset, terms)
        return Ix(self.axis, scale * self.scale, scale * self.offset + offset, terms)

    def plus(self, v: Value) -> Ix:
        """`self + v`."""
        if isinstance(v, Const):
            return self._replace(offset=self.offset + int(v.data))
        sums = dict(self.terms)
        sums[v] = sums.get(v, 0) + 1
        terms = sorted(((u, n) for u, n in sums.items() if n), key=lambda term: id(term[0]))
        return self._replace(terms=tuple(terms))

    @property
    def is_number(self) -> bool:
        """Whether it is known when the program is compiled."""
        return self.axis < 0 and not self.terms


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


def row_major(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    """Element strides of a C-contiguous array; a stride that only the program knows is the tuple of the
    dimensions that it is the product of."""
    if all(map(is_int, shape)):
        return _row_major(shape)
    return tuple(product_of(shape[d + 1 :]) for d in range(len(shape)))


def product_of(dims: tuple[Any, ...]) -> Any:
    """The product of some dimensions: an int, or the tuple of (int, values …) that it is the product of."""
    known = prod([d for d in dims if d.__class__ is int])
    values = tuple([d for d in dims if d.__class__ is not int])
    return (known, *values) if values and known else known


@cache
def _row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Element strides of a C-contiguous array."""
    strides = []
    step = 1
    for extent in reversed(shape):
        strides.append(step)
        step *= extent
    return tuple(reversed(strides))
