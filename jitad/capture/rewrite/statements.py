"""Loops and branches become calls of operators, their bodies functions that share the variables."""

from __future__ import annotations

import ast
from itertools import count
from typing import Any

from ..names import MADE, RETURN_VALUE
from .assigned import Assigned
from .build import LOAD, STORE, assign, at, constant, function, marked, name, never, operator, strings, thunk
from .expressions import Expressions
from .jumps import Jumps, is_docstring, jump_from_finally
from .live import Live
from .scope import bound_in, has_walrus, own_nodes, parameters, scope_of

_AUGMENTED = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}
_TRIES: tuple[type, ...] = (ast.Try, ast.TryStar) if hasattr(ast, "TryStar") else (ast.Try,)


class Rewriter:
    """The rewriting of a function and of those inside it; `notes`: (line, reason) of what stays plain."""

    def __init__(self) -> None:
        self.notes: list[tuple[int, str]] = []
        self.number = count()

    def function(self, node: Any) -> Any:
        """Rewrite a function's body in place: what is evaluated at its definition is the caller's part."""
        if isinstance(node, ast.Lambda):
            self._lambda(node)
        elif not any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes(node.body)):
            _Body(self, node).rewrite()
        else:
            self.notes.append((node.lineno, "a generator"))
        return node

    def _lambda(self, node: ast.Lambda) -> None:
        if any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes([node.body])):
            self.notes.append((node.lineno, "a generator"))
            return
        expressions = Expressions(
            scope_of(node), first_parameter(node.args), set(), self.function, self.notes
        )
        node.body = marked(expressions.visit(node.body))


def first_parameter(args: ast.arguments) -> str | None:
    positional = [*args.posonlyargs, *args.args]
    return positional[0].arg if positional else None


