"""One fused nest: every root over one iteration space, in one traversal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from ..ir.graph import Value
from .borders import between
from .columns import ColumnFold, sum_columns
from .emitter import Reg
from .fold import BLOCK, SUPERBLOCK, Fold, beyond
from .index import Index, Ix, identity
from .nest import LANES, Nest, lanes_of
from .roots import Root, Step, long_interval

if TYPE_CHECKING:
    from .kernel import Kernel

#: Columns of a strip when operands are read along columns: that many cache lines are in use at once.
TILE = 64
#: Into as many boxes the outer axes are cut, each with code of its own; beyond, rows at borders share code.
FEW_BOXES = 2
#: A body up to this dear (in additions) is unrolled, once per accumulator, unless it has an elementary
#: function.
UNROLL_COST, UNROLL_DEAREST = 32, 10
#: Rows of fewer vectors than SHORT are not unrolled in kernels of more nests than FEW_NESTS: there the copies
#: are most of the code. The gradient of channel flow (61 × 61) runs as fast and compiles in 0.86 s instead of
#: 1.38; a small kernel that sums over rows of 7 vectors would take 40 µs instead of 29.
SHORT, FEW_NESTS = 16, 16
#: Up to this cost (in additions) vectors across borders have code of their own, beyond it they share code.
CHEAP = 48
#: From so many folds beside a dear body on, accumulators stay in memory: registers would be moved there and
#: back to rotate them. Measured beside exp: 2.1 ns an element instead of 3.0 for nine folds, equal for four.
MANY_FOLDS = 5


@dataclass(frozen=True)
class Panels:
    """What else happens in a nest over rows of a matrix, so many rows at a time.

    before, after  called with the register of the first row and how many there are
    block          called where a block of the folds ends
    """

    rows: int
    before: Callable[[str, int], None]
    after: Callable[[str, int], None]
    block: Callable[[], None]


def cover(borders: list[int], width: int) -> tuple[list[tuple[int, int]], list[int]]:
    """Whole vectors between borders, as intervals, and the places of those across one or at the end."""
    straight, across, at = [], [], 0
    for border in borders[1:]:
        whole = max(border - at, 0) // width * width
        if whole:
            straight.append((at, at + whole))
        at += whole
        if at < border:
            across.append(at)
            at += width
    return straight, across


class Fused:
    """Emits the loops of a step whose roots are maps, folds and contractions."""

    def __init__(self, kernel: Kernel, step: Step, panels: Panels | None = None) -> None:
        self.panels = panels
        self.roots = step.roots
        self.nest = Nest(kernel, frozenset(r.value for r in step.roots if r.kind == "map"))
        self.space = step.space
        self.mask: Reg | None = None  # lanes of the current vector that were not computed before
        self.overwrites = any(root.value in kernel.buffers.in_place for root in step.roots)
        self.overwritten = self._overwritten()
        self.axes: Index = identity(len(self.space))
        self.reordered = False
        self.overlap: Reg | None = None  # and how many were
        self.cuts: list[list[int]] = []
        self.folds: list[Fold] = []
        self._arrange(step)

    def _arrange(self, step: Step) -> None:
        """Choose the order of the axes, the vectors, where rows are cut, and the accumulators."""
        self.cuts = self._merged_cuts()
        if len(self.space) > 1:
            if all(self._flat(root) for root in self.roots):
                self._flatten()
            else:
                self._reorder()
        innermost = self.space[-1] if self.space else 1
        self.width = self.nest.width = max(lanes_of(step.narrow, innermost), LANES)
        self.folds = [self._fold(root) for root in self.roots if root.kind != "map"]
        numbered = len(self.folds) >= MANY_FOLDS and self._unroll() == 1
        for fold in self.folds:
            fold.numbered = numbered
        self.mains = self._mains()
        self.covered = self._guardable() and not self.folds and len(self.cuts[-1]) > 2
        self.nest.guarded = self.covered or bool(self.mains)

    def _fold(self, root: Root) -> Fold:
        fold = Fold(self.nest, root, self.axes)
        whole = all(len(cuts) == 2 for cuts in self.cuts[-2:])
        if whole and not self._strips() and ColumnFold.fits(fold, self.space):
            return ColumnFold(self.nest, root, self.axes, self.space)
        return fold

    def _overwritten(self) -> list[Value]:
        """Operands whose memory a map of the nest takes over."""
        plan, buffers = self.nest.plan, self.nest.kernel.buffers
        taken = [buffers.of[r.value] for r in self.roots if r.value in buffers.in_place]
        leaves = dict.fromkeys(leaf for r in self.roots for leaf in r.reads.leaves)
        own = {r.value for r in self.roots}
        return [v for v in leaves if v not in own and buffers.of.get(plan.home(v)) in taken]

    def _merged_cuts(self) -> list[list[int]]:
        """Per axis the borders of the intervals in which every piece is known."""
        merged = []
        for a, extent in enumerate(self.space):
            inside = {c for root in self.roots for c in root.reads.cuts[a] if 0 < c < extent}
            merged.append([0, *sorted(inside), extent])
        return merged

    def _guardable(self) -> bool:
        """Whether indices may be asked at run time on which side of a border they lie."""
        plain = not (self.reordered or self.panels or any(root.reads.exact for root in self.roots))
        return plain and bool(self.space) and self.space[-1] >= self.width and not self._strips()

    def _mains(self) -> dict[int, tuple[int, int]]:
        """Outer axes that are not cut → the long interval between their borders.

        Rows in all of these get straight code. The others, which are few, share code that asks.
        """
        outer = self.cuts[:-1]
        found: dict[int, tuple[int, int]] = {}
        if not self._guardable() or prod(len(cuts) - 1 for cuts in outer) <= FEW_BOXES:
            return found
        for a, cuts in enumerate(outer):
            if len(cuts) > 2 and (bounds := long_interval(cuts)):
                found[a] = bounds
                self.cuts[a] = [0, self.space[a]]
        return found

    def _flatten(self) -> None:
        """Walk several axes as one."""
        self.space = (prod(self.space),)
        self.axes = identity(1)
        self.cuts = [[0, self.space[0]]]

    def _reorder(self) -> None:
        """Walk a long axis innermost when the last is too short for a vector."""
        if self.space[-1] >= LANES or max(self.space) < 2 * LANES:
            return
        long = max(a for a, extent in enumerate(self.space) if extent >= 2 * LANES)
        order = [*(a for a in range(len(self.space)) if a != long), long]
        self.axes = tuple(Ix(order.index(a), 1, 0) for a in range(len(order)))
        self.space = tuple(self.space[a] for a in order)
        self.cuts = [self.cuts[a] for a in order]
        self.reordered = True

    def _flat(self, root: Root) -> bool:
        """Whether a root is elementwise throughout, and reduced wholly or not at all."""
        return root.reads.flat and (
            root.kind == "map" or (root.kind == "fold" and len(root.eqn.attrs["axes"]) == len(root.space))
        )

    def emit(self) -> None:
        for fold in self.folds:
            fold.prepare()
        self._axis(0)

    def _axis(self, a: int) -> None:
        """The loops from axis `a` inwards."""
        starting = [fold for fold in self.folds if fold.start == a]
        for fold in starting:
            fold.open(self._lengths())
        if a == len(self.space):
            self._body()
        elif a == len(self.space) - 1:
            self._rows()
        elif a == len(self.space) - 2 and self._tiled():
            self._tiles(a)
        elif a == len(self.space) - 2 and (columns := [f for f in self.folds if isinstance(f, ColumnFold)]):
            sum_columns(self.nest, self.space[a], columns, lambda: self._axis(a + 1))
        else:
            for lo, hi in pairwise(self.cuts[a]):
                self.nest.loop(lo, hi, 1, lambda: self._axis(a + 1))
        for fold in starting:
            fold.close()

    def _tiled(self) -> bool:
        """Whether the two innermost axes are walked in tiles, for operands that are read along columns."""
        return self._strips() and all(fold.start == fold.rank for fold in self.folds)

    def _strips(self) -> bool:
        return (
            (self.reordered or any(root.reads.across for root in self.roots))
            and self.space[-1] >= 2 * TILE
            and len(self.cuts[-1]) == 2
        )

    def _tiles(self, a: int) -> None:
        """Strips of TILE columns, each walked from the first row to the last: cache lines are used up."""
        nest, columns = self.nest, self.space[-1]
        whole = columns - columns % TILE

        def rows(row: Callable[[], None]) -> None:
            for lo, hi in pairwise(self.cuts[a]):
                nest.loop(lo, hi, 1, row)

        def strip(at: str) -> None:
            rows(lambda: nest.span(at, TILE, (0, whole), self.width, self._body, self._unroll()))

        nest.plain_loop("0", str(whole), TILE, strip)
        if whole < columns:
            rows(lambda: self._row(whole, columns))

    def _lengths(self) -> list[int]:
        """Lengths of the intervals of the innermost axis."""
        return [hi - lo for lo, hi in pairwise(self.cuts[-1])] if self.cuts else []

    def _rows(self) -> None:
        """The innermost axis, in rows between the borders of the outer axes and in the others."""
        main = between(self.nest, self.mains) if self.mains else None
        if self.covered and not self._is_cheap():
            self._cover(main)
            return
        row = self._covered_row if self.covered else self._cut_row
        if main is None:
            row()
        else:
            self._either(main, row, row)

    def _is_cheap(self) -> bool:
        """Whether a body for each side of each border compiles fast."""
        return sum(self.nest.plan.cost_of(root.eqn) for root in self.roots) <= CHEAP

    def _covered_row(self) -> None:
        """The innermost axis without scalar code, each vector across a border with code of its own."""
        straight, across = cover(self.cuts[-1], self.width)
        for lo, hi in straight:
            self.nest.loop(lo, hi, self.width, self._body, self._unroll())
        extent, width = self.space[-1], self.width
        for at in across:
            if at + width <= extent:
                self.nest.loop(at, at + width, width, self._body)
            else:
                self._last_vector(extent - width, at + width - extent)

    def _cut_row(self) -> None:
        for lo, hi in pairwise(self.cuts[-1]):
            self._row(lo, hi)

    def _either(self, main: Reg, inner: Callable[[], None], beside: Callable[[], None] | None) -> None:
        """Code for rows between the borders and, without a branch around it, for the others."""
        nest, e = self.nest, self.nest.e
        tag = e.label("rows")
        other = "border" if beside else "on"
        e.put(f"br i1 {main.text}, label %{tag}.main, label %{tag}.{other}")
        for name, ranges, emit in (("main", self.mains, inner), ("border", {}, beside)):
            if emit:
                with nest.within(ranges) as lines:
                    emit()
                e.lines += [f"{tag}.{name}:", *lines, f"br label %{tag}.on"]
        e.put(f"{tag}.on:")

    def _cover(self, main: Reg | None) -> None:
        """The innermost axis without scalar code, little of it.

        What lies between borders is straight code. The vectors across borders, and all of a row that is at a
        border of another axis, share code that asks in which lanes a piece is.
        """
        straight, across = cover(self.cuts[-1], self.width)

        def inner() -> None:
            for lo, hi in straight:
                self.nest.loop(lo, hi, self.width, self._body, self._unroll())

        if main is None:
            inner()
            self._across(None, across)
        elif across:
            self._either(main, inner, None)
            with self.nest.within({}) as lines:
                self._across(main, across)
            self.nest.e.lines += lines
        else:
            self._either(main, inner, lambda: self._across(None, list(range(0, self.space[-1], self.width))))

    def _across(self, main: Reg | None, places: list[int]) -> None:
        """Vectors at these places or, in rows that are not between the borders of outer axes, everywhere."""
        if not places:
            return
        e, extent = self.nest.e, self.space[-1]
        every = -(-extent // self.width)
        count = e.literal(len(places), "i64")
        if main is not None:
            count = e.select(main, count, e.literal(every, "i64"))

        def position(turn: Reg) -> Reg:
            at = e.literal(places[0], "i64")
            for k, place in enumerate(places[1:], 1):
                here = e.icmp("eq", turn, e.literal(k, "i64"))
                at = e.select(here, e.literal(place, "i64"), at)
            if main is None:
                return at
            return e.select(main, at, e.op("mul", turn, e.literal(self.width, "i64")))

        last = extent - self.width
        self.nest.crossing_loop(count.text, position, last, (0, extent), self._masked_body)

    def _row(self, lo: int, hi: int) -> None:
        """The innermost axis from lo to hi: blocks if it is long and folded, then what is left."""
        for fold in self.folds:
            fold.origin = lo
        if hi - lo < self.width:
            self.nest.loop(lo, hi, 1, self._body)
            return
        if self.folds or self.panels:
            lo = self._blocks(lo, (hi - lo) // self.width)
        if self.panels:
            self._last_panels(self.panels, lo, hi)
        else:
            self._vectors(lo, hi)

    def _last_panels(self, panels: Panels, lo: int, hi: int) -> None:
        """What is left of the rows, the last panel shorter."""
        whole = hi - (hi - lo) % panels.rows
        if lo < whole:
            self._span(str(lo), whole - lo, (lo, whole))
        if whole < hi:
            panels.before(str(whole), hi - whole)
            self._vectors(whole, hi)
            panels.after(str(whole), hi - whole)

    def _span(self, at: str, length: int, bounds: tuple[int, int]) -> None:
        """Whole vectors from the register `at` on, panel by panel if there are panels."""
        panels, nest = self.panels, self.nest
        if panels is None:
            nest.span(at, length, bounds, self.width, self._body, self._unroll())
            return

        def panel(row: str) -> None:
            panels.before(row, panels.rows)
            nest.span(row, panels.rows, bounds, self.width, self._body, self._unroll())
            panels.after(row, panels.rows)

        nest.plain_loop(at, nest.e.offset([(1, at)], length), panels.rows, panel)

    def _vectors(self, lo: int, hi: int) -> None:
        """Vectors, the last of which overlaps the one before if they do not fit.

        Elements in the overlap are computed twice; maps store them again, folds mask them. A dear body is
        emitted once, for a loop whose last step is shorter; a cheap one again after an unrolled loop.
        """
        vectors, rest = divmod(hi - lo, self.width)
        unroll = 1 if vectors < SHORT and self.nest.kernel.nests > FEW_NESTS else self._unroll()
        if rest and vectors and unroll == 1 and not self.overwrites:
            self.nest.covering_loop(lo, hi, self._masked_body)
        else:
            self.nest.loop(lo, lo + vectors * self.width, self.width, self._body, unroll)
            if rest:
                self._last_vector(hi - self.width, self.width - rest)
        for fold in self.folds:
            fold.rewind(vectors + bool(rest))

    def _last_vector(self, lo: int, overlap: int) -> None:
        flags = ", ".join(f"i1 {'true' if k >= overlap else 'false'}" for k in range(self.width))
        self.mask = Reg(f"<{flags}>", "i1", self.width)
        self.overlap = self.nest.e.literal(overlap, "i64")
        self.nest.loop(lo, lo + self.width, self.width, self._body)
        self.mask = self.overlap = None

    def _masked_body(self, overlap: Reg) -> None:
        """A body of which the first `overlap` lanes were computed before."""
        if self.folds or self.overwrites:
            e = self.nest.e
            lanes = Reg(f"<{', '.join(f'i64 {k}' for k in range(self.width))}>", "i64", self.width)
            self.mask = e.icmp("sge", lanes, e.splat(overlap, self.width))
        self.overlap = overlap
        self._body()
        self.mask = self.overlap = None

    def _unroll(self) -> int:
        """Four vectors an iteration for cheap bodies, so that independent accumulators overlap."""
        plan, eqns = self.nest.plan, [root.eqn for root in self.roots]
        cheap = sum(map(plan.cost_of, eqns)) <= UNROLL_COST
        return 4 if cheap and max(map(plan.dearest_of, eqns)) < UNROLL_DEAREST else 1

    def _blocks(self, lo: int, vectors: int) -> int:
        """A long row: blocks of BLOCK vectors, SUPERBLOCK of them to a second level. Where they end."""
        if vectors <= BLOCK:
            return lo
        size = BLOCK * self.width
        end = lo + vectors // BLOCK * size

        def block(at: str) -> None:
            self._span(at, size, (lo, end))
            self._raise_level(1)
            if self.panels:
                self.panels.block()

        def group(at: str) -> None:
            stop = self.nest.e.clamped_sum(at, SUPERBLOCK * size, end)
            self.nest.plain_loop(at, stop, size, block)
            self._raise_level(2)

        if vectors // BLOCK <= SUPERBLOCK:
            self.nest.plain_loop(str(lo), str(end), size, block)
        else:
            self.nest.plain_loop(str(lo), str(end), SUPERBLOCK * size, group)
        return end

    def _raise_level(self, level: int) -> None:
        for fold in self.folds:
            fold.raise_level(level)

    def _body(self) -> None:
        """Every root at the current indices; maps first, since folds may read them.

        What is overwritten is loaded before: not every map reads it in every piece of its index set.
        """
        for leaf in self.overwritten:
            self.nest.element(leaf, self.axes)
        first = self.nest.e.eqn
        for root in self.roots:
            if root.kind == "map":
                self.nest.e.serve(root.eqn)
                x = self.nest.element(root.value, self.axes)
                if root.stored:
                    self._store(root, x)
        for fold in self.folds:
            self.nest.e.serve(fold.eqn)
            fold.step(self.axes, self.mask, self.overlap)
        self.nest.e.serve(first)

    def _store(self, root: Root, x: Reg) -> None:
        """Write a map's element; where one of the nest overwrites an operand, lanes done before stay."""
        nest = self.nest
        if self.mask is not None and self.overwrites:
            x = beyond(nest, self.mask, nest.held(root.value, self.axes), x)
        nest.store(x, root.value, self.axes)
