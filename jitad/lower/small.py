"""Small arrays in registers: their loops are unrolled here and LLVM sees scalars."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from ..ir.graph import Eqn, Value
from ..ops.check import exception_of
from ..ops.lowering import (
    ArgReduce,
    Check,
    Dot,
    Gather,
    Iota,
    Piecewise,
    Reduce,
    Reshape,
    Scalar,
    Scan,
    TapeOp,
    View,
    Window,
)
from .emitter import Reg, llvm_type
from .index import Ix, fixed
from .nest import Nest, lanes_of
from .plan import is_small
from .tapes import emit_tape
from .views import product_indices

if TYPE_CHECKING:
    from .kernel import Kernel


def emit_small(kernel: Kernel, eqn: Eqn) -> None:
    """Compute an equation whose result is a list of registers, in C order."""
    kind = type(eqn.op.lowering)
    if kind in (Check, TapeOp):
        _check(kernel, eqn) if kind is Check else emit_tape(kernel, eqn)
        return
    if kind in _STRUCTURAL and not all(is_small(v) for v in eqn.operands):
        registers = _extract(kernel, eqn)
    else:
        registers = _RULES[kind](kernel, eqn, *[kernel.registers(v) for v in eqn.operands])
    kernel.set_registers(eqn.results[0], registers)


def _check(kernel: Kernel, eqn: Eqn) -> None:
    (holds,) = kernel.registers(eqn.operands[0])
    failed = kernel.e.op("xor", holds, kernel.e.literal(True, "i1"))
    kernel.fail_if(failed, exception_of(eqn.attrs["error"]), eqn.attrs["text"], eqn.loc)


def _extract(kernel: Kernel, eqn: Eqn) -> list[Reg]:
    """A few elements of something that is not in registers."""
    nest = Nest(kernel)
    return [nest.expression(eqn, fixed(*position)) for position in np.ndindex(*eqn.results[0].shape)]


def _scalar(kernel: Kernel, eqn: Eqn, *operands: list[Reg]) -> list[Reg]:
    emit, e = eqn.op.lowering.emit, kernel.e
    size = eqn.results[0].size
    if size == 1:
        return [emit(e, eqn, *[xs[0] for xs in operands])]
    columns = [xs if v.shape else xs * size for v, xs in zip(eqn.operands, operands)]
    return [emit(e, eqn, *element) for element in zip(*columns)]


def _positions(eqn: Eqn) -> list[np.ndarray]:
    """Consecutive numbers for the operands' elements: a structural op's reference permutes them."""
    out, start = [], 0
    for v in eqn.operands:
        out.append(np.arange(start, start + v.size).reshape(v.shape))
        start += v.size
    return out


def _structural(kernel: Kernel, eqn: Eqn, *operands: list[Reg]) -> list[Reg]:
    every = [x for xs in operands for x in xs]
    order = np.asarray(eqn.op.reference(*_positions(eqn), **eqn.attrs))
    return [every[k] for k in order.ravel().tolist()]


def _piecewise(kernel: Kernel, eqn: Eqn, *operands: list[Reg]) -> list[Reg]:
    """Pieces from the last to the first, each written or added over what lies below."""
    out = np.full(eqn.results[0].shape, None, dtype=object)
    for piece in reversed(eqn.op.lowering.pieces(eqn)):
        xs, v = operands[piece.operand], eqn.operands[piece.operand]
        for x, at in zip(xs, np.ndindex(*v.shape)):
            where = tuple(lo + s * k for lo, s, k in zip(piece.lo, piece.step, at))
            out[where] = _plus(kernel, out[where], x) if piece.add else x
    return list(out.ravel())


def _plus(kernel: Kernel, x: Reg, y: Reg) -> Reg:
    return kernel.e.op("fadd" if x.ty in ("double", "float") else "add", x, y)


def _iota(kernel: Kernel, eqn: Eqn) -> list[Reg]:
    values = np.asarray(eqn.op.reference(**eqn.attrs)).ravel()
    return [kernel.e.literal(x, llvm_type(eqn.results[0].dtype)) for x in values]


def _groups(eqn: Eqn, axes: tuple[int, ...], xs: list[Reg]) -> list[list[Reg]]:
    """The registers that are folded together, one list per result element."""
    v = eqn.operands[0]
    numbers = np.arange(v.size).reshape(v.shape)
    kept = [a for a in range(v.ndim) if a not in axes]
    length = prod(v.shape[a] for a in axes)
    grouped = np.transpose(numbers, [*kept, *axes]).reshape(eqn.results[0].size, length)
    return [[xs[k] for k in group] for group in grouped.tolist()]


def _reduce(kernel: Kernel, eqn: Eqn, xs: list[Reg]) -> list[Reg]:
    e, lowering = kernel.e, eqn.op.lowering
    identity = e.literal(lowering.init(eqn.results[0].dtype), llvm_type(eqn.results[0].dtype))

    def merge(x: Reg, y: Reg) -> Reg:
        return lowering.combine(e, eqn, x, y)

    axes = eqn.attrs["axes"]
    narrow = eqn.results[0].dtype == np.float32
    return [fold_in_order(group, merge, identity, narrow) for group in _groups(eqn, axes, xs)]


def fold_in_order(
    xs: list[Reg], merge: Callable[[Reg, Reg], Reg], identity: Reg, narrow: bool = False
) -> Reg:
    """The same order as the nest's: vectors side by side, the rest onto the first, halves onto halves."""
    width = lanes_of(narrow, len(xs))
    if width == 1:
        return reduce(merge, xs) if xs else identity
    rest = len(xs) % width
    lanes = []
    for k in range(width):
        first, *others = xs[k : len(xs) - rest : width]
        if k >= width - rest:
            first = merge(first, xs[len(xs) - width + k])
        lanes.append(reduce(merge, others, first))
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = [merge(x, y) for x, y in zip(lanes[:half], lanes[half:])]
    return lanes[0]


