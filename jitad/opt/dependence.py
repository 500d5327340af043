"""Whether what is read of an array is overwritten later, in its iteration, later ones, or loops around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from ..ir.graph import Const, Eqn, Function, Value
from .accesses import WRITES, Access, Accesses, enter
from .constraints import Constraints, Renaming, other_run, same
from .indices import Indices, Site
from .polyhedron import Linear, symbol

Axes = tuple[int, ...]


class Version(NamedTuple):
    """A version of an array: its axis d is axis `axes[d]` of the one it is compared with."""

    array: Value
    axes: Axes


class Dependence:
    """The versions of a program's arrays: what an equation makes of an array by writing parts of it."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.indices = Indices(fn)
        self.accesses = Accesses(self.indices)
        self._bases: dict[Value, Value | None] = {}
        self._next: dict[Site | None, dict[Value, list[Value]]] = {}

    # versions

    def base(self, v: Value) -> Value | None:
        """The version of an array, in the same region, that `v` is the next of; None if it is a new array."""
        if v not in self._bases:
            self._bases[v] = None
            self._bases[v] = self._base(v)
        return self._bases[v]

    def _base(self, v: Value) -> Value | None:
        eqn = self.indices.makes.get(v)
        if eqn is None or not v.shape:
            return None
        if eqn.op.name in WRITES or eqn.op.name == "transpose":
            return eqn.operands[0]
        k = eqn.results.index(v)
        if eqn.op.name in ("for", "while"):
            found = carried(eqn, k)
            return found[0] if found and self._stays(found[1], eqn.regions[-1].results[k]) else None
        if eqn.op.name == "cond":
            starts = {self._start(eqn, number, k) for number in (0, 1)}
            start = starts.pop()
            return start if not starts and start is not None else None
        return None

    def _stays(self, first: Value, last: Value) -> bool:
        """Whether `last` is a later version of `first`, with the axes in the same order."""
        steps = self.path(first, last)
        return steps is not None and self.turned(steps, _identity(first)) == _identity(first)

    def _start(self, eqn: Eqn, number: int, k: int) -> Value | None:
        """The array from around a branch that its result k is a later version of."""
        site = self.indices.sites[eqn, number]
        last = v = eqn.regions[number].results[k]
        while self.indices.is_inside(v, site):
            base = self.base(v)
            if base is None:
                return None
            v = base
        return v if v in self.indices.home and self._stays(v, last) else None

    def path(self, first: Value, last: Value) -> list[Value] | None:
        """The versions after `first` up to `last`; None if that is not one of them."""
        found = []
        v: Value | None = last
        while v is not first:
            if v is None:
                return None
            found.append(v)
            v = self.base(v)
        return found[::-1]

    def turned(self, steps: Sequence[Value], axes: Axes) -> Axes:
        """The axes of the last of some versions, from those before the first."""
        for v in steps:
            eqn = self.indices.makes[v]
            if eqn.op.name == "transpose":
                axes = tuple(axes[a] for a in eqn.attrs["axes"])
        return axes

    def following(self, v: Value) -> list[Value]:
        """The next versions in the region of `v`."""
        site = self.indices.home[v]
        if site not in self._next:
            found: dict[Value, list[Value]] = {}
            for eqn in (site.region if site else self.fn).eqns:
                for r in eqn.results:
                    base = self.base(r)
                    if base is not None:
                        found.setdefault(base, []).append(r)
            self._next[site] = found
        return self._next[site].get(v, [])

    # writes

    def writes(self, steps: Sequence[Value], axes: Axes) -> Iterator[Access]:
        """The writes that made versions one after the other, all in the axes of one array."""
        for v in steps:
            eqn = self.indices.makes[v]
            if eqn.op.name in WRITES:
                yield self.accesses.written(eqn).moved(axes)
            elif eqn.regions:
                yield from self._inner_writes(eqn, eqn.results.index(v), axes)
            axes = self.turned((v,), axes)

    def _inner_writes(self, eqn: Eqn, k: int, axes: Axes) -> Iterator[Access]:
        regions = eqn.regions if eqn.op.name == "cond" else eqn.regions[-1:]
        for region in regions:
            found = carried(eqn, k)
            first = found[1] if found else self.base(eqn.results[k])
            assert first is not None
            steps = self.path(first, region.results[k])
            assert steps is not None
            yield from self.writes(steps, axes)

    def overlap(self, read: Access, write: Access, run: Renaming = same, rows: Sequence[Linear] = ()) -> bool:
        """Whether a write may be to an element that is read; `run`, `rows`: in another run, so related."""
        constraints = Constraints(self.indices)
        axes = zip(enter(read, constraints), enter(write, constraints, run))
        constraints.rows += [constraints.named(r) for r in rows]
        for cases in product(*(product(a, b) for a, b in axes)):
            zeros = [a[0].plus(b[0], -1) for a, b in cases]
            inside = [r for a, b in cases for r in (*a[1:], *b[1:])]
            if not constraints.exclude(inside, zeros):
                return True
        return False

    # what stays

    def last(self, read: Access) -> Version:
        """The last version of an array that still has what was read of it.

        It is in the region of the array, or the result of a loop around it whose later iterations
        leave what was read alone.
        """
        v, axes = read.array, _identity(read.array)
        while True:
            site = self.indices.home[v]
            end = self._end(v, site)
            if end is None:
                return self._furthest(read, v, axes)
            k, steps, again = end
            if not self._untouched(read, steps, axes, None):
                return Version(read.array, _identity(read.array))
            axes = self.turned(steps, axes)
            if again is not None and not self._untouched(read, again, axes, site):
                return Version(read.array, _identity(read.array))
            assert site is not None
            v = site.eqn.results[k]

    def first(self, read: Access) -> Version:
        """The first version of an array that already has what was read of it.

        It is in the region of the array, or the first value of a loop around it whose earlier iterations
        leave what was read alone.
        """
        v, axes = read.array, _identity(read.array)
        while True:
            base = self.base(v)
            while base is not None:
                before = self._turned_back(v, axes)
                if not self._untouched(read, (v,), before, None):
                    return Version(v, axes)
                v, axes = base, before
                base = self.base(v)
            site = self.indices.home[v]
            begin = self._begin(v, site)
            if begin is None:
                return Version(v, axes)
            outer, again = begin
            if again and not self._untouched(read, again, axes, site, earlier=True):
                return Version(v, axes)
            v = outer

    def _turned_back(self, v: Value, axes: Axes) -> Axes:
        """The axes of the version before `v`, from those of `v`."""
        eqn = self.indices.makes[v]
        if eqn.op.name != "transpose":
            return axes
        order = eqn.attrs["axes"]
        return tuple(axes[order.index(d)] for d in range(len(order)))

    def _begin(self, v: Value, site: Site | None) -> tuple[Value, list[Value]] | None:
        """What a loop around carries into `v` at first, and the versions of a whole iteration."""
        if site is None or site.eqn.op.name not in ("for", "while"):
            return None
        for k in range(len(site.eqn.results)):
            found = carried(site.eqn, k)
            if found is not None and site.region.params[k + (site.eqn.op.name == "for")] is v:
                steps = self.path(v, site.region.results[k])
                stays = steps is not None and self.base(site.eqn.results[k]) is not None
                return (found[0], steps) if stays and not isinstance(found[0], Const) else None  # type: ignore[return-value]
        return None

    def _end(self, v: Value, site: Site | None) -> tuple[int, list[Value], list[Value] | None] | None:
        """The result of a region that is a later version, the way there, and that of a whole iteration."""
        if site is None:
            return None
        for k, r in enumerate(site.region.results):
            if not r.shape or k >= len(site.eqn.results) or self.base(site.eqn.results[k]) is None:
                continue
            steps = self.path(v, r)
            if steps is None:
                continue
            found = carried(site.eqn, k)
            return k, steps, self.path(found[1], r) if found else None
        return None

    def _furthest(self, read: Access, v: Value, axes: Axes) -> Version:
        while True:
            for step in self.following(v):
                if self._untouched(read, (step,), axes, None):
                    axes = self.turned((step,), axes)
                    v = step
                    break
            else:
                return Version(v, axes)

    def _untouched(
        self,
        read: Access,
        steps: Sequence[Value],
        axes: Axes,
        again: Site | None,
        earlier: bool = False,
    ) -> bool:
        """Whether making these versions leaves what was read alone; `again`: in other runs of a body."""
        if again is not None:
            run = other_run(self.indices, again)
            rows = _order(again, run, earlier)
            return not any(self.overlap(read, w, run, rows) for w in self.writes(steps, axes))
        for k, v in enumerate(steps):
            eqn = self.indices.makes[v]
            run = _inside(self.indices, eqn) if eqn.regions else same
            here = self.turned(steps[:k], axes)
            if any(self.overlap(read, w, run) for w in self.writes((v,), here)):
                return False
        return True


def carried(eqn: Eqn, k: int) -> tuple[Value, Value] | None:
    """The first value and the parameter of the body for what a loop carries as its result k."""
    body = eqn.regions[-1]
    if eqn.op.name == "while":
        return eqn.operands[k], body.params[k]
    if eqn.op.name == "for" and k < eqn.attrs["carried"]:
        return eqn.operands[1 + k], body.params[1 + k]
    return None


def _identity(v: Value) -> Axes:
    return tuple(range(v.ndim))


def _inside(indices: Indices, eqn: Eqn) -> Renaming:
    """The renaming of all that is made in the regions of an equation."""
    runs = [other_run(indices, indices.sites[eqn, k]) for k in range(len(eqn.regions))]

    def renamed(v: object) -> object:
        return next((new for run in runs if (new := run(v)) is not v), v)

    return renamed


def _order(site: Site, run: Renaming, earlier: bool) -> list[Linear]:
    """What relates an iteration to later ones, or to earlier ones."""
    if site.eqn.op.name != "for":
        return []
    k = site.region.params[0]
    apart = symbol(run(k)).plus(symbol(k), -1)
    return [(apart.times(-1) if site.eqn.attrs["reverse"] != earlier else apart).shifted(-1)]
