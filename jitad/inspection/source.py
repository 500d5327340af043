"""The user's source as a stage: the functions that a program's equations came from."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable

from ..ir.graph import Loc
from .stages import Line, Stage


def source_stage(locs: Iterable[Loc]) -> Stage:
    """The functions around these lines, whole; lines outside any function by themselves."""
    wanted: dict[str, set[int]] = {}
    for loc in locs:
        wanted.setdefault(loc.file, set()).add(loc.line)
    lines: list[Line] = []
    for file, numbers in wanted.items():
        if len(wanted) > 1:
            lines.append(Line(f"# {file}"))
        text = linecache.getlines(file)
        for first, last in _ranges(text, sorted(numbers)):
            lines += [Line(text[n - 1].rstrip("\n"), Loc(file, n)) for n in range(first, last + 1)]
            lines.append(Line(""))
    return Stage("source", "the functions that were captured", "python", tuple(lines[:-1]))


def _ranges(text: list[str], numbers: list[int]) -> list[tuple[int, int]]:
    """First and last line of what to show, in order, without overlap."""
    found = set()
    functions = _functions("".join(text))
    for n in numbers:
        if n <= len(text):
            around = [(first, last) for first, last in functions if first <= n <= last]
            found.add(max(around, key=lambda r: r[1] - r[0], default=(n, n)))
    merged: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged


def _functions(text: str) -> list[tuple[int, int]]:
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a notebook cell with magics, say
        return []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    nodes = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    first = lambda node: min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    return [(first(node), node.end_lineno or node.lineno) for node in nodes]
