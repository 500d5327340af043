"""Syntax nodes that rewriting makes, each at the position of a node of the user's."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Any

from ..names import OPERATORS

LOAD, STORE, DEL = ast.Load(), ast.Store(), ast.Del()


def at(node: Any) -> dict[str, Any]:
    """The position of `node`, as arguments for making another."""
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


def name(id: str, like: ast.AST) -> ast.Name:
    return ast.Name(id=id, ctx=LOAD, **at(like))


def constant(value: object, like: ast.AST) -> ast.Constant:
    return ast.Constant(value=value, **at(like))  # type: ignore[arg-type]


def operator(attribute: str, args: Sequence[ast.expr], like: ast.AST) -> ast.Call:
    """`__jitad__.attribute(args)`."""
    place = at(like)
    f = ast.Attribute(value=ast.Name(id=OPERATORS, ctx=LOAD, **place), attr=attribute, ctx=LOAD, **place)
    return ast.Call(func=f, args=list(args), keywords=[], **place)


def thunk(body: ast.expr) -> ast.Lambda:
    """`lambda: body`."""
    return ast.Lambda(args=parameters([]), body=body, **at(body))


def parameters(names: Sequence[ast.arg]) -> ast.arguments:
    return ast.arguments(posonlyargs=[], args=list(names), kwonlyargs=[], kw_defaults=[], defaults=[])


def function(id: str, args: Iterable[str], body: list[ast.stmt], like: ast.AST) -> ast.FunctionDef:
    """`def id(args): body`."""
    names = [ast.arg(arg=a, **at(like)) for a in args]
    return definition(ast.FunctionDef, like, name=id, args=parameters(names), body=body, returns=None)


def definition(kind: Any, like: ast.AST | None = None, **fields: Any) -> Any:
    """A function or class definition; type parameters exist since Python 3.12."""
    place = {} if like is None else at(like)
    return kind(**{"decorator_list": [], "type_params": [], **fields, **place})


def assign(id: str, value: ast.expr, like: ast.AST) -> ast.Assign:
    place = at(like)
    return ast.Assign(targets=[ast.Name(id=id, ctx=STORE, **place)], value=value, **place)


def strings(names: Iterable[str], like: ast.AST) -> ast.Constant:
    """A tuple of strings."""
    return constant(tuple(names), like)


def never(names: Iterable[str], like: ast.AST) -> ast.stmt:
    """A statement that never runs and makes the names variables of the function, the operators a free one."""
    place = at(like)
    targets: list[ast.expr] = [ast.Name(id=n, ctx=STORE, **place) for n in sorted(names)]
    value = name(OPERATORS, like)
    body: ast.stmt = (
        ast.Assign(targets=targets, value=value, **place) if targets else ast.Expr(value, **place)
    )
    return ast.If(test=constant(False, like), body=[body], orelse=[], **place)


def marked(body: ast.expr) -> ast.expr:
    """The body of a lambda, with the operators as a free variable."""
    return ast.IfExp(test=constant(True, body), body=body, orelse=name(OPERATORS, body), **at(body))
