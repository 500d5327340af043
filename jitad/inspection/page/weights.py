"""What each line of the user's costs: estimated, or measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ...ir.graph import Eqn, Function, Loc
from ..machine import is_instruction
from ..nests import Nest, cost, nests_of
from .marks import is_vector

if TYPE_CHECKING:
    from ..inspection import Inspection
    from ..profile import Profile

#: Bytes read or written that count as much as an addition.
BYTES = 8.0


class Cost(NamedTuple):
    """What a line costs: shares of the whole by the program itself and by what a derivative added, and how
    many instructions it has, those of vectors among them."""

    own: float
    derived: float
    instructions: int
    vectors: int


def costs(inspection: Inspection, profile: Profile | None = None) -> dict[Loc, Cost]:
    """The cost of each line: additions, and elements read and written, as often as its nests run.

    profile  whose times are to be shown; what derivatives have of the time of a line remains estimated
    """
    work: dict[Loc, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for eqn, amount in _work(inspection):
        if eqn.loc is not None:
            work[eqn.loc][eqn.origin != ""] += amount
    if profile is not None:
        work = defaultdict(lambda: [0.0, 0.0], _timed(work, profile))
    counts: dict[Loc, list[int]] = defaultdict(lambda: [0, 0])
    for line in inspection.stages["asm"].lines:
        if line.loc is not None and is_instruction(line):
            counts[line.loc][0] += 1
            counts[line.loc][1] += is_vector("asm", line.text)
    whole = sum(map(sum, work.values())) or 1.0
    locs = {**work, **counts}
    return {loc: Cost(work[loc][0] / whole, work[loc][1] / whole, *counts[loc]) for loc in locs}


def _timed(work: Mapping[Loc, list[float]], profile: Profile) -> dict[Loc, list[float]]:
    found = {}
    for loc, seconds in profile.lines.items():
        own, derived = work.get(loc, (1.0, 0.0))
        share = seconds / (own + derived) if own + derived else 0.0
        found[loc] = [own * share, derived * share] if share else [seconds, 0.0]
    return found


def _work(inspection: Inspection) -> Iterator[tuple[Eqn, float]]:
    """What each equation does in a call of the whole, functions that are called included: callers first."""
    sources = list(reversed(inspection.binary.lowered.sources.values()))
    runs: dict[Function, float] = defaultdict(float, {sources[0].fn: 1.0})
    for source in sources:
        for nest in nests_of(source):
            times = nest.runs * runs[source.fn]
            if nest.kind == "call":
                runs[nest.roots[0].attrs["function"]] += times
            else:
                yield from ((eqn, times * amount) for eqn, amount in _amounts(nest))


def _amounts(nest: Nest) -> Iterator[tuple[Eqn, float]]:
    yield from ((eqn, elements * cost(eqn)) for eqn, elements in nest.eqns)
    for eqn in nest.roots:
        yield eqn, nest.nbytes / BYTES / len(nest.roots)
