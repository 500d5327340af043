"""The syntax tree of a function, from the source file, checked against the code that runs."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import NamedTuple

from .compare import same_code
from .wrap import compile_alone


class NotRewritable(Exception):
    """A function that runs as it is, and why."""


class Found(NamedTuple):
    """A function's tree, fresh, and the class whose private names it uses."""

    node: ast.FunctionDef | ast.Lambda
    class_name: str


class _Place(NamedTuple):
    """Where a function is written: its own position, and the lines of the statement to parse for it."""

    line: int
    column: int
    first: int
    last: int
    class_name: str


#: Lines of the last files that were searched as a whole → where their functions are.
_places: dict[str, tuple[list[str], list[_Place]]] = {}


def find(f: FunctionType) -> Found:
    """The tree of `f`, as it was when it was compiled; NotRewritable says why there is none."""
    code = f.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, f.__globals__)
    if not lines:
        raise NotRewritable(f"its source is not available ({code.co_filename})")
    modules = sorted(n for n in set(_names(code)) if isinstance(f.__globals__.get(n), ModuleType))
    for search in (_nearby, _everywhere):
        for place in search(code, f.__qualname__, lines):
            for node in _candidates(code, lines, place):
                if same_code(compile_alone(node, code, place.class_name, (), modules), code):
                    return Found(node, place.class_name)
    if code.co_filename == "<string>":  # the text of `python -c`, from Python 3.13 on, whoever called exec
        raise NotRewritable(f"its source is not available ({code.co_filename})")
    raise NotRewritable(
        f"its source in {code.co_filename} is not what runs: the file has changed since, or the code was "
        "altered by a decorator or an import hook"
    )


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _nearby(code: CodeType, qualname: str, lines: list[str]) -> Iterator[_Place]:
    """The function's block by its indentation: right nearly always, and found without reading the file."""
    first = code.co_firstlineno
    if not 0 < first <= len(lines):
        return
    last = max(_lines_of(code), default=first)
    if code.co_name == "<lambda>":
        yield _Place(first, -1, first, last, _class_of(qualname))
        return
    indent = _indent(lines[first - 1])
    while last < len(lines) and not _ends_block(lines[last], indent):
        last += 1
    yield _Place(first, -1, first, last, _class_of(qualname))


def _lines_of(code: CodeType) -> Iterator[int]:
    yield from (line for _, _, line in code.co_lines() if line)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _lines_of(inner)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _ends_block(line: str, indent: int) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith("#") and _indent(line) <= indent


def _class_of(qualname: str) -> str:
    outer = qualname.split(".")[-2:-1]
    return outer[0] if outer and outer[0] != "<locals>" else "_"


def _everywhere(code: CodeType, qualname: str, lines: list[str]) -> list[_Place]:
    """All functions of the file that begin at the line of `code`."""
    kept = _places.get(code.co_filename)
    if kept is None or kept[0] != lines:
        try:
            tree = ast.parse("".join(lines))
        except (SyntaxError, ValueError) as error:
            raise NotRewritable(f"the source in {code.co_filename} does not parse: {error}") from None
        if len(_places) >= 4:
            _places.clear()
        kept = _places[code.co_filename] = list(lines), list(_index(tree, None, "_"))
    return [p for p in kept[1] if p.line == code.co_firstlineno]


def _index(node: ast.AST, statement: ast.stmt | None, class_name: str) -> Iterator[_Place]:
    for child in ast.iter_child_nodes(node):
        around, cls = statement, class_name
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            around = child
        elif isinstance(node, ast.Module) and isinstance(child, ast.stmt):
            around = child
        if isinstance(child, ast.ClassDef):
            cls = child.name
        if isinstance(child, (ast.FunctionDef, ast.Lambda)) and around is not None:
            first = first_line(around)
            assert around.end_lineno is not None
            yield _Place(first_line(child), child.col_offset, first, around.end_lineno, class_name)
        yield from _index(child, around, cls)


def first_line(node: ast.stmt | ast.expr) -> int:
    """The line at which a function's code begins: that of its first decorator."""
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(d.lineno for d in decorators)])


def _candidates(code: CodeType, lines: list[str], place: _Place) -> list[ast.FunctionDef | ast.Lambda]:
    """The functions at this place that have the name and line of `code`."""
    block = "".join(lines[place.first - 1 : place.last])
    indented = block[:1].isspace()
    if indented and place.first < 2:
        return []
    lead = "\n" * (place.first - 2) + "if 1:\n" if indented else "\n" * (place.first - 1)
    try:
        tree = ast.parse(lead + block)
    except (SyntaxError, ValueError, MemoryError):
        return []
    wanted = ast.Lambda if code.co_name == "<lambda>" else ast.FunctionDef
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, wanted)
        and first_line(node) == code.co_firstlineno
        and (place.column < 0 or node.col_offset == place.column)
    ]
    # Of functions with the same code on one line, the one whose columns are those of the code.
    return sorted(found, key=lambda node: not _begins_at(node, code))


def _begins_at(node: ast.AST, code: CodeType) -> bool:
    if not hasattr(code, "co_positions"):
        return True
    columns = {(line, column) for line, _, column, _ in code.co_positions()}
    body = node.body if isinstance(node, ast.Lambda) else node
    return any(
        (getattr(n, "lineno", None), getattr(n, "col_offset", None)) in columns for n in ast.walk(body)
    )
