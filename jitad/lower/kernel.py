"""One kernel: walks the plan's schedule and assembles the LLVM text of the C function and its chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..ir.graph import Const, Eqn, Function, Value, dims_of
from ..ir.named import named
from . import stream
from .argreduce import emit_argreduce
from .blas import canonical_products, emit_product, source
from .bordered import BorderedNest
from .buffers import Buffer, Buffers, aligned
from .callbacks import emit_callback
from .calls import Callee, emit_call, frame_of_callees
from .chunk import Chunk, Text
from .emitter import Emitter, Reg, llvm_type, memory_type
from .exits import CURE, Exits, Message, loop_at
from .fold import fill
from .fused import Fused
from .heap import ensure, nbytes
from .index import fixed
from .nest import Nest
from .open import OpenNest, is_open
from .panels import PanelStep, emit_panels, merge_panels
from .plan import Plan
from .regions import emit_region
from .roots import CallbackRoot, CallRoot, RegionRoot, Root, Step
from .sequential import emit_part, emit_scan, emit_scatter, emit_update, emit_window
from .small import emit_small
from .tapes import emit_tape
from .timers import Timers
from .work import work_of

#: Instructions after which a straight-line program continues in a function of its own.
CHUNK_LINES = 1200
#: Array constants up to this size are part of the code; larger ones are passed like captured arrays.
INLINE_CONSTANT = 4096


@dataclass
class Lowered:
    """A kernel as text: `i32 @symbol(ptr in0, …, ptr constant0, …, ptr out0, …)`.

    Status 0 is success, −2 that a signal handler raised, −3 that a callback raised, n > 0 the failure
    `messages[n]`. "{bytes}" in a message stands for what the function `symbol.asked` of the module gives.
    """

    symbol: str
    llvm: str
    constants: list[np.ndarray] = field(default_factory=list)
    messages: dict[int, Message] = field(default_factory=dict)
    workspace_bytes: int = 0
    work: float = 0.0
    plan: Plan | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    timers: Timers | None = None


class Source(NamedTuple):
    """What an LLVM function came from: the lowered function and its buffers, and `Emitter.marks`."""

    fn: Function
    buffers: Buffers
    marks: list[tuple[int, Eqn | None]]


@dataclass
class Program:
    """What the kernels of one program share: module-level text, messages, and the functions that are called.

    streams  some store passes the caches
    sources  what its LLVM functions came from, by their symbols
    timers   between its steps, if it is to be profiled
    """

    text: Text
    callees: dict[Function, Callee] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    declarations: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    streams: bool = False
    sources: dict[str, Source] = field(default_factory=dict)
    timers: Timers | None = None


class Kernel(Exits):
    """The state of lowering one function: where each value is, and the code so far."""

    is_called = False

    def __init__(self, fn: Function, symbol: str, program: Program, memory: list[bool] | None = None) -> None:
        self.fn, self.symbol = canonical_products(fn), symbol
        self.program = program
        self.plan = Plan(self.fn, source, callees=program.callees)
        merge_panels(self.plan)
        self.buffers = Buffers(self.plan, memory=memory)
        self.nests = self.plan.nests()
        self.text, self.messages = program.text, program.messages
        self.e = Emitter()
        self.e.declarations, self.e.functions = program.declarations, program.functions
        program.sources[symbol] = Source(self.fn, self.buffers, self.e.marks)
        self.constants: list[np.ndarray] = []
        self.fails = False
        self.depth = 0  # of regions
        self.tapes = False  # whether there are any
        self.blocks: list[
            int
        ] = []  # where the workspace holds blocks of memory from one iteration to the next
        self._places = {p: f"%in{k}" for k, p in enumerate(fn.params)}
        self._known: list[Value] = []  # values given registers or memory, in order
        self._registers: dict[Value, list[Reg]] = {}
        self._spilled: dict[Value, int] = {}
        self._array_constants: dict[Value, str] = {}
        self.callee_frame = aligned(self.buffers.nbytes)
        self.frame_bytes = self.callee_frame + frame_of_callees(self)
        self._slots: dict[str, int] = {}
        self.chunks: list[Chunk] = []
        self._open_chunk()

    def _open_chunk(self) -> None:
        self.chunk = Chunk(len(self.chunks))
        self.chunks.append(self.chunk)
        self.e.chunk = self.chunk.number
        self.e.lines = self.chunk.body

    # the schedule

    def emit(self) -> Lowered:
        self.schedule()
        self.finish()
        return Lowered(
            self.symbol,
            self.text.assemble(self),
            self.constants,
            self.messages,
            self.frame_bytes,
            work_of(self.buffers),
            self.plan,
            self.program.sources,
            self.program.timers,
        )

    def no_workspace(self) -> int:
        """The status of a workspace that cannot be had: it names the loop that keeps most."""
        loop = max(_loops(self.fn.eqns), key=_stacked, default=None)
        text = f"no memory for a workspace of {self.frame_bytes} bytes"
        if loop is None or not _stacked(loop):
            return self.code(MemoryError, named("no-memory", text), self.fn.loc)
        kept = f"{text}, of which {loop_at(loop.loc)} keeps {_stacked(loop)} for its way back: {CURE}"
        return self.code(MemoryError, named("no-memory", kept), loop.loc)

    def schedule(self) -> None:
        """The steps of the current plan."""
        for step in self.plan.steps:
            if step.roots:
                outer = self.e.serve(step.roots[0].eqn)
                if timers := self.program.timers:
                    timers.around(self, step, lambda step=step: self._step(step))  # type: ignore[misc]
                else:
                    self._step(step)
                self.e.serve(outer)
                self._maybe_next_chunk()
            for eqn in step.eqns:
                outer = self.e.serve(eqn)
                emit_small(self, eqn)
                self.e.serve(outer)
                self._maybe_next_chunk()

    def _maybe_next_chunk(self) -> None:
        if not self.depth and len(self.chunk.body) >= CHUNK_LINES:
            self._open_chunk()

    @contextmanager
    def scope(self, buffers: Buffers, places: dict[Value, str | list[Reg]]) -> Iterator[None]:
        """The plan and the buffers of a region, whose parameters are in these registers or places.

        What is found or kept inside is forgotten behind it, where it would not be defined on every path.
        """
        outer, known = (self.plan, self.buffers), len(self._known)
        self.plan, self.buffers = buffers.plan, buffers
        self.depth += 1
        for v, place in places.items():
            if isinstance(place, str):
                self._places[v] = place
            else:
                self.set_registers(v, place)
        yield
        for v in self._known[known:]:
            self._registers.pop(v, None)
            self._spilled.pop(v, None)
        del self._known[known:]
        self.depth -= 1
        self.plan, self.buffers = outer

    def _step(self, step: Step) -> None:
        root = step.roots[0]
        if isinstance(root, RegionRoot):
            emit_region(self, root)
            return
        if isinstance(root, CallRoot):
            emit_call(self, root)
            return
        if isinstance(root, CallbackRoot):
            emit_callback(self, root)
            return
        for root in step.roots:
            for leaf in root.reads.leaves:
                self.spill(leaf)
            for v in dims_of(root.eqn):
                self.registers(v)
            if root.stored:
                ensure(self, self.buffers.of.get(root.value))
        root = step.roots[0]
        if isinstance(step, PanelStep):
            emit_panels(self, step)
        elif root.kind in ("map", "fold", "contract"):
            nest = BorderedNest if step.bordered else OpenNest if is_open(step) else Fused
            nest(self, step).emit()
        else:
            _EMIT[root.kind](self, root)

    def finish(self) -> None:
        """Copy the results of the current plan that are not yet where they belong."""
        moves: list[tuple[str, str, Value]] = []
        for k, v in self.buffers.copies:
            target = self.buffers.targets[k]
            if self._registers.get(v) is not None or (isinstance(v, Const) and v.is_scalar):
                self.write(v, target)
            elif (v.type.dims or v.size) and (source := self.pointer(v)) != target:
                moves.append((target, source, v))
        self._move(moves)

    def _move(self, moves: list[tuple[str, str, Value]]) -> None:
        """Copies (target, source, value) that happen together: a source is read before it is overwritten."""
        while moves:
            sources = [source for _, source, _ in moves]
            free = next((m for m in moves if m[0] not in sources), None)
            if free is None:  # a cycle, opened by keeping what its first target holds
                overwritten = moves[0][0]
                (held,) = {v for _, s, v in moves if s == overwritten}
                kept = self._room(held)
                self.memcpy(kept, overwritten, nbytes(self, held.type).text)
                moves = [(t, kept if s == overwritten else s, n) for t, s, n in moves]
                free = moves[0]
            self.memcpy(free[0], free[1], nbytes(self, free[2].type).text)
            moves.remove(free)

    def _room(self, v: Value) -> str:
        """A pointer to memory of its own for a copy of a value."""
        if not v.type.dims:
            return self.chunk.at(self.frame(v.type.nbytes))
        spare = Buffer(0, 0, 0, heap=v.type)
        ensure(self, spare)
        assert spare.block is not None
        return spare.block.text

    def write(self, v: Value, target: str) -> None:
        """Store a value at a pointer."""
        registers = self._registers.get(v)
        if registers is None and isinstance(v, Const) and v.is_scalar:
            registers = self.registers(v)
        if registers is None:
            if v.type.dims or v.size:
                self.memcpy(target, self.pointer(v), nbytes(self, v.type).text)
            return
        for position, x in enumerate(registers):
            at = self.e.gep(target, memory_type(v.dtype), str(position)) if position else target
            self.e.store(self.use(x), at, v.dtype)

    # registers

    def registers_of(self, v: Value) -> list[Reg] | None:
        """The registers of a value that has any, without loading."""
        return self._registers.get(v)

    def registers(self, v: Value) -> list[Reg]:
        """The elements of a small value as registers of the current chunk, loaded or computed if need be."""
        found = self._registers.get(v)
        if found is None:
            found = self._fetch(v)
            self.set_registers(v, found)
        here = self.chunk.number
        if len(found) == 1 and found[0].chunk == here:
            return found
        return [x if x.chunk == here else self.use(x) for x in found]

    def _fetch(self, v: Value) -> list[Reg]:
        if isinstance(v, Const):
            return [self.e.literal(x, llvm_type(v.dtype)) for x in np.asarray(v.data).ravel()]
        nest = Nest(self)
        return [nest.element(v, fixed(*position)) for position in np.ndindex(*v.shape)]

    def set_registers(self, v: Value, registers: list[Reg]) -> None:
        self._registers[v] = registers
        self._known.append(v)

    def use(self, x: Reg) -> Reg:
        """The register, reloaded from the frame when another chunk computed it."""
        if x.chunk == self.chunk.number or x.chunk < 0:
            return x
        loaded = self.chunk.reloaded.get(x.text)
        if loaded is None:
            memory = "i8" if x.ty == "i1" else x.ty
            if x.text not in self._slots:
                self._slots[x.text] = self.frame(8)
                self.chunks[x.chunk].save(x, self._slots[x.text])
            loaded = self.chunk.reload(x, memory, self._slots[x.text])
        return loaded

    # memory

    def frame(self, nbytes: int) -> int:
        """Reserve bytes of the workspace that nothing else shares; their offset."""
        at = self.frame_bytes
        self.frame_bytes += -(-nbytes // 8) * 8
        return at

    def pointer(self, v: Value) -> str:
        """A pointer to a value's memory, valid everywhere in the current chunk."""
        v = self.plan.home(v)
        buffers: Buffers | None = self.buffers
        while buffers is not None:
            buffer = buffers.of.get(v)
            if buffer is not None:
                return self.place(buffers, buffer)
            buffers = buffers.outer
        if v in self._places:
            return self._places[v]
        if v in self._spilled:
            return self.chunk.at(self._spilled[v])
        if isinstance(v, Const):
            return self._constant_array(v)
        raise AssertionError(f"{v} has no memory")

    def place(self, buffers: Buffers, buffer: Buffer) -> str:
        """A pointer to a buffer."""
        if buffer.pointer:
            return buffer.pointer
        if buffer.out >= 0:
            return buffers.targets[buffer.out]
        if buffer.block is not None:
            return self.use(buffer.block).text
        assert buffer.heap is None, "a buffer is used before it has memory"
        return self.chunk.at(buffers.base + buffer.offset)

    def has_memory(self, v: Value) -> bool:
        """Whether a value is in memory of its own."""
        buffers: Buffers | None = self.buffers
        while buffers is not None:
            if v in buffers.of:
                return True
            buffers = buffers.outer
        return v in self._places or v in self._spilled

    def streamed(self, v: Value) -> bool:
        """Whether a value is a result too large to be worth caching, and read by nothing in the kernel."""
        buffer = self.buffers.of.get(v)
        return (
            buffer is not None
            and not self.is_called
            and self.buffers.outer is None
            and buffer.out >= 0
            and buffer.nbytes >= stream.STREAM_BYTES
            and len(buffer.values) == 1
            and v not in self.buffers.last_read
            and v.dtype.itemsize >= 4
        )

    def spill(self, v: Value) -> None:
        """Write the registers of a small array to memory, for indices that are not known here."""
        v = self.plan.home(v)
        registers = self._registers.get(v)
        if registers is None or not v.ndim or self.has_memory(v):
            return
        offset = self._spilled[v] = self.frame(v.type.nbytes)
        self._known.append(v)
        base = self.chunk.at(offset)
        for position, x in enumerate(registers):
            at = self.e.gep(base, memory_type(v.dtype), str(position)) if position else base
            self.e.store(self.use(x), at, v.dtype)

    def _constant_array(self, v: Const) -> str:
        found = self._array_constants.get(v)
        if found is None:
            if v.type.nbytes <= INLINE_CONSTANT or self.is_called:
                found = self.text.global_bytes(v.data)
            else:
                found = f"%const{len(self.constants)}"
                self.constants.append(v.data)
            self._array_constants[v] = found
        return found

    def stack_slot(self, ty: str, lanes: int = 1) -> str:
        """A stack variable of the current chunk."""
        return self.chunk.alloca(ty if lanes == 1 else f"<{lanes} x {ty}>", self.e.fresh())

    def memcpy(self, target: str, source: str, nbytes: int | str) -> None:
        self.e.declarations["@llvm.memcpy"] = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"
        self.e.put(f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {source}, i64 {nbytes}, i1 false)")

    # loops

    def loop_metadata(self, unroll: int) -> str:
        """Metadata of a loop: never revectorised; unrolled `unroll` times, 0 leaving that to LLVM."""
        return self.text.loop_metadata(unroll)

    # what BLAS calls need

    def constant(self, ty: str, value: Any) -> str:
        """A pointer to a constant."""
        return self.text.global_constant(ty, value)

    def integer(self, value: int) -> str:
        if not -(2**31) <= value < 2**31:
            raise OverflowError(f"a dimension of {value} is too large for BLAS")
        return self.constant("i32", value)

    def character(self, value: str) -> str:
        return self.constant("i8", ord(value))

    def call_blas(self, name: str, pointers: list[str]) -> None:
        symbol = f'@"blas.{name}"'
        self.e.declarations[symbol] = f"declare void {symbol}({', '.join(['ptr'] * len(pointers))})"
        self.e.put(f"call void {symbol}({', '.join('ptr ' + p for p in pointers)})")


def _loops(eqns: Iterable[Eqn]) -> Iterator[Eqn]:
    """The loops with a counter among some equations, and in their regions."""
    for eqn in eqns:
        if "trips" in eqn.attrs:
            yield eqn
        for region in eqn.regions:
            yield from _loops(region.eqns)


def _stacked(eqn: Eqn) -> int:
    """The bytes that a loop collects for its way back."""
    stacks = eqn.results[eqn.attrs["carried"] :]
    return sum(v.type.nbytes for v in stacks if not v.type.dims)


def _emit_blas(kernel: Kernel, root: Root) -> None:
    if any(not v.type.dims and v.size == 0 for v in root.eqn.operands):
        fill(kernel, root.value, kernel.e.literal(0, llvm_type(root.value.dtype)))
    else:
        emit_product(kernel, root)


_EMIT = {
    "update": emit_update,
    "scan": emit_scan,
    "argreduce": emit_argreduce,
    "scatter": emit_scatter,
    "window": emit_window,
    "part": emit_part,
    "blas": _emit_blas,
    "pop": lambda kernel, root: emit_tape(kernel, root.eqn),
}
