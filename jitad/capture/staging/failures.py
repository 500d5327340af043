"""`raise` and `assert` under a condition that is known at run time: checks of the program."""

from __future__ import annotations

import linecache
from types import TracebackType
from typing import Any

from ... import ops
from ...ir.graph import Loc
from ...ir.named import named
from ...ops.check import EXCEPTIONS
from ..errors import TracedValueError
from ..owners import is_foreign_file
from ..source import at
from ..trace import current_trace
from ..tracer import Traced


def check(holds: Traced, error: str, text: Any, loc: Loc | None) -> None:
    """Append a check: the call raises `error` where `holds` is false; no text with traced values."""
    text = text if isinstance(text, str) and "<traced" not in text else ""
    trace = current_trace()
    trace.builder.loc = loc
    trace.builder.emit(ops.check, (holds.value,), {"error": error, "text": text})


def raised_by_program(error: BaseException) -> Loc | None:
    """The line of the `raise` statement that `error` comes from; None if it is a library's."""
    last: TracebackType | None = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return None
    filename = last.tb_frame.f_code.co_filename
    line = linecache.getline(filename, last.tb_lineno).strip()
    if is_foreign_file(filename) or not line.startswith("raise"):
        return None
    return Loc(filename, last.tb_lineno)


def check_no_raise(error: Exception, loc: Loc, holds: Traced) -> None:
    """Append the check that stands for a `raise` under a condition; `holds`: it is not reached.

    Raises TracedValueError for exceptions that native code cannot raise.
    """
    name = type(error).__name__
    if name not in EXCEPTIONS or type(error).__module__ != "builtins":
        raise TracedValueError(
            named(
                "branch-raise",
                f"{name} is raised{at(loc)} under a condition that is known only when the program runs; "
                "such a "
                f"`raise` may give {', '.join(EXCEPTIONS)}",
            ),
            "the condition",
            loc,
        ) from error
    check(holds, name, str(error.args[0]) if len(error.args) == 1 else "", loc)
