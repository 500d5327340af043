"""Which names and attribute paths a code object reads and writes, from its bytecode."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType

#: Attribute path: `model.layer.weight` read from the root `model` is ("layer", "weight"); () the bare name.
Path = tuple[str, ...]

#: The free variable by which rewritten code finds `jitad.capture.operators`.
OPERATORS = "__jitad__"
#: Names of the functions that rewriting makes begin with this; so do its variables.
MADE = "_jitad_"
#: The variable that holds what a function returns, where nothing is written after it is set.
RETURN_VALUE = MADE + "value"


@dataclass
class Names:
    """Roots → the attribute paths read from them, by where the root is found; and what is rebound.

    globals, free  module globals and closure variables
    written_globals, written_free  what the code, or a function inside it, rebinds
    """

    globals: dict[str, set[Path]] = field(default_factory=dict)
    free: dict[str, set[Path]] = field(default_factory=dict)
    written_globals: set[str] = field(default_factory=set)
    written_free: set[str] = field(default_factory=set)


_cache: dict[int, tuple[CodeType, Names]] = {}

_TABLES = {
    "LOAD_GLOBAL": "globals",
    "LOAD_NAME": "globals",
    "LOAD_DEREF": "free",
    "LOAD_CLASSDEREF": "free",
    "LOAD_FROM_DICT_OR_DEREF": "free",
    "LOAD_FROM_DICT_OR_GLOBALS": "globals",
}
_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
_WRITES = {
    "STORE_GLOBAL": "written_globals",
    "DELETE_GLOBAL": "written_globals",
    "STORE_DEREF": "written_free",
    "DELETE_DEREF": "written_free",
}
_SILENT = ("EXTENDED_ARG", "CACHE", "NOP")


def names_of(code: CodeType) -> Names:
    """The names of `code` and of the functions defined in it, whose closure variables may be its own."""
    known = _cache.get(id(code))
    if known is None:
        known = _cache[id(code)] = code, _scan(code)
    return known[1]


def is_rewritten(code: CodeType) -> bool:
    """Whether the code came out of the rewrite, with the function around it perhaps."""
    return OPERATORS in code.co_freevars or OPERATORS in code.co_cellvars


def _scan(code: CodeType) -> Names:
    found = Names()
    root: tuple[str, str] | None = None
    path: Path = ()
    for op in dis.get_instructions(code):
        name = op.opname
        if root is not None and name in _ATTRIBUTES:
            path = (*path, op.argval)
            continue
        if name in _SILENT:
            continue
        if root is not None:
            _note(found, root, path)
            root, path = None, ()
        if name in _TABLES:
            root = _TABLES[name], op.argval
        elif name in _WRITES:
            getattr(found, _WRITES[name]).add(op.argval)
    if root is not None:
        _note(found, root, path)
    for inner in _inner(code):
        _merge(found, names_of(inner))
    return found


def _note(names: Names, root: tuple[str, str], path: Path) -> None:
    getattr(names, root[0]).setdefault(root[1], set()).add(path)


def _merge(names: Names, inner: Names) -> None:
    """Enter what a nested function reads."""
    for root, paths in inner.globals.items():
        names.globals.setdefault(root, set()).update(paths)
    for root, paths in inner.free.items():
        names.free.setdefault(root, set()).update(paths)
    names.written_globals |= inner.written_globals
    names.written_free |= inner.written_free


def _inner(code: CodeType) -> Iterator[CodeType]:
    return (c for c in code.co_consts if isinstance(c, CodeType))
