"""The user's lines in LLVM text: debug information, with the number of an equation for a column.

A `DILocation` names the line that an instruction serves and, as its column, the place of the equation in
`equations_of`, counted from 1. LLVM carries both through its passes into the line table of the assembly.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..ir.graph import Eqn, Function, Loc

if TYPE_CHECKING:
    from .kernel import Lowered, Source

#: A column has 16 bits.
LAST_COLUMN = 0xFFFF

_NUMBER = re.compile(r"%(?:v|[A-Za-z]+\.)(\d+)")
_DEFINED = re.compile(r'define [^@]*@"([^"]+)"')
_METADATA = re.compile(r"!(\d+) = ")


def equations_of(lowered: Lowered) -> list[Eqn]:
    """The equations of a kernel and of the functions that it calls, as they are printed."""
    return [eqn for source in lowered.sources.values() for eqn in _walk(source.fn)]


def _walk(fn: Function) -> Iterator[Eqn]:
    for eqn in fn.eqns:
        yield eqn
        for region in eqn.regions:
            yield from _walk(region)


def located(lowered: Lowered) -> str:
    """The kernel's LLVM text with debug information: each instruction with its line and equation."""
    return _Located(lowered).text()


class _Located:
    """One walk over the text: which function a line is in, and the metadata so far."""

    def __init__(self, lowered: Lowered) -> None:
        self.lines = lowered.llvm.splitlines()
        self.sources = lowered.sources
        self.numbers = {eqn: k + 1 for k, eqn in enumerate(equations_of(lowered))}
        self.next = 1 + max((int(m[1]) for line in self.lines if (m := _METADATA.match(line))), default=-1)
        self.metadata: list[str] = []
        self.known: dict[tuple, str] = {}
        self.defined = {m[1] for line in self.lines if (m := _DEFINED.match(line))}

    def text(self) -> str:
        unit_file = self.file("jitad")
        options = 'producer: "jitad", isOptimized: true, runtimeVersion: 0, emissionKind: LineTablesOnly'
        self.unit = self.node(f"distinct !DICompileUnit(language: DW_LANG_C99, file: {unit_file}, {options})")
        self.type = self.node("!DISubroutineType(types: !{null})")
        out, scope, source = [], "", None
        for line in self.lines:
            if line.startswith("define"):
                source = self.source(_DEFINED.match(line))
                scope = self.subprogram(line, source) if source else ""
                line = f"{line[:-2]} !dbg {scope} {{" if scope else line
            elif line == "}":
                scope = ""
            elif scope and source and line and not line.endswith(":"):
                line = f"{line}, !dbg {self.location(line, scope, source)}"
            out.append(line)
        flags = [
            self.node('!{i32 2, !"Debug Info Version", i32 3}'),
            self.node('!{i32 7, !"Dwarf Version", i32 4}'),
        ]
        out += [
            *self.metadata,
            f"!llvm.dbg.cu = !{{{self.unit}}}",
            f"!llvm.module.flags = !{{{', '.join(flags)}}}",
        ]
        return "\n".join([*out, ""])

    def source(self, name: re.Match[str] | None) -> Source | None:
        """What a defined function came from; None for helpers."""
        if name is None:
            return None
        symbol = re.sub(r"\.\d+$", "", name[1]) if name[1] not in self.sources else name[1]
        return self.sources.get(symbol)

    def subprogram(self, line: str, source: Source) -> str:
        loc = source.fn.loc or Loc("unknown", 0)
        at = self.file(loc.file)
        flags = "spFlags: DISPFlagDefinition | DISPFlagOptimized"
        name = _DEFINED.match(line)
        assert name is not None
        title = f'name: "{_escaped(name[1])}", scope: {at}, file: {at}, line: {loc.line}'
        return self.node(f"distinct !DISubprogram({title}, type: {self.type}, {flags}, unit: {self.unit})")

    def location(self, line: str, scope: str, source: Source) -> str:
        """The location of an instruction, by the last register or label that was made for it."""
        eqn = _eqn_of(line, source)
        at = (eqn.loc if eqn is not None else None) or source.fn.loc or Loc("unknown", 0)
        column = self.numbers.get(eqn, 0) if eqn is not None else 0
        column = column if column <= LAST_COLUMN else 0
        key = ("location", at, column, scope)
        if key not in self.known:
            inner = self.scope(at, scope, source)
            self.known[key] = self.node(f"!DILocation(line: {at.line}, column: {column}, scope: {inner})")
        return self.known[key]

    def scope(self, at: Loc, scope: str, source: Source) -> str:
        """The scope of a line: the function, or a block of it in another file."""
        if source.fn.loc is not None and at.file == source.fn.loc.file:
            return scope
        key = ("block", at.file, scope)
        if key not in self.known:
            block = f"!DILexicalBlockFile(scope: {scope}, file: {self.file(at.file)}, discriminator: 0)"
            self.known[key] = self.node(block)
        return self.known[key]

    def file(self, name: str) -> str:
        key = ("file", name)
        if key not in self.known:
            self.known[key] = self.node(f'!DIFile(filename: "{_escaped(name)}", directory: "")')
        return self.known[key]

    def node(self, text: str) -> str:
        name = f"!{self.next}"
        self.next += 1
        self.metadata.append(f"{name} = {text}")
        return name


def _eqn_of(line: str, source: Source) -> Eqn | None:
    numbers = [int(n) for n in _NUMBER.findall(line)]
    if not numbers or not source.marks:
        return None
    defines = line.startswith("%") and _NUMBER.match(line) is not None
    number = numbers[0] if defines else max(numbers)
    at = bisect_right(source.marks, number - 1, key=lambda mark: mark[0]) - 1
    return source.marks[at][1] if at >= 0 else None


def _escaped(name: str) -> str:
    return name.replace("\\", "\\5C").replace('"', "\\22")
