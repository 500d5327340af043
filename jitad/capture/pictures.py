"""What stands under an error: the user's line, marks under an expression, the types of its operands."""

from __future__ import annotations

import ast
import copy
import linecache
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

import numpy as np

from ..ir.types import type_of
from .expressions import Span, node_at, span_of
from .traced import Traced


def picture(frame: FrameType | None, args: Sequence[Any], instruction: int = -1) -> list[str]:
    """The line that a frame is at, marks under the expression, and that with types in place of operands.

    args         what the operation was given, operands first; names are looked up in the frame
    instruction  offset of the one that the frame is at, if not the last that it ran

    Only the line where there are no positions (before Python 3.11), nothing where there is no source.
    """
    if frame is None:
        return []
    code = frame.f_code
    span = span_of(code, instruction if instruction >= 0 else frame.f_lasti)
    line = linecache.getline(code.co_filename, frame.f_lineno if span is None else span.line).rstrip()
    if span is None or not line.strip():
        return [line.strip()] if line.strip() else []
    node = node_at(code.co_filename, span)
    indent = len(line) - len(line.lstrip())
    lines = [line.strip(), _marks(node, line, span)[indent:]]
    typed = None if node is None else _Typed(frame, args).text(node)
    if typed is not None:
        lines.append(" " * max(_column(line, span.column) - indent, 0) + typed)
    return lines


def _column(line: str, offset: int) -> int:
    """The position in a line of an offset in its bytes."""
    return len(line.encode()[:offset].decode(errors="ignore"))


def _marks(node: ast.AST | None, line: str, span: Span) -> str:
    """`^` under the expression; under the operator of a binary one, whose operands have `~`."""
    end = _column(line, span.end_column) if span.end_line == span.line else len(line)
    start = _column(line, span.column)
    marks = [" "] * start + ["^"] * max(end - start, 1)
    sides = _sides(node)
    if sides is not None and all(s.lineno == s.end_lineno == span.line for s in sides):
        marks[start:end] = " " * (end - start)
        for side in sides:
            first, last = _column(line, side.col_offset), _column(line, side.end_col_offset or 0)
            marks[first:last] = "~" * (last - first)
        between = slice(_column(line, sides[0].end_col_offset or 0), _column(line, sides[1].col_offset))
        marks[between] = [" " if c in " ()" else "^" for c in line[between]]
    return "".join(marks)


def _sides(node: ast.AST | None) -> tuple[ast.expr, ast.expr] | None:
    """The operands of a binary operation."""
    if isinstance(node, ast.BinOp):
        return node.left, node.right
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return node.left, node.comparators[0]
    return (node.target, node.value) if isinstance(node, ast.AugAssign) else None


class _Typed:
    """An expression with the types of its operands in their place."""

    def __init__(self, frame: FrameType, args: Sequence[Any]) -> None:
        self.frame, self.args = frame, args

    def text(self, node: ast.AST) -> str | None:
        """None for expressions whose operands cannot be told."""
        node = copy.deepcopy(node)
        if isinstance(node, (ast.BinOp, ast.AugAssign)):
            self._both(node)
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            node.left, node.comparators[0] = self._put(node.left, 0), self._put(node.comparators[0], 1)
        elif isinstance(node, ast.UnaryOp):
            node.operand = self._put(node.operand, 0)
        elif isinstance(node, ast.Subscript):
            return self._subscript(node)
        elif not isinstance(node, ast.Call) or not self._call(node):
            return None
        return ast.unparse(node)

    def _both(self, node: ast.BinOp | ast.AugAssign) -> None:
        if isinstance(node, ast.BinOp):
            node.left, node.right = self._put(node.left, 0), self._put(node.right, 1)
        else:
            node.target, node.value = self._put(node.target, 0), self._put(node.value, 1)

    def _subscript(self, node: ast.Subscript) -> str:
        value, stored = self._put(node.value, 0), isinstance(node.ctx, ast.Store)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        keys = [self._named(k) for k in parts]
        index = ", ".join(ast.unparse(k) if found is None else found for k, found in zip(parts, keys))
        given = _described(self.args[2]) if stored and len(self.args) > 2 else None
        return f"{ast.unparse(value)}[{index}]" + ("" if given is None else f" = {given}")

    def _call(self, node: ast.Call) -> bool:
        """Put types for the arguments of a call, and for the array whose method it is."""
        if any(isinstance(a, ast.Starred) for a in node.args) or not self.args:
            return False
        first = 0
        if isinstance(node.func, ast.Attribute) and isinstance(
            self._value(node.func.value), Traced | _Unknown
        ):
            if isinstance(self.args[0], Traced) and len(node.args) + 1 == len(self.args) - len(node.keywords):
                node.func.value = self._put(node.func.value, 0)
                first = 1
        node.args = [self._put(a, k + first) for k, a in enumerate(node.args)]
        for keyword in node.keywords:
            if (found := self._named(keyword.value)) is not None:
                keyword.value = ast.Name(found)
        return True

    def _put(self, node: ast.expr, number: int) -> Any:
        """The type of an operand, if it is an array or a traced number; else the operand as it is written."""
        found = self._named(node)
        if found is None and not isinstance(node, (ast.Name, ast.Constant)) and number < len(self.args):
            found = _described(self.args[number])
        return node if found is None else ast.Name(found)

    def _named(self, node: ast.expr) -> str | None:
        value = self._value(node)
        return None if isinstance(value, _Unknown) else _described(value)

    def _value(self, node: ast.expr) -> Any:
        """What a name is in the frame."""
        if not isinstance(node, ast.Name):
            return _Unknown()
        for names in (self.frame.f_locals, self.frame.f_globals):
            if node.id in names:
                return names[node.id]
        return _Unknown()


class _Unknown:
    """Stands for a value that is not looked up."""


def _described(x: Any) -> str | None:
    """The type of an array or a traced number; of a list or tuple of such, one each."""
    if isinstance(x, Traced):
        return str(x.type)
    if isinstance(x, np.ndarray):
        try:
            return str(type_of(x.dtype, x.shape))
        except TypeError:
            return f"{x.dtype}{list(x.shape)}"
    if isinstance(x, (list, tuple)) and 0 < len(x) <= 8 and any(map(_described, x)):
        inner = ", ".join(_items(x))
        return f"[{inner}]" if isinstance(x, list) else f"({inner}{',' * (len(x) == 1)})"
    return None


def _items(values: Sequence[Any]) -> Iterator[str]:
    return (_described(x) or repr(x)[:20] for x in values)
