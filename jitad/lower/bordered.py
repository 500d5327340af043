"""Nests over pieces whose borders only the running program knows."""

from __future__ import annotations

from typing import NamedTuple

from ..ir.types import is_int
from .amounts import Amount
from .edges import Between, Edge, edge, guess, inner, stretches
from .emitter import Reg
from .open import OpenNest
from .roots import Step


class Core(NamedTuple):
    """Whole vectors of a row that lie between borders: from `start` to `stop`, both multiples of a vector."""

    start: Amount
    stop: Amount
    where: Between


class BorderedNest(OpenNest):
    """Emits the loops of maps that are made of pieces, some of whose borders are values of the program.

    Rows are walked in vectors. Those between borders have straight code; those that lie across one, and all
    of a row that is at a border of another axis, share code that asks in which lanes a piece is. Rows
    shorter than a vector go element by element, and ask, too.
    """

    def _arrange(self, step: Step) -> None:
        super()._arrange(step)
        forms = self.nest.plan.forms
        self.extents = [edge(forms, d) for d in self.space]
        loops = [ix.axis for ix in self.axes]
        cuts = [[c for root in self.roots for c in root.reads.cuts[a]] for a in range(len(self.space))]
        self.edges = [inner(cuts[loops.index(k)], extent) for k, extent in enumerate(self.extents)]
        #: outer loops that have borders → where their indices are between them
        self.middle = {
            k: _longest(found, self.extents[k]) for k, found in enumerate(self.edges[:-1]) if found
        }
        self.nest.guarded = True

    def emit(self) -> None:
        self._loops(0)

    def _loops(self, a: int) -> None:
        if a == len(self.space) - 1:
            self._rows()
            return
        extent = self.nest.amounts.extent(self.space[a])
        self.nest.open_loop(0, extent, 1, lambda: self._loops(a + 1), where=self.whole[a])

    def _rows(self) -> None:
        """The innermost axis; what several ways need from outside is computed before they part."""
        e = self.nest.e
        inside: list[str] = []
        before, e.lines = e.lines, inside
        extent = self.nest.amounts.extent(self.space[-1])
        if is_int(extent):
            self._elements(extent) if extent < self.width else self._vectors_of(extent)  # type: ignore[operator]
        else:
            tag = e.label("row")
            few = e.icmp("slt", Reg(str(extent), "i64"), e.literal(self.width, "i64"))
            e.put(f"br i1 {few.text}, label %{tag}.few, label %{tag}.many")
            e.put(f"{tag}.few:")
            self._elements(extent)
            e.lines += [f"br label %{tag}.on", f"{tag}.many:"]
            self._vectors_of(extent)
            e.lines += [f"br label %{tag}.on", f"{tag}.on:"]
        before += inside
        e.lines = before

    def _elements(self, extent: Amount) -> None:
        self.nest.open_loop(0, extent, 1, self._body, 1, where=self.whole[-1])

    def _vectors_of(self, extent: Amount) -> None:
        cores = self._cores(extent)
        main = self._in_middle()
        for core in cores:
            self._straight(core, main)
        self._across_borders(extent, cores, main)

    def _cores(self, extent: Amount) -> list[Core]:
        """The whole vectors between borders, one stretch after the other."""
        amounts, found = self.nest.amounts, []
        at: Amount = 0
        for where in stretches(self.edges[-1], self.extents[-1]):
            lo, hi = self._ends(where)
            start = amounts.most(at, amounts.whole(amounts.plus(lo, self.width - 1), self.width))
            stop = amounts.most(start, amounts.whole(amounts.least(hi, extent), self.width))
            found.append(Core(start, stop, where))
            at = stop
        return found

    def _ends(self, where: Between) -> tuple[Amount, Amount]:
        """Where an index is for certain between its edges, whichever of them is first or last."""
        nest, amounts = self.nest, self.nest.amounts
        lo: Amount = 0
        for x in where.above:
            lo = amounts.most(lo, nest.amount(x))
        hi = nest.amount(where.under[-1])
        for x in where.under[:-1]:
            hi = amounts.least(hi, nest.amount(x))
        return lo, hi

    def _in_middle(self) -> Reg | None:
        """Whether the current row is between the borders of all outer axes."""
        nest, e, out = self.nest, self.nest.e, None
        lines, e.lines = e.lines, nest.lists[-1]
        for k, where in self.middle.items():
            lo, hi = self._ends(where)
            at = Reg(nest.ivs[k], "i64")
            for predicate, bound in (("sge", lo), ("slt", hi)):
                holds = e.icmp(predicate, at, Reg(str(bound), "i64"))
                out = holds if out is None else e.op("and", out, holds)
        e.lines = lines
        return out

    def _straight(self, core: Core, main: Reg | None) -> None:
        """A stretch between borders, if the row has any of it."""
        nest, e = self.nest, self.nest.e
        tag = e.label("core")
        some = e.icmp("slt", Reg(str(core.start), "i64"), Reg(str(core.stop), "i64"))
        if main is not None:
            some = e.op("and", some, main)
        e.put(f"br i1 {some.text}, label %{tag}, label %{tag}.on")
        with nest.within(self.middle) as lines, nest.guarding(False):
            nest.open_loop(core.start, core.stop, self.width, self._body, self._unroll(), where=core.where)
        e.lines += [f"{tag}:", *lines, f"br label %{tag}.on", f"{tag}.on:"]

    def _across_borders(self, extent: Amount, cores: list[Core], main: Reg | None) -> None:
        """All other vectors; where the row is not between the borders of outer axes, all of them."""
        e, amounts, shift = self.nest.e, self.nest.amounts, self.width.bit_length() - 1
        every = amounts.whole(amounts.plus(extent, self.width - 1), self.width)
        rest, skipped = every, [amounts.minus(core.stop, core.start) for core in cores]
        for length in skipped:
            rest = amounts.minus(rest, length)
        count = self._in_main(main, rest, every)
        count = e.op("lshr", count, e.literal(shift, "i64"))

        def position(turn: Reg) -> Reg:
            start = e.op("shl", turn, e.literal(shift, "i64"))
            at = start
            for core, length in zip(cores, skipped):
                beyond = e.icmp("sge", at, Reg(str(core.start), "i64"))
                at = e.select(beyond, e.op("add", at, Reg(str(length), "i64")), at)
            return at if main is None else e.select(main, at, start)

        last = amounts.plus(extent, -self.width)
        self.nest.crossing_loop(count.text, position, last, self.whole[-1], self._masked_body)

    def _in_main(self, main: Reg | None, inside: Amount, outside: Amount) -> Reg:
        one, other = Reg(str(inside), "i64"), Reg(str(outside), "i64")
        return one if main is None else self.nest.e.select(main, one, other)


def _longest(edges: list[Edge], extent: Edge) -> Between:
    """Between which edges about the longest interval of an axis is."""
    return max(stretches(edges, extent), key=lambda where: guess(where.under[0]) - guess(where.above[-1]))


__all__ = ["BorderedNest"]
