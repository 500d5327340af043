"""Reductions over the axis outside the innermost: accumulators beside each other, folded block by block.

Rows of a block are added one after the other to one row of accumulators, blocks to a second row of them and
so on, so that the rounding error of a long column stays near that of pairwise summation. The row has a place
for each vector, also for the last one, which overlaps the one before it: what is in the overlap is never
delivered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .emitter import Reg, memory_type
from .fold import Fold, beyond
from .index import Index
from .nest import Nest

if TYPE_CHECKING:
    from .roots import Root

#: Rows of a block, and blocks of a second-level one.
ROWS, SUPER_ROWS = 256, 64
#: Shorter columns of rows longer than this are added into the result.
LONG_ROW = 32 * 2**10


class ColumnFold(Fold):
    """A reduction whose accumulators lie beside each other along the innermost axis."""

    @classmethod
    def fits(cls, fold: Fold, space: tuple[int, ...]) -> bool:
        """Whether a reduction can be done so: over the second innermost axis, along rows that are kept."""
        rank = len(space)
        if rank < 2 or fold.start != rank or any(ix.axis == rank - 2 for ix in fold.kept):
            return False
        return space[-2] > ROWS or space[-1] * fold.dtype.itemsize <= LONG_ROW

    def __init__(self, nest: Nest, root: Root, axes: Index, space: tuple[int, ...]) -> None:
        super().__init__(nest, root, axes)
        self.rows, self.columns = space[-2:]
        self.step_width = self.lanes if self.columns >= self.lanes else 1
        padded = -(-self.columns // self.step_width) * self.step_width
        self.levels = (0,) if self.rows <= ROWS else (0, 1) if self.rows <= ROWS * SUPER_ROWS else (0, 1, 2)
        kernel = nest.kernel
        self.parts = [kernel.chunk.at(kernel.frame(padded * self.dtype.itemsize)) for _ in self.levels]
        self.outer: Index = tuple(ix._replace(axis=min(ix.axis, self.rank - 2)) for ix in self.kept)

    def step(self, axes: Index, mask: Reg | None = None, overlap: Reg | None = None) -> None:
        """Fold the element or vector at the current indices into its accumulator."""
        at = self._place(0, overlap)
        self.e.store(self.absorb(self._held(at), axes), at, self.dtype)

    def _place(self, level: int, overlap: Reg | None) -> str:
        """The current vector's accumulator; the vector that overlaps one has its own, behind that one's."""
        iv = self.nest.ivs[-1]
        if overlap is not None:
            iv = self.e.op("add", Reg(iv, "i64", 1, self.e.chunk), overlap).text
        return self.e.gep(self.parts[level], memory_type(self.dtype), iv)

    def _held(self, at: str) -> Reg:
        return self.e.load(at, self.dtype, self.nest.lanes)

    def start_rows(self) -> None:
        """Start the accumulators of each level."""
        for level in self.levels:
            self._along(lambda overlap, level=level: self._restart(level, overlap))  # type: ignore[misc]

    def _restart(self, level: int, overlap: Reg | None) -> None:
        self.e.store(self.identity(self.nest.lanes), self._place(level, overlap), self.dtype)

    def raise_rows(self, level: int) -> None:
        """Fold a level's accumulators into the next one's, and restart them."""

        def merge(overlap: Reg | None) -> None:
            low, high = self._place(level - 1, overlap), self._place(level, overlap)
            self.e.store(self.merge(self._held(high), self._held(low)), high, self.dtype)
            self._restart(level - 1, overlap)

        self._along(merge)

    def end_rows(self) -> None:
        """Fold everything into the result."""
        for level in self.levels[1:]:
            self.raise_rows(level)
        nest = self.nest

        def deliver(overlap: Reg | None) -> None:
            part = self._held(self._place(self.levels[-1], overlap))
            old = nest.held(self.root.value, self.outer)
            mask = None if overlap is None else self._new_lanes()
            nest.store(beyond(nest, mask, old, self.merge(old, part)), self.root.value, self.outer)

        self._along(deliver)

    def _new_lanes(self) -> Reg:
        first = self.lanes - self.columns % self.lanes
        return Reg(
            f"<{', '.join(f'i1 {str(k >= first).lower()}' for k in range(self.lanes))}>", "i1", self.lanes
        )

    def _along(self, body: Callable[[Reg | None], None]) -> None:
        """`body(overlap)` for each vector of a row."""
        nest, width = self.nest, self.step_width
        rest = self.columns % width
        nest.loop(0, self.columns - rest, width, lambda: body(None))
        if rest:
            overlap = self.e.literal(width - rest, "i64")
            nest.loop(self.columns - width, self.columns, width, lambda: body(overlap))


def sum_columns(nest: Nest, rows: int, folds: list[ColumnFold], row: Callable[[], None]) -> None:
    """The loop over rows, in blocks after each of which the folds go on to their next level."""
    end = rows - rows % ROWS if rows > ROWS else 0

    def block(at: str) -> None:
        nest.span(at, ROWS, (0, rows), 1, row)
        for fold in folds:
            fold.raise_rows(1)

    def group(at: str) -> None:
        nest.plain_loop(at, nest.e.clamped_sum(at, ROWS * SUPER_ROWS, end), ROWS, block)
        for fold in folds:
            fold.raise_rows(2)

    for fold in folds:
        fold.start_rows()
    if rows > ROWS * SUPER_ROWS:
        nest.plain_loop("0", str(end), ROWS * SUPER_ROWS, group)
    else:
        nest.plain_loop("0", str(end), ROWS, block)
    nest.loop(end, rows, 1, row)
    for fold in folds:
        fold.end_rows()
