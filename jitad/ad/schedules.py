"""Which states of a loop to keep, and how many iterations to tape at a time, for a number of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from ..ir.graph import Loc
from ..ir.named import named
from .binomial import advances, repetitions
from .kept import Schedule

#: A tape of fewer bytes is not worth a state: it stays in the cache nearest to the processor.
SMALL_TAPE = 16384
#: Beside a state on a tape: its position.
POSITION = 8


class BudgetError(Exception):
    """A budget leaves a loop less than its least, however often iterations are computed again."""

    def __init__(self, loc: Loc | None, least: int, share: int) -> None:
        super().__init__(loc, least, share)
        self.loc, self.least, self.share = loc, least, share

    def text(self, budget: int) -> str:
        """The message, for the budget of the whole program."""
        where = "" if self.loc is None else f" at {self.loc}"
        return named(
            "tape-budget",
            f"the tape budget of {budget} bytes leaves {self.share} for the loop{where}, whose reverse sweep "
            f"needs at least {self.least}: a state and the tape of one iteration",
        )


def divided(budget: int, needs: Sequence[int | None]) -> list[int]:
    """What each of several loops may keep: what it needs where that is less than an equal part."""
    shares = [0] * len(needs)
    left, waiting = budget, len(needs)
    for k in sorted(range(len(needs)), key=lambda k: (needs[k] is None, needs[k] or 0)):
        need = needs[k]
        shares[k] = left // waiting if need is None else min(need, left // waiting)
        left -= shares[k]
        waiting -= 1
    return shares


def in_chunks(trips: int, state: int, each: int, budget: int) -> Schedule | None:
    """Chunks of iterations, each from a state that the first sweep keeps; None where that takes too much.

    each  bytes an iteration keeps
    """
    least = min(max(isqrt(trips * state // each), 1), trips)
    for chunk in (min(max(least, SMALL_TAPE // each), trips), least):
        states = trips // chunk
        peak = states * state + chunk * each
        if peak <= budget:
            return Schedule(state, states, chunk, peak, 1, 2.0)
    return None


def binomial(trips: int, state: int, each: int, budget: int) -> Schedule | None:
    """The chunk and number of states with the least repetition; None if not even one of both fits."""
    state += POSITION
    best: tuple[float, int] | None = None
    found = None
    chunk = 1
    while chunk <= trips and state + chunk * each <= budget:
        steps = -(-trips // chunk)
        states = min((budget - chunk * each) // state, steps)
        peak = states * state + chunk * each
        cost = advances(steps, states) / steps, peak
        if best is None or cost < best:
            best = cost
            again = 1 + repetitions(steps, states)
            found = Schedule(state, states, chunk, peak, again, 2 + cost[0])
        chunk *= 2
    return found


def open_ended(state: int, each: int, budget: int) -> Schedule | None:
    """The most states, and iterations in a chunk, where the number of iterations is not known."""
    state += POSITION
    if state + each > budget:
        return None
    chunk = max(budget // (2 * each), 1)
    states = max((budget - chunk * each) // state, 1)
    if states * state + chunk * each > budget:
        chunk = max((budget - state) // each, 1)
    return Schedule(state, states, chunk, states * state + chunk * each, -1)
