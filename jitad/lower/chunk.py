"""The functions of a kernel as text: chunks of a long program, constants, and the C function around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .emitter import Reg, literal

if TYPE_CHECKING:
    from .kernel import Kernel

#: Work, in additions, after which a loop asks whether a signal handler has raised: some 10 ms.
POLL_WORK = 2**24
#: What frees the tapes of a call.
RELEASE_TAPES = '@"jitad.tapes.release"'
#: The suffix of the function that says how many bytes a tape could not get.
ASKED = "asked"
#: A workspace of so many bytes is more than there are addresses for.
TOO_MANY = 2**62
#: A workspace up to this size is on the stack.
STACK_BYTES = 16384
#: How kernels get memory and give it back (`native/pool.py`).
OBTAIN = 'declare noalias align 64 ptr @"jitad.obtain"(i64)'
RELEASE = 'declare void @"jitad.release"(ptr)'


class Chunk:
    """One LLVM function: entry (allocas, pointers, reloads), body, and saves for later chunks."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.entry: list[str] = []
        self.body: list[str] = []
        self.tail: list[str] = []
        self.reloaded: dict[str, Reg] = {}
        self.leaves = False  # whether it can end early, after a failure
        self._at: dict[int, str] = {}
        self._budget = ""

    def at(self, offset: int) -> str:
        """A pointer to a workspace offset."""
        name = self._at.get(offset)
        if name is None:
            name = self._at[offset] = f"%ws{offset}"
            self.entry.append(f"{name} = getelementptr inbounds i8, ptr %ws, i64 {offset}")
        return name

    def budget(self) -> str:
        """A counter of work that is done before the loops of this chunk ask for signals."""
        if not self._budget:
            self._budget = self.alloca("i64", "%budget")
            self.entry.append(f"store i64 {POLL_WORK}, ptr %budget")
        return self._budget

    def alloca(self, full: str, name: str) -> str:
        self.entry.append(f"{name} = alloca {full}")
        return name

    def save(self, x: Reg, offset: int) -> None:
        """Store a register for later chunks, at the end of this one."""
        name = self.at(offset)
        if x.ty == "i1":
            self.tail.append(f"{x.text}.save = zext i1 {x.text} to i8")
            self.tail.append(f"store i8 {x.text}.save, ptr {name}")
        else:
            self.tail.append(f"store {x.ty} {x.text}, ptr {name}")

    def reload(self, x: Reg, memory: str, offset: int) -> Reg:
        """Load a register that an earlier chunk saved."""
        name = self.at(offset)
        loaded = f"{x.text}.{self.number}"
        if x.ty == "i1":
            self.entry.append(f"{loaded}.raw = load i8, ptr {name}")
            self.entry.append(f"{loaded} = trunc i8 {loaded}.raw to i1")
        else:
            self.entry.append(f"{loaded} = load {memory}, ptr {name}")
        self.reloaded[x.text] = Reg(loaded, x.ty, 1, self.number)
        return self.reloaded[x.text]


class Text:
    """Module-level text: globals, loop metadata, and how chunks become one C function."""

    def __init__(self, symbol: str, inputs: int, outputs: int) -> None:
        self.symbol = symbol
        self.inputs, self.outputs = inputs, outputs
        self.globals: list[str] = []
        self._constants: dict[tuple[str, Any], str] = {}
        self.metadata: list[str] = []
        self._nontemporal = ""
        self._asked = ""

    def name(self, suffix: str) -> str:
        return f'@"{self.symbol}.{suffix}"'

    def global_constant(self, ty: str, value: Any) -> str:
        found = self._constants.get((ty, value))
        if found is None:
            found = self._constants[ty, value] = self.name(f"k{len(self._constants)}")
            self.globals.append(f"{found} = private unnamed_addr constant {ty} {literal(value, ty)}")
        return found

    def global_bytes(self, data: np.ndarray) -> str:
        name = self.name(f"c{len(self.globals)}")
        raw = data.tobytes()
        text = "".join(f"\\{b:02x}" for b in raw)
        self.globals.append(f'{name} = private unnamed_addr constant [{len(raw)} x i8] c"{text}", align 64')
        return name

    def loop_metadata(self, unroll: int) -> str:
        number = len(self.metadata)
        hint = f'"llvm.loop.unroll.count", i32 {unroll}' if unroll > 1 else '"llvm.loop.unroll.disable"'
        parts = f'!{number}, !{{!"llvm.loop.vectorize.width", i32 1}}, !{{!{hint}}}'
        self.metadata.append(f"!{number} = distinct !{{{parts}}}")
        return f"!{number}"

    def asked(self) -> str:
        """Where the bytes are stored that a tape could not get; a function of that name gives them."""
        if not self._asked:
            self._asked = self.name("asked.bytes")
            self.globals += [
                f"{self._asked} = internal global i64 0",
                f"define i64 {self.name(ASKED)}() nounwind {{",
                f"%bytes = load i64, ptr {self._asked}",
                "ret i64 %bytes",
                "}",
            ]
        return self._asked

    def nontemporal(self) -> str:
        """Metadata of stores that pass the caches."""
        if not self._nontemporal:
            self._nontemporal = f"!{len(self.metadata)}"
            self.metadata.append(f"{self._nontemporal} = !{{i32 1}}")
        return self._nontemporal

    def assemble(self, kernel: Kernel) -> str:
        names = [f"%in{k}" for k in range(self.inputs)] + [f"%const{k}" for k in range(len(kernel.constants))]
        readers = [f"ptr noalias readonly captures(none) {n}" for n in names]
        writers = [f"ptr noalias captures(none) %out{k}" for k in range(self.outputs)]
        main = Main(self.name(""), readers + writers, names + [f"%out{k}" for k in range(self.outputs)])
        functions = main.text(self, kernel)
        declarations = sorted(set(kernel.e.declarations.values()) | main.declarations)
        helpers = kernel.e.functions.values()
        callees = [line for callee in kernel.program.callees.values() for line in callee.text]
        if kernel.program.timers:
            self.globals += kernel.program.timers.globals()
        return "\n".join([*declarations, *self.globals, *helpers, *callees, *functions, *self.metadata, ""])


