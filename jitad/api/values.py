"""Values of a compiled program while it runs: printed, looked at in a debugger, checked to be finite."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from .. import ops
from ..capture.expressions import argument_names
from ..capture.source import user_frame, user_line
from ..capture.trace import tracing
from ..capture.tracer import Traced, call, lift
from ..capture.trees import flatten
from ..ops.callback import stop
from .fields import check_fields, template


def print(format: str, *values: Any, **named: Any) -> None:
    """Print `format.format(*values, **named)` each time the program comes by, with the values it has then.

    format  as of `str.format`; fields take arrays, numbers, tuples, lists and dicts of them, static objects

    Prints come in the order of the program, from loops and branches too; neither are loops unrolled for them,
    nor does anything else change. A derivative prints once, when it computes the value, and not again on its
    way back or when a checkpoint or a budget computes values again. Outside a trace it prints at once.

    Raises TypeError if `format` is no string or a field cannot format its value, IndexError or KeyError for a
    field without a value, ValueError for a value without a field; what printing raises when it runs ends the
    call.
    """
    if not tracing():
        check_fields(format, values, named)
        builtins.print(format.format(*values, **named))
        return
    text, operands = template(format, values, named)
    call(ops.print_, *operands, format=text)


def breakpoint(*values: Any, **named: Any) -> None:
    """Stop in Python's debugger (`sys.breakpointhook`) each time the program comes by.

    The values, arrays or numbers, are local names there: those of the keywords, and of arguments that are
    names; others are `value0`, `value1` …. They are copies: assigning to them changes nothing. `continue`
    goes on, `quit` ends the call with bdb.BdbQuit. A derivative stops once, when it computes the value.
    Outside a trace it stops at once.

    Raises TypeError for values that are no arrays or numbers.
    """
    frame = user_frame()
    names = argument_names(frame, len(values))
    own = {name or f"value{k}": x for k, (name, x) in enumerate(zip(names, values))}
    if len(own) < len(values) or not named.keys().isdisjoint(own):
        own = {f"value{k}": x for k, x in enumerate(values)}
    held = own | named
    if not tracing():
        stop(held, user_line())
        return
    call(ops.breakpoint_, *held.values(), names=tuple(held))


def assert_finite(x: Any, message: str = "") -> None:
    """Raise FloatingPointError when the program comes by and `x` holds a NaN or an infinity.

    x        array or number, or a tree of such
    message  stands in front of the text, which says how many there are, and the index of the first

    It costs a pass over `x`. A derivative checks the value once, and not the cotangents: `debug_nan` does.
    Outside a trace it checks at once.
    """
    if not isinstance(message, str):
        raise TypeError(f"the message of assert_finite is a {type(message).__name__}, not a string")
    for leaf in flatten(x)[0]:
        if tracing():
            _check(lift(leaf), message)
        elif (array := np.asarray(leaf)).dtype.kind == "f" and not np.isfinite(array).all():
            ops.assert_finite.reference(False, array, text=message, loc=user_line())
        elif array.dtype.kind not in "fiub":
            raise TypeError(f"assert_finite takes arrays and numbers, not a {type(leaf).__qualname__}")


def _check(x: Traced, message: str) -> None:
    if x.dtype.kind == "f":
        finite = call(ops.isfinite, x)
        holds = call(ops.reduce_and, finite, axes=tuple(range(x.ndim))) if x.ndim else finite
        call(ops.assert_finite, holds, x, text=message)
