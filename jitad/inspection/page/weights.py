"""What each line of the user's costs, by a static estimate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...ir.graph import Loc
from ..machine import is_instruction
from ..stages import Line
from .marks import is_vector

if TYPE_CHECKING:
    from ..inspection import Inspection

#: Iterations that a loop is taken to have (Wu and Larus, Static Branch Frequency and Program Profile
#: Analysis, MICRO 1994, find 0.88 for the chance of going on: 8.3 iterations).
TRIPS = 8
#: Loops within one another that count; blocked products have more without more work.
DEEPEST = 4

_LABEL = re.compile(r"(\.L\w+):")
_JUMP = re.compile(r"    j\w+ +(\.L\w+)")


class Cost(NamedTuple):
    """What a line costs: shares of the whole by the program itself and by what a derivative added, and how
    many instructions it has, those of vectors among them."""

    own: float
    derived: float
    instructions: int
    vectors: int


def costs(inspection: Inspection) -> dict[Loc, Cost]:
    """The cost of each line: its instructions, each `TRIPS` times for every loop around it."""
    lines = inspection.stages["asm"].lines
    work: dict[Loc, list[float]] = {}
    counts: dict[Loc, list[int]] = {}
    for line, depth in zip(lines, depths(lines)):
        if line.loc is None or not is_instruction(line):
            continue
        shares = work.setdefault(line.loc, [0.0, 0.0])
        shares[line.origin != ""] += float(TRIPS ** min(depth, DEEPEST))
        count = counts.setdefault(line.loc, [0, 0])
        count[0] += 1
        count[1] += is_vector("asm", line.text)
    whole = sum(map(sum, work.values())) or 1.0
    return {loc: Cost(own / whole, derived / whole, *counts[loc]) for loc, (own, derived) in work.items()}


def depths(lines: Sequence[Line]) -> list[int]:
    """How many loops are around each line of assembly: jumps back to labels before it."""
    begins = {m[1]: k for k, line in enumerate(lines) if (m := _LABEL.match(line.text))}
    ends: dict[int, int] = {}
    for k, line in enumerate(lines):
        jump = _JUMP.match(line.text)
        if jump and begins.get(jump[1], k) < k:
            ends[begins[jump[1]]] = k
    change = [0] * (len(lines) + 1)
    for begin, end in ends.items():
        change[begin] += 1
        change[end + 1] -= 1
    out, depth = [], 0
    for step in change[:-1]:
        depth += step
        out.append(depth)
    return out
