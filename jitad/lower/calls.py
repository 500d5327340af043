"""Calls of other functions of the program: numbers in registers, arrays by pointer, one frame for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..ir.calls import called
from ..ir.graph import Value
from .emitter import Reg, llvm_type
from .roots import CallRoot

if TYPE_CHECKING:
    from .kernel import Kernel


@dataclass
class Callee:
    """A function that has been lowered.

    symbol       its name, as text
    returns      the LLVM type of what it returns: its numbers
    frame_bytes  of the workspace that it is given
    fails        it can set the status
    work         additions of one run
    """

    symbol: str
    returns: str
    frame_bytes: int
    fails: bool
    work: float
    text: list[str]


def return_type(numbers: list[str]) -> str:
    """The LLVM type of a function that returns numbers of these types."""
    if not numbers:
        return "void"
    return numbers[0] if len(numbers) == 1 else f"{{ {', '.join(numbers)} }}"


def frame_of_callees(kernel: Kernel) -> int:
    """Bytes of the workspace for functions called, which run one at a time."""
    callees = kernel.program.callees
    sizes = [callees[f].frame_bytes for f in called(kernel.fn)]
    return -(-max(sizes, default=0) // 64) * 64


def emit_call(kernel: Kernel, root: CallRoot) -> None:
    """The call; its numbers become registers."""
    e, eqn, callee = kernel.e, root.eqn, root.callee
    for v in eqn.operands:
        kernel.spill(v)
    arguments = [_argument(kernel, v) for v in eqn.operands]
    arguments += [f"ptr {_place(kernel, v)}" for v in eqn.results if v.ndim]
    frame = kernel.chunk.at(kernel.callee_frame) if callee.frame_bytes else "null"
    arguments += [f"ptr {frame}", "ptr %status"]
    call = f"call fastcc {callee.returns} {callee.symbol}({', '.join(arguments)})"
    numbers = [v for v in eqn.results if not v.ndim]
    if not numbers:
        e.put(call)
    else:
        out = e.define(call, callee.returns)
        for k, v in enumerate(numbers):
            ty = llvm_type(v.dtype)
            one = out if len(numbers) == 1 else e.define(f"extractvalue {callee.returns} {out.text}, {k}", ty)
            kernel.set_registers(v, [Reg(one.text, ty, 1, kernel.chunk.number)])
    if callee.fails:
        kernel.fails = True
        status = e.define("load i32, ptr %status", "i32")
        kernel.leave_if(e.icmp("ne", status, e.literal(0, "i32")), status)


def _argument(kernel: Kernel, v: Value) -> str:
    if v.ndim:
        return f"ptr {_place(kernel, v)}"
    (x,) = kernel.registers(v)
    return f"{x.ty} {x.text}"


def _place(kernel: Kernel, v: Value) -> str:
    return kernel.pointer(v) if v.size else "null"
