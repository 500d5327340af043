"""Which names a function binds, and which of them the functions inside it read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Scope:
    """The names of one function.

    locals    parameters and what it binds
    globals, nonlocals  what it declares so
    captured  names read in functions, lambdas, classes and generators inside it, whenever those run
    deleted   names that a `del` or the end of an except clause unbinds
    lines     name → the lines that bind it
    """

    locals: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    captured: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    lines: dict[str, list[int]] = field(default_factory=dict)


def scope_of(node: ast.FunctionDef | ast.Lambda) -> Scope:
    """The names of a function, without what is evaluated where it is defined."""
    scope = Scope()
    for name in parameters(node.args):
        scope.locals.add(name)
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    for child in own_nodes(body):
        if isinstance(child, ast.Global):
            scope.globals.update(child.names)
        elif isinstance(child, ast.Nonlocal):
            scope.nonlocals.update(child.names)
        elif isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.GeneratorExp)):
            scope.captured.update(n.id for n in ast.walk(child) if isinstance(n, ast.Name))
        for name in bound_by(child):
            scope.locals.add(name)
            scope.lines.setdefault(name, []).append(getattr(child, "lineno", 0))
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Del):
            scope.deleted.add(child.id)
        elif isinstance(child, ast.ExceptHandler) and child.name:
            scope.deleted.add(child.name)
    scope.locals -= scope.globals | scope.nonlocals
    return scope


def parameters(args: ast.arguments) -> list[str]:
    """The names of all parameters."""
    single = [a for a in (args.vararg, args.kwarg) if a is not None]
    return [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs, *single)]


def own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function's own code: of functions and classes inside only what is evaluated here.

    Comprehensions count as the function's own, although their variables are not (see `bound_by`).
    """
    for node in nodes:
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from own_nodes([*node.decorator_list, *_evaluated(node.args)])
        elif isinstance(node, ast.Lambda):
            yield from own_nodes(_evaluated(node.args))
        elif isinstance(node, ast.ClassDef):
            yield from own_nodes([*node.decorator_list, *node.bases, *node.keywords])
        elif isinstance(node, COMPREHENSIONS):
            yield from own_nodes(_without_targets(node))
        else:
            yield from own_nodes(ast.iter_child_nodes(node))


def _evaluated(args: ast.arguments) -> list[ast.AST]:
    return [*args.defaults, *(d for d in args.kw_defaults if d is not None)]


def _without_targets(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.comprehension):
            yield from (child.iter, *child.ifs)
        else:
            yield child


def bound_by(node: ast.AST) -> list[str]:
    """The names that this node itself binds in the function."""
    if isinstance(node, ast.Name):
        return [node.id] if not isinstance(node.ctx, ast.Load) else []
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(a.asname or a.name).split(".")[0] for a in node.names]
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return [node.name] if node.name else []
    if isinstance(node, ast.MatchMapping):
        return [node.rest] if node.rest else []
    return []


def bound_in(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that these statements bind in their function (walrus targets included)."""
    return {name for node in own_nodes(nodes) for name in bound_by(node)}


def has_walrus(node: ast.AST) -> bool:
    """Whether evaluating the expression binds a name of the function around it."""
    return any(isinstance(n, ast.NamedExpr) for n in own_nodes([node]))