def _lines(eqn: Eqn, v: Value, xs: list[Reg]) -> np.ndarray:
    """The registers as an object array with the scanned axis last."""
    table = np.empty(v.size, dtype=object)
    table[:] = xs
    return np.moveaxis(table.reshape(v.shape), eqn.attrs["axis"], -1)


def _scan(kernel: Kernel, eqn: Eqn, *operands: list[Reg]) -> list[Reg]:
    e, lowering, dtype = kernel.e, eqn.op.lowering, eqn.results[0].dtype
    tables = [_lines(eqn, v, xs) for v, xs in zip(eqn.operands, operands)]
    out: np.ndarray = np.empty(tables[0].shape, dtype=object)
    extent = out.shape[-1]
    for at in np.ndindex(out.shape[:-1]):
        acc = e.literal(lowering.init(dtype), llvm_type(dtype))
        for k in range(extent - 1, -1, -1) if eqn.attrs["reverse"] else range(extent):
            acc = lowering.combine(e, eqn, acc, *(table[(*at, k)] for table in tables))
            out[(*at, k)] = acc
    return list(np.moveaxis(out, -1, eqn.attrs["axis"]).ravel())


def _argreduce(kernel: Kernel, eqn: Eqn, xs: list[Reg]) -> list[Reg]:
    e = kernel.e
    lines = _lines(eqn, eqn.operands[0], xs)
    out = []
    for at in np.ndindex(lines.shape[:-1]):
        best, where = lines[(*at, 0)], e.literal(0, "i64")
        for k in range(1, lines.shape[-1]):
            x = lines[(*at, k)]
            better = eqn.op.lowering.better(e, eqn, x, best)
            best, where = e.select(better, x, best), e.select(better, e.literal(k, "i64"), where)
        out.append(where)
    return out


def _dot(kernel: Kernel, eqn: Eqn, xs: list[Reg], ys: list[Reg]) -> list[Reg]:
    e, out = kernel.e, eqn.results[0]
    results = []
    for at in np.ndindex(*out.shape):
        acc = None
        for ix, iy in product_indices(eqn, fixed(*at)):
            acc = e.multiply_add(xs[_position(eqn.operands[0], ix)], ys[_position(eqn.operands[1], iy)], acc)
        results.append(acc or e.literal(0, llvm_type(out.dtype)))
    return results


def _position(v: Value, index: tuple[Ix, ...]) -> int:
    return int(np.ravel_multi_index([ix.offset for ix in index], v.shape)) if v.shape else 0


def _gather(kernel: Kernel, eqn: Eqn, *_: list[Reg]) -> list[Reg]:
    return _extract(kernel, eqn)


_STRUCTURAL = (View, Reshape, Gather, Window)
_RULES: dict[type, Callable[..., list[Reg]]] = {
    Scalar: _scalar,
    View: _structural,
    Reshape: _structural,
    Piecewise: _piecewise,
    Iota: _iota,
    Reduce: _reduce,
    Scan: _scan,
    ArgReduce: _argreduce,
    Dot: _dot,
    Gather: _gather,
    Window: _gather,
}
