"""Attempts to trace a loop body once: they stop before the first effect on an older Python object."""

from __future__ import annotations

import threading
from typing import Any, NoReturn, TypeVar

from ..ir.graph import Loc
from .source import at, user_line
from .traced import Traced

_local = threading.local()
_T = TypeVar("_T")


class Unrollable(BaseException):
    """The loop body has an effect that must happen as often as in Python: the loop is to be unrolled.

    reason   what the body was about to do
    loc      its line
    attempt  the attempt that has to be given up; one around it may go on

    Not an Exception, so that handlers in the user's program let it pass.
    """

    def __init__(self, reason: str, loc: Loc | None, attempt: Attempt) -> None:
        super().__init__(f"{reason}{at(loc)}")
        self.reason = reason
        self.loc = loc
        self.attempt = attempt


class Attempt:
    """While it is open on a thread, only objects made since then may be changed."""

    def __init__(self, loc: Loc | None = None) -> None:
        self.loc = loc
        self._born: dict[int, Any] = {}

    def born(self, obj: _T) -> _T:
        """Enter an object that was made just now; it is kept alive, as it is known by its id."""
        self._born[id(obj)] = obj
        return obj

    def owns(self, obj: Any) -> bool:
        """Whether `obj` was made since the attempt began."""
        return id(obj) in self._born

    def refuse(self, reason: str) -> NoReturn:
        """Give the attempt up."""
        raise Unrollable(reason, user_line(), self)

    def __enter__(self) -> Attempt:
        _stack().append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _stack().pop()


class Recorder(Attempt):
    """What a call does while it is traced, watched: nothing is given up, but what it does is noted.

    doubt     why the call cannot stand for another one, "" as long as it can
    executed  the functions that ran
    """

    def __init__(self, loc: Loc | None = None) -> None:
        super().__init__(loc)
        self.doubt = ""
        self.executed: dict[Any, None] = {}

    def refuse(self, reason: str) -> None:  # type: ignore[override]
        self.doubt = self.doubt or reason

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        for attempt in _stack()[-1:]:
            attempt._born.update(self._born)


def recorders() -> list[Recorder]:
    """The open recorders of this thread."""
    return [r for r in _stack() if r.__class__ is Recorder]


def watched() -> bool:
    """Whether an attempt or recorder is open."""
    return bool(_stack())


def refuse(reason: str) -> None:
    """Note in the open recorders what is about to happen, and give the innermost attempt up."""
    for attempt in reversed(_stack()):
        attempt.refuse(reason)


def _stack() -> list[Attempt]:
    try:
        return _local.stack
    except AttributeError:
        _local.stack = []
        return _local.stack


def current() -> Attempt | None:
    """The innermost attempt of this thread, recorders aside, or None."""
    return next((a for a in reversed(_stack()) if a.__class__ is not Recorder), None)


def born(obj: _T) -> _T:
    """Note an object made by the program, if an attempt is open."""
    s = _stack()
    return s[-1].born(obj) if s else obj


def effect(what: str) -> None:
    """Announce an effect outside any object of the attempt; raises Unrollable if one is open."""
    refuse(what)


def changing(obj: Any, what: str = "") -> None:
    """Announce a change of `obj`; raises Unrollable if it is older than the open attempt.

    Traced arrays may be changed: what happens to them is part of the trace.
    """
    s = _stack()
    if s and not s[-1].owns(obj) and not isinstance(obj, Traced):
        _refuse_for(obj, what or f"changes a {type(obj).__name__} that existed before")


def consuming(obj: Any) -> None:
    """Announce that items are taken out of `obj`; raises Unrollable for an iterator from before."""
    s = _stack()
    if s and hasattr(type(obj), "__next__") and not s[-1].owns(obj):
        _refuse_for(obj, f"takes items from a {type(obj).__name__} that existed before")


def _refuse_for(obj: Any, reason: str) -> None:
    """Refuse for those attempts, from the innermost out, that are younger than the object."""
    for attempt in reversed(_stack()):
        if attempt.owns(obj):
            return
        attempt.refuse(reason)


__all__ = [
    "Attempt",
    "Recorder",
    "Unrollable",
    "born",
    "changing",
    "consuming",
    "current",
    "effect",
    "recorders",
    "refuse",
    "watched",
]
