"""Definite assignment: which reads of a function's variables may find them unbound.

A forward walk over statements without jumps. Names that are ever deleted count as unbound everywhere.
"""

from __future__ import annotations

import ast

from ..names import MADE
from .scope import COMPREHENSIONS, FUNCTIONS, Scope, bound_by, children, own_nodes

_TRIES: tuple[type, ...] = (ast.Try, ast.TryStar) if hasattr(ast, "TryStar") else (ast.Try,)


class Assigned:
    """The result for one function.

    unbound  ids of Name nodes (loads, targets of augmented assignments and of `del`) that may be unbound
    before   id of a loop or branch → the names that are bound whenever it is reached
    """

    def __init__(self, scope: Scope, parameters: list[str], body: list[ast.stmt]) -> None:
        self.unbound: set[int] = set()
        self.before: dict[int, set[str]] = {}
        self._sure = scope.locals - scope.deleted
        self._asked = {n for n in scope.locals if not n.startswith(MADE)}
        self._block(body, set(parameters) & self._sure)

    # statements: each changes the set of bound names

    def _block(self, body: list[ast.stmt], bound: set[str]) -> set[str]:
        for s in body:
            self._statement(s, bound)
        return bound

    def _statement(self, s: ast.stmt, bound: set[str]) -> None:
        if isinstance(s, (ast.Return, ast.Raise)):
            self._children(s, bound)
            bound |= self._sure
        elif isinstance(s, ast.Assign):
            self._expr(s.value, bound)
            for t in s.targets:
                self._bind(t, bound)
        elif isinstance(s, ast.AnnAssign):
            if s.value is not None:
                self._expr(s.value, bound)
                self._bind(s.target, bound)
        elif isinstance(s, ast.AugAssign):
            if isinstance(s.target, ast.Name):
                self._read(s.target, bound)
            else:
                self._children(s.target, bound)
            self._expr(s.value, bound)
            self._bind(s.target, bound)
        elif isinstance(s, ast.Delete):
            for t in s.targets:
                self._read(t, bound) if isinstance(t, ast.Name) else self._children(t, bound)
        elif isinstance(s, ast.If):
            self._if(s, bound)
        elif isinstance(s, ast.For):
            self._for(s, bound)
        elif isinstance(s, ast.While):
            self._expr(s.test, bound)
            self.before[id(s)] = set(bound)
            once = self._block(s.body, set(bound))
            if hasattr(s, "runs"):
                bound |= once
            self._block(s.orelse, bound)
        elif isinstance(s, _TRIES):
            self._try(s, bound)  # type: ignore[arg-type]
        elif isinstance(s, ast.With):
            for item in s.items:
                self._expr(item.context_expr, bound)
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, bound)
            self._block(s.body, set(bound))
        elif isinstance(s, ast.Match):
            self._match(s, bound)
        elif isinstance(s, ast.ClassDef):
            for e in (*s.decorator_list, *s.bases, *(k.value for k in s.keywords)):
                self._expr(e, bound)
            bound.add(s.name)
        elif isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for d in (*s.decorator_list, *s.args.defaults, *s.args.kw_defaults):
                if d is not None:
                    self._expr(d, bound)
            bound.add(s.name)
        elif isinstance(s, (ast.Import, ast.ImportFrom)):
            bound.update(bound_by(s))
        elif not isinstance(s, (ast.Global, ast.Nonlocal)):
            self._children(s, bound)
        bound &= self._sure

    def _if(self, s: ast.If, bound: set[str]) -> None:
        self._expr(s.test, bound)
        self.before[id(s)] = set(bound)
        then, other = self._block(s.body, set(bound)), self._block(s.orelse, set(bound))
        bound |= then & other

    def _for(self, s: ast.For, bound: set[str]) -> None:
        self._expr(s.iter, bound)
        self.before[id(s)] = set(bound)
        inside = set(bound)
        self._bind(s.target, inside)
        self._block(s.body, inside)
        if hasattr(s, "going"):
            self._expr(s.going, inside)
        self._block(s.orelse, bound)

    def _try(self, s: ast.Try, bound: set[str]) -> None:
        ways = [self._block(s.orelse, self._block(s.body, set(bound)))]
        for handler in s.handlers:
            if handler.type is not None:
                self._expr(handler.type, set(bound))
            ways.append(self._block(handler.body, set(bound)))
        self._block(s.finalbody, bound)
        bound |= set.intersection(*ways)

    def _match(self, s: ast.Match, bound: set[str]) -> None:
        self._expr(s.subject, bound)
        for case in s.cases:
            inside = set(bound)
            for n in ast.walk(case.pattern):
                inside.update(bound_by(n))
            self._children(case.pattern, set(inside))
            if case.guard is not None:
                self._expr(case.guard, inside)
            self._block(case.body, inside & self._sure)

    # expressions, in the order in which they are evaluated

    def _read(self, n: ast.Name, bound: set[str]) -> None:
        if n.id in self._asked and n.id not in bound:
            self.unbound.add(id(n))

    def _bind(self, target: ast.expr, bound: set[str]) -> None:
        if isinstance(target, ast.Name):
            bound.add(target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for t in target.elts:
                self._bind(t, bound)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, bound)
        else:
            self._children(target, bound)

    def _expr(self, e: ast.AST, bound: set[str]) -> None:
        if isinstance(e, ast.Name):
            if isinstance(e.ctx, ast.Load):
                self._read(e, bound)
        elif isinstance(e, ast.NamedExpr):
            self._expr(e.value, bound)
            bound.add(e.target.id)
        elif isinstance(e, ast.BoolOp):
            self._expr(e.values[0], bound)
            inside = set(bound)
            for v in e.values[1:]:
                self._expr(v, inside)
        elif isinstance(e, ast.IfExp):
            self._expr(e.test, bound)
            then, other = set(bound), set(bound)
            self._expr(e.body, then)
            self._expr(e.orelse, other)
            bound |= then & other
        elif isinstance(e, ast.Compare):
            self._expr(e.left, bound)
            self._expr(e.comparators[0], bound)
            inside = set(bound)
            for v in e.comparators[1:]:
                self._expr(v, inside)
        elif isinstance(e, FUNCTIONS):
            for default in (*e.args.defaults, *e.args.kw_defaults):
                if default is not None:
                    self._expr(default, bound)
        elif isinstance(e, COMPREHENSIONS):
            self._comprehension(e, bound)
        else:
            self._children(e, bound)

    def _comprehension(
        self, e: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, bound: set[str]
    ) -> None:
        self._expr(e.generators[0].iter, bound)
        if isinstance(e, ast.GeneratorExp):
            return
        inside = set(bound)
        for i, g in enumerate(e.generators):
            if i:
                self._expr(g.iter, inside)
            inside.update(n for t in own_nodes([g.target]) for n in bound_by(t))
            for test in g.ifs:
                self._expr(test, inside)
        for element in (e.key, e.value) if isinstance(e, ast.DictComp) else (e.elt,):
            self._expr(element, inside)

    def _children(self, e: ast.AST, bound: set[str]) -> None:
        for child in children(e):
            self._expr(child, bound)