class Main:
    """The C function: workspace, status, and the chunks in order."""

    def __init__(self, _: str, params: list[str], names: list[str]) -> None:
        self.params, self.names = params, names
        self.declarations: set[str] = set()

    def text(self, module: Text, kernel: Kernel) -> list[str]:
        head = f'define i32 @"{module.symbol}"({", ".join(self.params)}) nounwind {{'
        if kernel.frame_bytes >= TOO_MANY:
            return [head, f"ret i32 {kernel.no_workspace()}", "}"]
        lines = ["%status = alloca i32", "store i32 0, ptr %status"]
        release = self._workspace(lines, kernel.frame_bytes)
        functions: list[str] = []
        leaves = any(chunk.leaves for chunk in kernel.chunks)
        shared = ["%ws", "%status", *(["%tapes"] if kernel.tapes else [])]
        for k, offset in enumerate(kernel.blocks):
            lines += [
                f"%block{k} = getelementptr i8, ptr %ws, i64 {offset}",
                f"store <2 x i64> zeroinitializer, ptr %block{k}, align 8",
            ]
        if kernel.tapes:
            lines[:0] = ["%tapes = alloca ptr", "store ptr null, ptr %tapes"]
            release = [f"call void {RELEASE_TAPES}(ptr %tapes)", *release]
        if len(kernel.chunks) == 1:
            (chunk,) = kernel.chunks
            # In the first block: others' variables LLVM leaves on the stack.
            variables = [line for line in chunk.entry if " = alloca " in line]
            lines[:0] = variables
            lines += [line for line in chunk.entry if line not in variables] + chunk.body
        else:
            for chunk in kernel.chunks:
                functions += function_of(module.name(str(chunk.number)), chunk, self.params, shared)
                args = ", ".join(f"ptr {n}" for n in [*self.names, *shared])
                lines.append(f"call fastcc void {module.name(str(chunk.number))}({args})")
                if chunk.leaves:
                    lines += stop_on_failure(chunk.number)
        if leaves:
            lines += ["br label %leave", "leave:"]
        if kernel.program.streams:
            lines.append("fence seq_cst")  # other threads see the stores that passed the caches
        lines += [*release, "%code = load i32, ptr %status", "ret i32 %code"]
        if kernel.frame_bytes > STACK_BYTES:
            lines += ["nomemory:", f"ret i32 {kernel.no_workspace()}"]
        return [*functions, head, *lines, "}"]

    def _workspace(self, lines: list[str], nbytes: int) -> list[str]:
        """Obtain the workspace; returns what gives it back."""
        if not nbytes:
            lines.append("%ws = getelementptr i8, ptr null, i64 0")
            return []
        if nbytes <= STACK_BYTES:
            lines.append(f"%ws = alloca [{nbytes} x i8], align 64")
            return []
        self.declarations |= {OBTAIN, RELEASE}
        lines += [
            f'%ws = call ptr @"jitad.obtain"(i64 {nbytes})',
            "%failed = icmp eq ptr %ws, null",
            "br i1 %failed, label %nomemory, label %start",
            "start:",
        ]
        return ['call void @"jitad.release"(ptr %ws)']


def function_of(name: str, chunk: Chunk, params: list[str], shared: list[str]) -> list[str]:
    """A chunk as a function."""
    params = [*params, *(f"ptr noalias {name}" for name in shared)]
    head = f"define internal fastcc void {name}({', '.join(params)}) nounwind noinline {{"
    leave = ["leave:", "ret void"] if chunk.leaves else []
    return [head, *chunk.entry, *chunk.body, *chunk.tail, "ret void", *leave, "}"]


def stop_on_failure(number: int) -> list[str]:
    """Skip what follows a chunk that has failed."""
    return [
        f"%status.{number} = load i32, ptr %status",
        f"%failed.{number} = icmp ne i32 %status.{number}, 0",
        f"br i1 %failed.{number}, label %leave, label %on.{number}",
        f"on.{number}:",
    ]
