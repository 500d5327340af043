"""Roots and steps: what loop nests compute into memory, what that reads, and what is scheduled together."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

from ..ir.graph import Const, Eqn, Value
from ..ir.types import is_int, likely
from ..opt.affine import Forms
from .edges import edge, inner
from .index import Index, fixed, identity, row_major
from .views import contract_indices

if TYPE_CHECKING:
    from .buffers import Buffer, Buffers
    from .plan import Plan

#: Into so many boxes a nest is cut at most if each must have code of its own.
MAX_BOXES = 40
#: Roots of these kinds share a nest when their iteration spaces are equal.
FUSABLE = ("map", "fold", "contract")
#: Roots of these kinds are steps of their own, which decide what is inside them.
APART = ("region", "call", "callback")


class Reads:
    """What an expression reads when it is walked over loop axes.

    leaves  memory read → whether only at the identity index
    cuts    per axis, where the index set must be cut so that every piece is known
    flat    elementwise throughout: several axes may be walked as one
    wide    something of double precision is computed
    across  something is read along its columns: neighbours of the innermost axis are far apart in memory,
            those of the axis outside it are adjacent
    checked some index comes from an array of indices, and is checked when it is used
    open    something is read where only the program knows, or an array whose size only it knows
    """

    def __init__(self, space: tuple[int, ...]) -> None:
        self.leaves: dict[Value, bool] = {}
        self.cuts: list[set[Any]] = [set() for _ in space]
        self.flat, self.across, self.checked, self.wide, self.open = True, False, False, False, False
        self.space = space
        self.identity = identity(len(space))

    def leaf(self, v: Value, index: Index) -> None:
        same = index == self.identity
        self.leaves[v] = self.leaves.get(v, True) and same
        self.open = self.open or bool(v.type.dims) or any(ix.terms for ix in index)
        if index and not same:
            self.flat = False
            self.across = self.across or self._is_across(v, index)

    @property
    def exact(self) -> bool:
        """Whether an index must be inside wherever something is read."""
        return self.checked or self.open

    @property
    def boxes(self) -> int:
        """Into how many boxes the borders cut the index set."""
        known = (({c for c in cuts if is_int(c)}, n) for cuts, n in zip(self.cuts, self.space) if is_int(n))
        inside = (sum(0 < c < n for c in cuts) for cuts, n in known if cuts)
        return prod(found + 1 for found in inside)

    def _is_across(self, v: Value, index: Index) -> bool:
        inner = len(self.identity) - 1
        steps = dict.fromkeys((inner, inner - 1), 0)
        for ix, stride in zip(index, row_major(tuple(map(likely, v.shape)))):
            if ix.axis in steps:
                steps[ix.axis] += ix.scale * stride
        return abs(steps[inner]) > 1 and abs(steps[inner - 1]) == 1


@dataclass(eq=False)
class Root:
    """One equation that a loop nest (or a call) computes into memory or into an accumulator."""

    eqn: Eqn
    kind: str  # map, fold, update, window, scan, argreduce, scatter, contract, blas, region, call
    space: tuple[int, ...]
    time: int = 1
    reads: Reads = field(default_factory=lambda: Reads(()))
    stored: bool = True
    equations: int = 1  # of its expression, with what it reads
    bordered: bool = False  # whether it is in pieces whose borders only the running program knows

    @property
    def value(self) -> Value:
        return self.eqn.results[0]

    @property
    def is_turned_copy(self) -> bool:
        """Whether it copies an array with its axes in another order; the cache has room for one such walk."""
        return self.eqn.op.name == "transpose" and self.eqn.attrs["axes"][-1] != len(self.space) - 1

    @property
    def narrow(self) -> bool:
        """Whether it belongs into a nest with more lanes; of floating folds their own dtype decides."""
        dtype = self.value.dtype
        if self.kind != "map" and dtype.kind == "f":
            return dtype.itemsize <= 4
        return dtype.itemsize <= 4 and not self.reads.wide


@dataclass(eq=False)
class RegionRoot(Root):
    """A loop or a branch: a step of its own, whose regions have plans of their own.

    plans      of the regions
    memory     which results are in memory; the others are registers
    inner      where the regions' values are, once the scope around them is placed
    workspace  what holds them there
    """

    plans: list[Plan] = field(default_factory=list)
    memory: list[bool] = field(default_factory=list)
    inner: list[Buffers] = field(default_factory=list)
    workspace: Buffer | None = None

    @property
    def narrow(self) -> bool:
        return False


@dataclass(eq=False)
class CallRoot(Root):
    """A call, a step of its own; arrays among its results are in memory, numbers in registers."""

    callee: Any = None

    @property
    def narrow(self) -> bool:
        return False


@dataclass(eq=False)
class CallbackRoot(Root):
    """A call back into Python, a step of its own; its operands are in memory."""

    stored: bool = False

    @property
    def narrow(self) -> bool:
        return False


@dataclass
class Step:
    """One item of the schedule: equations in registers, or roots that share a loop nest."""

    eqns: list[Eqn] = field(default_factory=list)
    roots: list[Root] = field(default_factory=list)
    space: tuple[int, ...] = ()
    equations: int = 0
    narrow: bool = False
    bordered: bool = False

    def has_room(self, root: Root, most: int) -> bool:
        """Whether the nest can compute this root, too, and stay within so many equations and boxes."""
        if self.equations + root.equations > most:
            return False
        reads = [root.reads, *(r.reads for r in self.roots)]
        return not any(r.exact for r in reads) or all(r.boxes <= MAX_BOXES for r in reads)


def long_interval(borders: list[int]) -> tuple[int, int] | None:
    """The one between two borders of an axis that has at least half of it; None if there is no such."""
    lo, hi = max(pairwise(borders), key=lambda bounds: bounds[1] - bounds[0])
    return (lo, hi) if 2 * (hi - lo) >= borders[-1] else None


def is_bordered(forms: Forms, root: Root) -> bool:
    """Whether a root's index set is cut where only the running program knows."""
    if not any(root.reads.cuts):
        return False
    extents = [edge(forms, d) for d in root.space]
    found = [x for cuts, extent in zip(root.reads.cuts, extents) for x in inner(cuts, extent)]
    return bool(found) and not all(isinstance(x, int) for x in (*found, *extents))


