"""Lines of the user's program: the first frame that is not a library's."""

from __future__ import annotations

import inspect
import os
import sys
from types import CodeType, FrameType

import numpy
import optree
import scipy

from ..ir.graph import Loc

_JITAD = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARIES = tuple(
    path + os.sep
    for path in (_JITAD, *(os.path.dirname(os.path.abspath(str(m.__file__))) for m in (numpy, scipy, optree)))
)

#: Where the functions of jitad are.
OWN = LIBRARIES[0]

# Code objects are keyed by id, as their own hash walks all their constants; _codes keeps them alive.
_codes: dict[int, tuple[CodeType, bool]] = {}
_locs: dict[tuple[int, int], Loc] = {}


def is_library_file(filename: str) -> bool:
    """Whether a file belongs to jitad, NumPy, SciPy or optree (or has no file at all)."""
    return (
        filename.startswith(LIBRARIES)
        or filename.startswith("<frozen")
        or filename == "<__array_function__ internals>"
    )


def _classify(code: CodeType) -> bool:
    skip = is_library_file(code.co_filename)
    _codes[id(code)] = code, skip
    return skip


def user_line(depth: int = 2) -> Loc | None:
    """The line of the user's program that is being executed; None if there is no such frame.

    depth  how many frames to skip at least, that of `user_line` included
    """
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        code = frame.f_code
        known = _codes.get(id(code))
        if not (known[1] if known is not None else _classify(code)):
            key = id(code), frame.f_lasti
            loc = _locs.get(key)
            if loc is None:
                loc = _locs[key] = Loc(code.co_filename, frame.f_lineno)
            return loc
        frame = frame.f_back
    return None


def user_frame(depth: int = 2) -> FrameType | None:
    """The frame that `user_line` names the line of."""
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None and is_library_file(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def definition_line(f: object) -> Loc | None:
    """Where a user's function is defined; None for those of libraries and other callables."""
    code = getattr(inspect.unwrap(f) if callable(f) else f, "__code__", None)
    if code is None or is_library_file(code.co_filename):
        return None
    return Loc(code.co_filename, code.co_firstlineno)


def at(loc: Loc | None) -> str:
    """` (file:line)` for messages, or nothing."""
    return f" ({loc})" if loc is not None else ""
