"""A function that others call as a kernel: what it takes and gives are numbers and pointers to arrays."""

from __future__ import annotations

from ..ir.graph import Function
from .calls import Callee, return_type
from .chunk import function_of, stop_on_failure
from .emitter import Reg, llvm_type
from .kernel import Kernel, Program
from .work import work_of


def lower_callee(fn: Function, symbol: str, program: Program) -> Callee:
    """Lower `fn` to an internal function; those that it calls have been lowered."""
    return CalledKernel(fn, symbol, program).emit_callee()


class CalledKernel(Kernel):
    """The kernel of such a function: workspace and status belong to whoever calls."""

    is_called = True

    def __init__(self, fn: Function, symbol: str, program: Program) -> None:
        super().__init__(fn, symbol, program, [v.ndim > 0 for v in fn.results])
        for k, p in enumerate(self.fn.params):
            if not p.ndim:
                self.set_registers(p, [Reg(f"%in{k}", llvm_type(p.dtype), 1, 0)])

    def emit_callee(self) -> Callee:
        """The text, and what a call has to know."""
        self.schedule()
        numbers = [self.use(self.registers(v)[0]) for v in self.fn.results if not v.ndim]
        self.finish()
        assert not self.tapes, "a tape does not cross calls"
        returns = return_type([x.ty for x in numbers])
        name = f'@"{self.symbol}"'
        text = (
            self._one(name, returns, numbers) if len(self.chunks) == 1 else self._many(name, returns, numbers)
        )
        fails = self.fails or any(chunk.leaves for chunk in self.chunks)
        return Callee(name, returns, self.frame_bytes, fails, work_of(self.buffers), text)

    def _one(self, name: str, returns: str, numbers: list[Reg]) -> list[str]:
        (chunk,) = self.chunks
        lines = [*chunk.entry, *chunk.body, *_give(returns, numbers)]
        if chunk.leaves:
            lines += ["leave:", _nothing(returns)]
        return self._defined(name, returns, lines)

    def _many(self, name: str, returns: str, numbers: list[Reg]) -> list[str]:
        """Chunks of their own; the last one leaves the numbers in the frame."""
        places = [self.frame(8) for _ in numbers]
        for x, offset in zip(numbers, places):
            at = self.chunk.at(offset)
            if x.ty == "i1":
                self.chunk.body.append(f"{at}.wide = zext i1 {x.text} to i8")
                self.chunk.body.append(f"store i8 {at}.wide, ptr {at}")
            else:
                self.chunk.body.append(f"store {x.ty} {x.text}, ptr {at}")
        params, names = self._params()
        functions, lines = [], []
        for chunk in self.chunks:
            part = f'@"{self.symbol}.{chunk.number}"'
            functions += function_of(part, chunk, params, ["%ws", "%status"])
            given = ", ".join([*names, "ptr %ws", "ptr %status"])
            lines.append(f"call fastcc void {part}({given})")
            if chunk.leaves:
                lines += stop_on_failure(chunk.number)
        loaded = []
        for k, (x, offset) in enumerate(zip(numbers, places)):
            memory = "i8" if x.ty == "i1" else x.ty
            lines.append(f"%at{k} = getelementptr inbounds i8, ptr %ws, i64 {offset}")
            lines.append(f"%raw{k} = load {memory}, ptr %at{k}")
            if x.ty == "i1":
                lines.append(f"%given{k} = trunc i8 %raw{k} to i1")
            loaded.append(Reg(f"%given{k}" if x.ty == "i1" else f"%raw{k}", x.ty))
        lines += _give(returns, loaded)
        if any(chunk.leaves for chunk in self.chunks):
            lines += ["leave:", _nothing(returns)]
        return [*functions, *self._defined(name, returns, lines)]

    def _defined(self, name: str, returns: str, lines: list[str]) -> list[str]:
        params = [*self._params()[0], "ptr noalias %ws", "ptr noalias %status"]
        head = f"define internal fastcc {returns} {name}({', '.join(params)}) nounwind noinline {{"
        return [head, *lines, "}"]

    def _params(self) -> tuple[list[str], list[str]]:
        """What is taken, declared and as arguments: the parameters, then places for arrays."""
        params, names = [], []
        for k, p in enumerate(self.fn.params):
            ty = "ptr" if p.ndim else llvm_type(p.dtype)
            params.append(f"ptr noalias readonly captures(none) %in{k}" if p.ndim else f"{ty} %in{k}")
            names.append(f"{ty} %in{k}")
        for k, v in enumerate(self.fn.results):
            if v.ndim:
                params.append(f"ptr noalias captures(none) %out{k}")
                names.append(f"ptr %out{k}")
        return params, names


def _give(returns: str, numbers: list[Reg]) -> list[str]:
    """The return of numbers."""
    if not numbers:
        return ["ret void"]
    if len(numbers) == 1:
        return [f"ret {returns} {numbers[0].text}"]
    lines, so_far = [], "poison"
    for k, x in enumerate(numbers):
        lines.append(f"%give{k} = insertvalue {returns} {so_far}, {x.ty} {x.text}, {k}")
        so_far = f"%give{k}"
    return [*lines, f"ret {returns} {so_far}"]


def _nothing(returns: str) -> str:
    """The return after a failure."""
    return "ret void" if returns == "void" else f"ret {returns} zeroinitializer"
