"""Whether two code objects are the same program, so that a source that is out of date is noticed."""

from __future__ import annotations

import dis
from types import CodeType
from typing import Any

#: Instructions that differ between the call of a method and that of an attribute.
_CALLING = frozenset("PUSH_NULL PRECALL CALL CALL_METHOD CALL_FUNCTION CACHE EXTENDED_ARG SWAP COPY".split())


def same_code(a: CodeType | None, b: CodeType) -> bool:
    """Equality of instructions, names and constants, lines and file aside.

    Code whose assertions pytest has rewritten need only have the same names.
    """
    if a is None or a.co_name != b.co_name or a.co_argcount != b.co_argcount:
        return False
    if a.co_freevars != b.co_freevars or a.co_kwonlyargcount != b.co_kwonlyargcount:
        return False
    if _rewritten_by_pytest(b):
        return set(a.co_varnames) <= set(b.co_varnames) and set(a.co_names) <= {*b.co_names, "AssertionError"}
    return (
        a.co_names == b.co_names
        and a.co_varnames == b.co_varnames
        and a.co_cellvars == b.co_cellvars
        and len(a.co_consts) == len(b.co_consts)
        and all(_same_constant(x, y) for x, y in zip(a.co_consts, b.co_consts))
        and (a.co_code == b.co_code or _instructions(a) == _instructions(b))
    )


def _instructions(code: CodeType) -> list[tuple[str, Any]]:
    """Instructions with one way of calling an attribute; which is used depends on the module's imports."""
    jumps = {*dis.hasjrel, *dis.hasjabs}
    return [
        ("LOAD_ATTR" if i.opname == "LOAD_METHOD" else i.opname, None if i.opcode in jumps else _argument(i))
        for i in dis.get_instructions(code)
        if i.opname not in _CALLING
    ]


def _argument(i: dis.Instruction) -> Any:
    return i.arg if i.opcode in dis.hasconst else i.argval


def _rewritten_by_pytest(code: CodeType) -> bool:
    return any(
        name.startswith("@py") for name in (*code.co_varnames, *code.co_names, *code.co_cellvars)
    ) or any(isinstance(c, CodeType) and _rewritten_by_pytest(c) for c in code.co_consts)


def _same_constant(a: Any, b: Any) -> bool:
    if isinstance(b, CodeType):
        return isinstance(a, CodeType) and same_code(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(_same_constant(x, y) for x, y in zip(a, b))
    if isinstance(a, (float, complex)):
        return repr(a) == repr(b)
    # Qualified names are constants in Python 3.10; where the function stands is known otherwise.
    return a == b or (isinstance(a, str) and "<locals>" in b and a.split(".")[-1] == b.split(".")[-1])
