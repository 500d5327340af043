"""The bytes that a gradient's loops keep for their way back."""

from __future__ import annotations

from typing import Any

from jitad.ir.graph import Function


def tape_bytes(gradient: Any, arguments: tuple) -> float | None:
    """Return the bytes of the stacks that a gradient keeps at a time; None: known only when it runs.

    A stack is a result that a loop of the primal collects, one row an iteration. Stacks that are made and
    read within an iteration of another loop count once. Under a budget the loops know what they keep.
    """
    version = gradient._version(gradient._binder.bind(arguments, {}))
    loops = version.program.captures.kept
    if any(kept.schedule is not None for kept in loops):
        return float(sum(kept.total for kept in loops if kept.schedule is not None))
    if any(kept.per_trip and kept.trips < 0 for kept in loops):
        return None
    return float(at_a_time(version.program.fn))


def at_a_time(fn: Function) -> int:
    """Return the bytes of a function's own stacks, and of the largest of its regions."""
    own = inner = 0
    for eqn in fn.eqns:
        if eqn.op.name == "for" and eqn.origin != "adjoint":
            own += sum(v.type.nbytes for v in eqn.results[eqn.attrs["carried"] :])
        inner = max([inner, *(at_a_time(region) for region in eqn.regions)])
    return own + inner


def show_bytes(size: float | None) -> str:
    """Return a number of bytes with a fitting unit."""
    if size is None:
        return "grows"
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size:.0f} B"
