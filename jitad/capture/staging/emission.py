"""Closed regions as equations of the trace around them: what is carried, what is read, what changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ir.graph import Function, Loc, Value, renamed
from ...ops.control import region_op
from ..handles import see
from ..names import MADE
from ..region import RegionTrace
from ..source import user_frame
from ..trace import Trace
from ..tracer import Traced


def written_handles(regions: Sequence[RegionTrace]) -> list[Traced]:
    """The arrays from around the regions that one of them writes, each once, in order."""
    found: dict[int, Traced] = {}
    for region in regions:
        found.update(region.written)
    return list(found.values())


def closed(
    region: RegionTrace,
    name: str,
    params: Sequence[Value],
    results: Sequence[Value],
    carried: Sequence[Traced],
    *,
    returns: bool,
    takes: bool,
) -> Function:
    """The region as a Function; `region.outer` is the innermost trace again.

    params, results  its own; those for the arrays in `carried` come after them
    takes            the arrays enter by parameters (a loop); else by their values before it (a branch)
    returns          their values at the end are results (not of the condition of a `while`)
    """
    outer = region.outer
    assert outer is not None
    own = list(params)
    env: dict[Value, Value] = {}
    begins: dict[int, Value] = {}
    taken = {id(x) for x in carried} if takes else set()
    for x in carried:
        if takes:
            entry = region.entry_value(x)
            begins[id(x)] = entry if entry is not None else Value(x.type)
            own.append(begins[id(x)])
    for x in region.handles():
        entry = region.entry_value(x)
        if id(x) not in taken and entry is not None:
            env[entry] = see(x, outer)
    out = list(results)
    if returns:
        for x in carried:
            final = region.final_value(x)
            if final is None:
                final = begins[id(x)] if takes else see(x, outer)
            out.append(final)
    fn = Function(name, tuple(own), tuple(region.builder.eqns), tuple(out), region.loc)
    return renamed(fn, env)


def emit(
    trace: Trace, op: Any, operands: Sequence[Value], attrs: dict, regions: tuple, loc: Loc | None
) -> tuple[Value, ...]:
    """Append an equation with regions to the innermost trace; its results as a tuple."""
    trace.builder.loc = loc
    return region_op(op, operands, regions, **attrs)


def write_back(
    trace: Trace, handles: Sequence[Traced], values: Sequence[Value], regions: Sequence[RegionTrace]
) -> None:
    """The arrays hold these values from now on; nobody knows those that are lost in one of the regions."""
    for x, v in zip(handles, values, strict=True):
        trace.write(x, v)
    for region in regions:
        for x, text in region.lost.values():
            trace.lose(x, text)


def name_of(x: Traced) -> str:
    """What the user calls an array: the name of the variable that holds it, in the function that runs."""
    frame = user_frame()
    if frame is not None:
        for name, value in frame.f_locals.items():
            if value is x and not name.startswith(MADE):
                return name
    return "an array"
