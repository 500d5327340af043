"""`checkpoint`: a function traced into a region, whose inner values reverse sweeps compute again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import ops
from ...ir.graph import Loc, Value
from ...ir.named import named
from ..attempts import Attempt, Unrollable
from ..errors import TracedValueError
from ..handles import may_be
from ..region import RegionTrace
from ..source import at
from ..trace import current_trace
from ..tracer import Traced
from .emission import closed, emit, write_back, written_handles
from .report import because
from .variables import is_handle, leaf, lifted, rebuilt, variable


def checkpoint(f: Callable[[], Any], name: str, loc: Loc | None) -> Any:
    """`f()` as a region of the innermost trace; it gives a tree of numbers and arrays, or None."""
    region, attempt = RegionTrace("branch", loc), Attempt(loc)
    try:
        with attempt, region:
            value = f()
            v = variable(value)
            if v.spec is None and value is not None:
                raise TypeError(
                    named(
                        "result-type",
                        f"{name}{at(loc)} gives a {type(value).__name__}; a checkpoint gives numbers, arrays "
                        "and trees of them",
                    )
                )
            types = [leaf(x) for x in v.leaves]
            results = [lifted(x, t).value for x, t in zip(v.leaves, types)]
    except Unrollable as error:
        if error.attempt is not attempt:
            raise
        raise TracedValueError(
            named(
                "branch-effect",
                f"a checkpoint runs again in the reverse sweep, so {name}{at(loc)} cannot do what Python "
                "does "
                f"once: {because(error)}",
            ),
            name,
            loc,
        ) from error
    out = _emitted(region, results, loc)
    if v.spec is None:
        return None
    trace = current_trace()
    leaves = [Traced(o, trace, t.weak) for o, t in zip(out, types)]
    for x, new in zip(v.leaves, leaves):
        if is_handle(x):
            may_be(new, x, later=False)
    return rebuilt(v, leaves)


def _emitted(region: RegionTrace, results: list[Value], loc: Loc | None) -> list[Value]:
    """Append the equation, and write what the region wrote into arrays around it; its other results."""
    handles = written_handles([region])
    trace = current_trace()
    fn = closed(region, "checkpoint", (), results, handles, returns=True, takes=False)
    out = emit(trace, ops.checkpoint, [], {}, (fn,), loc)
    write_back(trace, handles, out[len(results) :], [region])
    return list(out[: len(results)])
