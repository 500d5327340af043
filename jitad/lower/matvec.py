"""Products of some rows of a matrix with vectors, in vector code with a fixed order of summation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..ir.graph import Value
from .emitter import Reg, llvm_type
from .nest import Nest, lanes_of

if TYPE_CHECKING:
    from .kernel import Kernel

#: Rows that are multiplied together: each element of the vector is loaded once for all of them.
GROUP = 8
#: Up to this many vectors a row is straight code.
STRAIGHT = 16


class Matrix(NamedTuple):
    """A matrix in memory, its rows one behind the other."""

    home: Value
    rows: int
    columns: int

    @property
    def row_bytes(self) -> int:
        return self.columns * self.home.dtype.itemsize


class Rows:
    """One product of a matrix, `u = A x` or `v = Aᵀ r`, executed for some rows of A at a time."""

    def __init__(self, kernel: Kernel, matrix: Matrix, vector: Value, out: Value) -> None:
        self.kernel, self.e, self.nest = kernel, kernel.e, Nest(kernel)
        self.matrix, self.vector, self.out = matrix, vector, out
        self.dtype = matrix.home.dtype
        self.ty = llvm_type(self.dtype)
        self.lanes = lanes_of(self.dtype.itemsize <= 4, matrix.columns)
        self.zero = self.e.literal(0, self.ty, self.lanes)
        whole = matrix.columns % self.lanes
        self.beyond = Reg(
            f"<{', '.join(f'i1 {str(k >= self.lanes - whole).lower()}' for k in range(self.lanes))}>",
            "i1",
            self.lanes,
        )

    # u = A x

    def times(self, at: str, count: int) -> None:
        """The elements of u from the register `at` on; dot products in lanes, then across."""
        self._groups(at, count, self._dots)

    def _dots(self, row: str, count: int) -> None:
        x, u = self.kernel.pointer(self.vector), self.kernel.pointer(self.out)
        start = self._row(row)
        slots = [self.kernel.stack_slot(self.ty, self.lanes) for _ in range(count)]
        for slot in slots:
            self._put(self.zero, slot)

        def column(j: str, rest: bool) -> None:
            y = self._load(x, j, rest)
            for k, slot in enumerate(slots):
                a = self._load(self._beside(start, k), j, rest)
                self._put(self.e.multiply_add(a, y, self._get(slot)), slot)

        self._columns(column)
        total = self._across([self._get(slot) for slot in slots])
        total = self.e.shuffle(total, list(range(count))) if count > 1 else self.e.extract(total, 0)
        self.e.store(total, self.e.gep(u, self.ty, row), self.dtype)

    def _across(self, xs: list[Reg]) -> Reg:
        """The sums of the lanes of each vector, side by side: halves onto halves."""
        width = self.lanes
        while width > 1:
            width //= 2
            if len(xs) == 1:
                xs = [self._halves(xs[0], xs[0], width, self.lanes // (2 * width))]
            else:
                pairs = zip(xs[::2], xs[1::2])
                xs = [self._halves(x, y, width, self.lanes // (2 * width)) for x, y in pairs]
        return xs[0]

    def _halves(self, x: Reg, y: Reg, width: int, blocks: int) -> Reg:
        lows = [b * 2 * width + k for b in range(2 * blocks) for k in range(width)]
        return self.e.op("fadd", self._shuffle(x, y, lows), self._shuffle(x, y, [k + width for k in lows]))

    def _shuffle(self, x: Reg, y: Reg, order: list[int]) -> Reg:
        picks = ", ".join(f"i32 {k}" for k in order)
        text = f"shufflevector {x.full} {x.text}, {y.full} {y.text}, <{len(order)} x i32> <{picks}>"
        return self.e.define(text, x.ty, len(order))

    # v = Aᵀ r

    def clear(self) -> None:
        """Start the sums, those of the current block and those of the blocks before."""
        columns = self.matrix.columns
        nbytes = columns * self.dtype.itemsize
        self.part = self.kernel.chunk.at(self.kernel.frame(nbytes))
        for pointer in (self.part, self.kernel.pointer(self.out)):
            self._fill(pointer)

    def _fill(self, pointer: str) -> None:
        self._columns(lambda j, _: self._store(self.zero, pointer, j))

    def accumulate(self, at: str, count: int) -> None:
        """Add the rows from `at` on, each times its element of r, to the sums of the block."""
        self._groups(at, count, self._sums)

    def _sums(self, row: str, count: int) -> None:
        start, r = self._row(row), self.e.gep(self.kernel.pointer(self.vector), self.ty, row)
        scales = [
            self.e.splat(self.e.load(self.e.gep(r, self.ty, str(k)), self.dtype), self.lanes)
            for k in range(count)
        ]

        def column(j: str, rest: bool) -> None:
            old = self._load(self.part, j, False)
            acc: Reg | None = None
            for k, scale in enumerate(scales):
                acc = self.e.multiply_add(scale, self._load(self._beside(start, k), j, False), acc)
            assert acc is not None
            new = self.e.op("fadd", old, acc)
            self._store(self.e.select(self.beyond, new, old) if rest else new, self.part, j)

        self._columns(column)

    def flush(self) -> None:
        """Add the sums of the block to those of the blocks before it."""
        v = self.kernel.pointer(self.out)

        def column(j: str, rest: bool) -> None:
            old = self._load(v, j, False)
            new = self.e.op("fadd", old, self._load(self.part, j, False))
            self._store(self.e.select(self.beyond, new, old) if rest else new, v, j)

        self._columns(column)
        self._fill(self.part)

    # rows and columns

    def _groups(self, at: str, count: int, body: Callable[[str, int], None]) -> None:
        """`body(row, rows)` for groups of rows, and for each of the rows that are left."""
        whole = count - count % GROUP
        end = self.e.offset([(1, at)], count) if at.startswith("%") else str(int(at) + count)
        middle = self.e.offset([(1, at)], whole) if at.startswith("%") else str(int(at) + whole)
        if whole:
            self.nest.plain_loop(at, middle, GROUP, lambda row: body(row, GROUP))
        if whole < count:
            self.nest.plain_loop(middle, end, 1, lambda row: body(row, 1))

    def _columns(self, body: Callable[[str, bool], None]) -> None:
        """`body(column, rest)` for each vector of a row; the last one may overlap the one before (`rest`)."""
        columns = self.matrix.columns
        vectors = columns // self.lanes
        if vectors <= STRAIGHT:
            for k in range(vectors):
                body(str(k * self.lanes), False)
        else:
            self.nest.plain_loop("0", str(vectors * self.lanes), self.lanes, lambda j: body(j, False))
        if columns % self.lanes:
            body(str(columns - self.lanes), True)

    def _row(self, row: str) -> str:
        """A pointer to the first element of a row."""
        offset = self.e.offset([(self.matrix.columns, row)], 0)
        return self.e.gep(self.kernel.pointer(self.matrix.home), self.ty, offset)

    def _beside(self, start: str, k: int) -> str:
        return self.e.gep(start, self.ty, str(k * self.matrix.columns)) if k else start

    def _load(self, pointer: str, j: str, rest: bool) -> Reg:
        """A vector from column j on; lanes that the vector before had are zero if it is the rest of a row."""
        x = self.e.load(self.e.gep(pointer, self.ty, j), self.dtype, self.lanes)
        return self.e.select(self.beyond, x, self.zero) if rest else x

    def _store(self, x: Reg, pointer: str, j: str) -> None:
        self.e.store(x, self.e.gep(pointer, self.ty, j), self.dtype)

    def _get(self, slot: str) -> Reg:
        return self.e.define(f"load <{self.lanes} x {self.ty}>, ptr {slot}", self.ty, self.lanes)

    def _put(self, x: Reg, slot: str) -> None:
        self.e.put(f"store {x.full} {x.text}, ptr {slot}")
