"""How a call ends early: failures, and signals that long loops ask for."""

from __future__ import annotations

from ..ir.graph import Loc
from ..ir.named import named
from .chunk import POLL_WORK, Chunk
from .emitter import SELDOM, Emitter, Reg

Message = tuple[type[Exception], str, "Loc | None"]


#: The status of a call that ends because a call back into Python has raised.
RAISED = -3

#: What a function that runs out of memory says of the way out.
CURE = "bound what loops keep with jad.tape_budget, or the option tape_budget"


def tape_text(loc: Loc | None) -> str:
    """The message for a tape that cannot grow."""
    return named("no-memory", f"no memory for {{bytes}} bytes on the tape of {loop_at(loc)}: {CURE}")


def loop_at(loc: Loc | None) -> str:
    return "a loop" if loc is None else f"the loop at {loc}"


class Exits:
    """The part of a kernel that sets its status, and leaves."""

    e: Emitter
    chunk: Chunk
    depth: int
    messages: dict[int, Message]
    fails: bool  # whether anything before can have set the status

    def code(self, exception: type[Exception], text: str, loc: Loc | None) -> int:
        """The status that stands for a failure."""
        message = exception, text, loc
        found = next((n for n, m in self.messages.items() if m == message), len(self.messages) + 1)
        self.messages[found] = message
        return found

    def no_memory(self, loc: Loc | None) -> int:
        """The status of a tape that cannot grow; the bytes it asked for are put in when it is reported."""
        return self.code(MemoryError, tape_text(loc), loc)

    def no_array(self) -> int:
        """The status of an array, of a size known only when the program runs, that cannot be had."""
        return self.code(
            MemoryError,
            named("no-memory", "no memory for an array whose size is known only when it runs"),
            None,
        )

    def fail_if(
        self, condition: Reg, exception: type[Exception], text: str, loc: Loc | None, at_once: bool = False
    ) -> None:
        """Set the status where the condition holds in some lane; the first failure is the one reported.

        Within regions, which could run for long, the call ends there, and where it is to end `at_once`.
        """
        e, code = self.e, self.code(exception, text, loc)
        self.fails = True
        if self.depth or at_once:
            self.leave_if(e.any(condition), e.literal(code, "i32"))
            return
        if condition.lanes > 1:
            name = f"@llvm.vector.reduce.or.v{condition.lanes}i1"
            e.declarations[name] = f"declare i1 {name}({condition.full})"
            condition = e.define(f"call i1 {name}({condition.full} {condition.text})", "i1")
        old = e.define("load i32, ptr %status", "i32")
        first = e.op("and", condition, e.icmp("eq", old, e.literal(0, "i32")))
        e.put(f"store i32 {e.select(first, e.literal(code, 'i32'), old).text}, ptr %status")

    def leave_if(self, condition: Reg, status: Reg) -> None:
        """End the call with a status if the condition holds, which is seldom."""
        failed, on = self.e.label("failed"), self.e.label("on")
        self.e.lines += [
            f"br i1 {condition.text}, label %{failed}, label %{on}, !prof {SELDOM}",
            f"{failed}:",
            f"store i32 {status.text}, ptr %status",
            "br label %leave",
            f"{on}:",
        ]
        self.chunk.leaves = True

    def poll(self, work: float) -> None:
        """Count so much work (in additions); after enough of it end the call if a signal handler raises."""
        e, budget = self.e, self.chunk.budget()
        left = e.op("sub", e.define(f"load i64, ptr {budget}", "i64"), e.literal(max(int(work), 1), "i64"))
        e.put(f"store i64 {left.text}, ptr {budget}")
        ask, on = e.label("ask"), e.label("on")
        spent = e.icmp("slt", left, e.literal(0, "i64"))
        e.put(f"br i1 {spent.text}, label %{ask}, label %{on}, !prof {SELDOM}")
        e.put(f"{ask}:")
        e.put(f"store i64 {POLL_WORK}, ptr {budget}")
        facts = "cold nounwind memory(inaccessiblemem: readwrite)"
        e.declarations["jitad.poll"] = f'declare i32 @"jitad.poll"() {facts}'
        raised = e.icmp("ne", e.define('call i32 @"jitad.poll"()', "i32"), e.literal(0, "i32"))
        self.leave_if(raised, e.literal(-2, "i32"))
        e.lines += [f"br label %{on}", f"{on}:"]

    def leave_if_failed(self) -> None:
        """End the call if it has failed before."""
        if self.fails and not self.depth:
            status = self.e.define("load i32, ptr %status", "i32")
            self.leave_if(self.e.icmp("ne", status, self.e.literal(0, "i32")), status)
