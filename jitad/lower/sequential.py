"""Roots with loops of their own: updates in place, scans, arg-reductions, scatters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.graph import Value
from ..ops.lowering import Piece
from .emitter import Reg, llvm_type
from .index import Index, Ix, identity, row_major
from .nest import LANES, Nest
from .roots import Root

if TYPE_CHECKING:
    from .kernel import Kernel


def copy(kernel: Kernel, source: Value, target: Value) -> None:
    """Copy whole contiguous memory."""
    kernel.memcpy(kernel.pointer(target), kernel.pointer(source), source.type.nbytes)


def walk(nest: Nest, extents: tuple[int, ...], body: object, *, vectors: bool, axis: int = 0) -> None:
    """Loops over `extents`, the innermost in vector lanes if asked."""
    if axis == len(extents):
        body()  # type: ignore[operator]
        return
    extent = extents[axis]

    def inner() -> None:
        walk(nest, extents, body, vectors=vectors, axis=axis + 1)

    if vectors and axis == len(extents) - 1:
        whole = extent - extent % LANES
        nest.loop(0, whole, LANES, inner, unroll=1)
        nest.loop(whole, extent, 1, inner)
    else:
        nest.loop(0, extent, 1, inner)


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

    walk(
        nest,
        operand.shape,
        body,
        vectors=operand.ndim > 0 and abs(piece.step[-1]) == 1 and piece.step[-1] == 1,
    )


def _accumulate(nest: Nest, v: Value, index: Index, x: Reg) -> Reg:
    pointer, stride = nest.address(v, index)
    old = nest.e.load(pointer, v.dtype, nest.lanes if stride else 1)
    old, x = nest.unify([old, x])
    return nest.e.op("fadd" if v.type.is_float else "add", old, x)


def _axis_last(rank: int, axis: int) -> tuple[list[int], Index]:
    """Loop order with `axis` innermost, and the index of the array in those loops."""
    order = [a for a in range(rank) if a != axis] + [axis]
    return order, tuple(Ix(order.index(a), 1, 0) for a in range(rank))


def emit_scan(kernel: Kernel, root: Root) -> None:
    """A running fold along one axis."""
    eqn, x = root.eqn, root.eqn.operands[0]
    axis, reverse = eqn.attrs["axis"], eqn.attrs["reverse"]
    order, index = _axis_last(x.ndim, axis)
    if reverse:
        index = tuple(ix.affine(-1, x.shape[axis] - 1) if a == axis else ix for a, ix in enumerate(index))
    nest, e = Nest(kernel), kernel.e
    ty = llvm_type(root.value.dtype)
    slot = kernel.stack_slot(ty)

    def step() -> None:
        acc = e.define(f"load {ty}, ptr {slot}", ty)
        acc = eqn.op.lowering.combine(e, eqn, acc, *(nest.element(v, index) for v in eqn.operands))
        e.put(f"store {ty} {acc.text}, ptr {slot}")
        nest.store(acc, root.value, index)

    def line() -> None:
        identity_ = e.literal(eqn.op.lowering.init(root.value.dtype), ty)
        e.put(f"store {ty} {identity_.text}, ptr {slot}")
        nest.loop(0, x.shape[axis], 1, step)

    walk(nest, tuple(x.shape[a] for a in order[:-1]), line, vectors=False)


def emit_argreduce(kernel: Kernel, root: Root) -> None:
    """The position of the extreme element along one axis."""
    eqn, (x,) = root.eqn, root.eqn.operands
    axis = eqn.attrs["axis"]
    order, index = _axis_last(x.ndim, axis)
    nest, e = Nest(kernel), kernel.e
    ty = llvm_type(x.dtype)
    best, where = kernel.stack_slot(ty), kernel.stack_slot("i64")

    def step() -> None:
        element = nest.element(x, index)
        old = e.define(f"load {ty}, ptr {best}", ty)
        at = e.define(f"load i64, ptr {where}", "i64")
        better = eqn.op.lowering.better(e, eqn, element, old)
        e.put(f"store {ty} {e.select(better, element, old).text}, ptr {best}")
        e.put(f"store i64 {e.select(better, nest.position(index[axis]), at).text}, ptr {where}")

    def line() -> None:
        first = tuple(Ix(-1, 0, 0) if a == axis else ix for a, ix in enumerate(index))
        e.put(f"store {ty} {nest.element(x, first).text}, ptr {best}")
        e.put(f"store i64 0, ptr {where}")
        nest.loop(1, x.shape[axis], 1, step)
        kept = tuple(ix for a, ix in enumerate(index) if a != axis)
        found = e.define(f"load i64, ptr {where}", "i64")
        if kept:
            nest.store(found, root.value, kept)
        else:
            kernel.set_registers(root.value, [found])

    walk(nest, tuple(x.shape[a] for a in order[:-1]), line, vectors=False)


def emit_scatter(kernel: Kernel, root: Root) -> None:
    """Write or add elements at computed positions, in order."""
    eqn, out = root.eqn, root.value
    base, update, *idx = eqn.operands
    if out not in kernel.buffers.in_place:
        _write_piece(kernel, root, _whole(base), base)
    nest = Nest(kernel)
    rank = max(i.ndim for i in idx)
    axes, strides = identity(update.ndim), row_major(out.shape)

    def body() -> None:
        terms = [
            (strides[a], nest.checked(nest.element(i, axes[:rank] if i.shape else ()), out.shape[a], eqn))
            for a, i in enumerate(idx)
        ]
        terms += [(s, nest.position(ix)) for s, ix in zip(strides[len(idx) :], axes[rank:])]
        x = nest.element(update, axes if update.shape else ())
        pointer = nest.pointer_at(out, nest.linear(terms))
        if eqn.op.lowering.add:
            x = nest.e.op("fadd" if out.type.is_float else "add", nest.e.load(pointer, out.dtype), x)
        nest.e.store(x, pointer, out.dtype)

    walk(nest, update.shape, body, vectors=False)


def _whole(v: Value) -> Piece:
    return Piece(0, (0,) * v.ndim, (1,) * v.ndim, v.shape)
