"""Emitter: registers and instructions as LLVM text; knows types and lanes, names no op."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..ir.graph import Eqn

#: Vector functions inlined in one kernel. LLVM takes time quadratic in the body of a loop: with all inlined,
#: the gradient of 300 sines of an array compiles in 60 s; with calls in 0.3 s, and it runs as fast.
INLINED = 32


#: What has effects, depends on memory or on the block that it is in; everything else is computed once.
_EACH_TIME = ("load", "call", "phi", "freeze", "alloca")
#: Labels of loops, behind which everything is known that was known before (`Loops`).
_LOOP_LABEL = re.compile(r"[LBCX]\.\d+\.")

#: Weights of a branch that is seldom taken.
SELDOM = '!{!"branch_weights", i32 1, i32 1000000}'


def llvm_type(dtype: np.dtype) -> str:
    """The LLVM type of one element in a register; bool is i1 there and i8 in memory."""
    if dtype.kind == "f":
        return "double" if dtype.itemsize == 8 else "float"
    return "i1" if dtype.kind == "b" else f"i{8 * dtype.itemsize}"


def memory_type(dtype: np.dtype) -> str:
    """The LLVM type of one element in memory."""
    return "i8" if dtype.kind == "b" else llvm_type(dtype)


class Reg:
    """An SSA register (or literal) of `lanes` elements of type `ty`; `chunk` is the function it lives in."""

    __slots__ = ("text", "ty", "lanes", "chunk")

    def __init__(self, text: str, ty: str, lanes: int = 1, chunk: int = -1) -> None:
        self.text = text
        self.ty = ty
        self.lanes = lanes
        self.chunk = chunk  # −1: a literal, valid everywhere

    @property
    def full(self) -> str:
        return self.ty if self.lanes == 1 else f"<{self.lanes} x {self.ty}>"


def literal(value: Any, ty: str) -> str:
    """`value` as an LLVM literal of scalar type `ty`, floats by their exact bits."""
    if ty == "double":
        return f"0x{struct.unpack('<Q', struct.pack('<d', float(value)))[0]:016X}"
    if ty == "float":
        return f"0x{struct.unpack('<Q', struct.pack('<d', float(np.float32(value))))[0]:016X}"
    if ty == "i1":
        return "true" if value else "false"
    return str(int(value))


class _Known:
    """What a list of lines has computed that is known at its end: text of instructions → registers.

    Code before the first label is known in all the rest of the list, code behind one up to the next.
    """

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.first: dict[str, str] = {}
        self.latest = self.first
        self._scanned = 0

    def find(self, instruction: str) -> str | None:
        lines = self.lines
        for k in range(self._scanned, len(lines)):
            if lines[k].endswith(":") and not _LOOP_LABEL.match(lines[k]):
                self.latest = {}
        self._scanned = len(lines)
        return self.first.get(instruction) or self.latest.get(instruction)


class Emitter:
    """Appends instructions to `lines`; the current function is number `chunk`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.declarations: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self.chunk = 0
        self.eqn: Eqn | None = None
        self.marks: list[tuple[int, Eqn | None]] = []
        self._count = 0
        self._inlined = 0
        self._known: dict[int, _Known] = {}

    def serve(self, eqn: Eqn | None) -> Eqn | None:
        """What is emitted from here on belongs to this equation; the one it belonged to before.

        Registers and labels are numbered as they are made, so `marks` says of each to which it belongs.
        """
        before = self.eqn
        if eqn is not before:
            self.eqn = eqn
            self.marks.append((self._count, eqn))
        return before

    # registers and text

    def fresh(self) -> str:
        self._count += 1
        return f"%v{self._count}"

    def label(self, stem: str) -> str:
        self._count += 1
        return f"{stem}.{self._count}"

    def put(self, line: str) -> None:
        self.lines.append(line)

    def define(self, instruction: str, ty: str, lanes: int = 1) -> Reg:
        """The register of an instruction: a known one that is the same, or a new one."""
        return Reg(self._define(instruction), ty, lanes, self.chunk)

    def _define(self, instruction: str) -> str:
        if instruction.startswith(_EACH_TIME):
            name = self.fresh()
        else:
            known = self._known.get(id(self.lines))
            if known is None:
                known = self._known[id(self.lines)] = _Known(self.lines)
            found = known.find(instruction)
            if found is not None:
                return found
            name = known.latest[instruction] = self.fresh()
        self.lines.append(f"{name} = {instruction}")
        return name

    def literal(self, value: Any, ty: str, lanes: int = 1) -> Reg:
        text = literal(value, ty)
        return Reg(text if lanes == 1 else f"splat ({ty} {text})", ty, lanes)

    # what `Scalar` lowering rules call

    def op(self, name: str, x: Reg, y: Reg) -> Reg:
        """A binary instruction, `fadd`, `sdiv`, `xor` …, on registers of one type."""
        return self.define(f"{name} {x.full} {x.text}, {y.text}", x.ty, x.lanes)

    def fneg(self, x: Reg) -> Reg:
        return self.define(f"fneg {x.full} {x.text}", x.ty, x.lanes)

    def multiply_add(self, x: Reg, y: Reg, acc: Reg | None) -> Reg:
        """`x*y + acc`, fused for floats; the plain product without `acc`."""
        if x.ty in ("double", "float"):
            return self.op("fmul", x, y) if acc is None else self.intrinsic("llvm.fma", x, y, acc)
        xy = self.op("mul", x, y)
        return xy if acc is None else self.op("add", acc, xy)

    def fcmp(self, predicate: str, x: Reg, y: Reg) -> Reg:
        return self.define(f"fcmp {predicate} {x.full} {x.text}, {y.text}", "i1", x.lanes)

    def icmp(self, predicate: str, x: Reg, y: Reg) -> Reg:
        return self.define(f"icmp {predicate} {x.full} {x.text}, {y.text}", "i1", x.lanes)

    def select(self, c: Reg, x: Reg, y: Reg) -> Reg:
        return self.define(f"select {c.full} {c.text}, {x.full} {x.text}, {y.full} {y.text}", x.ty, x.lanes)

    def const(self, value: Any, like: Reg) -> Reg:
        """A constant of `like`'s type and lanes."""
        return self.literal(value, like.ty, like.lanes)

    def const_of(self, value: Any, dtype: Any, like: Reg) -> Reg:
        """A constant of another dtype with the lanes of `like`."""
        return self.literal(value, llvm_type(np.dtype(dtype)), like.lanes)

    def single(self, x: Reg) -> bool:
        """Whether `x` is of single precision."""
        return x.ty == "float"

    def cast(self, instruction: str, x: Reg, dtype: Any) -> Reg:
        """A conversion instruction (`sitofp`, `zext`, `fptrunc` …) to `dtype`."""
        ty = llvm_type(np.dtype(dtype))
        to = ty if x.lanes == 1 else f"<{x.lanes} x {ty}>"
        return self.define(f"{instruction} {x.full} {x.text} to {to}", ty, x.lanes)

    def bitcast(self, x: Reg, ty: str) -> Reg:
        to = ty if x.lanes == 1 else f"<{x.lanes} x {ty}>"
        return self.define(f"bitcast {x.full} {x.text} to {to}", ty, x.lanes)

    def intrinsic(self, name: str, *xs: Reg) -> Reg:
        """An overloaded LLVM intrinsic whose operands and result have one type."""
        x = xs[0]
        symbol = f"@{name}.{_suffix(x)}"
        if symbol not in self.declarations:
            self.declarations[symbol] = f"declare {x.full} {symbol}({', '.join(v.full for v in xs)})"
        args = ", ".join(f"{v.full} {v.text}" for v in xs)
        return self.define(f"call {x.full} {symbol}({args})", x.ty, x.lanes)

    def intrinsic_to(self, name: str, x: Reg, dtype: Any) -> Reg:
        """An LLVM intrinsic with another result dtype, such as `llvm.fptosi.sat`."""
        out = Reg("", llvm_type(np.dtype(dtype)), x.lanes)
        symbol = f"@{name}.{_suffix(out)}.{_suffix(x)}"
        self.declarations.setdefault(symbol, f"declare {out.full} {symbol}({x.full})")
        return self.define(f"call {out.full} {symbol}({x.full} {x.text})", out.ty, x.lanes)

    def libm(self, name: str, *xs: Reg) -> Reg:
        """libm's function, one call a lane; `float` operands call the f-suffixed twin."""
        symbol = f"libm.{name}f" if xs[0].ty == "float" else f"libm.{name}"
        return self._by_lane(symbol, xs)

    def special(self, name: str, *xs: Reg) -> Reg:
        """scipy.special.cython_special's double function, one call a lane."""
        if xs[0].ty == "double":
            return self._by_lane(f"special.{name}", xs)
        wide = tuple(self.cast("fpext", x, np.float64) for x in xs)
        return self.cast("fptrunc", self._by_lane(f"special.{name}", wide), np.float32)

    def _by_lane(self, symbol: str, xs: tuple[Reg, ...]) -> Reg:
        ty, lanes = xs[0].ty, xs[0].lanes
        name = f'@"{symbol}"'
        if name not in self.declarations:
            params = ", ".join([ty] * len(xs))
            self.declarations[name] = f"declare {ty} {name}({params}) nounwind willreturn memory(none)"
        if lanes == 1:
            args = ", ".join(f"{ty} {x.text}" for x in xs)
            return self.define(f"call {ty} {name}({args})", ty)
        out = Reg("poison", ty, lanes)
        for k in range(lanes):
            args = ", ".join(f"{ty} {self.extract(x, k).text}" for x in xs)
            out = self.insert(out, self.define(f"call {ty} {name}({args})", ty), k)
        return out

    def function(self, name: str, body: Callable[..., Reg], *xs: Reg) -> Reg:
        """Call a function of our own, `body(e, *xs)` built once per type and lanes.

        In vector code it is inlined, so that its constants leave the loop and common work of several
        functions is shared; from scalar code it is called, so that long programs stay short, and likewise
        in vector code beyond `INLINED` uses.
        """
        if xs[0].lanes == 1:
            return self._call(name, body, xs, "noinline")
        self._inlined += 1
        if self._inlined > INLINED:
            return self._call(f"{name}.called", body, xs, "noinline")
        return self._call(name, body, xs, "alwaysinline")

    def rare(self, condition: Reg, name: str, body: Callable[..., Reg], fast: Reg, *xs: Reg) -> Reg:
        """`body(e, *xs)` in the lanes where the condition holds, which is seldom, `fast` in the others.

        The body is a function of its own, built once per type and lanes, behind a branch that is taken
        when the condition holds in some lane.
        """
        here, slow, on = (self.label(stem) for stem in ("fast", "slow", "on"))
        self.lines += [f"br label %{here}", f"{here}:"]  # a block whose label the phi can name
        weights = '!{!"branch_weights", i32 1, i32 2000}'
        self.lines += [f"br i1 {self.any(condition).text}, label %{slow}, label %{on}, !prof {weights}"]
        self.lines += [f"{slow}:"]
        value = self.select(condition, self._call(name, body, xs, "noinline cold"), fast)
        self.lines += [f"br label %{on}", f"{on}:"]
        return self.define(
            f"phi {fast.full} [ {fast.text}, %{here} ], [ {value.text}, %{slow} ]", fast.ty, fast.lanes
        )

    def any(self, condition: Reg) -> Reg:
        """Whether the condition holds in some lane, as a scalar."""
        if condition.lanes == 1:
            return condition
        symbol = f"@llvm.vector.reduce.or.v{condition.lanes}i1"
        self.declarations[symbol] = f"declare i1 {symbol}({condition.full})"
        return self.define(f"call i1 {symbol}({condition.full} {condition.text})", "i1")

    def _call(self, name: str, body: Callable[..., Reg], xs: tuple[Reg, ...], how: str) -> Reg:
        x = xs[0]
        symbol = f'@"jitad.{name}.{_suffix(x)}"'
        if symbol not in self.functions:
            self.functions[symbol] = ""  # reserves its place: bodies may call other functions
            self.functions[symbol] = self._definition(symbol, body, xs, how)
        args = ", ".join(f"{v.full} {v.text}" for v in xs)
        return self.define(f"call fastcc {x.full} {symbol}({args})", x.ty, x.lanes)

    def _definition(self, symbol: str, body: Callable[..., Reg], xs: tuple[Reg, ...], how: str) -> str:
        inner = Emitter()
        inner.declarations, inner.functions = self.declarations, self.functions
        params = [Reg(f"%x{k}", v.ty, v.lanes, 0) for k, v in enumerate(xs)]
        out = body(inner, *params)
        signature = ", ".join(f"{p.full} {p.text}" for p in params)
        facts = f"{how} nounwind willreturn memory(none)"
        head = f"define internal fastcc {out.full} {symbol}({signature}) {facts} {{"
        return "\n".join([head, *inner.lines, f"ret {out.full} {out.text}", "}"])

    # lanes

    def extract(self, x: Reg, lane: int) -> Reg:
        return self.define(f"extractelement {x.full} {x.text}, i64 {lane}", x.ty)

    def insert(self, x: Reg, element: Reg, lane: int) -> Reg:
        return self.define(
            f"insertelement {x.full} {x.text}, {element.ty} {element.text}, i64 {lane}", x.ty, x.lanes
        )

    def splat(self, x: Reg, lanes: int) -> Reg:
        """`x` in every lane."""
        if x.chunk < 0:
            return Reg(f"splat ({x.ty} {x.text})", x.ty, lanes)
        one = self.insert(Reg("poison", x.ty, lanes), x, 0)
        zeros = "zeroinitializer"
        return self.define(
            f"shufflevector {one.full} {one.text}, {one.full} poison, <{lanes} x i32> {zeros}", x.ty, lanes
        )

    def shuffle(self, x: Reg, order: list[int]) -> Reg:
        picks = ", ".join(f"i32 {k}" for k in order)
        return self.define(
            f"shufflevector {x.full} {x.text}, {x.full} poison, <{len(order)} x i32> <{picks}>",
            x.ty,
            len(order),
        )

    # memory

    def gep(self, pointer: str, element: str, offset: str) -> str:
        if offset == "0":
            return pointer
        return self._define(f"getelementptr inbounds {element}, ptr {pointer}, i64 {offset}")

    def beside(self, pointer: str, element: str, offset: str) -> str:
        """A pointer that may be outside the array."""
        return (
            pointer
            if offset == "0"
            else self._define(f"getelementptr {element}, ptr {pointer}, i64 {offset}")
        )

    def masked_load(self, pointer: str, dtype: np.dtype, mask: Reg) -> Reg:
        """Load the adjacent elements of the lanes of the mask; the others are zero and not touched."""
        ty, lanes = memory_type(dtype), mask.lanes
        full = f"<{lanes} x {ty}>"
        symbol = f"@llvm.masked.load.{_suffix(Reg('', ty, lanes))}.p0"
        self.declarations[symbol] = f"declare {full} {symbol}(ptr, {mask.full}, {full})"
        args = f"ptr align {dtype.itemsize} {pointer}, {mask.full} {mask.text}, {full} zeroinitializer"
        out = self.define(f"call {full} {symbol}({args})", ty, lanes)
        return self.icmp("ne", out, self.literal(0, "i8", lanes)) if dtype.kind == "b" else out

    def load(self, pointer: str, dtype: np.dtype, lanes: int = 1) -> Reg:
        """Load `lanes` adjacent elements (vectors need only element alignment)."""
        ty = memory_type(dtype)
        full = ty if lanes == 1 else f"<{lanes} x {ty}>"
        out = self.define(f"load {full}, ptr {pointer}, align {dtype.itemsize}", ty, lanes)
        return self.icmp("ne", out, self.literal(0, "i8", lanes)) if dtype.kind == "b" else out

    def store(self, x: Reg, pointer: str, dtype: np.dtype) -> None:
        if dtype.kind == "b":
            to = "i8" if x.lanes == 1 else f"<{x.lanes} x i8>"
            x = self.define(f"zext {x.full} {x.text} to {to}", "i8", x.lanes)
        self.lines.append(f"store {x.full} {x.text}, ptr {pointer}, align {dtype.itemsize}")

    def clamped_sum(self, register: str, amount: int, limit: int) -> str:
        """The text of `min(register + amount, limit)`, an i64."""
        self.declarations["@llvm.smin.i64"] = "declare i64 @llvm.smin.i64(i64, i64)"
        total = self.define(f"add nuw nsw i64 {register}, {amount}", "i64").text
        return self.define(f"call i64 @llvm.smin.i64(i64 {total}, i64 {limit})", "i64").text

    def offset(self, terms: Sequence[tuple[int | str, str]], constant: int | str) -> str:
        """The text of `Σ coefficient · register + constant`, an i64; registers may be literals."""
        total = ""
        for coefficient, register in terms:
            if not register.startswith("%") and isinstance(coefficient, int) and isinstance(constant, int):
                constant += coefficient * int(register)
                continue
            term = (
                register
                if coefficient == 1
                else self.define(f"mul nsw i64 {register}, {coefficient}", "i64").text
            )
            total = self.define(f"add nsw i64 {total}, {term}", "i64").text if total else term
        if not total:
            return str(constant)
        return self.define(f"add nsw i64 {total}, {constant}", "i64").text if constant else total


def _suffix(x: Reg) -> str:
    scalar = {"double": "f64", "float": "f32"}.get(x.ty, x.ty)
    return scalar if x.lanes == 1 else f"v{x.lanes}{scalar}"
