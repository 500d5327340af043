"""Compiling one function on its own, in the scopes that give it its free variables and private names."""

from __future__ import annotations
import __future__ as future

import ast
import inspect
import sys
from collections.abc import Sequence
from functools import reduce
from operator import or_
from types import CodeType
from typing import Any

from ..names import MADE
from .build import at, definition, parameters

_FUTURES = reduce(or_, (getattr(future, name).compiler_flag for name in future.all_feature_names))


def compile_alone(
    node: ast.FunctionDef | ast.Lambda,
    original: CodeType,
    class_name: str,
    extra: Sequence[str] = (),
    modules: Sequence[str] = (),
) -> CodeType | None:
    """The code object of the function `node`; `extra` are free variables beside those of `original`.

    modules  globals that are imported: calls of their attributes are compiled otherwise than those of methods

    The function is compiled inside a class of the right name inside a function whose parameters are the free
    variables. Nothing of it runs; defaults, decorators and annotations are left out.
    """
    free = [ast.arg(arg=name, **at(node)) for name in (*original.co_freevars, *extra)]
    inner = ast.Expr(bare(node), **at(node)) if isinstance(node, ast.Lambda) else bare(node)
    cls = definition(ast.ClassDef, node, name=class_name, bases=[], keywords=[], body=[inner])
    # The function may mean a global of the same name as the class.
    private = class_name in original.co_freevars
    body = [cls] if private else [ast.Global(names=[class_name], **at(node)), cls]
    outer = definition(ast.FunctionDef, node, name="outer", args=parameters(free), body=body, returns=None)
    imports: list[ast.stmt] = [ast.Import(names=[ast.alias(name=m, **at(node))], **at(node)) for m in modules]
    module = ast.Module(body=[*imports, outer], type_ignores=[])
    code = compile(
        module, original.co_filename, "exec", flags=original.co_flags & _FUTURES, dont_inherit=True
    )
    for name in ("outer", class_name, original.co_name):
        inner_codes = [c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name]
        if not inner_codes:
            return None
        code = inner_codes[-1]
    return code


def bare(node: ast.FunctionDef | ast.Lambda) -> Any:
    """The function without what is evaluated where it is defined, sharing its body."""
    a = node.args
    args = ast.arguments(
        posonlyargs=[_unannotated(x) for x in a.posonlyargs],
        args=[_unannotated(x) for x in a.args],
        vararg=_unannotated(a.vararg) if a.vararg else None,
        kwonlyargs=[_unannotated(x) for x in a.kwonlyargs],
        kw_defaults=[None] * len(a.kwonlyargs),
        kwarg=_unannotated(a.kwarg) if a.kwarg else None,
        defaults=[],
    )
    if isinstance(node, ast.Lambda):
        return ast.copy_location(ast.Lambda(args=args, body=node.body), node)
    # The line of the first decorator is that of the code.
    decorators = [ast.copy_location(ast.Constant(None), d) for d in node.decorator_list]
    return definition(
        ast.FunctionDef,
        node,
        name=node.name,
        args=args,
        body=node.body,
        decorator_list=decorators,
        returns=None,
    )


def _unannotated(arg: ast.arg) -> ast.arg:
    return ast.copy_location(ast.arg(arg=arg.arg), arg)


def renamed(code: CodeType, name: str, qualname: str) -> CodeType:
    """`code` under the names that tracebacks shall show: made functions bear that of the user's function."""
    is_function = code.co_flags & inspect.CO_OPTIMIZED
    old = getattr(code, "co_qualname", None)
    consts: list[Any] = []
    for c in code.co_consts:
        if isinstance(c, CodeType):
            made = c.co_name.startswith(MADE)
            own = getattr(c, "co_qualname", c.co_name).split(".")[-1]
            below = f"{qualname}.<locals>.{own}" if is_function else f"{qualname}.{own}"
            consts.append(renamed(c, name if made else c.co_name, qualname if made else below))
        else:
            consts.append(qualname if not is_function and c == old else c)
    if sys.version_info >= (3, 11):
        return code.replace(co_name=name, co_qualname=qualname, co_consts=tuple(consts))
    return code.replace(co_name=name, co_consts=tuple(consts))
