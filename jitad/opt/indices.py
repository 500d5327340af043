"""Integers of a program as sums of multiples of counters and other values, and what bounds these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..ir.graph import Const, Eqn, Function, Value
from .intervals import EVERY, RULES, Interval, hull
from .polyhedron import Linear, Symbol, number, symbol

#: No loop has more iterations, nor an array more elements, in a program that ends.
_MOST = 2**53


@dataclass(frozen=True, eq=False)
class Site:
    """One region of one equation, inside others; `around` is None in the function itself."""

    eqn: Eqn
    region: Function
    around: Site | None

    def chain(self) -> Iterator[Site]:
        """This site and those around it, innermost first."""
        site: Site | None = self
        while site is not None:
            yield site
            site = site.around


class Indices:
    """Where each value of a program is made, and its integers as linear sums.

    A sum stands only for arithmetic that cannot leave 64 bits, so it is the number and not one modulo 2⁶⁴.
    """

    def __init__(self, fn: Function) -> None:
        self.makes: dict[Value, Eqn] = {}
        self.home: dict[Value, Site | None] = {}
        self.sites: dict[tuple[Eqn, int], Site] = {}
        self.counters: dict[Value, Eqn] = {}
        self._sums: dict[Value, Linear] = {}
        self._intervals: dict[Value, Interval] = {}
        self.sizes: set[Value] = set()
        self._declare(fn.params, None)
        self.enter(fn.eqns, None)

    def enter(self, eqns: Iterable[Eqn], site: Site | None) -> None:
        """Add equations that stand in a site; values that are known stay as they are."""
        for eqn in eqns:
            for r in eqn.results:
                self.makes.setdefault(r, eqn)
            self._declare(eqn.results, site)
            for k, region in enumerate(eqn.regions):
                if (eqn, k) not in self.sites:
                    inner = self.sites[eqn, k] = Site(eqn, region, site)
                    self._declare(region.params, inner)
                    if eqn.op.name == "for":
                        self.counters[region.params[0]] = eqn
                    self.enter(region.eqns, inner)

    def _declare(self, values: Iterable[Value], site: Site | None) -> None:
        for v in values:
            self.home.setdefault(v, site)
            self.sizes.update(d for d in v.type.shape if isinstance(d, Value))

    def is_inside(self, v: Value, site: Site) -> bool:
        """Whether a value is made in a site, or deeper."""
        home = self.home.get(v)
        return home is not None and any(s is site for s in home.chain())

    # sums

    def sum(self, v: Value) -> Linear:
        """An integer scalar; itself where nothing is known."""
        if isinstance(v, Const):
            return number(int(v.data))
        found = self._sums.get(v)
        if found is None:
            found = self._computed(v, ())
            self._sums[v] = found = symbol(v) if found is None else found
        return found

    def element(self, v: Value, at: Sequence[Linear]) -> Linear | None:
        """An element of an integer array, if it is a sum of what `at` is made of and of scalars."""
        if not v.shape:
            return self.sum(v)
        if isinstance(v, Const):
            same = v.size and (v.data == v.data.flat[0]).all()
            return number(int(v.data.flat[0])) if same else None
        return self._computed(v, at)

    def _computed(self, v: Value, at: Sequence[Linear]) -> Linear | None:
        eqn = self.makes.get(v)
        if eqn is None or v.dtype.str[1:] != "i8" or v.type.item is not None:
            return None
        name = eqn.op.name
        if name in ("add", "sub", "mul", "neg"):
            return self._arithmetic(eqn, at) if self._is_exact(eqn) else None
        if name == "iota":
            return at[eqn.attrs["axis"]]
        if name == "broadcast":
            return self.element(eqn.operands[0], [at[a] for a in eqn.attrs["axes"]])
        if name == "slice":
            places = zip(at, eqn.attrs["step"], eqn.attrs["start"])
            if all(isinstance(n, int) for n in (*eqn.attrs["step"], *eqn.attrs["start"])):
                return self.element(eqn.operands[0], [x.times(by).shifted(lo) for x, by, lo in places])
        return None

    def _arithmetic(self, eqn: Eqn, at: Sequence[Linear]) -> Linear | None:
        parts = [self.element(v, at if v.shape else ()) for v in eqn.operands]
        x, y = parts[0], parts[-1]
        if x is None or y is None:
            return None
        if eqn.op.name == "mul":
            return y.times(x.offset) if not x.terms else x.times(y.offset) if not y.terms else None
        if eqn.op.name == "neg":
            return x.times(-1)
        return x.plus(y, 1 if eqn.op.name == "add" else -1)

    def _is_exact(self, eqn: Eqn) -> bool:
        x, *rest = (self.interval(v) for v in eqn.operands)
        name = eqn.op.name
        if name == "neg":
            ends = [-x.lo, -x.hi]
        elif name == "mul":
            ends = [a * b for a in x for b in rest[0]]
        else:
            sign = 1 if name == "add" else -1
            ends = [a + sign * b for a in x for b in rest[0]]
        return EVERY.lo <= min(ends) and max(ends) <= EVERY.hi

    # bounds

    def interval(self, v: Value) -> Interval:
        """What is known of the elements of an int64 value wherever it is used."""
        if isinstance(v, Const):
            return hull(int(v.data.min()), int(v.data.max())) if v.size else Interval(0, 0)
        if v not in self._intervals:
            self._intervals[v] = EVERY
            self._intervals[v] = self._interval(v)
        return self._intervals[v]

    def _interval(self, v: Value) -> Interval:
        found = EVERY
        eqn = self.makes.get(v)
        if v in self.counters:
            count = self.interval(self.counters[v].operands[0]).hi
            found = Interval(0, max(min(count, _MOST) - 1, 0))
        elif eqn is not None and eqn.op.name in RULES and v.dtype.str[1:] == "i8":
            known = (self.interval(u) if u.dtype.str[1:] == "i8" else EVERY for u in eqn.operands)
            found = RULES[eqn.op.name](eqn, *known)
        if v in self.sizes:
            found = Interval(max(found.lo, 0), min(found.hi, _MOST))
        return found

    def bounds(self, v: Value) -> tuple[list[Linear], list[Linear]]:
        """Sums with a scalar `v` that are 0, and sums that are not negative, wherever it is used."""
        eqn, me, lies = self.makes.get(v), symbol(v), self.interval(v)
        zeros: list[Linear] = []
        rows = [me.shifted(-lies.lo)] if lies.lo > EVERY.lo else []
        if lies.hi < EVERY.hi:
            rows.append(me.times(-1).shifted(lies.hi))
        if v in self.counters:
            rows += [u.plus(me, -1).shifted(-1) for u in self._uppers(self.counters[v].operands[0])]
        elif eqn is not None and eqn.op.name == "maximum":
            rows += [me.plus(self.sum(u), -1) for u in eqn.operands]
        elif eqn is not None and eqn.op.name == "minimum":
            rows += [self.sum(u).plus(me, -1) for u in eqn.operands]
        elif eqn is not None and eqn.op.name in ("floor_divide", "remainder"):
            self._divided(eqn, v, zeros, rows)
        return zeros, rows

    def _divided(self, eqn: Eqn, v: Value, zeros: list[Linear], rows: list[Linear]) -> None:
        x, by = (self.sum(u) for u in eqn.operands)
        n = by.offset
        if by.terms or n <= 0:
            return
        if eqn.op.name == "remainder":
            quotient: Symbol = ("quotient", v)
            zeros.append(x.plus(symbol(v), -1).plus(symbol(quotient), -n))
            return
        rest = x.plus(symbol(v), -n)
        rows += [rest, rest.times(-1).shifted(n - 1)]

    def _uppers(self, count: Value) -> list[Linear]:
        """What a positive count is at most: `max(x, 0)`, if positive, is x."""
        eqn = self.makes.get(count)
        if eqn is not None and eqn.op.name == "minimum":
            return [u for v in eqn.operands for u in self._uppers(v)]
        if eqn is not None and eqn.op.name == "maximum":
            x, y = eqn.operands
            for a, b in ((x, y), (y, x)):
                if self.interval(b).hi <= 0:
                    return self._uppers(a)
        return [self.sum(count)]
