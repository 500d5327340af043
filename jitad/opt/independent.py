"""Loops whose iterations need nothing of each other: each has its own parts of arrays, or adds to sums."""

from __future__ import annotations

from ..ir.graph import Value, count_uses
from .accesses import ADDS, READS, WRITES, Access
from .batched import Refused
from .constraints import other_run
from .dependence import Dependence
from .indices import Site
from .polyhedron import symbol


class Independent:
    """What such a `for` carries. Raises Refused if it is none.

    arrays  versions of arrays of which no iteration reads or writes what another one writes, or that are only
            added to by what differentiation made
    sums    what differentiation adds up, in the course of an iteration
    """

    def __init__(self, dependence: Dependence, site: Site) -> None:
        self.dependence, self.site, self.body = dependence, site, site.region
        self.arrays: set[Value] = set()
        self.sums: set[Value] = set()
        self.uses = count_uses(self.body.eqns, self.body.results)
        n = site.eqn.attrs["carried"]
        for param, result in zip(self.body.params[1 : n + 1], self.body.results):
            is_array = param.shape and param.type.item is None
            steps = dependence.path(param, result) if is_array else None
            if steps is None:
                self._sum(param, result)
            else:
                self._array(param, steps)

    def _array(self, param: Value, steps: list[Value]) -> None:
        makers = [self.dependence.indices.makes[v] for v in steps]
        versions = {param, *steps}
        reads = [e for e in self.body.eqns if e not in makers and not versions.isdisjoint(e.operands)]
        if not all(e.op.name in WRITES for e in makers) or not all(e.op.name in READS for e in reads):
            raise Refused
        self.arrays |= versions
        if not reads and all(e.op.name in ADDS and e.origin for e in makers):
            return
        accesses = self.dependence.accesses
        writes = [accesses.written(e) for e in makers]
        found = [accesses.read(e.results[0], self.site) for e in reads]
        others = [a[0] for a in found if a is not None and a[0].array in versions]
        if len(others) != len(reads) or any(self._meet(w, a) for w in writes for a in (*writes, *others)):
            raise Refused

    def _meet(self, write: Access, other: Access) -> bool:
        """Whether what one iteration writes may be what another one reads or writes."""
        indices, k = self.dependence.indices, self.body.params[0]
        run = other_run(indices, self.site)
        apart = symbol(run(k)).plus(symbol(k), -1)
        orders = (apart.shifted(-1), apart.times(-1).shifted(-1))
        return any(self.dependence.overlap(other, write, run, [order]) for order in orders)

    def _sum(self, param: Value, result: Value) -> None:
        """Nothing looks at a sum on its way."""
        indices = self.dependence.indices
        v = result
        while v is not param:
            eqn = indices.makes.get(v)
            if eqn is None or not indices.is_inside(v, self.site) or eqn.op.name != "add" or not eqn.origin:
                raise Refused
            if self.uses[v] != 1:
                raise Refused
            self.sums.add(v)
            v = eqn.operands[1] if eqn.operands[1] is param else eqn.operands[0]
        if self.uses.get(param) != 1:
            raise Refused
        self.sums.add(param)


__all__ = ["Independent"]
