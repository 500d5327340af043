"""What became of each loop and branch of a traced program, and why."""

from __future__ import annotations

import warnings
from typing import NamedTuple

from ...ir.graph import Loc
from ...ir.named import unnamed
from ..errors import TracedValueError
from ..trace import current_trace

#: A loop unrolled into more equations than this warns with its line.
MANY_EQUATIONS = 20_000


class NoRoll(Exception):
    """Why a loop cannot be rolled, beside effects and numbers that are asked for."""


class Decision(NamedTuple):
    """One loop or branch.

    kind     "for", "while" or "if"
    rolled   it is a region of the program; else Python ran it while tracing
    reason   why it is not rolled
    carried  what a region carries: name and type
    trips    iterations, −1 if they are known only when it runs, None where it has none
    sizes    arrays in the body have sizes that depend on the iteration
    """

    loc: Loc | None
    kind: str
    rolled: bool
    reason: str = ""
    carried: tuple[tuple[str, str], ...] = ()
    trips: int | None = None
    sizes: bool = False

    def __str__(self) -> str:
        if not self.rolled:
            return f"{self.loc}: `{self.kind}` unrolled: {self.reason}"
        parts = [f"{self.loc}: `{self.kind}` " + ("branches" if self.kind == "if" else "rolled")]
        if self.trips is not None:
            parts.append(f"{self.trips} iterations" if self.trips >= 0 else "iterations known when it runs")
        if self.carried:
            verb = "gives" if self.kind == "if" else "carries"
            parts.append(f"{verb} " + ", ".join(f"{n}: {t}" for n, t in self.carried))
        if self.sizes:
            parts.append(
                "sizes depend on its index" if self.kind == "for" else "sizes depend on the iteration"
            )
        return "; ".join(parts)


def note(decision: Decision) -> None:
    """Enter a decision; the last one about a line and kind stays."""
    current_trace().root.captures.decisions[decision.loc, decision.kind] = decision


def warn_if_long(loc: Loc | None, kind: str, equations: int, reason: str) -> None:
    """Warn of a loop that was unrolled into very many equations."""
    if equations > MANY_EQUATIONS:
        warnings.warn(
            f"the `{kind}` loop at {loc} was unrolled into {equations} equations, as it cannot be rolled: "
            f"{reason}",
            RuntimeWarning,
            stacklevel=3,
        )


def because(error: BaseException) -> str:
    """The reason that an abandoned attempt gives, in one line."""
    text = unnamed(str(error)).strip().splitlines()
    line = text[0] if text else type(error).__name__
    if isinstance(error, TracedValueError) and error.loc is not None:
        return f"line {error.loc.line} needs a number that is known only when the program runs: {line}"
    return line
