"""The source-to-source rewrite of user functions: control flow becomes calls of `jitad.capture.operators`."""

from __future__ import annotations

import ast
import inspect
from types import CodeType, FunctionType
from typing import NamedTuple

from ..names import OPERATORS, is_rewritten
from .origin import NotRewritable, find
from .statements import Rewriter
from .wrap import compile_alone, renamed

_GENERATOR = inspect.CO_GENERATOR
_ASYNC = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE
_FRAME_READERS = frozenset({"locals", "eval", "exec"})
_MAYBE_FRAME_READERS = frozenset({"vars", "dir"})


class Rewritten(NamedTuple):
    """The result for one code object.

    code    the rewritten code, with `__jitad__` as a further free variable; None if it runs as it is
    reason  why it runs as it is
    notes   (line, reason) of statements and expressions that stay plain
    """

    code: CodeType | None
    reason: str | None
    notes: tuple[tuple[int, str], ...] = ()


#: By id of the original code object, which is kept alive.
_cache: dict[int, tuple[CodeType, Rewritten]] = {}


def rewrite(f: FunctionType) -> Rewritten:
    """The rewritten code of `f`, or why there is none.

    Signature, name, docstring and positions are those of `f`; its free variables are those of `f` and
    `__jitad__`. Raises TypeError for async functions.
    """
    code = f.__code__
    known = _cache.get(id(code))
    if known is None:
        known = _cache[id(code)] = code, _rewrite(f)
    return known[1]


def why_not(f: FunctionType) -> str | None:
    """Why `f` runs as it is while it is traced; None if it is rewritten."""
    return rewrite(f).reason


def left_plain(code: CodeType, line: int) -> str | None:
    """Why what stands in this line of `code` runs as it is; None if it is rewritten or nothing is known."""
    known = _cache.get(id(code))
    if known is not None and known[1].code is None:
        return known[1].reason
    if code.co_flags & _GENERATOR:
        return "it is a generator"
    return next(
        (
            reason
            for original, found in _cache.values()
            if original.co_filename == code.co_filename
            for at, reason in found.notes
            if at == line
        ),
        None,
    )


def _rewrite(f: FunctionType) -> Rewritten:
    code = f.__code__
    if code.co_flags & _ASYNC:
        raise TypeError(
            f"{f.__qualname__} ({code.co_filename}:{code.co_firstlineno}) is async; "
            "only ordinary functions can be traced"
        )
    if code.co_flags & _GENERATOR:
        return Rewritten(None, "it is a generator")
    if is_rewritten(code):
        return Rewritten(code, None)
    try:
        node, class_name = find(f)
        if reader := _frame_reader(node):
            return Rewritten(None, f"it calls {reader}(), which reads the variables of its frame")
        rewriter = Rewriter()
        rewriter.function(node)
        new = compile_alone(node, code, class_name, (OPERATORS,))
    except NotRewritable as error:
        return Rewritten(None, str(error))
    except RecursionError:
        return Rewritten(None, "it is nested too deeply")
    if new is None or not set(new.co_freevars) <= {*code.co_freevars, OPERATORS}:
        return Rewritten(None, "its variables could not be found again")
    return Rewritten(renamed(new, code.co_name, _qualname(f)), None, tuple(sorted(rewriter.notes)))


def _qualname(f: FunctionType) -> str:
    return getattr(f.__code__, "co_qualname", f.__qualname__)


def _frame_reader(node: ast.AST) -> str | None:
    for n in ast.walk(node):
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name):
            called = n.func.id
            if called in _FRAME_READERS or (called in _MAYBE_FRAME_READERS and not n.args):
                return called
    return None


__all__ = ["OPERATORS", "Rewritten", "is_rewritten", "left_plain", "rewrite", "why_not"]
