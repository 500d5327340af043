"""Which Python ints among the arguments are sizes or numbers of iterations of the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..ir.graph import Eqn, Value, dims_of
from .version import Version


def used_as_sizes(version: Version, leaves: Sequence[int]) -> Iterator[int]:
    """Those of these argument leaves that sizes or numbers of iterations come from."""
    if not leaves:
        return
    fn = version.program.fn
    found: set[Value] = set(_sizes(fn.eqns))
    for eqn in reversed(fn.eqns):
        if not eqn.regions and not found.isdisjoint(eqn.results):
            found.update(eqn.operands)
    first = version.program.sizes
    yield from (i for i in leaves if fn.params[first + i] in found)


def _sizes(eqns: Iterable[Eqn]) -> Iterator[Value]:
    """Dimensions, and the numbers of iterations that loops are given, of equations and their regions."""
    for eqn in eqns:
        yield from dims_of(eqn)
        if eqn.op.name == "for" and eqn.attrs["trips"] < 0:
            yield eqn.operands[0]
        for region in eqn.regions:
            yield from _sizes(region.eqns)
