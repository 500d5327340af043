"""`break`, `continue` and early `return` without jumps: statements after them move into the other branch,
or wait for a flag.

Afterwards loops and branches have one exit, so that each can become a call. A function in which a jump leaves
a `finally` clause, where it would swallow exceptions, keeps all its jumps.
"""

from __future__ import annotations

import ast
from itertools import count
from typing import Any, NamedTuple

from ..names import MADE, RETURN_VALUE
from .build import assign, at, constant, name
from .origin import NotRewritable
from .scope import FUNCTIONS, bound_by, children, copied, has_walrus, own_nodes

#: The same, where a `finally` clause may still write into what is returned.
HELD = RETURN_VALUE + "_held"
_RETURNED = MADE + "returned"
_NONE: frozenset[str] = frozenset()
_LOOPS = (ast.For, ast.While)
_TRIES: tuple[Any, ...] = (ast.Try, ast.TryStar) if hasattr(ast, "TryStar") else (ast.Try,)


#: How many nodes of a function may be copied so that branches need no flag.
_COPIED = 1000


class _Loop(NamedTuple):
    """The flags of the loop around a statement."""

    broken: str
    skipped: str


def leaves(node: ast.AST) -> frozenset[str]:
    """Which of return, break and continue may leave this statement."""
    if isinstance(node, (ast.Return, ast.Break, ast.Continue)):
        return frozenset({type(node).__name__.lower()})
    if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.expr)):
        return _NONE
    if isinstance(node, _LOOPS):
        return (leave(node.body) & {"return"}) | leave(node.orelse)
    return leave(children(node))


def leave(nodes: list) -> frozenset[str]:
    """Which jumps may leave any of these statements."""
    return _NONE.union(*map(leaves, nodes))


def jump_from_finally(node: Any) -> int | None:
    """The line of a `finally` clause (of the function itself) that a jump leaves, or None."""
    child: Any
    for child in children(node):
        if isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.expr)):
            continue
        if isinstance(child, _TRIES) and leave(child.finalbody):
            return child.finalbody[0].lineno
        line = jump_from_finally(child)
        if line is not None:
            return line
    return None


def _returns_before_finally(node: Any) -> bool:
    """Whether a `return` of the function itself leaves a `try` that has a `finally` clause."""
    return any(isinstance(n, _TRIES) and n.finalbody and "return" in leaves(n) for n in own_nodes(node.body))


def _ends(body: list[ast.stmt]) -> bool:
    """Whether control never reaches the end of these statements."""
    return any(_jumps(s) for s in body)


def _jumps(s: ast.stmt) -> bool:
    if isinstance(s, (ast.Return, ast.Break, ast.Continue, ast.Raise)):
        return True
    return isinstance(s, ast.If) and bool(s.orelse) and _ends(s.body) and _ends(s.orelse)


