"""What the way back of a loop need not keep: what was read of, or written to, arrays that still have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Value, const, dims_of, has_effect, reads
from ..ir.op import lookup
from ..ir.types import I64
from ..opt.accesses import Access
from ..opt.dependence import Dependence, Version
from ..opt.elements import element
from ..opt.indices import Site

#: Iterations of a loop whose trips are not known, for an estimate.
_TRIPS = 100.0


class Part(NamedTuple):
    """A value that is a part of an array: the equations that read it there, and indices computed for them."""

    value: Value
    access: Access
    path: list[Eqn]
    setup: tuple[Eqn, ...] = ()

    def indices(self) -> Iterable[Value]:
        """What must be known to read it."""
        made = {e.results[0] for e in self.setup}
        yield from (v for e in self.setup for v in e.operands)
        yield from (v for e in self.path for v in (*e.operands[1:], *dims_of(e)) if v not in made)

    def read_from(self, version: Version, b: Builder) -> None:
        """Append equations that read it from another version of the array."""
        b.eqns.extend(self.setup)
        array, n = version.array, len(version.axes)
        if version.axes != tuple(range(n)):
            with b:
                array = lookup("transpose")(array, axes=tuple(version.axes.index(d) for d in range(n)))
        for eqn in self.path:
            out = self.value if eqn is self.path[-1] else Value(eqn.results[0].type, eqn.results[0].hint)
            b.eqns.append(Eqn(eqn.op, (array, *eqn.operands[1:]), eqn.attrs, (out,), eqn.loc, (), eqn.origin))
            array = out


class Again(NamedTuple):
    """The equations of a region as its way back can run them.

    read  what they read from arrays that are still in memory
    """

    eqns: list[Eqn]
    read: set[Value]


class Memory:
    """The arrays of a program that is reversed, and which of their elements are never overwritten."""

    def __init__(self, fn: Function) -> None:
        self.dependence = Dependence(fn)
        self.indices = self.dependence.indices
        self._sites = {id(site.region): site for site in self.indices.sites.values()}

    def site(self, region: Function) -> Site | None:
        """The place of a region in the program; None if it is none of its."""
        return self._sites.get(id(region))

    def again(self, region: Function, eqns: list[Eqn], wanted: Iterable[Value]) -> Again:
        """The equations of a region as its way back can run them, and what they read from memory.

        Reads that are proven to find the same elements in a later version of their array, one that is made
        around the region, read that one instead; what was written and is still there is read, too.
        """
        site = self.site(region)
        if site is None:
            return Again(eqns, set())
        self.indices.enter(eqns, site)
        first, rest = _indices_first(region, eqns)
        known = {r for eqn in first for r in eqn.results}.union(region.params)
        b = Builder()
        read: set[Value] = set()
        needed = _needed(eqns, wanted)
        for part in (*_elements(self, site, needed), *_parts(self, site, eqns, needed)):
            if part.value in read or not all(self._is_known(v, known, site) for v in part.indices()):
                continue
            last = self._around(part.access, site)
            if last is not None:
                part.read_from(last, b)
                read.add(part.value)
        kept = [e if read.isdisjoint(e.results) else _without(e, read) for e in rest]
        left = [e for e in kept if e.results or has_effect(e)]
        return Again([*first, *b.eqns, *left], read)

    def part(self, v: Value, reader: Eqn, site: Site, setup: Sequence[Eqn] = ()) -> Part:
        """`v` as what an equation would read."""
        alias = Value(v.type, v.hint)
        eqn = Eqn(reader.op, reader.operands, reader.attrs, (alias,), reader.loc)
        self.indices.enter([eqn], site)
        found = self.dependence.accesses.read(alias, site)
        assert found is not None
        return Part(v, *found, tuple(setup))

    def _is_known(self, v: Value, known: set[Value], site: Site) -> bool:
        return isinstance(v, Const) or v in known or not self.indices.is_inside(v, site)

    def _around(self, access: Access, site: Site) -> Version | None:
        """Where around a site what was accessed still is."""
        if access.array not in self.indices.home:
            return None
        for find in (self.dependence.last, self.dependence.first):
            found = find(access)
            if found.array is not access.array and not self.indices.is_inside(found.array, site):
                return found
        return None


def _needed(eqns: Sequence[Eqn], wanted: Iterable[Value]) -> set[Value]:
    """What the wanted values depend on."""
    found = set(wanted)
    for eqn in reversed(eqns):
        if not found.isdisjoint(eqn.results):
            found.update(reads(eqn))
    return found


def _indices_first(region: Function, eqns: Sequence[Eqn]) -> tuple[list[Eqn], list[Eqn]]:
    """The arithmetic of integer scalars that reads nothing else, and the other equations."""
    later = {r for eqn in eqns for r in eqn.results}
    first, rest = [], []
    for eqn in eqns:
        plain = (
            len(eqn.results) == 1
            and not eqn.regions
            and eqn.op.elementwise
            and eqn.results[0].dtype.kind == "i"
        )
        if plain and later.isdisjoint(eqn.operands):
            first.append(eqn)
            later.discard(eqn.results[0])
        else:
            rest.append(eqn)
    return first, rest


def _elements(memory: Memory, site: Site, needed: set[Value]) -> Iterable[Part]:
    """Carried numbers that a carried array has, too."""
    for v in site.region.params:
        found = element(memory.indices, site, v) if v in needed else None
        if found is not None:
            idx = found.write.operands[2:]
            with Builder() as b:
                moved = [i if not by else lookup("add")(i, const(by, I64)) for i, by in zip(idx, found.moved)]
            memory.indices.enter(b.eqns, site)
            yield memory.part(v, Eqn(lookup("gather"), (found.array, *moved), {}, (v,)), site, b.eqns)


def _parts(memory: Memory, site: Site, eqns: Sequence[Eqn], needed: set[Value]) -> Iterable[Part]:
    """What is read of arrays, and what is written to them."""
    for eqn in eqns:
        if eqn.op.name in ("scatter_set", "set_at", "set_window"):
            update = eqn.operands[1]
            scalars = not any(i.shape for i in eqn.operands[2:])
            if update in needed and not isinstance(update, Const) and scalars:
                yield memory.part(update, _reader(eqn), site)
        elif eqn.op.name in ("gather", "slice", "window") and eqn.results[0] in needed:
            found = memory.dependence.accesses.read(eqn.results[0], site)
            if found is not None:
                yield Part(eqn.results[0], *found)


def _reader(eqn: Eqn) -> Eqn:
    """The equation that would read what `eqn` writes."""
    _, update, *idx = eqn.operands
    if eqn.op.name == "scatter_set":
        return Eqn(lookup("gather"), (eqn.results[0], *idx), {}, (update,), eqn.loc)
    if eqn.op.name == "set_window":
        attrs = {**eqn.attrs, "shape": update.shape}
        return Eqn(lookup("window"), (eqn.results[0], *idx), attrs, (update,), eqn.loc)
    return Eqn(lookup("slice"), eqn.results, {**eqn.attrs, "shape": update.shape}, (update,), eqn.loc)


def _without(eqn: Eqn, found: set[Value]) -> Eqn:
    """The equation with new names for results that come from elsewhere; without results if all do."""
    if all(r in found for r in eqn.results) and not has_effect(eqn):
        return Eqn(eqn.op, eqn.operands, eqn.attrs, (), eqn.loc, eqn.regions, eqn.origin)
    results = tuple(Value(r.type, r.hint) if r in found else r for r in eqn.results)
    return Eqn(eqn.op, eqn.operands, eqn.attrs, results, eqn.loc, eqn.regions, eqn.origin)
