"""The fusion plan as a stage: which equations share a nest, which buffers exist, what happens in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..ir.graph import Eqn, Loc, Value
from ..ir.text import Names
from ..lower.kernel import Lowered, Source
from .amounts import count
from .nests import Nest, nests_of
from .stages import Line, Stage

if TYPE_CHECKING:
    from ..lower.buffers import Buffer

WORDS = {
    "registers": "in registers",
    "blas": "product by BLAS",
    "scan": "scan, one element after the other",
    "scatter": "writes to computed places",
    "update": "writes pieces",
    "window": "writes a window",
    "argreduce": "search",
    "pop": "takes from a tape",
    "nest": "nest",
}


def plan_stage(lowered: Lowered, equations: Sequence[Eqn]) -> Stage:
    """The plan of a kernel and of the functions that it calls."""
    numbers = {eqn: k for k, eqn in enumerate(equations)}
    lines: list[Line] = []
    for source in reversed(lowered.sources.values()):
        lines += [*_kernel(source, numbers, lowered), Line("")]
    lines.pop()
    return Stage("plan", "nests, buffers, what happens in place", "text", tuple(lines))


def _kernel(source: Source, numbers: Mapping[Eqn, int], lowered: Lowered) -> list[Line]:
    names = Names()
    names.give_all(source.fn)
    nests = nests_of(source)
    loops = sum(nest.kind == "loop" for nest in nests)
    others = sum(nest.kind not in ("loop", "branch", "registers", "checkpoint") for nest in nests)
    head = f"{source.fn.name}: {others} nests, {loops} loops"
    if source is next(reversed(lowered.sources.values())):
        head += f", workspace {count(lowered.workspace_bytes, 'B')}"
    lines = [Line(head, source.fn.loc)]
    for nest in nests:
        lines += _nest(nest, names, numbers)
    return lines + _buffers(source, names)


def _nest(nest: Nest, names: Names, numbers: Mapping[Eqn, int]) -> list[Line]:
    pad = "  " * (nest.depth + 1)
    eqn = nest.roots[0]
    origin = eqn.origin

    def line(text: str, loc: Loc | None = nest.loc) -> Line:
        return Line(pad + text, loc, origin, numbers.get(eqn, -1))

    if nest.kind in ("loop", "branch", "checkpoint", "call", "callback"):
        return [line(f"#{nest.number} {_control(nest)}, {_where(nest)}")]
    space = f" over {_space(nest, names)}" if nest.space else ""
    lines = [line(f"#{nest.number} {WORDS.get(nest.kind, nest.kind)}{space}, {_where(nest)}")]
    ops = ", ".join(_counted([e.op.name for e, _ in nest.eqns]))
    lines.append(line(f"    computes {ops}"))
    if nest.kind != "registers":
        stored = [_stored(v, nest, names) for v in nest.writes]
        lines.append(line(f"    reads {_list(nest.reads, names)}; stores {', '.join(stored) or 'nothing'}"))
        lines.append(line(f"    {_costs(nest)}"))
    return lines


def _control(nest: Nest) -> str:
    if nest.kind == "loop":
        return "loop, trips known when it runs" if nest.trips < 0 else f"loop, {nest.trips} trips"
    words = {"call": "call of a shared function", "callback": "call back into Python"}
    return words.get(nest.kind, nest.kind)


def _where(nest: Nest) -> str:
    locs = nest.locs
    if not locs:
        return "no line of yours"
    numbers = ", ".join(dict.fromkeys(str(loc.line) for loc in locs))
    return f"line {numbers}" if "," not in numbers else f"lines {numbers}"


def _space(nest: Nest, names: Names) -> str:
    return " × ".join(names[n] if isinstance(n, Value) else str(n) for n in nest.space)


def _counted(ops: list[str]) -> list[str]:
    """Each op once, with how often."""
    return [f"{ops.count(op)} {op}" if ops.count(op) > 1 else op for op in dict.fromkeys(ops)]


def _stored(v: Value, nest: Nest, names: Names) -> str:
    return f"{names[v]} in place" if v in nest.in_place else names[v]


def _list(values: Sequence[Value], names: Names) -> str:
    shown = [names[v] if v.ndim == 0 or v in names.names else "a constant array" for v in values]
    return ", ".join(dict.fromkeys(shown)) or "nothing from memory"


def _costs(nest: Nest) -> str:
    """Of one run."""
    text = f"{count(nest.flops, 'flop')}, {count(nest.nbytes, 'B')}, {nest.intensity:.2g} flop/B"
    return text if nest.runs == 1 else f"{text}; runs {count(nest.runs)} times"


def _buffers(source: Source, names: Names) -> list[Line]:
    """The outermost arrays in the workspace."""
    found: dict[Buffer, list[Value]] = {}
    for v, buffer in source.buffers.of.items():
        if buffer.out < 0:
            found.setdefault(buffer, []).append(v)
    lines = []
    for buffer, values in found.items():
        size = "as large as it must be" if buffer.heap else count(buffer.nbytes, "B")
        shown = ", then ".join(names[v] for v in values if v in names.names)
        lines.append(Line(f"  buffer at {buffer.offset}, {size}: {shown}"))
    return lines
