"""Memory of arrays whose size only the running program knows: blocks that grow, freed when the call ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.types import Type, is_int
from .blocks import GROW, require
from .emitter import SELDOM, Reg
from .index import product_of

if TYPE_CHECKING:
    from ..ir.graph import Eqn
    from .buffers import Buffer
    from .kernel import Kernel

#: A product of sizes from here on is no size of memory: it may not be one that wrapped around.
_LARGEST = 2.0**62


def count(kernel: Kernel, shape: tuple) -> str:
    """The number of elements of a shape, as a number or register."""
    found = product_of(shape)
    if is_int(found):
        return str(found)
    e = kernel.e
    total = e.literal(found[0], "i64")
    for v in found[1:]:
        total = e.op("mul", total, kernel.registers(v)[0])
    return total.text


def nbytes(kernel: Kernel, type: Type) -> Reg:
    """The bytes of an array."""
    if not type.dims:
        return kernel.e.literal(type.nbytes, "i64")
    elements = Reg(count(kernel, type.shape), "i64", 1, kernel.chunk.number)
    return kernel.e.op("mul", elements, kernel.e.literal(type.dtype.itemsize, "i64"))


def ensure(kernel: Kernel, buffer: Buffer | None, loop: Eqn | None = None) -> None:
    """Let a buffer have room for what it is to hold; code that runs before all that uses it.

    Within loops its block serves one iteration after the other, and is exchanged for a larger one where
    that is needed. What it held before is lost. `loop`: the one that stacks there what it keeps.
    """
    if buffer is None or buffer.heap is None or buffer.out >= 0 or buffer.block is not None:
        return
    require(kernel)
    _refuse_huge(kernel, buffer.heap, loop)
    need = nbytes(kernel, buffer.heap)
    if kernel.depth:
        buffer.block = _kept(kernel, need, loop)
    else:
        buffer.block = _obtained(kernel, Reg("null", "ptr"), need, loop)


def _refuse_huge(kernel: Kernel, type: Type, loop: Eqn | None) -> None:
    """A size that does not fit 64 bits is too much memory, not the little that is left of it."""
    e = kernel.e
    total = e.literal(float(type.dtype.itemsize), "double")
    for d in type.shape:
        factor = (
            e.literal(float(d), "double") if is_int(d) else e.cast("sitofp", kernel.registers(d)[0], "f8")
        )
        total = e.op("fmul", total, factor)
    huge = e.fcmp("oge", total, e.literal(_LARGEST, "double"))
    _leave_if(kernel, huge, f"{_LARGEST:.0f}", loop)


def _leave_if(kernel: Kernel, failed: Reg, nbytes: str, loop: Eqn | None) -> None:
    """End the call where there is no memory, for a loop with its line and the bytes."""
    e = kernel.e
    if loop is None:
        kernel.leave_if(failed, e.literal(kernel.no_array(), "i32"))
        return
    e.put(f"store i64 {nbytes}, ptr {kernel.text.asked()}")
    kernel.leave_if(failed, e.literal(kernel.no_memory(loop.loc), "i32"))


def _obtained(kernel: Kernel, old: Reg, size: Reg, loop: Eqn | None) -> Reg:
    """A block of that size in place of `old`; the call ends where there is none."""
    e = kernel.e
    block = e.define(f"call ptr {GROW}(ptr %tapes, ptr {old.text}, i64 {size.text})", "ptr")
    _leave_if(kernel, e.icmp("eq", block, Reg("null", "ptr")), size.text, loop)
    return block


def _kept(kernel: Kernel, need: Reg, loop: Eqn | None) -> Reg:
    """The block that earlier iterations had, or a larger one."""
    e, chunk = kernel.e, kernel.chunk.number
    place = kernel.frame(16)
    kernel.blocks.append(place)
    at = kernel.chunk.at(place)
    room = e.gep(at, "i8", "8")
    old = e.define(f"load ptr, ptr {at}", "ptr")
    short = e.icmp("ugt", need, e.define(f"load i64, ptr {room}", "i64"))
    tag = e.label("room")
    e.lines += [
        f"br label %{tag}.test",
        f"{tag}.test:",
        f"br i1 {short.text}, label %{tag}.grow, label %{tag}.on, !prof {SELDOM}",
        f"{tag}.grow:",
    ]
    half = e.op("lshr", need, e.literal(1, "i64"))
    size = e.op("add", e.op("add", need, half), e.literal(64, "i64"))
    new = _obtained(kernel, old, size, loop)
    e.put(f"store ptr {new.text}, ptr {at}")
    e.put(f"store i64 {size.text}, ptr {room}")
    e.lines += [f"br label %{tag}.moved", f"{tag}.moved:", f"br label %{tag}.on", f"{tag}.on:"]
    block = e.define(f"phi ptr [ {old.text}, %{tag}.test ], [ {new.text}, %{tag}.moved ]", "ptr")
    return Reg(block.text, "ptr", 1, chunk)
