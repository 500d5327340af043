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


def _stack() -> list[Attempt]:
    try:
        return _local.stack
    except AttributeError:
        _local.stack = []
        return _local.stack


def current() -> Attempt | None:
    """The innermost attempt of this thread, or None."""
    s = _stack()
    return s[-1] if s else None


def born(obj: _T) -> _T:
    """Note an object made by the program, if an attempt is open."""
    s = _stack()
    return s[-1].born(obj) if s else obj


def effect(what: str) -> None:
    """Announce an effect outside any object of the attempt; raises Unrollable if one is open."""
    s = _stack()
    if s:
        s[-1].refuse(what)


def changing(obj: Any, what: str = "") -> None:
    """Announce a change of `obj`; raises Unrollable if it is older than the open attempt.

    Traced arrays may be changed: what happens to them is part of the trace.
    """
    s = _stack()
    if s and not s[-1].owns(obj) and not isinstance(obj, Traced):
        s[-1].refuse(what or f"changes a {type(obj).__name__} that existed before")


def consuming(obj: Any) -> None:
    """Announce that items are taken out of `obj`; raises Unrollable for an iterator from before."""
    s = _stack()
    if s and hasattr(type(obj), "__next__") and not s[-1].owns(obj):
        s[-1].refuse(f"takes items from a {type(obj).__name__} that existed before")


__all__ = ["Attempt", "Unrollable", "born", "changing", "consuming", "current", "effect"]
