"""Nests over sizes that only the running program knows, in the order in which others walk."""

from __future__ import annotations

from typing import Any

from ..ir.graph import Value
from ..ir.types import is_int
from .amounts import Amount
from .edges import Between, edge
from .emitter import Reg
from .fold import BLOCK, SUPERBLOCK, Fold
from .fused import Fused
from .index import Ix, identity, product_of
from .nest import LANES, NARROW_LANES
from .ranges import interval
from .roots import Step


def is_open(step: Step) -> bool:
    """Whether some extent of a step's nest is a value of the program, or some border in it."""
    return step.bordered or not all(map(is_int, step.space))


class OpenNest(Fused):
    """Emits the loops of a step whose iteration space has dimensions that are values.

    Its order of summation along the innermost axis is that of nests whose sizes are known.
    """

    def _arrange(self, step: Step) -> None:
        if len(self.space) > 1:
            if all(self._flat(root) for root in self.roots):
                self.space, self.axes = (product_of(self.space),), identity(1)
            else:
                self._order()
        self.cuts = [[0, n] if is_int(n) else [] for n in self.space]
        forms = self.nest.plan.forms
        self.whole = [Between((0,), () if isinstance(d, tuple) else (edge(forms, d),)) for d in self.space]
        self.width = self.nest.width = NARROW_LANES if step.narrow else LANES
        self.folds = [Fold(self.nest, root, self.axes) for root in self.roots if root.kind != "map"]

    def _order(self) -> None:
        """Walk the axis innermost along which most is read and written side by side."""
        last = len(self.space) - 1
        short = is_int(self.space[last]) and self.space[last] < LANES
        inner = last
        if short or any(root.reads.across for root in self.roots):
            inner = max((a for a in range(last) if not is_int(self.space[a]) or not short), default=last)
        order = [*(a for a in range(last + 1) if a != inner), inner]
        self.axes = tuple(Ix(order.index(a), 1, 0) for a in range(len(order)))
        self.space = tuple(self.space[a] for a in order)

    def _lengths(self) -> list[int]:
        """Lengths of the innermost axis for which accumulators have to be ready."""
        innermost = self.space[-1]
        return [innermost] if is_int(innermost) else [0, self._longest(innermost)]

    def _longest(self, extent: Any) -> int:
        """What a length is at most, as far as it matters: two blocks stand for all that is longer."""
        most = interval(self.nest.plan, extent).hi if isinstance(extent, Value) else 2 * BLOCK * self.width
        return min(most, 2 * BLOCK * self.width)

    def _axis(self, a: int) -> None:
        starting = [fold for fold in self.folds if fold.start == a]
        for fold in starting:
            fold.open(self._lengths())
        extent = self.space[a] if a < len(self.space) else 0
        if a == len(self.space):
            self._body()
        elif a == len(self.space) - 1:
            self._rows()
        else:
            stop = self.nest.amounts.extent(extent)
            self.nest.open_loop(0, stop, 1, lambda: self._axis(a + 1), where=self.whole[a])
        for fold in starting:
            fold.close()

    def _rows(self) -> None:
        extent = self.space[-1]
        if is_int(extent):
            self._row(0, extent)
        else:
            self._open_row(self.nest.amounts.extent(extent))

    def _open_row(self, extent: Amount) -> None:
        """The innermost axis: elements one by one if they are fewer than a vector has lanes, else vectors.

        What both ways need from outside is computed before they part: it goes to the lines that are open now.
        """
        nest, e = self.nest, self.nest.e
        if self._longest(self.space[-1]) < self.width:
            nest.open_loop(0, extent, 1, self._body, where=self.whole[-1])
            return
        before = e.lines
        inside: list[str] = []
        e.lines = inside
        tag = e.label("row")
        few = e.icmp("slt", _reg(extent), e.literal(self.width, "i64"))
        e.put(f"br i1 {few.text}, label %{tag}.few, label %{tag}.many")
        e.put(f"{tag}.few:")
        nest.open_loop(0, extent, 1, self._body, where=self.whole[-1])
        e.lines += [f"br label %{tag}.on", f"{tag}.many:"]
        whole = e.op("and", _reg(extent), e.literal(-self.width, "i64")).text
        if self.folds and self._longest(self.space[-1]) > BLOCK * self.width:
            self._open_blocks(whole)
        else:
            nest.open_loop(0, whole, self.width, self._body, self._unroll(), self.whole[-1])
        self._rest(extent, whole, tag)
        e.lines += [f"br label %{tag}.on", f"{tag}.on:"]
        before += inside
        e.lines = before

    def _rest(self, extent: Amount, whole: str, tag: str) -> None:
        """What is left: a vector that overlaps the last, what was computed before masked."""
        e = self.nest.e
        rest = e.op("sub", _reg(extent), _reg(whole))
        some = e.icmp("ne", rest, e.literal(0, "i64"))
        e.lines += [f"br i1 {some.text}, label %{tag}.rest, label %{tag}.whole", f"{tag}.rest:"]
        at = e.op("sub", _reg(extent), e.literal(self.width, "i64"))
        overlap = e.op("sub", _reg(whole), at)
        if self.folds or self.overwrites:
            lanes = Reg(f"<{', '.join(f'i64 {k}' for k in range(self.width))}>", "i64", self.width)
            self.mask = e.icmp("sge", lanes, e.splat(overlap, self.width))
        with self.nest.once(at.text, self.width, self.whole[-1]):
            self._body()
        self.mask = None
        e.lines += [f"br label %{tag}.whole", f"{tag}.whole:"]
        if self.folds:
            vectors = e.op("lshr", _reg(whole), e.literal(self.width.bit_length() - 1, "i64"))
            last = e.define(f"zext i1 {some.text} to i64", "i64")
            for fold in self.folds:
                fold.rewind_by(e.op("add", vectors, last))

    def _open_blocks(self, whole: str) -> None:
        """Whole vectors in blocks, which are folded into accumulators of a second and third level."""
        nest, e = self.nest, self.nest.e
        size = BLOCK * self.width
        long = e.icmp("sgt", _reg(whole), e.literal(size, "i64"))
        group = SUPERBLOCK * size

        def block(at: str) -> None:
            stop = e.define(f"call i64 @llvm.smin.i64(i64 {e.offset([(1, at)], size)}, i64 {whole})", "i64")
            nest.open_loop(at, stop.text, self.width, self._body, self._unroll(), self.whole[-1])
            full = e.op("and", long, e.icmp("eq", e.op("sub", stop, _reg(at)), e.literal(size, "i64")))
            self._if(full, lambda: self._raise_level(1))
            done = e.op("and", full, e.icmp("eq", _left(stop, group), e.literal(0, "i64")))
            self._if(done, lambda: self._raise_level(2))

        def _left(x: Reg, n: int) -> Reg:
            return e.op("and", x, e.literal(n - 1, "i64"))

        e.declarations["@llvm.smin.i64"] = "declare i64 @llvm.smin.i64(i64, i64)"
        nest.plain_loop("0", whole, size, block, guarded=True)
        blocks = e.op("and", _reg(whole), e.literal(-size, "i64"))
        some = e.icmp("ne", _left(blocks, group), e.literal(0, "i64"))
        ended = e.op("and", some, e.icmp("sgt", blocks, e.literal(group, "i64")))
        self._if(ended, lambda: self._raise_level(2))

    def _if(self, condition: Reg, then: object) -> None:
        e = self.nest.e
        tag = e.label("if")
        e.lines += [f"br i1 {condition.text}, label %{tag}.then, label %{tag}.on", f"{tag}.then:"]
        then()  # type: ignore[operator]
        e.lines += [f"br label %{tag}.on", f"{tag}.on:"]


def _reg(amount: Amount) -> Reg:
    """An amount as a register or literal."""
    return Reg(str(amount), "i64")


__all__ = ["OpenNest", "is_open"]
