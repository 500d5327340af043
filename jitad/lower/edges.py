"""Edges of pieces: numbers, or sums of sizes that are known before a nest; where loops are between them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from ..ir.graph import Const, Value
from ..ir.types import is_int, likely
from ..opt.affine import Form, Forms
from .index import Ix, crossings

#: A place along an axis: a number, or a form with values of the program.
Edge = int | Form


class Between(NamedTuple):
    """What is known of an index: it is not below any of `above`, and below each of `under`."""

    above: tuple[Edge, ...]
    under: tuple[Edge, ...]


def form(x: Edge) -> Form:
    return Form(frozenset(), x) if isinstance(x, int) else x


def plus(a: Edge, b: Edge) -> Edge:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    return _plain(form(a).plus(form(b)))


def minus(a: Edge, b: Edge) -> Edge:
    if isinstance(a, int) and isinstance(b, int):
        return a - b
    return _plain(form(a).plus(form(b), -1))


def gap(a: Edge, b: Edge) -> int | None:
    """`a − b`, if it is the same number in every run."""
    found = minus(a, b)
    return found if isinstance(found, int) else None


def guess(x: Edge) -> int:
    """About where an edge is."""
    return x if isinstance(x, int) else x.offset + sum(n * likely(v) for v, n in x.terms)


def moved(ix: Ix, by: Edge) -> Ix:
    """`ix + by`."""
    if isinstance(by, int):
        return ix.affine(1, by)
    sums = dict(ix.terms)
    for v, n in by.terms:
        sums[v] = sums.get(v, 0) + n
    terms = sorted(((v, n) for v, n in sums.items() if n), key=lambda term: id(term[0]))
    return ix._replace(offset=ix.offset + by.offset, terms=tuple(terms))


def edge(forms: Forms, x: Value | int) -> Edge:
    """A dimension, or where a window starts, as a sum of what it is computed from."""
    if is_int(x):
        return x  # type: ignore[return-value]
    if isinstance(x, Const):
        return int(x.data)
    return _plain(forms[x])  # type: ignore[index]


def rest(forms: Forms, ix: Ix) -> Edge:
    """What an index is beside its multiple of a loop's."""
    total: Edge = ix.offset
    for v, n in ix.terms:
        total = _plain(form(total).plus(forms[v].times(n)))
    return total


def cuts(forms: Forms, ix: Ix, bounds: Iterable[Edge]) -> list[Edge]:
    """The places of the axis at which `ix` crosses these bounds, as `index.crossings` finds them."""
    found: list[Edge] = []
    for bound in bounds:
        if isinstance(bound, int) and not ix.terms:
            found += crossings(ix, (bound,))
        elif ix.axis >= 0:
            found.append(_cut(forms, ix, bound))
    return found


def _cut(forms: Forms, ix: Ix, bound: Edge) -> Edge:
    """Where a loop's index is when `ix`, which moves as fast, comes to a bound."""
    assert abs(ix.scale) == 1, "pieces between sizes that are values are read in steps"
    if ix.scale > 0:
        return minus(bound, rest(forms, ix))
    return plus(minus(rest(forms, ix), bound), 1)


def below(forms: Forms, ix: Ix, bound: Edge, where: Between | None) -> bool | None:
    """Whether an index is below a bound for all indices of its loop, for none, or (None) for some.

    where  what is known of the loop's index
    """
    if ix.axis < 0:
        apart = gap(rest(forms, ix), bound)
        return None if apart is None else apart < 0
    if where is None or abs(ix.scale) != 1:
        return None
    cut = _cut(forms, ix, bound)
    if any((apart := gap(cut, e)) is not None and apart <= 0 for e in where.above):
        return ix.scale < 0
    if any((apart := gap(cut, e)) is not None and apart >= 0 for e in where.under):
        return ix.scale > 0
    return None


def inner(found: Iterable[Edge], extent: Edge) -> list[Edge]:
    """The edges that may lie within an axis, about in order."""
    kept = []
    for x in dict.fromkeys(found):
        low, high = gap(x, 0), gap(x, extent)
        if not ((low is not None and low <= 0) or (high is not None and high >= 0)):
            kept.append(x)
    return sorted(kept, key=lambda x: (guess(x), not isinstance(x, int)))


def stretches(found: list[Edge], extent: Edge) -> list[Between]:
    """The long intervals between edges: about the longest, and others that have a quarter of the axis."""
    ends = [0, *found, extent]
    lengths = [guess(hi) - guess(lo) for lo, hi in pairwise(ends)]
    enough = min(max(lengths), max(guess(extent) // 4, 1))
    return [Between(tuple(ends[: k + 1]), tuple(ends[k + 1 :])) for k, n in enumerate(lengths) if n >= enough]


def _plain(x: Form) -> Edge:
    return x if x.terms else x.offset
