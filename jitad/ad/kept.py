"""What the loops of a program keep for their way back: the account of one differentiation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..ir.graph import Loc, Value

if TYPE_CHECKING:
    from .memory import Memory


@dataclass(frozen=True)
class Schedule:
    """How a loop runs back under a budget.

    state      bytes of what is carried from one iteration to the next
    snapshots  states that are kept at a time
    chunk      iterations that are taped at a time; −1: known when it runs
    peak       bytes that states and tapes take at most
    again      how often an iteration is computed again at most, taped or not; −1: known when it runs
    runs       how often an iteration runs forwards on average, the first sweep included; 0: not known
    """

    state: int
    snapshots: int
    chunk: int
    peak: int
    again: int
    runs: float = 0.0


@dataclass(frozen=True)
class Kept:
    """What one loop keeps.

    per_trip    bytes an iteration, those of loops inside it included where it keeps them for these
    trips       iterations, −1 if they are known only when it runs
    saved       bytes an iteration that its way back needs, too, and has without keeping them
    recomputed  what it computes again for that, in words
    schedule    how it runs back if a budget bounds what it keeps; None: every iteration keeps its part
    derived     the loop is that of a derivative, which is differentiated again
    """

    loc: Loc | None
    kind: str
    per_trip: int
    trips: int
    saved: int = 0
    recomputed: tuple[str, ...] = ()
    schedule: Schedule | None = None
    derived: bool = False

    @property
    def total(self) -> int:
        """Bytes in all; −1 if the iterations are known only when it runs."""
        if self.schedule is not None:
            return self.schedule.peak
        return self.per_trip * self.trips if self.trips >= 0 else -1


class Account:
    """What the reverse sweeps of one differentiation keep.

    budget  bytes that they may keep; None: as many as they need
    memory  what they need not keep, since arrays still have it; None: nothing
    sizes   values that are known before everything else: arrays whose size depends on others are kept with
            room for the largest (`padded.py`)
    measured  loops whose trips are among these sizes stack what they keep; not under a budget, which is
            a number
    loops   what each loop keeps, in order
    """

    def __init__(
        self,
        budget: int | None = None,
        memory: Memory | None = None,
        sizes: Iterable[Value] = (),
        *,
        measured: bool = True,
    ) -> None:
        self.budget = budget
        self.measured = measured and budget is None
        self.memory = memory
        self.sizes = frozenset(sizes)
        self.loops: list[Kept] = []

    def within(self, share: int | None) -> Account:
        """The account of a part of the program, which may keep so much."""
        part = self.trial(share)
        part.loops = self.loops
        return part

    def trial(self, share: int | None) -> Account:
        """An account of its own for a part that may be reversed otherwise."""
        return Account(share, self.memory, self.sizes, measured=self.measured)
