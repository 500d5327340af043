"""Liveness: which variables a loop or branch must hand on, because something reads them afterwards.

A backward walk over statements without jumps (Aho, Lam, Sethi and Ullman, Compilers, 2nd ed., §9.2.5).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .scope import Scope, bound_in, own_nodes

_NONE: frozenset[str] = frozenset()
Names = frozenset[str]


class Live:
    """What is read later, by id of a loop or branch.

    needed  the names read after it, or in it before they are bound there
    after   of an `if`: the names read after it
    """

    def __init__(self, scope: Scope, body: list[ast.stmt]) -> None:
        self.needed: dict[int, Names] = {}
        self.after: dict[int, Names] = {}
        self._simple: dict[int, tuple[Names, Names]] = {}
        always = frozenset(scope.captured)
        self._block(body, always, always)

    def _block(self, body: list[ast.stmt], out: Names, extra: Names) -> Names:
        """The names live before `body`, given those after it and those that an exception may lead to."""
        for s in reversed(body):
            out = self._statement(s, out | extra, extra)
        return out | extra

    def _statement(self, s: ast.stmt, out: Names, extra: Names) -> Names:
        if isinstance(s, ast.If):
            inside = self._block(s.body, out, extra) | self._block(s.orelse, out, extra)
            self.needed[id(s)] = out | inside
            self.after[id(s)] = out
            return _uses([s.test]) | inside
        if isinstance(s, (ast.For, ast.While)):
            return self._loop(s, out, extra)
        if isinstance(s, ast.Try) or type(s).__name__ == "TryStar":
            return self._try(s, out, extra)  # type: ignore[arg-type]
        if isinstance(s, ast.With):
            inside = self._block(s.body, out, extra | out)
            return _uses(s.items) | inside
        if isinstance(s, ast.Match):
            inside = out
            for case in s.cases:
                guard = [case.guard] if case.guard else []
                inside |= self._block(case.body, out, extra) | _uses([case.pattern, *guard])
            return _uses([s.subject]) | inside
        uses, kills = self._leaf(s)
        return (_NONE if isinstance(s, ast.Return) else out - kills) | uses

    def _loop(self, s: ast.For | ast.While, out: Names, extra: Names) -> Names:
        if isinstance(s, ast.For):
            head = _uses([s.going]) if hasattr(s, "going") else _NONE
            before, kills = _uses([s.iter, s.target]), _targets(s.target)
        else:
            head, before, kills = _uses([s.test]), _NONE, _NONE
        around = out | head
        for _ in range(2):
            around |= self._block(s.body, around, extra) - kills
        self.needed[id(s)] = around
        return before | around

    def _try(self, s: ast.Try, out: Names, extra: Names) -> Names:
        final = self._block(s.finalbody, out, extra)
        caught = final
        for handler in s.handlers:
            types = _uses([handler.type]) if handler.type is not None else _NONE
            caught |= self._block(handler.body, final, extra | final) | types
        normal = self._block(s.orelse, final, extra | final)
        return self._block(s.body, normal, extra | caught)

    def _leaf(self, s: ast.stmt) -> tuple[Names, Names]:
        known = self._simple.get(id(s))
        if known is None:
            known = self._simple[id(s)] = _uses([s]), _kills(s)
        return known


def _uses(nodes: Iterable[ast.AST]) -> Names:
    """The names that are read; those of comprehension variables too, which does no harm."""
    found = set()
    for n in own_nodes(nodes):
        if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store):
            found.add(n.id)
        elif isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
            found.add(n.target.id)
        elif isinstance(n, ast.ClassDef):
            found.update(m.id for m in ast.walk(n) if isinstance(m, ast.Name))
    return frozenset(found)


def _kills(s: ast.stmt) -> Names:
    """The names that the statement certainly binds."""
    if isinstance(s, ast.Assign):
        return _NONE.union(*map(_targets, s.targets))
    if isinstance(s, ast.AnnAssign):
        return _targets(s.target) if s.value is not None else _NONE
    if isinstance(s, (ast.FunctionDef, ast.ClassDef)):
        return frozenset({s.name})
    if isinstance(s, (ast.Import, ast.ImportFrom)):
        return frozenset(bound_in([s]))
    return _NONE


def _targets(target: ast.expr) -> Names:
    if isinstance(target, ast.Name):
        return frozenset({target.id})
    if isinstance(target, (ast.Tuple, ast.List)):
        return _NONE.union(*map(_targets, target.elts))
    return _targets(target.value) if isinstance(target, ast.Starred) else _NONE
