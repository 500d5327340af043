"""Positions of extreme elements: in lanes along the innermost axis, beside each other along outer ones."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING

from ..ir.types import is_int
from .emitter import Reg, llvm_type, memory_type
from .index import Index, Ix, identity
from .nest import LANES, Nest
from .roots import Root
from .sequential import walk

if TYPE_CHECKING:
    from .kernel import Kernel


def emit_argreduce(kernel: Kernel, root: Root) -> None:
    """The position of the extreme element along one axis."""
    if root.eqn.attrs["axis"] == len(root.space) - 1:
        _Rows(kernel, root).emit()
    else:
        _Columns(kernel, root).emit()


class _Search:
    """The best element so far and its position, in registers or vectors of them."""

    def __init__(self, kernel: Kernel, root: Root) -> None:
        self.kernel, self.e, self.root, self.eqn = kernel, kernel.e, root, root.eqn
        self.x = root.eqn.operands[0]
        self.axis = root.eqn.attrs["axis"]
        self.ty = llvm_type(self.x.dtype)
        self.nest = Nest(kernel)

    def pick(self, x: Reg, at: Reg, best: Reg, where: Reg) -> tuple[Reg, Reg]:
        """The better of two elements with its position, the second one among equals."""
        x, at, best, where = self.nest.unify([x, at, best, where])
        better = self.eqn.op.lowering.better(self.e, self.eqn, x, best)
        return self.e.select(better, x, best), self.e.select(better, at, where)


class _Rows(_Search):
    """Along the innermost axis: every lane keeps its own best, the first of the best lanes wins."""

    def emit(self) -> None:
        self.index = identity(self.x.ndim)
        length = self.x.shape[-1]
        lanes = LANES if is_int(length) and length >= 2 * LANES else 1
        self.best, self.where = self.kernel.stack_slot(self.ty, lanes), self.kernel.stack_slot("i64", lanes)
        walk(self.nest, self.x.shape[:-1], lambda: self._row(lanes), vectors=False)

    def _row(self, lanes: int) -> None:
        length, nest = self.x.shape[-1], self.nest
        if is_int(length):
            nest.loop(0, lanes, lanes, self._start)
            whole = length - length % lanes
            nest.loop(lanes, whole, lanes, self._step, unroll=4)
            if whole < length:  # one more vector, which overlaps the last: equals do not replace
                nest.loop(length - lanes, length, lanes, self._step)
        else:  # that there is an element is checked, perhaps later
            extent = nest.amounts.extent(length)
            nest.open_loop(0, nest.amounts.least(extent, 1), 1, self._start)
            nest.open_loop(1, extent, 1, self._step)
        best, where = self._load(self.best, self.ty, lanes), self._load(self.where, "i64", lanes)
        found = where if lanes == 1 else self._across(best, where)
        if self.root.value.ndim:
            nest.store(found, self.root.value, identity(self.x.ndim - 1))
        else:
            self.kernel.set_registers(self.root.value, [found])

    def _load(self, slot: str, ty: str, lanes: int) -> Reg:
        full = ty if lanes == 1 else f"<{lanes} x {ty}>"
        return self.e.define(f"load {full}, ptr {slot}", ty, lanes)

    def _here(self) -> tuple[Reg, Reg]:
        x, at = self.nest.element(self.x, self.index), self.nest.position(self.index[-1])
        lanes = self.nest.lanes
        return (self.nest.splat(x, lanes) if x.lanes < lanes else x), at

    def _start(self) -> None:
        x, at = self._here()
        self._put(x, at)

    def _step(self) -> None:
        lanes = self.nest.lanes
        old = self._load(self.best, self.ty, lanes), self._load(self.where, "i64", lanes)
        self._put(*self.pick(*self._here(), *old))

    def _put(self, x: Reg, at: Reg) -> None:
        self.e.put(f"store {x.full} {x.text}, ptr {self.best}")
        self.e.put(f"store {at.full} {at.text}, ptr {self.where}")

    def _across(self, best: Reg, where: Reg) -> Reg:
        """The best lane's position; of lanes that are equally good the smallest position."""
        e, better = self.e, self.eqn.op.lowering.better
        x, at = e.extract(best, 0), e.extract(where, 0)
        for lane in range(1, best.lanes):
            y, there = e.extract(best, lane), e.extract(where, lane)
            worse = better(e, self.eqn, x, y)
            tied = e.op("and", e.icmp("slt", there, at), e.op("xor", worse, e.literal(True, "i1")))
            take = e.op("or", better(e, self.eqn, y, x), tied)
            x, at = e.select(take, y, x), e.select(take, there, at)
        return at


class _Columns(_Search):
    """Along an outer axis: row by row, each element beside the best of its column in memory."""

    def emit(self) -> None:
        shape, axis = self.x.shape, self.axis
        inner = shape[axis + 1 :]
        self.scratch = self.kernel.chunk.at(self.kernel.frame(prod(inner) * self.x.dtype.itemsize))
        self.index = identity(self.x.ndim)

        def columns(body: Callable[[], None]) -> Callable[[], None]:
            return lambda: walk(self.nest, shape, body, vectors=True, axis=axis + 1)

        def plane() -> None:
            self.nest.loop(0, 1, 1, columns(self._start))
            self.nest.loop(1, shape[axis], 1, columns(self._step))

        walk(self.nest, shape[:axis], plane, vectors=False)

    def _kept(self) -> Index:
        return tuple(ix for a, ix in enumerate(self.index) if a != self.axis)

    def _best_at(self) -> str:
        """A pointer to the best of this column (its first lane)."""
        offsets, stride = [], 1
        for a in range(self.x.ndim - 1, self.axis, -1):
            offsets.append((stride, self.nest.ivs[a]))
            stride *= self.x.shape[a]
        return self.e.gep(self.scratch, memory_type(self.x.dtype), self.e.offset(offsets, 0))

    def _start(self) -> None:
        nest = self.nest
        x = nest.element(self.x, self.index)
        self.e.store(nest.splat(x, nest.lanes) if x.lanes < nest.lanes else x, self._best_at(), self.x.dtype)
        nest.store(self.e.literal(0, "i64"), self.root.value, self._kept())

    def _step(self) -> None:
        nest, e = self.nest, self.e
        pointer = self._best_at()
        old = e.load(pointer, self.x.dtype, nest.lanes), nest.held(self.root.value, self._kept())
        x, at = self.pick(nest.element(self.x, self.index), nest.position(Ix(self.axis, 1, 0)), *old)
        e.store(x, pointer, self.x.dtype)
        nest.store(at, self.root.value, self._kept())
