"""Roots with loops of their own: updates in place, scans, arg-reductions, scatters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..ir.graph import Value
from ..ir.types import is_int
from ..ops.lowering import Piece
from .emitter import Reg, llvm_type
from .index import Index, Ix, identity
from .nest import LANES, Nest
from .roots import Root
from .views import window_index

if TYPE_CHECKING:
    from .kernel import Kernel


def walk(nest: Nest, extents: tuple[Any, ...], body: object, *, vectors: bool, axis: int = 0) -> None:
    """Loops over `extents`, the innermost in vector lanes if asked."""
    if axis == len(extents):
        body()  # type: ignore[operator]
        return
    extent = nest.amounts.extent(extents[axis])

    def inner() -> None:
        walk(nest, extents, body, vectors=vectors, axis=axis + 1)

    if vectors and axis == len(extents) - 1:
        whole = nest.amounts.whole(extent, LANES)
        nest.open_loop(0, whole, LANES, inner, unroll=1)
        nest.open_loop(whole, extent, 1, inner)
    else:
        nest.open_loop(0, extent, 1, inner)


def emit_update(kernel: Kernel, root: Root) -> None:
    """Pieces written or added over their base, in place when the base's memory was taken over."""
    eqn, out = root.eqn, root.value
    pieces = eqn.op.lowering.pieces(eqn)
    if out in kernel.buffers.in_place:
        pieces = pieces[:-1]  # the base
    for piece in reversed(pieces):
        _write_piece(kernel, root, piece, eqn.operands[piece.operand])


def _write_piece(kernel: Kernel, root: Root, piece: Piece, operand: Value) -> None:
    nest = Nest(kernel)
    axes = identity(operand.ndim)
    target = tuple(ix.affine(s, lo) for ix, s, lo in zip(axes, piece.step, piece.lo))

    def body() -> None:
        x = nest.element(operand, axes)
        if piece.add:
            x = _accumulate(nest, root.value, target, x)
        nest.store(x, root.value, target)

    walk(nest, operand.shape, body, vectors=operand.ndim > 0 and abs(piece.step[-1]) == 1)


def _accumulate(nest: Nest, v: Value, index: Index, x: Reg) -> Reg:
    pointer, stride = nest.address(v, index)
    old = nest.load_lanes(pointer, stride, v.dtype)
    old, x = nest.unify([old, x])
    return nest.e.op("fadd" if v.type.is_float else "add", old, x)


def _last(ix: Ix, extent: Any) -> Ix:
    """The index that counts from the end of an axis."""
    turned = ix.affine(-1, -1)
    return turned.affine(1, extent) if is_int(extent) else turned.plus(extent)


def emit_scan(kernel: Kernel, root: Root) -> None:
    """A running fold along one axis: one accumulator a row, or row by row along an outer axis."""
    x = root.eqn.operands[0]
    axis, extent = root.eqn.attrs["axis"], x.shape[root.eqn.attrs["axis"]]
    index = identity(x.ndim)
    if root.eqn.attrs["reverse"]:
        index = tuple(_last(ix, extent) if a == axis else ix for a, ix in enumerate(index))
    nest = Nest(kernel)

    def next_of(acc: Reg) -> Reg:
        xs = nest.unify([acc, *(nest.element(v, index) for v in root.eqn.operands)])
        return root.eqn.op.lowering.combine(kernel.e, root.eqn, *xs)

    initial = kernel.e.literal(root.eqn.op.lowering.init(root.value.dtype), llvm_type(root.value.dtype))
    scan = _scan_rows if axis == x.ndim - 1 else _scan_planes
    walk(nest, x.shape[:axis], lambda: scan(nest, root, index, initial, next_of), vectors=False)


def _scan_rows(nest: Nest, root: Root, index: Index, initial: Reg, next_of: Callable[[Reg], Reg]) -> None:
    e = nest.e
    slot = nest.kernel.stack_slot(initial.ty)
    e.put(f"store {initial.ty} {initial.text}, ptr {slot}")

    def step() -> None:
        acc = next_of(e.define(f"load {initial.ty}, ptr {slot}", initial.ty))
        e.put(f"store {acc.ty} {acc.text}, ptr {slot}")
        nest.store(acc, root.value, index)

    nest.open_loop(0, nest.amounts.extent(root.value.shape[-1]), 1, step)


def _scan_planes(nest: Nest, root: Root, index: Index, initial: Reg, next_of: Callable[[Reg], Reg]) -> None:
    shape, axis = root.value.shape, root.eqn.attrs["axis"]
    behind = tuple(ix.affine(1, -ix.scale) if a == axis else ix for a, ix in enumerate(index))

    def row(acc: Callable[[], Reg]) -> Callable[[], None]:
        def body() -> None:
            nest.store(next_of(acc()), root.value, index)

        return lambda: walk(nest, shape, body, vectors=True, axis=axis + 1)

    extent = nest.amounts.extent(shape[axis])
    if extent.__class__ is int:
        nest.loop(0, min(1, extent), 1, row(lambda: initial))
    else:
        nest.open_loop(0, nest.amounts.least(extent, 1), 1, row(lambda: initial))
    nest.open_loop(1, extent, 1, row(lambda: nest.held(root.value, behind)))


def emit_scatter(kernel: Kernel, root: Root) -> None:
    """Write or add elements at computed positions, in order."""
    eqn, out = root.eqn, root.value
    base, update, *idx = eqn.operands
    if out not in kernel.buffers.in_place:
        _write_piece(kernel, root, _whole(base), base)
    nest = Nest(kernel)
    rank = max(i.ndim for i in idx)
    axes = identity(update.ndim)

    def body() -> None:
        x = nest.element(update, axes if update.shape else ())
        place = nest.indexed(out, idx, axes, eqn)
        if eqn.op.lowering.add:
            old, x = nest.unify([nest.load_lanes(*place, out.dtype), x])
            x = nest.e.op("fadd" if out.type.is_float else "add", old, x)
        nest.store_lanes(x, out, *place)

    walk(nest, update.shape, body, vectors=update.ndim > rank)


def emit_window(kernel: Kernel, root: Root) -> None:
    """Write or add a window whose place values of the program give."""
    eqn, out = root.eqn, root.value
    base, update, *starts = eqn.operands
    if out not in kernel.buffers.in_place:
        _write_piece(kernel, root, _whole(base), base)
    nest, axes = Nest(kernel), identity(update.ndim)
    target = window_index(starts, eqn.attrs["step"], axes)

    def body() -> None:
        x = nest.element(update, axes)
        if eqn.op.lowering.add:
            x = _accumulate(nest, out, target, x)
        nest.store(x, out, target)

    walk(nest, update.shape, body, vectors=update.ndim > 0 and abs(eqn.attrs["step"][-1]) == 1)


def emit_part(kernel: Kernel, root: Root) -> None:
    """Write an array where a larger one begins."""
    (x,) = root.eqn.operands
    _write_piece(kernel, root, _whole(x), x)


def _whole(v: Value) -> Piece:
    return Piece(0, (0,) * v.ndim, (1,) * v.ndim, v.shape)