def base_of(root: Root) -> Value | None:
    """The operand that an update or a scatter changes part of; None if the root is neither."""
    eqn = root.eqn
    if root.kind in ("scatter", "window"):
        return eqn.operands[0]
    if root.kind != "update":
        return None
    last = eqn.op.lowering.pieces(eqn)[-1]
    return eqn.operands[last.operand] if last.count == eqn.results[0].shape else None


def overwritten(root: Root) -> list[Value]:
    """The operands whose memory a root may take over although it reads them at any index."""
    if root.kind == "region":
        return [v for v in carried_inits(root.eqn) if not isinstance(v, Const) and v.ndim]
    base = base_of(root)
    return [] if base is None else [base]


def carried_inits(eqn: Eqn) -> tuple[Value, ...]:
    """The first values of what a loop carries; none of a branch."""
    if "trips" in eqn.attrs:
        return eqn.operands[1 : 1 + eqn.attrs["carried"]]
    return () if is_branch(eqn) else eqn.operands


def is_branch(eqn: Eqn) -> bool:
    """Whether an equation runs one of its regions, once; it may have one only."""
    return not eqn.regions[0].params and (len(eqn.operands) == 1 or len(eqn.regions) == 1)


def operand_indices(root: Root) -> list[tuple[Value, Index]]:
    """At which index of the root's loop axes each operand (element function) is read."""
    eqn = root.eqn
    axes = identity(len(root.space))
    if root.kind in ("fold", "scan", "argreduce"):
        return [(v, axes) for v in eqn.operands]
    if root.kind == "contract":
        return list(zip(eqn.operands, contract_indices(eqn, axes)))
    return [(v, fixed(*(0 for _ in v.shape))) for v in eqn.operands]
