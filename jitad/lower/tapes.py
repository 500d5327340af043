"""Tapes: growing stacks in memory of their own, as registers that point to its start, its top and its end.

A tape has one reader, so it is changed in place. All tapes of a call are linked: every exit frees them, and
one that nothing reads any more is freed there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..ir.graph import Eqn, Loc, Value, free_values
from ..ir.types import Type
from .blocks import DROP, GROW, require
from .emitter import SELDOM, Emitter, Reg, literal, llvm_type, memory_type
from .heap import nbytes

if TYPE_CHECKING:
    from .kernel import Kernel
    from .plan import Plan
    from .roots import RegionRoot

#: Bytes that a tape has room for at first; it doubles.
FIRST_BYTES = 4096


def emit_tape(kernel: Kernel, eqn: Eqn) -> None:
    """A new tape, one more item, or one less; by the operands and results that the equation has."""
    if not eqn.operands:
        require(kernel)
        null = Reg("null", "ptr")
        kernel.set_registers(eqn.results[0], [null, null, null])
    elif len(eqn.operands) == 2:
        _push(kernel, eqn)
    else:
        _pop(kernel, eqn)
    drop_dead(kernel, eqn.results)


def _push(kernel: Kernel, eqn: Eqn) -> None:
    e, (tape, item) = kernel.e, eqn.operands
    base, top, end = kernel.registers(tape)
    nbytes = _item_bytes(kernel, item.type)
    base, top, end = _with_room(kernel, base, top, end, nbytes, eqn.loc)
    if item.type.dims or item.size:
        kernel.write(item, top.text)
    after = Reg(e.gep(top.text, "i8", nbytes.text), "ptr", 1, kernel.chunk.number)
    kernel.set_registers(eqn.results[0], [base, after, end])


def _item_bytes(kernel: Kernel, item: Type) -> Reg:
    """The bytes of an item on a tape: at least one, so that items can be counted."""
    e = kernel.e
    if not item.dims:
        return e.literal(max(item.nbytes, 1), "i64")
    return e.intrinsic("llvm.smax", nbytes(kernel, item), e.literal(1, "i64"))


def _with_room(
    kernel: Kernel, base: Reg, top: Reg, end: Reg, nbytes: Reg, loc: Loc | None
) -> tuple[Reg, Reg, Reg]:
    """The tape with room for one more item: moved to twice the memory if it was full."""
    e = kernel.e
    tag = e.label("tape")
    chunk = kernel.chunk.number
    full = e.icmp("eq", top, end)
    e.lines += [
        f"br label %{tag}.test",
        f"{tag}.test:",
        f"br i1 {full.text}, label %{tag}.full, label %{tag}.room, !prof {SELDOM}",
        f"{tag}.full:",
    ]
    items = e.op("add", e.op("udiv", e.literal(FIRST_BYTES - 1, "i64"), nbytes), e.literal(1, "i64"))
    first = e.op("mul", items, nbytes)
    used = e.op("sub", _address(e, end), _address(e, base))
    doubled = e.op("add", used, used)
    capacity = e.select(e.icmp("eq", used, e.literal(0, "i64")), first, doubled)
    moved = e.define(f"call ptr {GROW}(ptr %tapes, ptr {base.text}, i64 {capacity.text})", "ptr")
    failed = e.icmp("eq", moved, Reg("null", "ptr"))
    e.put(f"store i64 {e.select(failed, capacity, e.literal(0, 'i64')).text}, ptr {kernel.text.asked()}")
    kernel.leave_if(failed, e.literal(kernel.no_memory(loc), "i32"))
    new_top = Reg(e.gep(moved.text, "i8", used.text), "ptr", 1, chunk)
    new_end = Reg(e.gep(moved.text, "i8", capacity.text), "ptr", 1, chunk)
    e.lines += [f"br label %{tag}.moved", f"{tag}.moved:", f"br label %{tag}.room", f"{tag}.room:"]
    found = []
    for old, new in ((base, moved), (top, new_top), (end, new_end)):
        edges = f"[ {old.text}, %{tag}.test ], [ {new.text}, %{tag}.moved ]"
        found.append(e.define(f"phi ptr {edges}", "ptr"))
    return found[0], found[1], found[2]


def _pop(kernel: Kernel, eqn: Eqn) -> None:
    e, (tape,) = kernel.e, eqn.operands
    item, rest = eqn.results
    base, top, end = kernel.registers(tape)
    nbytes = _item_bytes(kernel, item.type)
    tag = e.label("tape")
    empty = e.icmp("eq", top, base)
    e.lines += [
        f"br label %{tag}.test",
        f"{tag}.test:",
        f"br i1 {empty.text}, label %{tag}.empty, label %{tag}.some, !prof {SELDOM}",
        f"{tag}.empty:",
    ]
    memory = kernel.pointer(item) if item in kernel.plan.roots else None
    if memory is not None:
        _clear(kernel, memory, nbytes.text)
    e.lines += [f"br label %{tag}.exit", f"{tag}.some:"]
    last = Reg(
        e.gep(top.text, "i8", e.op("sub", e.literal(0, "i64"), nbytes).text), "ptr", 1, kernel.chunk.number
    )
    loaded = []
    if memory is not None:
        kernel.memcpy(memory, last.text, nbytes.text)
    else:
        loaded = _load_items(kernel, item.type, last.text)
    e.lines += [f"br label %{tag}.end", f"{tag}.end:", f"br label %{tag}.exit", f"{tag}.exit:"]
    if memory is None:
        zero = literal(0, llvm_type(item.dtype))
        phis = [f"phi {x.ty} [ {zero}, %{tag}.empty ], [ {x.text}, %{tag}.end ]" for x in loaded]
        kernel.set_registers(item, [e.define(phi, x.ty) for phi, x in zip(phis, loaded)])
    before = e.define(f"phi ptr [ {base.text}, %{tag}.empty ], [ {last.text}, %{tag}.end ]", "ptr")
    kernel.set_registers(rest, [base, before, end])


def _address(e: Emitter, pointer: Reg) -> Reg:
    return e.define(f"ptrtoint ptr {pointer.text} to i64", "i64")


def _load_items(kernel: Kernel, item: Type, at: str) -> list[Reg]:
    e, memory = kernel.e, memory_type(item.dtype)
    return [e.load(e.gep(at, memory, str(k)) if k else at, item.dtype) for k in range(item.size)]


def _clear(kernel: Kernel, target: str, nbytes: str) -> None:
    kernel.e.declarations["@llvm.memset"] = "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"
    kernel.e.put(f"call void @llvm.memset.p0.i64(ptr {target}, i8 0, i64 {nbytes}, i1 false)")


def drop_dead(kernel: Kernel, values: Sequence[Value]) -> None:
    """Free those tapes among some new values that nothing reads."""
    for v in values:
        if v.type.item is not None and not kernel.plan.is_read(v):
            _drop(kernel, v)


def drop_unread(kernel: Kernel, root: RegionRoot, plan: Plan) -> None:
    """Free the tapes that another branch reads and this one does not."""
    mine = set(free_values(plan.fn))
    for v in root.reads.leaves:
        if v.type.item is not None and v not in mine:
            _drop(kernel, v)


def _drop(kernel: Kernel, v: Value) -> None:
    require(kernel)
    kernel.e.put(f"call void {DROP}(ptr %tapes, ptr {kernel.registers(v)[0].text})")
