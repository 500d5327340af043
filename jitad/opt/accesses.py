"""Which elements of an array are read or written: linear sums of counters and of a place in a region."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from ..ir.graph import Eqn, Value
from .constraints import Constraints, Renaming, same
from .indices import Indices, Site
from .polyhedron import Linear, Symbol, number, symbol

#: Ops that make a new version of their first operand.
WRITES = frozenset({"scatter_set", "scatter_add", "set_at", "add_at", "set_window", "add_window"})
#: Those that add to what was there.
ADDS = frozenset({"scatter_add", "add_at", "add_window"})
#: Ops that read a part of their first operand.
READS = frozenset({"gather", "slice", "window"})
#: Ops whose result is a part of their first operand, or that with its axes in another order.
_PARTS = READS | {"transpose", "reshape"}

_fresh = itertools.count()


@dataclass(frozen=True, eq=False)
class Access:
    """Elements of an array: those at `at` for all values of the symbols in `rows`, in one run of a site.

    at     per axis, the index; where `wraps` it may also be negative, and then counts from the end
    rows   bounds of the symbols that run through the elements
    sizes  of the axes
    """

    array: Value
    at: tuple[Linear, ...]
    wraps: tuple[bool, ...]
    rows: tuple[Linear, ...]
    site: Site | None
    sizes: tuple[object, ...]

    def moved(self, axes: Sequence[int]) -> Access:
        """The same elements where axis d has become axis `axes[d]`."""
        order = sorted(range(len(axes)), key=lambda d: axes[d])
        at, wraps = tuple(self.at[d] for d in order), tuple(self.wraps[d] for d in order)
        sizes = tuple(self.sizes[d] for d in order)
        return Access(self.array, at, wraps, self.rows, self.site, sizes)


class Accesses:
    """Reads and writes of a program."""

    def __init__(self, indices: Indices) -> None:
        self.indices = indices
        self._written: dict[Eqn, Access] = {}

    def read(self, v: Value, site: Site | None) -> tuple[Access, list[Eqn]] | None:
        """The part of an array that `v` is, if it is one, and the equations that read it."""
        walk = _Walk(self.indices, site, v.shape)
        path = walk.down(v)
        return (walk.access(), path[::-1]) if path else None

    def whole(self, v: Value, site: Site | None) -> Access:
        walk = _Walk(self.indices, site, v.shape)
        walk.array = v
        return walk.access()

    def written(self, eqn: Eqn) -> Access:
        """The elements of its first operand that an equation of `WRITES` may change."""
        if eqn not in self._written:
            self._written[eqn] = self._write(eqn)
        return self._written[eqn]

    def _write(self, eqn: Eqn) -> Access:
        """A row that differs only in a part from the row that was there is a write of the part."""
        base, update, *idx = eqn.operands
        site = self.indices.home[eqn.results[0]]
        walk = _Walk(self.indices, site, update.shape)
        walk.array = base
        if eqn.op.name in ("scatter_set", "set_at", "set_window"):
            inner = self._changed_part(eqn)
            if inner is not None:
                part = self.written(inner)
                walk.rows += part.rows
                walk.coordinates = [(x, w) for x, w in zip(part.at, part.wraps)]
                walk.sizes = update.shape
        walk.through(eqn, idx)
        return walk.access()

    def _changed_part(self, eqn: Eqn) -> Eqn | None:
        """The write that made the update out of what was read at the very place it goes to."""
        base, update, *idx = eqn.operands
        inner = self.indices.makes.get(update)
        if inner is None or inner.op.name not in WRITES:
            return None
        read = self.indices.makes.get(inner.operands[0])
        if read is None or read.operands[0] is not base:
            return None
        if eqn.op.name == "scatter_set":
            alike = read.op.name == "gather" and list(read.operands[1:]) == idx
            return inner if alike and not any(i.shape for i in idx) else None
        if eqn.op.name == "set_window":
            alike = read.op.name == "window" and read.attrs["step"] == eqn.attrs["step"]
            return inner if alike and list(read.operands[1:]) == idx else None
        alike = read.op.name == "slice" and all(read.attrs[k] == eqn.attrs[k] for k in ("start", "step"))
        return inner if alike else None


class _Walk:
    """From a place in what is read down to the array that it lies in."""

    def __init__(self, indices: Indices, site: Site | None, shape: Sequence[object]) -> None:
        self.indices, self.site = indices, site
        self.rows: list[Linear] = []
        #: per axis of the array reached so far, the index and whether a negative one wraps
        self.coordinates: list[tuple[Linear, bool]] = [(self._running(n), False) for n in shape]
        self.sizes: Sequence[object] = tuple(shape)
        self.array: Value | None = None

    def access(self) -> Access:
        assert self.array is not None
        at, wraps = tuple(x for x, _ in self.coordinates), tuple(w for _, w in self.coordinates)
        return Access(self.array, at, wraps, tuple(self.rows), self.site, self.array.shape)

    def down(self, v: Value) -> list[Eqn]:
        path = []
        while True:
            eqn = self.indices.makes.get(v)
            if eqn is None or eqn.op.name not in _PARTS:
                break
            if eqn.op.name == "reshape":
                if not self._without_ones(eqn):
                    break
            elif eqn.op.name == "transpose":
                axes = eqn.attrs["axes"]
                self.coordinates = [self.coordinates[axes.index(d)] for d in range(len(axes))]
            else:
                self.through(eqn, list(eqn.operands[1:]))
            path.append(eqn)
            v = eqn.operands[0]
            self.sizes = v.shape
        self.array = v
        return path

    def _without_ones(self, eqn: Eqn) -> bool:
        """Past a reshape that only adds or drops axes of length 1; False at others."""
        old, new = eqn.operands[0].shape, eqn.results[0].shape
        if [n for n in old if n != 1] != [n for n in new if n != 1]:
            return False
        kept = iter([c for c, n in zip(self.coordinates, new) if n != 1])
        self.coordinates = [(number(0), False) if n == 1 else next(kept) for n in old]
        return True

    def through(self, eqn: Eqn, idx: list[Value]) -> None:
        """From coordinates in a region to those in the array that it is a region of."""
        x = eqn.operands[0]
        plain = [self._plain(c, n) for c, n in zip(self.coordinates, self.sizes)]
        if eqn.op.name in ("slice", "set_at", "add_at"):
            found = []
            for c, lo, by, n in zip(plain, eqn.attrs["start"], eqn.attrs["step"], x.shape):
                known = isinstance(lo, int) and isinstance(by, int)
                found.append((c.times(by).shifted(lo) if known else self._running(n), False))
            self.coordinates = found
            return
        if eqn.op.name in ("window", "set_window", "add_window"):
            parts = zip(plain, idx, eqn.attrs["step"])
            self.coordinates = [(c.times(by).plus(self.indices.sum(lo)), False) for c, lo, by in parts]
            return
        rank = max(i.ndim for i in idx)
        places = [self._place(i, plain[:rank] if i.shape else [], n) for i, n in zip(idx, x.shape)]
        self.coordinates = [*places, *((c, False) for c in plain[rank:])]

    def _place(self, i: Value, at: Sequence[Linear], size: object) -> tuple[Linear, bool]:
        found = self.indices.element(i, at)
        if found is None:
            return self._running(size), False
        return found, not self._is_positive(found)

    def _plain(self, coordinate: tuple[Linear, bool], size: object) -> Linear:
        """A coordinate as a number; one that may wrap is any."""
        return self._running(size) if coordinate[1] else coordinate[0]

    def _running(self, size: object) -> Linear:
        """A new symbol that runs through an axis."""
        v: Symbol = ("element", next(_fresh))
        self.rows += [symbol(v), _size(self.indices, size).plus(symbol(v), -1).shifted(-1)]
        return symbol(v)

    def _is_positive(self, x: Linear) -> bool:
        """Whether an index is never negative where the site runs."""
        constraints = Constraints(self.indices)
        x = constraints.named(x)
        if not constraints.exclude([*self.rows, x.times(-1).shifted(-1)]):
            constraints.at(self.site)
            return constraints.exclude([*self.rows, x.times(-1).shifted(-1)])
        return True


def _size(indices: Indices, n: object) -> Linear:
    return indices.sum(n) if isinstance(n, Value) else number(n)  # type: ignore[arg-type]


def enter(access: Access, constraints: Constraints, run: Renaming = same) -> list[list[list[Linear]]]:
    """Let an access happen; per axis, the alternatives for its index: [index, conditions …].

    That the index is inside holds in each: the program would have ended otherwise.
    """
    indices = constraints.indices
    constraints.at(access.site, run)
    constraints.rows += [constraints.named(r, run) for r in access.rows]
    found = []
    for x, wraps, n in zip(access.at, access.wraps, access.sizes):
        size = constraints.named(_size(indices, n))
        x = constraints.named(x, run)
        inside = [x, size.plus(x, -1).shifted(-1)]
        cases = [[x, *inside]]
        if wraps:
            y = x.plus(size)
            cases.append([y, y, x.times(-1).shifted(-1)])
        found.append(cases)
    return found