class _Body:
    """The statements of one function."""

    def __init__(self, rewriter: Rewriter, node: ast.FunctionDef) -> None:
        self.node = node
        self.rewriter = rewriter
        self.number = rewriter.number
        self.scope = scope_of(node)
        self.plain = jump_from_finally(node)
        self.assigned: Assigned | None = None
        self.live: Live | None = None

    def rewrite(self) -> None:
        node, scope = self.node, self.scope
        if self.plain is None:
            jumps = Jumps()
            node.body = jumps.function(node)
            scope.locals |= jumps.flags
            self.live = Live(scope, node.body)
            self.assigned = Assigned(scope, parameters(node.args), node.body)
        else:
            self.rewriter.notes.append((self.plain, "break, continue or return in a finally clause"))
        unbound = set() if self.assigned is None else self.assigned.unbound
        self.expressions = Expressions(
            scope, first_parameter(node.args), unbound, self.rewriter.function, self.rewriter.notes
        )
        shared = scope.locals - set(parameters(node.args))
        docstring = node.body[:1] if is_docstring(node.body[0]) else []
        declared = [s for s in node.body if isinstance(s, (ast.Global, ast.Nonlocal))]
        body = self._list([s for s in node.body[len(docstring) :] if s not in declared])
        first = (body or node.body)[0]
        declarations = self._declarations(scope.globals, scope.nonlocals, first)
        node.body = [*docstring, *declarations, never(shared, first), *body]

    def _declarations(self, globals: set[str], nonlocals: set[str], like: ast.AST) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        if globals:
            out.append(ast.Global(names=sorted(globals), **at(like)))
        if nonlocals:
            out.append(ast.Nonlocal(names=sorted(nonlocals), **at(like)))
        return out

    # statements

    def _list(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [new for s in body for new in self._statement(s)]

    def _block(self, body: list[ast.stmt], like: ast.AST) -> list[ast.stmt]:
        return self._list(body) or [ast.Pass(**at(like))]

    def _statement(self, s: ast.stmt) -> list[ast.stmt]:
        method = getattr(self, "_" + type(s).__name__, None)
        out: list[ast.stmt] = [s]
        if method is not None:
            out = method(s)
        else:
            self.expressions.children(s)
        return [*self._effects(s), *out]

    def _effects(self, s: ast.stmt) -> list[ast.stmt]:
        """The announcement that a statement binds a variable from outside the function."""
        outside = self.scope.globals | self.scope.nonlocals
        names = sorted(outside & bound_in(_header(s))) if outside else []
        return [
            ast.Expr(
                operator(
                    "effect", [constant(f"assigns {n}, a variable from outside", s), constant(s.lineno, s)], s
                ),
                **at(s),
            )
            for n in names
        ]

    def _Global(self, s: ast.Global) -> list[ast.stmt]:
        return []

    _Nonlocal = _Global

    def _Return(self, s: ast.Return) -> list[ast.stmt]:
        self.expressions.children(s)
        if isinstance(s.value, ast.Name) and s.value.id == RETURN_VALUE:
            s.value = operator("returned", [s.value], s)
        return [s]

    def _Assign(self, s: ast.Assign) -> list[ast.stmt]:
        unpacks = any(isinstance(t, (ast.Tuple, ast.List)) for t in s.targets)
        display = isinstance(s.value, (ast.Tuple, ast.List))
        s.value = self.expressions.visit(s.value)
        if unpacks and not display:
            s.value = operator("iterate", [s.value], s.value)
        for t in s.targets:
            self.expressions.target(t)
        return [s]

    def _AnnAssign(self, s: ast.AnnAssign) -> list[ast.stmt]:
        if s.value is None:
            return []
        return self._Assign(ast.Assign(targets=[s.target], value=s.value, **at(s)))

    def _AugAssign(self, s: ast.AugAssign) -> list[ast.stmt]:
        op = constant(_AUGMENTED[type(s.op)], s)
        t = s.target
        place = at(s)
        if isinstance(t, ast.Name):
            old = self.expressions.load(t) if id(t) in self.expressions.unbound else name(t.id, t)
            new = operator("update", [old, op, self.expressions.visit(s.value)], s)
            return [ast.Assign(targets=[t], value=new, **place)]
        holder, key, value = (f"{MADE}{next(self.number)}" for _ in range(3))
        before = [assign(holder, self.expressions.visit(t.value), t)]
        changed = operator("changed", [name(holder, t)], t)
        reference: Any
        if isinstance(t, ast.Subscript):
            before.append(assign(key, self.expressions.visit(t.slice), t))
            reference = lambda obj, ctx: ast.Subscript(value=obj, slice=name(key, t), ctx=ctx, **at(t))
        else:
            reference = lambda obj, ctx: ast.Attribute(value=obj, attr=t.attr, ctx=ctx, **at(t))
        before.append(assign(value, reference(name(holder, t), LOAD), t))
        new = operator("update", [name(value, t), op, self.expressions.visit(s.value)], s)
        return [*before, ast.Assign(targets=[reference(changed, STORE)], value=new, **place)]

    def _Delete(self, s: ast.Delete) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for t in s.targets:
            if isinstance(t, ast.Name) and id(t) in self.expressions.unbound:
                out.append(ast.Expr(self.expressions.load(t), **at(t)))
            self.expressions.target(t)
            out.append(ast.Delete(targets=[t], **at(s)))
        return out

    def _Assert(self, s: ast.Assert) -> list[ast.stmt]:
        if s.msg is not None and has_walrus(s.msg):
            self.expressions.children(s)
            return [s]
        message = constant(None, s) if s.msg is None else thunk(self.expressions.visit(s.msg))
        args = [self.expressions.visit(s.test), message, constant(s.lineno, s)]
        checked: list[ast.stmt] = [ast.Expr(operator("assert_", args, s), **at(s))]
        return [ast.If(test=name("__debug__", s), body=checked, orelse=[], **at(s))]

    def _FunctionDef(self, s: ast.FunctionDef) -> list[ast.stmt]:
        s.decorator_list = [self.expressions.visit(d) for d in s.decorator_list]
        self.expressions.defaults(s.args)
        return [self.rewriter.function(s)]

    def _AsyncFunctionDef(self, s: ast.AsyncFunctionDef) -> list[ast.stmt]:
        s.decorator_list = [self.expressions.visit(d) for d in s.decorator_list]
        self.expressions.defaults(s.args)
        return [s]

    def _ClassDef(self, s: ast.ClassDef) -> list[ast.stmt]:
        s.decorator_list = [self.expressions.visit(d) for d in s.decorator_list]
        s.bases = [self.expressions.visit(b) for b in s.bases]
        for keyword in s.keywords:
            self.expressions.children(keyword)
        self._methods(s.body)
        return [s]

    def _methods(self, body: list[ast.stmt]) -> None:
        """The functions in a class; its own statements stay, as functions in them could not see its names."""
        for node in body:
            if isinstance(node, ast.FunctionDef):
                self.rewriter.function(node)
            else:
                self._methods([n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt)])

    def _With(self, s: ast.With) -> list[ast.stmt]:
        for item in s.items:
            item.context_expr = operator(
                "entered", [self.expressions.visit(item.context_expr)], item.context_expr
            )
            if item.optional_vars is not None:
                self.expressions.target(item.optional_vars)
        s.body = self._block(s.body, s)
        return [s]

    def _Try(self, s: ast.Try) -> list[ast.stmt]:
        s.body = self._block(s.body, s)
        for handler in s.handlers:
            if handler.type is not None:
                handler.type = self.expressions.visit(handler.type)
            handler.body = self._block(handler.body, handler)
        s.orelse = self._list(s.orelse)
        s.finalbody = self._list(s.finalbody)
        if s.handlers and isinstance(s, ast.Try):
            # What stops an attempt to roll a loop is not for the user's handlers.
            stop = operator("Unrollable", [], s).func
            again = ast.ExceptHandler(
                type=stop, name=None, body=[ast.Raise(exc=None, cause=None, **at(s))], **at(s)
            )
            s.handlers.insert(0, again)
        return [s]

    _TryStar = _Try

    def _Match(self, s: ast.Match) -> list[ast.stmt]:
        s.subject = self.expressions.visit(s.subject)
        for case in s.cases:
            if case.guard is not None:
                case.guard = self.expressions.visit(case.guard)
            case.body = self._block(case.body, s)
        return [s]

    # loops and branches

    def _If(self, s: ast.If) -> list[ast.stmt]:
        if self.plain is not None or isinstance(s.test, ast.Constant):
            s.test = self.expressions.visit(s.test)
            s.body, s.orelse = self._block(s.body, s), self._list(s.orelse)
            return [s]
        variables = self._variables(s, [*s.body, *s.orelse])
        test = self.expressions.visit(s.test)
        then = self._function("then", [], s.body, s)
        orelse = self._function("else", [], s.orelse, s) if s.orelse else None
        branches: list[ast.expr] = [
            name(then.name, s),
            name(orelse.name, s) if orelse is not None else constant(None, s),
        ]
        before, access = variables
        line = constant(s.lineno, s)
        call = operator("if_", [test, *branches, *access, line], s.test)
        made = [then, *([orelse] if orelse is not None else []), *before]
        return [*made, ast.Expr(call, **at(s.test))]

    def _While(self, s: ast.While) -> list[ast.stmt]:
        if self.plain is not None:
            s.test = self.expressions.visit(s.test)
            s.body, s.orelse = self._block(s.body, s), self._list(s.orelse)
            return [s]
        before, access = self._variables(s, [*s.body, s.test])
        made: list[ast.stmt] = []
        if has_walrus(s.test):
            value = ast.Return(value=self.expressions.visit(s.test), **at(s.test))
            test = self._made("test", [], [value], bound_in([s.test]), s.test)
            made.append(test)
            asked: ast.expr = name(test.name, s.test)
        else:
            asked = thunk(self.expressions.visit(s.test))
        body = self._function("body", [], s.body, s)
        line = constant(s.lineno, s)
        runs = constant(hasattr(s, "runs"), s)
        call = operator("while_", [asked, name(body.name, s), *access, runs, line], s.test)
        return [*made, body, *before, ast.Expr(call, **at(s.test))]

    def _For(self, s: ast.For) -> list[ast.stmt]:
        self.expressions.target(s.target)
        if self.plain is not None:
            s.iter = operator("iterate", [self.expressions.visit(s.iter)], s.iter)
            s.body, s.orelse = self._block(s.body, s), self._list(s.orelse)
            return [s]
        going = getattr(s, "going", None)
        item = f"{MADE}item_{next(self.number)}"
        bind = ast.Assign(targets=[s.target], value=name(item, s.target), **at(s.target))
        before, access = self._variables(s, [bind, *s.body])
        effects = self._effects(bind)
        body = self._function("body", [item], s.body, s, first=[*effects, bind])
        keep_going = constant(None, s) if going is None else thunk(self.expressions.visit(going))
        args = [
            self.expressions.visit(s.iter),
            name(body.name, s),
            *access,
            keep_going,
            constant(s.lineno, s),
        ]
        call = operator("for_", args, s.iter)
        return [body, *before, ast.Expr(call, **at(s.iter))]

    def _function(
        self,
        kind: str,
        args: list[str],
        body: list[ast.stmt],
        like: ast.stmt,
        first: list[ast.stmt] | None = None,
    ) -> ast.FunctionDef:
        names = bound_in([*(first or ()), *body])
        return self._made(kind, args, [*(first or ()), *self._block(body, like)], names, like)

    def _made(
        self, kind: str, args: list[str], body: list[ast.stmt], names: set[str], like: ast.AST
    ) -> ast.FunctionDef:
        """A function of the body of a statement, which binds `names`."""
        globals = names & self.scope.globals
        declared = self._declarations(globals, names - globals, body[0])
        return function(f"{MADE}{kind}_{next(self.number)}", args, [*declared, *body], like)

    def _variables(
        self, s: ast.stmt, body: list[ast.AST] | list[ast.stmt]
    ) -> tuple[list[ast.stmt], list[ast.expr]]:
        """The setter, and the arguments get, set and names, for the variables that `body` changes.

        Those of an `if` that only its branches read come last, and have no name among `names`.
        """
        assert self.live is not None and self.assigned is not None
        needed = self.live.needed[id(s)]
        changed = bound_in(body) & self.scope.locals & needed
        shown = sorted(changed & self.live.after.get(id(s), needed))
        names = [*shown, *sorted(changed.difference(shown))]
        if not names:
            return [], [operator("nothing", [], s).func, operator("ignore", [], s).func, strings((), s)]
        sure = self.assigned.before[id(s)]
        reads: list[ast.expr] = [
            name(n, s) if n in sure else operator("peek", [thunk(name(n, s))], s) for n in names
        ]
        get = thunk(ast.Tuple(elts=reads, ctx=LOAD, **at(s)))
        values = f"{MADE}values_{next(self.number)}"
        targets: list[ast.expr] = [ast.Name(id=n, ctx=STORE, **at(s)) for n in names]
        store = ast.Assign(
            targets=[ast.Tuple(elts=targets, ctx=STORE, **at(s))], value=name(values, s), **at(s)
        )
        setter = self._made("set", [values], [store], set(names), s)
        return [setter], [get, name(setter.name, s), strings(shown, s)]


def _header(s: ast.stmt) -> list[ast.AST]:
    """The part of a statement that is evaluated before the statements in it; all of one without any."""
    if isinstance(s, (ast.If, ast.While)):
        return [s.test]
    if isinstance(s, ast.With):
        return list(s.items)
    if isinstance(s, ast.Match):
        return [s.subject, *(c.pattern for c in s.cases)]
    if isinstance(s, _TRIES):
        return [ast.Name(id=h.name, ctx=STORE) for h in s.handlers if h.name]  # type: ignore[attr-defined]
    return [s.iter] if isinstance(s, ast.For) else [s]
