"""LLVM and assembly as lines: what debug information says of each is read, and taken out of the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from ..ir.graph import Eqn, Loc
from .stages import Line, Stage

_DEBUG = re.compile(r",? !dbg (!\d+)")
_NODE = re.compile(r"(!\d+) = (.*)")
_FIELD = re.compile(r"(\w+): (![0-9]+|\d+|\"[^\"]*\")")
_LOC = re.compile(r"\.loc\s+(\d+)\s+(\d+)\s+(\d+)")
_FILE = re.compile(r'\.file\s+(\d+)\s+"([^"]*)"(?:\s+"([^"]*)")?')
_SHOWN_DIRECTIVES = (".quad", ".long", ".short", ".byte", ".zero", ".asciz", ".ascii", ".p2align", ".globl")
_STATEMENT = re.compile(r"(br|store|ret|call|fence|switch|unreachable)\b")
_LABEL = re.compile(r"[\w.\"$@-]+:")

#: (file, line, column) → what a line of a listing is of
Place = tuple[Loc | None, int]
Test = Callable[[Line], bool]


def llvm_stage(name: str, title: str, located: str, equations: Sequence[Eqn]) -> Stage:
    """LLVM text with debug information as a stage."""
    lines = located.splitlines()
    nodes = {m[1]: m[2] for line in lines if (m := _NODE.match(line))}
    place = _Places(nodes)
    out = []
    for text in lines:
        if _is_debug(text):
            continue
        found = _DEBUG.search(text)
        shown = _DEBUG.sub("", text)
        if found is None or text.startswith("define"):
            out.append(Line(shown))
        else:
            out.append(_line(shown, *place.of(found[1]), equations))
    while out and not out[-1].text:
        out.pop()
    return Stage(
        name,
        title,
        "llvm",
        tuple(_inferred(out, lambda line: is_llvm_instruction(line.text), _begins_definition)),
    )


def is_llvm_instruction(text: str) -> bool:
    """Whether a line of LLVM, indented or not, is an instruction."""
    return (bool(text) and text[0] in " %") or _STATEMENT.match(text) is not None


def _begins_definition(line: Line) -> bool:
    return line.text.startswith("define")


class _Places:
    """Locations by the name of their node."""

    def __init__(self, nodes: dict[str, str]) -> None:
        self.nodes = nodes
        self.known: dict[str, Place] = {}

    def of(self, name: str) -> Place:
        if name not in self.known:
            self.known[name] = self._read(name)
        return self.known[name]

    def _read(self, name: str) -> Place:
        fields = dict(_FIELD.findall(self.nodes.get(name, "")))
        line, column = int(fields.get("line", 0)), int(fields.get("column", 0))
        if not line:
            return None, -1
        return Loc(self._file(fields["scope"]), line), column - 1

    def _file(self, scope: str) -> str:
        fields = dict(_FIELD.findall(self.nodes[scope]))
        return dict(_FIELD.findall(self.nodes[fields["file"]]))["filename"].strip('"')


def _is_debug(text: str) -> bool:
    """Whether a line is nothing but debug information."""
    node = _NODE.match(text)
    if node is not None:
        return (
            re.match(r"(distinct )?!DI", node[2]) is not None or "Version" in node[2] or node[2] == "!{null}"
        )
    return text.startswith(("!llvm.dbg.cu", "!llvm.module.flags"))


def asm_stage(asm: str, equations: Sequence[Eqn]) -> Stage:
    """Assembly as a stage, without its debug sections and most directives."""
    files: dict[int, str] = {}
    out: list[Line] = []
    place: Place = (None, -1)
    for text in asm.splitlines():
        directive = text.strip()
        if directive.startswith(".section") and ".debug" in directive:
            break
        if found := _FILE.match(directive):
            files[int(found[1])] = f"{found[2]}/{found[3]}" if found[3] else found[2]
        elif found := _LOC.match(directive):
            number, line, column = map(int, found.groups())
            place = (Loc(files[number], line) if line else None), column - 1
        elif _LABEL.match(text):
            if not text.startswith((".Ltmp", ".Lfunc")):
                place = place if text.startswith(".L") else (None, -1)
                out.append(Line(text.split("#")[0].rstrip()))
        elif directive.startswith(".") and not directive.startswith(_SHOWN_DIRECTIVES):
            continue
        elif directive.startswith("."):
            out.append(Line("    " + directive.expandtabs(8)))
        elif directive and not directive.startswith("#"):
            out.append(_line(_instruction(directive), *place, equations))
    lines = _inferred(out, is_instruction, lambda line: not line.text.startswith((" ", ".L")))
    return Stage("asm", "assembly for this machine", "asm", tuple(lines))


def _instruction(text: str) -> str:
    mnemonic, _, rest = text.split("#")[0].rstrip().partition("\t")
    return f"    {mnemonic:<15} {rest}".rstrip()


def is_instruction(line: Line) -> bool:
    """Whether a line of assembly is an instruction."""
    return line.text.startswith("    ") and not line.text.startswith("    .")


def _line(text: str, loc: Loc | None, number: int, equations: Sequence[Eqn]) -> Line:
    """A line of machine code. Where LLVM has merged equations, line and number disagree: then no number."""
    if not 0 <= number < len(equations):
        return Line(text, loc)
    eqn = equations[number]
    if loc is None or eqn.loc in (None, loc):
        return Line(text, loc, eqn.origin, number)
    return Line(text, loc)


def _inferred(lines: Iterable[Line], belongs: Test, begins: Test) -> list[Line]:
    """Instructions without a line, as moves between registers, get that of the one before in their block,
    else of the next one in their function. Those of functions without any have the origin "library".

    belongs, begins  whether a line is an instruction, and whether it is the head of a function
    """
    out = list(lines)
    _carry(out, range(len(out)), belongs, lambda line: not belongs(line))
    _carry(out, range(len(out) - 1, -1, -1), belongs, begins)
    unknown = lambda line: belongs(line) and line.loc is None
    return [line._replace(origin="library") if unknown(line) else line for line in out]


def _carry(lines: list[Line], order: Iterable[int], belongs: Test, ends: Test) -> None:
    last: Line | None = None
    for k in order:
        line = lines[k]
        if ends(line):
            last = None
        elif belongs(line) and line.loc is None:
            if last is not None:
                lines[k] = Line(line.text, last.loc, last.origin, last.eqn, True)
        elif belongs(line):
            last = line
