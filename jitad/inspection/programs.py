"""IR as lines: each printed line with its equation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..ir.calls import called
from ..ir.graph import Eqn, Function
from ..ir.text import show
from .stages import Line, Stage


def stage_of(name: str, title: str, fn: Function, numbers: Mapping[Eqn, int] | None = None) -> Stage:
    """The stage that `fn` is; `numbers` of its equations, if it is the one that was lowered."""
    texts = show(fn).splitlines()
    owners = [owner for f in (fn, *reversed(called(fn))) for owner in _owners(f)]
    lines = []
    for text, owner in zip(texts, owners, strict=True):
        if isinstance(owner, Eqn):
            number = -1 if numbers is None else numbers.get(owner, -1)
            lines.append(Line(text, owner.loc, owner.origin, number))
        else:
            lines.append(Line(text, owner.loc if owner else None))
    return Stage(name, title, "ir", tuple(lines))


def _owners(fn: Function) -> Iterator[Function | Eqn | None]:
    """What each printed line of a function is of: the function, an equation, or nothing."""
    yield fn
    for eqn in fn.eqns:
        yield from _lines_of(eqn)
    yield None  # return
    yield None  # }


def _lines_of(eqn: Eqn) -> Iterator[Eqn]:
    """The lines of an equation: the first, then those of its regions, whose headers share a line with it."""
    yield eqn
    for region in eqn.regions:
        for inner in region.eqns:
            yield from _lines_of(inner)
        yield eqn  # return
        yield eqn  # }, and the header of the next region
