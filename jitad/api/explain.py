"""explain: what a function captured, which guards protect it, and what keeps calls in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from ..ad.kept import Kept, Schedule
from ..capture.arrays import Captures
from ..capture.guards import DictGuard
from ..capture.staging.report import Decision
from ..ir.calls import called, calls
from ..ir.graph import Function
from .jit import Jit, jit


def explain(f: Callable, *args: Any, **kwargs: Any) -> str:
    """A short text on how `f` is called with arguments of these types.

    It names the inputs, the functions that are compiled once and called, each loop and branch with its line
    (rolled or unrolled, what it carries, why), what the loops of a derivative keep for their reverse sweep,
    and the captured names with their guards.

    f  a Python function, or the result of a transformation

    The function is traced if it was not yet; it is not run. Names of library modules (`np`) are taken to
    stay as they are and have no guard.
    """
    function = f if isinstance(f, Jit) else jit(f)
    version = function._version(function._binder.bind(args, kwargs))
    lines = [
        f"{function.__name__}({', '.join(f'{n}: {t.type}' for n, t in zip(version.names, version.leaves))})"
    ]
    fn = version.program.fn
    lines += [f"  returns {', '.join(str(t) for t in fn.result_types)}; {len(fn.eqns)} equations"]
    lines += [f"  compiled because: {version.reason}"]
    lines += [f"  {line}" for line in _shared(fn)]
    lines += [f"  {decision}" for decision in decisions(version.program.captures)]
    lines += [f"  {said(kept)}" for kept in version.program.captures.kept]
    for i in version.program.captures.inputs:
        lines.append(f"  reads by reference: {i.name or 'an array'}, {i.param.type}")
    for g in version.guards:
        shown = " ".join(repr(g).split())
        if g.native:
            kind = "compared at each call" if isinstance(g, DictGuard) else "compared at each call (closure)"
            lines.append(f"  guard: {shown}, {kind}")
        else:
            lines.append(f"  guard: {shown}, compared in Python: no native entry, some microseconds a call")
    if not version.guards:
        lines.append("  captures no names")
    return "\n".join(lines)


def _shared(fn: Function) -> list[str]:
    """The functions that are compiled once, and from how many places they are called."""
    bodies = (fn, *called(fn))
    places = Counter(f for body in bodies for f in calls(body.eqns))
    at = {f: f"{n} place{'s' if n > 1 else ''}" for f, n in places.items()}
    return [f"`{f.name}` is compiled once, and called at {where}" for f, where in at.items()]


def decisions(captures: Captures) -> list[Decision]:
    """What became of each loop and branch."""
    return list(captures.decisions.values())


def said(kept: Kept) -> str:
    """What a loop keeps for its way back, in words."""
    what = f"`{kept.kind}` of a derivative" if kept.derived else f"`{kept.kind}`"
    text = f"{kept.loc}: {what} keeps {kept.per_trip} bytes an iteration for the reverse sweep"
    if kept.trips >= 0:
        text += f", {kept.per_trip * kept.trips} in all"
    if kept.saved:
        text += f"; {kept.saved} bytes an iteration saved"
    if kept.recomputed:
        text += f"; computed again: {', '.join(kept.recomputed)}"
    return text if kept.schedule is None else f"{text}; {_scheduled(kept.schedule)}"


def _scheduled(s: Schedule) -> str:
    """What a budget makes of a loop."""
    states, taped = f"{s.snapshots} states of {s.state} bytes", f"{s.chunk} iterations taped at a time"
    if s.again < 0:
        twice = (
            f"an iteration runs forwards 3 times up to {s.snapshots * s.chunk} iterations, then more often"
        )
        return f"under the tape budget at most {s.peak}: up to {states}, up to {taped}; {twice}"
    how = "in chunks" if s.again == 1 else "binomial"
    runs = f"an iteration runs forwards {s.runs:.3g} times"
    return f"under the tape budget {s.peak} ({how}): {states}, {taped}; {runs}"