class Jumps:
    """The removal of jumps from one function; `flags` are the variables that it makes."""

    def __init__(self) -> None:
        self.flags: set[str] = set()
        self._used: set[str] = set()
        self._number = count()
        self._settings: dict[int, str] = {}
        self._to_copy = _COPIED
        self._value = RETURN_VALUE

    def function(self, node: ast.FunctionDef) -> list[ast.stmt]:
        """The statements of the function with one `return`, at the end, or with none."""
        body = node.body
        self._value = HELD if _returns_before_finally(node) else RETURN_VALUE
        early = any(leaves(s) for s in body if not isinstance(s, ast.Return))
        if early and not _ends(body):
            body = [*body, ast.Return(value=constant(None, body[-1]), **at(body[-1]))]
        out = self._list(body, None, top=True)
        if early:
            self.flags.add(self._value)
            out.append(ast.Return(value=name(self._value, body[-1]), **at(body[-1])))
            if _RETURNED in self._used:
                first = assign(_RETURNED, constant(False, body[0]), body[0])
                out.insert(1 if is_docstring(body[0]) else 0, first)
        self.flags &= self._used | {self._value}
        return self._pruned(out)

    # lists of statements

    def _list(self, body: list[ast.stmt], loop: _Loop | None, top: bool = False) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for i, s in enumerate(body):
            rest = body[i + 1 :]
            if isinstance(s, ast.Return) and top:
                return [*out, s]
            if isinstance(s, (ast.Return, ast.Break, ast.Continue)):
                return [*out, *self._jump(s, loop)]
            jumps = leaves(s)
            if isinstance(s, ast.If) and jumps and (_ends(s.body) or (s.orelse and _ends(s.orelse))):
                return [*out, self._branches(s, rest, loop)]
            if isinstance(s, ast.If) and jumps and self._may_copy(s, rest):
                s.body, s.orelse = [*s.body, *map(copied, rest)], [*s.orelse, *rest]
                s.body, s.orelse = self._list(s.body, loop), self._list(s.orelse, loop)
                return [*out, s]
            if isinstance(s, _LOOPS):
                inner = leave(s.body) & {"return"}
                made, after = self._loop(s, loop)
                out += made
                rest = [*after, *rest]
                if inner or after:
                    return out + self._guarded(inner, rest, loop, top)
                continue
            out.append(self._inside(s, loop))
            if jumps:
                return out + self._guarded(jumps, rest, loop, top)
        return out

    def _guarded(
        self, jumps: frozenset[str], rest: list[ast.stmt], loop: _Loop | None, top: bool
    ) -> list[ast.stmt]:
        """`rest`, if none of these jumps has been made."""
        if not rest:
            return []
        if not jumps:
            return self._list(rest, loop, top)
        body = self._list(rest, loop)
        if not body:
            return []
        test = self._none_of(self._flags(jumps, loop), rest[0])
        return [ast.If(test=test, body=body, orelse=[], **at(rest[0]))]

    def _branches(self, s: ast.If, rest: list[ast.stmt], loop: _Loop | None) -> ast.If:
        """An `if` of which one branch jumps: what follows belongs to the other."""
        if _ends(s.body):
            s.orelse = [*s.orelse, *([] if _ends(s.orelse) else rest)]
        else:
            s.body = [*s.body, *rest]
        s.body, s.orelse = self._list(s.body, loop), self._list(s.orelse, loop)
        s.body = s.body or [ast.Pass(**at(s))]
        return s

    def _may_copy(self, s: ast.If, rest: list[ast.stmt]) -> bool:
        """Whether what follows goes into both branches: it reads what they bind, and is short.

        Behind a flag it would see variables that are bound only where the flag is not set.
        """
        nodes = own_nodes(rest)
        read = {n.id for n in nodes if isinstance(n, ast.Name)}
        # Not `bound_in`, which is for statements that have their flags.
        bound = {name for n in own_nodes([s]) for name in bound_by(n)}
        if len(nodes) > self._to_copy or not read & bound:
            return False
        self._to_copy -= len(nodes)
        return True

    # jumps and flags

    def _jump(self, s: ast.Return | ast.Break | ast.Continue, loop: _Loop | None) -> list[ast.stmt]:
        if isinstance(s, ast.Return):
            value = s.value if s.value is not None else constant(None, s)
            return [assign(self._value, value, s), self._set(_RETURNED, True, s)]
        assert loop is not None
        return [self._set(loop.broken if isinstance(s, ast.Break) else loop.skipped, True, s)]

    def _set(self, flag: str, to: bool, like: ast.AST) -> ast.stmt:
        self.flags.add(flag)
        made = assign(flag, constant(to, like), like)
        self._settings[id(made)] = flag
        return made

    def _flags(self, jumps: frozenset[str], loop: _Loop | None) -> list[str]:
        flags = [_RETURNED] if "return" in jumps else []
        if loop is not None:
            flags += [loop.broken] if "break" in jumps else []
            flags += [loop.skipped] if "continue" in jumps else []
        return flags

    def _none_of(self, flags: list[str], like: ast.AST) -> ast.expr:
        self._used.update(flags)
        self.flags.update(flags)
        place = at(like)
        names: list[ast.expr] = [name(f, like) for f in flags]
        test = names[0] if len(names) == 1 else ast.BoolOp(op=ast.Or(), values=names, **place)
        return ast.UnaryOp(op=ast.Not(), operand=test, **place)

    # statements with statements inside

    def _loop(self, s: ast.For | ast.While, outer: _Loop | None) -> tuple[list[ast.stmt], list[ast.stmt]]:
        """The loop, its flags set before; and its `else` clause as a statement to follow it."""
        if isinstance(s, ast.While) and has_walrus(s.test):
            _ask_inside(s)
        n = next(self._number)
        loop = _Loop(f"{MADE}broken_{n}", f"{MADE}skipped_{n}")
        jumps = leave(s.body)
        s.body = self._list(s.body, loop)
        if loop.skipped in self._used:
            s.body.insert(0, self._set(loop.skipped, False, s))
        s.body = s.body or [ast.Pass(**at(s))]
        before: list[ast.stmt] = []
        after = s.orelse
        s.orelse = []
        stops = self._flags(jumps & {"return", "break"}, loop)
        if "break" in jumps:
            before.append(self._set(loop.broken, False, s))
            if after:
                test = self._none_of([loop.broken], after[0])
                after = [ast.If(test=test, body=after, orelse=[], **at(after[0]))]
        if stops:
            _stop(s, self._none_of(stops, s if isinstance(s, ast.For) else s.test))
        return [*before, s], after

    def _inside(self, s: Any, loop: _Loop | None) -> ast.stmt:
        """A statement of another kind, with jumps removed from the statements in it."""
        if isinstance(s, _TRIES) and s.orelse:
            s.orelse = self._guarded(leave(s.body), s.orelse, loop, False)
        elif isinstance(s, ast.If):
            s.orelse = self._list(s.orelse, loop)
        for part in (s, *getattr(s, "handlers", ()), *getattr(s, "cases", ())):
            if isinstance(part, (*FUNCTIONS, ast.ClassDef)):
                continue
            if getattr(part, "body", None):
                part.body = self._list(part.body, loop) or [ast.Pass(**at(s))]
        if isinstance(s, _TRIES):
            s.finalbody = self._list(s.finalbody, loop)
        return s

    def _pruned(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Without the setting of flags that nothing asks for."""
        out = []
        for s in body:
            flag = self._settings.get(id(s))
            if flag is not None and flag not in self._used:
                continue
            out.append(s)
            if isinstance(s, (*FUNCTIONS, ast.ClassDef)):
                continue
            part: Any
            for part in (s, *getattr(s, "handlers", ()), *getattr(s, "cases", ())):
                for fieldname in ("body", "orelse", "finalbody"):
                    inner = getattr(part, fieldname, None)
                    if isinstance(inner, list) and inner:
                        kept = self._pruned(inner)
                        needed = fieldname == "body" or (fieldname == "finalbody" and not part.handlers)
                        setattr(part, fieldname, kept or ([ast.Pass(**at(inner[0]))] if needed else []))
        return out


def _stop(s: ast.For | ast.While, going: ast.expr) -> None:
    """Make the loop go on only while the flags allow it; note that `while True` runs once at least."""
    if isinstance(s, ast.For):
        s.going = going  # type: ignore[attr-defined]
    elif isinstance(s.test, ast.Constant) and s.test.value:
        s.test = going
        s.runs = True  # type: ignore[attr-defined]
    else:
        s.test = ast.BoolOp(op=ast.And(), values=[going, s.test], **at(s.test))


def _ask_inside(s: ast.While) -> None:
    """`while (x := …) …` as `while True` that asks in its body, where what the condition binds is carried."""
    if leave(s.orelse) & {"break", "continue"}:
        raise NotRewritable("a `while` with `:=` in its condition has an `else` that leaves an outer loop")
    stop = ast.UnaryOp(op=ast.Not(), operand=s.test, **at(s.test))
    leaving = [*s.orelse, ast.Break(**at(s.test))]
    s.body = [ast.If(test=stop, body=leaving, orelse=[], **at(s.test)), *s.body]
    s.test, s.orelse = constant(True, s.test), []


def is_docstring(s: ast.stmt) -> bool:
    return isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) and isinstance(s.value.value, str)
