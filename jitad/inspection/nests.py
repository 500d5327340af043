"""What runs one after the other: loop nests, BLAS, loops and branches of the program, with their costs.

Work is counted in additions by the cost table of the ops; bytes are those of the arrays that a nest reads and
writes, each once, as if a cache held everything in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from ..ir.graph import Const, Eqn, Loc, Value
from ..ir.types import likely
from ..lower.buffers import Buffers
from ..lower.kernel import Source
from ..lower.plan import Plan
from ..lower.roots import CallbackRoot, CallRoot, RegionRoot, Root, Step, is_branch
from ..ops.lowering import Region


@dataclass(eq=False)
class Nest:
    """One step of a kernel.

    number   in the order of the schedule, inner ones behind what they are in
    kind     "nest", "registers", "loop", "branch", "call", "callback", "checkpoint", or of a root with a
             loop of its own: "blas", "scan", "scatter", "update", "window", "argreduce"
    outer    the loop or branch that it is in
    space    extents of its loops; of a loop of the program nothing
    roots    the equations whose results it stores or folds
    eqns     all equations that it computes, each with how often in one run
    reads    the arrays that it reads, writes those that it stores
    in_place the results that take over the memory of an operand
    trips    of a loop: iterations, −1 if they are known only when it runs
    runs     how often it runs in a call, at least: loops whose trips are not known count once
    """

    number: int
    kind: str
    outer: Nest | None
    space: tuple[object, ...] = ()
    roots: list[Eqn] = field(default_factory=list)
    eqns: list[tuple[Eqn, float]] = field(default_factory=list)
    reads: list[Value] = field(default_factory=list)
    writes: list[Value] = field(default_factory=list)
    in_place: list[Value] = field(default_factory=list)
    trips: int = 1
    runs: float = 1.0
    step: Step | None = None

    @property
    def depth(self) -> int:
        return 0 if self.outer is None else self.outer.depth + 1

    @property
    def loc(self) -> Loc | None:
        """The user's line of its first root."""
        return next((eqn.loc for eqn in self.roots if eqn.loc), None)

    @property
    def locs(self) -> list[Loc]:
        """All lines that it computes something of, in order."""
        found = {eqn.loc for eqn, _ in self.eqns} | {eqn.loc for eqn in self.roots}
        return sorted(loc for loc in found if loc is not None)

    @property
    def flops(self) -> float:
        """Additions of one run."""
        return sum(times * cost(eqn) for eqn, times in self.eqns)

    @property
    def nbytes(self) -> float:
        """Bytes read and written in one run: of an array at most as many elements as the nest computes."""
        most = max((times for _, times in self.eqns), default=0.0)
        touched = (min(v.type.likely_size, most) * v.dtype.itemsize for v in (*self.reads, *self.writes))
        return sum(touched)

    @property
    def intensity(self) -> float:
        """Additions for each byte."""
        return self.flops / self.nbytes if self.nbytes else 0.0


def cost(eqn: Eqn) -> float:
    """Additions for one element of an equation's result (of its operand, for a reduction)."""
    return float(eqn.op.cost)


def nests_of(source: Source) -> list[Nest]:
    """The steps of one kernel in order, those of regions behind their loop or branch."""
    return _Walk().steps(source.buffers, None, 1.0)


class _Walk:
    def __init__(self) -> None:
        self.count = 0

    def new(self, kind: str, outer: Nest | None, runs: float, step: Step) -> Nest:
        self.count += 1
        return Nest(self.count - 1, kind, outer, runs=runs, step=step)

    def steps(self, buffers: Buffers, outer: Nest | None, runs: float) -> list[Nest]:
        found: list[Nest] = []
        for step in buffers.plan.steps:
            if step.roots:
                root = step.roots[0]
                if isinstance(root, RegionRoot):
                    found += self.region(root, outer, runs, step)
                elif isinstance(root, CallRoot | CallbackRoot):
                    found.append(self.call(root, outer, runs, step))
                else:
                    found.append(self.nest(buffers, step, outer, runs))
            if eqns := [eqn for eqn in step.eqns if not isinstance(eqn.op.lowering, Region)]:
                nest = self.new("registers", outer, runs, step)
                nest.roots = eqns
                nest.eqns = [(eqn, _size(eqn)) for eqn in eqns]
                found.append(nest)
        return found

    def region(self, root: RegionRoot, outer: Nest | None, runs: float, step: Step) -> list[Nest]:
        trips = root.eqn.attrs.get("trips", -1)
        kind = "loop" if not is_branch(root.eqn) else "branch" if len(root.inner) > 1 else "checkpoint"
        nest = self.new(kind, outer, runs, step)
        nest.roots, nest.trips = [root.eqn], trips if kind == "loop" else 1
        inner = [x for b in root.inner for x in self.steps(b, nest, runs * max(nest.trips, 1))]
        return [nest, *inner]

    def call(self, root: Root, outer: Nest | None, runs: float, step: Step) -> Nest:
        nest = self.new(root.kind, outer, runs, step)
        nest.roots = [root.eqn]
        nest.eqns = [(root.eqn, 1.0)]
        return nest

    def nest(self, buffers: Buffers, step: Step, outer: Nest | None, runs: float) -> Nest:
        root = step.roots[0]
        fused = root.kind in ("map", "fold", "contract")
        nest = self.new("nest" if fused else root.kind, outer, runs, step)
        nest.space = root.space
        nest.roots = [r.eqn for r in step.roots]
        counted: dict[Eqn, float] = {}
        for r in step.roots:
            for eqn in expression(buffers.plan, r):
                counted[eqn] = max(counted.get(eqn, 0.0), _elements(eqn, r))
        nest.eqns = list(counted.items())
        own = {r.value for r in step.roots}
        leaves = dict.fromkeys(leaf for r in step.roots for leaf in r.reads.leaves)
        nest.reads = [v for v in leaves if v not in own and v.ndim and not _is_number(v)]
        nest.writes = [r.value for r in step.roots if r.stored and r.value.ndim]
        nest.in_place = [v for v in nest.writes if v in buffers.in_place]
        return nest


def expression(plan: Plan, root: Root) -> Iterator[Eqn]:
    """The equations that a root computes where they are read, the root's own first."""
    seen: set[Eqn] = set()
    stack = [root.eqn]
    while stack:
        eqn = stack.pop()
        if eqn in seen:
            continue
        seen.add(eqn)
        yield eqn
        stack += [plan.producer[v] for v in eqn.operands if v in plan.inline]


def _is_number(v: Value) -> bool:
    return isinstance(v, Const) and v.is_scalar


def _size(eqn: Eqn) -> float:
    return float(sum(r.type.likely_size for r in eqn.results[:1]))


def _elements(eqn: Eqn, root: Root) -> float:
    """How many elements of an equation a nest computes: of a reduction, those that it reads, of a change in
    an array, those that change."""
    if eqn is root.eqn:
        if root.kind in ("scatter", "window"):
            return float(eqn.operands[1].type.likely_size)
        if root.kind == "update":
            pieces = eqn.op.lowering.pieces(eqn)[:-1]
            return float(sum(eqn.operands[p.operand].type.likely_size for p in pieces))
        if root.kind == "blas":
            axes = eqn.attrs["contract"][0]
            terms = prod(likely(eqn.operands[0].shape[a]) for a in axes)
            return 2.0 * root.value.type.likely_size * terms
        return float(prod(map(likely, root.space)))
    return _size(eqn)
