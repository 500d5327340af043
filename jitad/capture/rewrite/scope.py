"""Which names a function binds, and which of them the functions inside it read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Class of node → its fields that can hold nodes.
_fields: dict[type, tuple[str, ...]] = {}
_NO_NODES = frozenset(
    "ctx id attr arg name lineno names kind type_comment is_async level module op ops".split()
)


def children(node: ast.AST) -> list[Any]:
    """The nodes directly below; faster than `ast.iter_child_nodes`, and without contexts and operators."""
    kind = type(node)
    fields = _fields.get(kind)
    if fields is None:
        fields = _fields[kind] = tuple(
            f for f in kind._fields if f not in _NO_NODES or kind.__name__ == "TypeAlias"
        )
    out: list[Any] = []
    for name in fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            out += [v for v in value if isinstance(v, ast.AST)]
        elif isinstance(value, ast.AST):
            out.append(value)
    return out


def copied(node: Any) -> Any:
    """A copy of a tree, down to its leaves."""
    if isinstance(node, list):
        return [copied(x) for x in node]
    if not isinstance(node, ast.AST) or isinstance(node, ast.expr_context):
        return node
    kept = {k: v for k, v in vars(node).items() if k not in node._fields and k != "bound_"}
    return type(node)(**{f: copied(getattr(node, f, None)) for f in node._fields}, **kept)


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


def own_nodes(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """The nodes of a function's own code: of functions and classes inside only what is evaluated here.

    Comprehensions count as the function's own, although their variables are not (see `bound_by`).
    """
    out: list[ast.AST] = []
    stack = list(nodes)
    while stack:
        node = stack.pop()
        out.append(node)
        below = _BELOW.get(type(node))
        stack += children(node) if below is None else below(node)
    return out


def _evaluated(args: ast.arguments) -> list[ast.AST]:
    return [*args.defaults, *(d for d in args.kw_defaults if d is not None)]


def _without_targets(node: ast.AST) -> Iterator[ast.AST]:
    for child in children(node):
        if isinstance(child, ast.comprehension):
            yield from (child.iter, *child.ifs)
        else:
            yield child


_BELOW: dict[type, Callable[[Any], list[Any]]] = {
    ast.Name: lambda node: [],
    ast.Constant: lambda node: [],
    ast.FunctionDef: lambda node: [*node.decorator_list, *_evaluated(node.args)],
    ast.AsyncFunctionDef: lambda node: [*node.decorator_list, *_evaluated(node.args)],
    ast.Lambda: lambda node: _evaluated(node.args),
    ast.ClassDef: lambda node: [*node.decorator_list, *node.bases, *node.keywords],
    **dict.fromkeys(COMPREHENSIONS, lambda node: list(_without_targets(node))),
}


_BINDING = frozenset(
    {ast.Name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom}
    | {ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping}
)


def bound_by(node: ast.AST) -> Sequence[str]:
    """The names that this node itself binds in the function."""
    if type(node) not in _BINDING:
        return ()
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
    """The names that these statements bind in their function (walrus targets included).

    What a statement binds is kept with it, once jumps have been replaced: its rewritten form binds the same.
    """
    out: set[str] = set()
    for node in nodes:
        kept = getattr(node, "bound_", None)
        if kept is None:
            kept = set(bound_by(node))
            below = _BELOW.get(type(node))
            kept |= bound_in(children(node) if below is None else below(node))
            if isinstance(node, ast.stmt):
                node.bound_ = kept  # type: ignore[attr-defined]
        out |= kept
    return out


def has_walrus(node: ast.AST) -> bool:
    """Whether evaluating the expression binds a name of the function around it."""
    return any(isinstance(n, ast.NamedExpr) for n in own_nodes([node]))
