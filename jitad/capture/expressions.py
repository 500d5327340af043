"""The expression that a frame is evaluating: its node in the user's source, by positions of bytecode."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType
from typing import NamedTuple


class Span(NamedTuple):
    """Lines, counted from 1, and columns, in bytes of UTF-8, counted from 0."""

    line: int
    end_line: int
    column: int
    end_column: int


def span_of(code: CodeType, instruction: int) -> Span | None:
    """Where the instruction at an offset stands in the source; None before Python 3.11."""
    if instruction < 0 or not hasattr(code, "co_positions"):
        return None
    found = next(islice(code.co_positions(), instruction // 2, None), None)
    return None if found is None or None in found else Span(*found)  # type: ignore[arg-type]


@lru_cache(maxsize=32)
def _parsed(filename: str, text: str) -> ast.Module | None:
    try:
        return ast.parse(text, filename)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _nodes(filename: str, line: int) -> Iterator[ast.expr | ast.stmt]:
    """The nodes of a file that cover a line, outer ones first."""
    tree = _parsed(filename, "".join(linecache.getlines(filename)))
    waiting: list[ast.AST] = [] if tree is None else [tree]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.expr, ast.stmt)):
            if not node.lineno <= line <= (node.end_lineno or node.lineno):
                continue
            yield node
        waiting += ast.iter_child_nodes(node)


def node_at(filename: str, span: Span) -> ast.expr | ast.stmt | None:
    """The node that has just this span; of several the innermost."""
    found = None
    for node in _nodes(filename, span.line):
        if (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == span:
            found = node
    return found


def argument_names(frame: FrameType | None, count: int) -> list[str]:
    """The names of the positional arguments of the call that a frame is making; "" for other expressions."""
    unknown = [""] * count
    if frame is None:
        return unknown
    span = span_of(frame.f_code, frame.f_lasti)
    if span is not None:
        node = node_at(frame.f_code.co_filename, span)
        calls = [node] if isinstance(node, ast.Call) else []
    else:
        calls = [n for n in _nodes(frame.f_code.co_filename, frame.f_lineno) if isinstance(n, ast.Call)]
    if len(calls) != 1 or len(calls[0].args) != count:
        return unknown
    return [a.id if isinstance(a, ast.Name) else "" for a in calls[0].args]
