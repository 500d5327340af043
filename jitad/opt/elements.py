"""Carried numbers that are elements of a carried array: `forward` makes them of reads of what was written."""

from __future__ import annotations

from typing import NamedTuple

from ..ir.graph import Const, Eqn, Value
from .indices import Indices, Site
from .polyhedron import Linear, number, symbol


class Element(NamedTuple):
    """A carried number that an iteration finds in a carried array, too.

    array   as the iteration finds it
    write   what the iteration before wrote there, at the place that it names; `moved`: how far from there
            the place is in this iteration's terms, per axis
    """

    array: Value
    write: Eqn
    moved: tuple[int, ...]


def element(indices: Indices, site: Site, v: Value) -> Element | None:
    """Where the carried number `v` of a `for` also is, at the begin of each iteration.

    Each iteration stores what it hands on, as its last write to an array that it carries, at a place that
    moves with the counter; and the first number is the element there.
    """
    eqn, body = site.eqn, site.region
    if eqn.op.name != "for" or v.shape or v not in body.params[1:]:
        return None
    j = body.params.index(v) - 1
    n = eqn.attrs["carried"]
    if j >= n:
        return None
    for m in range(n):
        write = indices.makes.get(body.results[m])
        if write is None or write.op.name != "scatter_set" or write.operands[1] is not body.results[j]:
            continue
        if len(write.operands) - 2 != body.params[1 + m].ndim or body.results[m].ndim == 0:
            continue
        found = _moving(indices, site, write)
        if found is not None and _is_first(indices, site, eqn.operands[1 + j], eqn.operands[1 + m], found):
            step = -1 if eqn.attrs["reverse"] else 1
            by = tuple(-step * at.terms.get(body.params[0], 0) for at in found)
            return Element(body.params[1 + m], write, by)
    return None


def _moving(indices: Indices, site: Site, write: Eqn) -> list[Linear] | None:
    """The place of a write, if it depends on the counter and on what the loop leaves alone only."""
    found = []
    for i in write.operands[2:]:
        at = indices.sum(i)
        if i.shape or any(
            u is not site.region.params[0] and (not isinstance(u, Value) or indices.is_inside(u, site))
            for u in at.terms
        ):
            return None
        found.append(at)
    return found


def _is_first(indices: Indices, site: Site, first: Value, array: Value, at: list[Linear]) -> bool:
    """Whether a carried number starts as the element of the array that the iteration before would write."""
    count = site.eqn.operands[0]
    eqn = indices.makes.get(first)
    if eqn is not None and eqn.op.name == "cond":
        if not _asks_whether_it_runs(indices, eqn.operands[0], count):
            return False
        eqn = indices.makes.get(eqn.regions[0].results[eqn.results.index(first)])
    if eqn is None or eqn.op.name != "gather" or eqn.operands[0] is not array:
        return False
    reverse = site.eqn.attrs["reverse"]
    before = indices.sum(count) if reverse else number(-1)  # the counter of the iteration before the first
    places = [_with(x, site.region.params[0], before) for x in at]
    return [indices.sum(i) for i in eqn.operands[1:]] == places


def _asks_whether_it_runs(indices: Indices, condition: Value, count: Value) -> bool:
    eqn = indices.makes.get(condition)
    if eqn is None or eqn.op.name != "gt" or eqn.operands[0] is not count:
        return False
    zero = eqn.operands[1]
    return isinstance(zero, Const) and int(zero.data) == 0


def _with(x: Linear, v: Value, put: Linear) -> Linear:
    """`x` with a sum in place of a symbol."""
    n = x.terms.get(v, 0)
    return x.plus(symbol(v), -n).plus(put, n)
