"""What is known where code of a program runs: bounds of counters, sides of branches; also of two runs."""

from __future__ import annotations

from collections.abc import Callable

from ..ir.graph import Eqn, Value
from .indices import Indices, Site
from .polyhedron import Linear, Symbol, is_empty

#: What a comparison x ∘ y says, as sums that are not negative: (factor of x − y, offset), or None for zero.
_COMPARED: dict[str, tuple[int, int]] = {"lt": (-1, -1), "le": (-1, 0), "gt": (1, -1), "ge": (1, 0)}
_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}

Renaming = Callable[[Symbol], Symbol]


def same(v: Symbol) -> Symbol:
    """The renaming that changes nothing."""
    return v


def other_run(indices: Indices, site: Site) -> Renaming:
    """The renaming of what is made in a site, for another run of it."""

    def renamed(v: Symbol) -> Symbol:
        made = v[1] if isinstance(v, tuple) else v
        return ("other", v) if isinstance(made, Value) and indices.is_inside(made, site) else v

    return renamed


class Constraints:
    """A growing system of linear constraints; each symbol that enters brings its bounds."""

    def __init__(self, indices: Indices) -> None:
        self.indices = indices
        self.zeros: list[Linear] = []
        self.rows: list[Linear] = []
        self.known: set[Symbol] = set()

    def copy(self) -> Constraints:
        new = Constraints(self.indices)
        new.zeros, new.rows, new.known = [*self.zeros], [*self.rows], set(self.known)
        return new

    def at(self, site: Site | None, run: Renaming = same) -> None:
        """The code of a site runs: the loops around it do, and the branches were taken."""
        for s in site.chain() if site else ():
            name = s.eqn.op.name
            if name == "for":
                self.named(Linear({s.region.params[0]: 1}), run)
            elif name == "cond":
                self._holds(s.eqn.operands[0], s.region is s.eqn.regions[0], run)

    def _holds(self, condition: Value, truth: bool, run: Renaming) -> None:
        eqn = self.indices.makes.get(condition)
        if eqn is None:
            return
        name = eqn.op.name
        if name == "not":
            self._holds(eqn.operands[0], not truth, run)
        elif name == ("and" if truth else "or"):
            for v in eqn.operands:
                self._holds(v, truth, run)
        elif name in ("eq", "ne", *_COMPARED) and all(_is_integer(v) for v in eqn.operands):
            self._compared(eqn, truth, run)

    def _compared(self, eqn: Eqn, truth: bool, run: Renaming) -> None:
        x, y = (self.indices.sum(v) for v in eqn.operands)
        apart = self.named(x.plus(y, -1), run)
        name = eqn.op.name
        if name in ("eq", "ne"):
            if truth == (name == "eq"):
                self.zeros.append(apart)
            return
        sign, offset = _COMPARED[name if truth else _OPPOSITE[name]]
        self.rows.append(apart.times(sign).shifted(offset))

    def named(self, x: Linear, run: Renaming = same) -> Linear:
        """The sum in another run; what is known of its symbols enters."""
        for v in x.terms:
            new = run(v)
            if isinstance(v, Value) and new not in self.known:
                self.known.add(new)
                zeros, rows = self.indices.bounds(v)
                self.zeros += [self.named(z, run) for z in zeros]
                self.rows += [self.named(r, run) for r in rows]
        return Linear({run(v): n for v, n in x.terms.items()}, x.offset)

    def exclude(self, rows: list[Linear], zeros: list[Linear] | None = None) -> bool:
        """Whether further constraints can never hold beside these."""
        return is_empty([*self.zeros, *(zeros or ())], [*self.rows, *rows])


def _is_integer(v: Value) -> bool:
    return not v.shape and v.dtype.str[1:] == "i8" and v.type.item is None
