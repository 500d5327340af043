"""Running the rewritten form of a function on plain values, and comparing it with the function."""

import traceback
from types import CellType, FunctionType

from jitad.capture import operators
from jitad.capture.rewrite import OPERATORS, rewrite


def rewritten(f):
    """`f` with rewritten code, outside any trace."""
    result = rewrite(f)
    assert result.code is not None, result.reason
    cells = dict(zip(f.__code__.co_freevars, f.__closure__ or ()))
    cells[OPERATORS] = CellType(operators)
    closure = tuple(cells[name] for name in result.code.co_freevars)
    out = FunctionType(result.code, f.__globals__, f.__name__, f.__defaults__, closure)
    out.__kwdefaults__ = f.__kwdefaults__
    return out


def outcome(f, *args):
    """The result or the exception with its line, and the log of side effects."""
    seen = []

    def log(x):
        seen.append(repr(x))
        return x

    try:
        result = ("result", repr(f(log, *args)))
    except Exception as error:
        file = f.__code__.co_filename
        lines = [e.lineno for e in traceback.extract_tb(error.__traceback__) if e.filename == file]
        # Which kind of NameError depends on what is a closure variable; both are caught by the same handlers.
        name = "NameError" if isinstance(error, NameError) else type(error).__name__
        result = (name, lines[-1])
    return result, seen
