"""What the machine does for each line of the user's, in sentences, read from the assembly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..ir.graph import Loc
from .machine import is_instruction
from .stages import Line, Stage

_PACKED = re.compile(r"v?(?:[a-z0-9]+)p[sd]$|v?p[a-z]+[bwdq]$")
_WIDTHS = (("zmm", 512), ("ymm", 256), ("xmm", 128))
_CALL = re.compile(r"^(?:call\w*|bl)\s+(\S+)")
_STACK = re.compile(r"\(%r(?:sp|bp|bx)\)|\[sp")


@dataclass
class Machine:
    """What was counted of the instructions of one line.

    vector, scalar   floating operations on vectors, and on single numbers
    bits             widest vector
    calls            functions that are called
    divisions, roots divisions and square roots, vectors or not
    spills           vector registers written to or read from the stack
    """

    instructions: int = 0
    vector: int = 0
    scalar: int = 0
    bits: int = 0
    divisions: int = 0
    roots: int = 0
    spills: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    def add(self, text: str) -> None:
        mnemonic, _, rest = text.strip().partition(" ")
        self.instructions += 1
        if call := _CALL.match(text.strip()):
            self.calls[_called(call[1])] += 1
            return
        packed = _PACKED.match(mnemonic) is not None
        moves = "mov" in mnemonic
        if "mm" in rest and _STACK.search(rest) and moves:
            self.spills += 1
        if moves:
            return
        if packed and "mm" in rest:
            self.vector += 1
            self.bits = max([self.bits, *(bits for name, bits in _WIDTHS if name in rest)])
        elif mnemonic.endswith(("sd", "ss")):
            self.scalar += 1
        self.divisions += "div" in mnemonic
        self.roots += "sqrt" in mnemonic

    def sentences(self) -> list[str]:
        """What there is to say."""
        said = []
        if self.vector and self.scalar <= self.vector // 8:
            said.append(f"vectors of {self.bits} bits throughout")
        elif self.vector:
            part = f"{self.vector} of {self.vector + self.scalar} floating operations"
            said.append(f"{part} on vectors of up to {self.bits} bits, the others one number at a time")
        elif self.scalar:
            said.append("one number at a time")
        said += [_times(n, "division") for n in [self.divisions] if n]
        said += [_times(n, "square root") for n in [self.roots] if n]
        said += [f"calls {name}" for name in self.calls]
        if self.spills:
            said.append(f"{_times(self.spills, 'vector move')} to or from the stack")
        return said


def _times(n: int, what: str) -> str:
    return f"1 {what}" if n == 1 else f"{n} {what}s"


def _called(symbol: str) -> str:
    """A called function as people know it."""
    name = symbol.removesuffix("@PLT").strip('"*')
    for prefix in ("jitad.", "libm.", "libc.", "blas.", "special."):
        name = name.removeprefix(prefix)
    return name


def machine_of(lines: Iterable[Line]) -> dict[tuple[Loc, str], Machine]:
    """What was counted, by line and origin, in the order of lines."""
    found: dict[tuple[Loc, str], Machine] = {}
    for line in lines:
        if line.loc is not None and is_instruction(line):
            found.setdefault((line.loc, line.origin), Machine()).add(line.text)
    return dict(sorted(found.items()))


def remarks_stage(asm: Stage) -> Stage:
    """For each line, and each derivative of it, what its instructions are."""
    lines = []
    for (loc, origin), machine in machine_of(asm.lines).items():
        of = f" ({origin})" if origin else ""
        said = "; ".join(machine.sentences()) or "no arithmetic"
        text = f"line {loc.line}{of}: {_times(machine.instructions, 'instruction')}; {said}"
        lines.append(Line(text, loc, origin))
    return Stage("remarks", "what the machine does for each line", "text", tuple(lines))
