"""Calls back into Python: operands as pointers and shapes, what to do with them as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..ir.graph import Value
from ..ir.types import is_int
from .emitter import Reg
from .exits import RAISED
from .roots import Root

if TYPE_CHECKING:
    from .kernel import Kernel

#: What a call back costs, in additions.
WORK = 4000.0


def emit_callback(kernel: Kernel, root: Root) -> None:
    """The call; an exception that it raises ends the call of the kernel."""
    for v in root.eqn.operands:
        kernel.spill(v)
    kernel.leave_if_failed()
    if not root.eqn.op.lowering.unless:
        _call(kernel, root, root.eqn.operands)
        return
    e = kernel.e
    (holds,) = kernel.registers(root.eqn.operands[0])
    for v in root.eqn.operands[1:]:  # on both paths
        _prepare(kernel, v)
    said, on = e.label("said"), e.label("on")
    e.lines += [f"br i1 {holds.text}, label %{on}, label %{said}", f"{said}:"]
    _call(kernel, root, root.eqn.operands)
    e.lines += [f"br label %{on}", f"{on}:"]


def _prepare(kernel: Kernel, v: Value) -> None:
    """Have registers of what is read behind a branch."""
    for d in v.type.dims:
        kernel.registers(d)
    if not v.ndim:
        kernel.registers(v)


def _call(kernel: Kernel, root: Root, operands: tuple[Value, ...]) -> None:
    e = kernel.e
    pointers = [_pointer(kernel, v) for v in operands]
    dims = [d for v in operands for d in v.shape]
    table = _table(kernel, "ptr", [Reg(p, "ptr") for p in pointers])
    lengths = _table(
        kernel, "i64", [e.literal(d, "i64") if is_int(d) else kernel.registers(d)[0] for d in dims]
    )
    record = kernel.text.global_bytes(np.frombuffer(_record(root) + b"\0", np.uint8))
    name = '@"jitad.callback"'
    e.declarations[name] = f"declare i32 {name}(ptr, ptr, ptr)"
    status = e.define(f"call i32 {name}(ptr {record}, ptr {table}, ptr {lengths})", "i32")
    kernel.leave_if(e.icmp("ne", status, e.literal(0, "i32")), e.literal(RAISED, "i32"))


def _record(root: Root) -> bytes:
    """Operation, attributes, dtypes and ranks of operands, and the line: a literal of Python."""
    eqn = root.eqn
    kinds = [(v.dtype.str, v.ndim) for v in eqn.operands]
    loc = None if eqn.loc is None else tuple(eqn.loc)
    return ascii((eqn.op.name, kinds, eqn.attrs, loc)).encode()


def _pointer(kernel: Kernel, v: Value) -> str:
    """Where the elements of an operand are."""
    if v.ndim:
        return kernel.pointer(v) if v.type.dims or v.size else "null"
    (x,) = kernel.registers(v)
    place = kernel.stack_slot("i64")
    kernel.e.store(x, place, v.dtype)
    return place


def _table(kernel: Kernel, ty: str, entries: list[Reg]) -> str:
    """Memory with some pointers or numbers, one after another."""
    if not entries:
        return "null"
    base = kernel.stack_slot(f"[{len(entries)} x i64]")
    for k, x in enumerate(entries):
        kernel.e.put(f"store {ty} {x.text}, ptr {kernel.e.gep(base, 'i64', str(k)) if k else base}")
    return base
