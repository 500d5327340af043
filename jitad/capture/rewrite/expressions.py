"""Expressions whose meaning depends on a truth value, calls and displays, as calls of operators."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .build import constant, name, operator, strings, thunk
from .scope import Scope, has_walrus

_COMPARISONS = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


class Expressions:
    """Rewrites the expressions of one function, in place where it can.

    scope    the names of the function
    first    its first parameter, which `super()` means
    unbound  ids of the reads that may find a variable unbound
    inner    rewrites a function inside: (node) → node
    notes    (line, reason) of what is left plain
    """

    def __init__(
        self,
        scope: Scope,
        first: str | None,
        unbound: set[int],
        inner: Callable[[Any], Any],
        notes: list[tuple[int, str]],
    ) -> None:
        self.scope = scope
        self.first = first
        self.unbound = unbound
        self.inner = inner
        self.notes = notes

    def visit(self, e: ast.expr) -> ast.expr:
        rewrite = _REWRITES.get(type(e))
        if rewrite is not None:
            return rewrite(self, e)
        self.children(e)
        return e

    def children(self, node: ast.AST) -> None:
        """Rewrite the expressions directly below `node`."""
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.expr):
                setattr(node, field, self.visit(value))
            elif isinstance(value, list):
                for i, item in enumerate(value):
                    if isinstance(item, ast.expr):
                        value[i] = self.visit(item)
                    elif isinstance(item, ast.AST):
                        self.children(item)
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                self.children(value)

    def name(self, e: ast.Name) -> ast.expr:
        if id(e) not in self.unbound or not isinstance(e.ctx, ast.Load):
            return e
        return self.load(e)

    def load(self, e: ast.Name) -> ast.expr:
        """The variable, with an error if it is not bound."""
        lines = tuple(sorted({*self.scope.lines.get(e.id, ())}))
        read = thunk(name(e.id, e))
        args = [read, constant(e.id, e), constant(e.lineno, e), constant(lines, e)]
        return operator("load", args, e)

    def call(self, e: ast.Call) -> ast.expr:
        f = e.func
        if isinstance(f, ast.Name) and f.id == "super" and not e.args and not e.keywords:
            if self.first is not None:
                e.args = [name("__class__", e), name(self.first, e)]
            return e
        self.children(e)
        e.func = operator("callee", [e.func], e.func)
        return e

    def boolean(self, e: ast.BoolOp) -> ast.expr:
        if any(map(has_walrus, e.values[1:])):
            return self._plain(e, "`and` or `or` whose later operands assign with :=")
        first, *rest = map(self.visit, e.values)
        return operator("and_" if isinstance(e.op, ast.And) else "or_", [first, *map(thunk, rest)], e)

    def unary(self, e: ast.UnaryOp) -> ast.expr:
        e.operand = self.visit(e.operand)
        return operator("not_", [e.operand], e) if isinstance(e.op, ast.Not) else e

    def choice(self, e: ast.IfExp) -> ast.expr:
        if has_walrus(e.body) or has_walrus(e.orelse):
            return self._plain(e, "a conditional expression whose branches assign with :=")
        branches = [thunk(self.visit(e.body)), thunk(self.visit(e.orelse))]
        return operator("if_expression", [self.visit(e.test), *branches, constant(e.lineno, e)], e)

    def compare(self, e: ast.Compare) -> ast.expr:
        if len(e.ops) == 1:
            self.children(e)
            return e
        if any(map(has_walrus, e.comparators[1:])):
            return self._plain(e, "a chained comparison whose later operands assign with :=")
        names = strings((_COMPARISONS[type(op)] for op in e.ops), e)
        left, second, *rest = map(self.visit, [e.left, *e.comparators])
        return operator("compare", [names, left, second, *map(thunk, rest)], e)

    def _plain(self, e: ast.expr, reason: str) -> ast.expr:
        self.notes.append((e.lineno, reason))
        self.children(e)
        return e

    def display(self, e: ast.expr) -> ast.expr:
        """A list, dict or set that is made here."""
        self.children(e)
        return e if isinstance(getattr(e, "ctx", None), ast.Store) else operator("made", [e], e)

    def comprehension(self, e: Any) -> ast.expr:
        self.children(e)
        for g in e.generators:
            g.iter = operator("iterate", [g.iter], g.iter)
        return operator("made", [e], e)

    def starred(self, e: ast.Starred) -> ast.expr:
        e.value = self.visit(e.value)
        if isinstance(e.ctx, ast.Load):
            e.value = operator("iterate", [e.value], e.value)
        return e

    def function(self, e: ast.Lambda) -> ast.expr:
        self.defaults(e.args)
        return self.inner(e)

    def defaults(self, args: ast.arguments) -> None:
        args.defaults = [self.visit(d) for d in args.defaults]
        args.kw_defaults = [None if d is None else self.visit(d) for d in args.kw_defaults]

    # targets of assignments

    def target(self, t: ast.expr) -> None:
        """Announce the objects whose items or attributes are assigned."""
        if isinstance(t, (ast.Tuple, ast.List)):
            for item in t.elts:
                self.target(item)
        elif isinstance(t, ast.Starred):
            self.target(t.value)
        elif isinstance(t, (ast.Attribute, ast.Subscript)):
            self.children(t)
            t.value = operator("changed", [t.value], t.value)


_Rewrite = Callable[[Expressions, Any], ast.expr]
_REWRITES: dict[type, _Rewrite] = {
    ast.Name: Expressions.name,
    ast.Constant: lambda self, e: e,
    ast.Call: Expressions.call,
    ast.BoolOp: Expressions.boolean,
    ast.UnaryOp: Expressions.unary,
    ast.IfExp: Expressions.choice,
    ast.Compare: Expressions.compare,
    ast.List: Expressions.display,
    ast.Dict: Expressions.display,
    ast.Set: Expressions.display,
    ast.ListComp: Expressions.comprehension,
    ast.SetComp: Expressions.comprehension,
    ast.DictComp: Expressions.comprehension,
    ast.GeneratorExp: Expressions.comprehension,
    ast.Starred: Expressions.starred,
    ast.Lambda: Expressions.function,
}
