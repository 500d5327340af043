"""The IR as text: `show` prints a function and `parse` reads it back; the grammar is in docs/ir.md."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from .calls import called
from .graph import Const, Eqn, Function, Loc, Value
from .literals import read_attr, read_const, read_type, show_attr, show_const, starts_const
from .op import REGISTRY
from .tokens import IRSyntaxError, Tokens
from .types import Type

__all__ = ["IRSyntaxError", "Names", "parse", "show", "show_eqn"]

_NAMED = re.compile(r"(?P<hint>[A-Za-z_]\w*)(?:\.\d+)?")
_PLACE = re.compile(r";\s*(?:(?P<file>.+?):(?P<line>\d+))?\s*(?:\((?P<origin>\w+)\))?\s*")


class Names:
    """Unique names: a value's hint `%x`, then `%x.1`; `%0`, `%1` … for values without one.

    symbols  of the functions that are called, unique too
    """

    def __init__(self, symbols: dict[Function, str] | None = None) -> None:
        self.symbols = symbols or {}
        self.names: dict[Value, str] = {}
        self.used: dict[str, int] = {}
        self.unnamed = 0

    def __getitem__(self, v: Value) -> str:
        """The text of an operand: a name, or a constant."""
        if isinstance(v, Const):
            return show_const(v)
        return self.names.get(v) or self.give(v)

    def give(self, v: Value) -> str:
        if v.hint:
            hint = re.sub(r"\W", "_", v.hint)
            hint = "_" + hint if hint[0].isdigit() else hint
            n = self.used.get(hint, 0)
            self.used[hint] = n + 1
            name = f"%{hint}.{n}" if n else f"%{hint}"
        else:
            name = f"%{self.unnamed}"
            self.unnamed += 1
        self.names[v] = name
        return name

    def give_all(self, fn: Function) -> None:
        """Name what `fn` defines in the order in which `show` does."""
        for p in fn.params:
            self[p]
        for eqn in fn.eqns:
            for region in eqn.regions:
                self.give_all(region)
            for r in eqn.results:
                self[r]

    def typed(self, v: Value) -> str:
        return f"{self[v]}: {self.type(v.type)}"

    def type(self, t: Type) -> str:
        """The text of a type, its dimensions by their names."""
        return t.show(self.__getitem__) if t.dims else str(t)

    def types(self, types: tuple[Type, ...]) -> str:
        return self.type(types[0]) if len(types) == 1 else f"({', '.join(map(self.type, types))})"


def show(fn: Function, lines: bool = False) -> str:
    """Print `fn` and the functions that it calls; with `lines`, each equation with the user's line and its
    origin. `parse` is the inverse."""
    functions = [fn, *reversed(called(fn))]
    symbols = _symbols(functions)
    return "".join("func " + _function(f, Names(symbols), lines, "") + "\n" for f in functions)


def _symbols(functions: list[Function]) -> dict[Function, str]:
    """Unique names of functions: `@f`, then `@f.1`."""
    used: set[str] = set()
    found = {}
    for fn in functions:
        name = next(n for k in count() if (n := f"{fn.name}.{k}" if k else fn.name) not in used)
        used.add(name)
        found[fn] = _symbol(name)
    return found


def _symbol(name: str) -> str:
    return "@" + (name if re.fullmatch(r"[\w.]+", name) else f'"{name}"')


def _function(fn: Function, names: Names, lines: bool, indent: str) -> str:
    """A function or region from its symbol to the closing brace."""
    symbol = names.symbols.get(fn) or _symbol(fn.name)
    params = ", ".join(names.typed(p) for p in fn.params)
    place = _place(fn.loc, "") if lines else ""
    inner = indent + "  "
    eqns = [inner + show_eqn(eqn, names, lines, inner) for eqn in fn.eqns]
    body = [f"{symbol}({params}) -> {names.types(fn.result_types)} {{{place}", *eqns]
    body.append(f"{inner}return {', '.join(names[r] for r in fn.results)}".rstrip())
    body.append(indent + "}")
    return "\n".join(body)


def show_eqn(eqn: Eqn, names: Names, lines: bool = False, indent: str = "") -> str:
    """One equation: `%1: f64 = sum %0 {axes=(0,)}`."""
    operands = ", ".join([names[v] for v in eqn.operands])
    attrs = ", ".join(f"{k}={_attribute(x, names)}" for k, x in eqn.attrs.items())
    regions = [_function(region, names, lines, indent) for region in eqn.regions]
    parts = [eqn.op.name, operands, attrs and f"{{{attrs}}}", *regions]
    results = ", ".join([names.typed(r) for r in eqn.results])
    text = " ".join(filter(None, parts))
    return (f"{results} = {text}" if results else text) + (_place(eqn.loc, eqn.origin) if lines else "")


def _attribute(x: Any, names: Names) -> str:
    if isinstance(x, Function):
        return names.symbols.get(x) or _symbol(x.name)
    return show_attr(x, names.__getitem__)


def _place(loc: Loc | None, origin: str) -> str:
    text = " ".join(filter(None, (str(loc or ""), f"({origin})" if origin else "")))
    return f"  ; {text}" if text else ""


def parse(text: str) -> Function:
    """Read the first function in `text`, which may call the others.

    Ops are looked up in the registry, so `jitad.ops` must have been imported. Lines that start with `;`
    are comments; `; file.py:12` at the end of an equation is its line. Raises IRSyntaxError with line
    and column. Types are taken as written: `verify.check` infers them again.
    """
    tokens = Tokens(text)
    tokens.expect("func")
    fn = _read_function(tokens, {})
    functions = {fn.name: fn}
    while tokens.accept("func"):
        other = _read_function(tokens, {})
        if other.name in functions:
            raise tokens.error(f"@{other.name} is defined twice")
        functions[other.name] = other
    token = tokens.next()
    if token.kind != "end":
        raise tokens.error(f"expected the end of the text, found {token.text!r}", token.start)
    for f in functions.values():
        _resolve(f.eqns, functions, tokens)
    return fn


class _Symbol(str):
    """An attribute that names a function."""


def _resolve(eqns: tuple[Eqn, ...], functions: dict[str, Function], tokens: Tokens) -> None:
    """Put functions for the symbols in attributes."""
    for eqn in eqns:
        for key, name in eqn.attrs.items():
            if isinstance(name, _Symbol):
                if name not in functions:
                    raise tokens.error(f"no function is called @{name}")
                eqn.attrs[key] = functions[name]
        for region in eqn.regions:
            _resolve(region.eqns, functions, tokens)


def _read_function(tokens: Tokens, outer: dict[str, Value]) -> Function:
    name = _read_symbol(tokens)
    scope = dict(outer)
    tokens.expect("(")
    params = tuple(_read_results(tokens, scope, scope))
    tokens.expect(")")
    tokens.expect("->")
    declared = _types_text(tokens)
    tokens.expect("{")
    loc, _ = _read_place(tokens)
    eqns = []
    while not tokens.accept("return"):
        eqns.append(_read_eqn(tokens, scope))
    results = _read_operands(tokens, scope)
    tokens.expect("}")
    names = Names()
    names.names = {v: f"%{k}" for k, v in scope.items()}
    found = names.types(tuple(r.type for r in results))
    if found.replace(" ", "") != declared:
        raise tokens.error(f"@{name} declares results {declared}, returns {found}")
    return Function(name, params, tuple(eqns), results, loc)


def _types_text(tokens: Tokens) -> str:
    """The types of results as they are written, without blanks: what they are sizes of comes later."""
    parts = []
    while tokens.peek().text != "{" and tokens.peek().kind != "end":
        parts.append(tokens.next().text)
    return "".join(parts)


def _read_symbol(tokens: Tokens) -> str:
    return tokens.take("symbol", "a function name such as @f")[1:].strip('"')


def _read_eqn(tokens: Tokens, scope: dict[str, Value]) -> Eqn:
    defined: dict[str, Value] = {}
    results = _read_results(tokens, defined, scope)
    if results:
        tokens.expect("=")
    word = tokens.take("word", "an op")
    if word not in REGISTRY:
        raise tokens.error(f"no op is called {word!r}")
    operands = _read_operands(tokens, scope)
    attrs: dict[str, Any] = {}
    if tokens.accept("{"):
        while not tokens.accept("}"):
            key = tokens.take("word", "an attribute")
            tokens.expect("=")
            if tokens.peek().kind == "symbol":
                attrs[key] = _Symbol(_read_symbol(tokens))
            else:
                attrs[key] = read_attr(tokens, scope)
            tokens.accept(",")
    regions = []
    while tokens.peek().kind == "symbol":
        regions.append(_read_function(tokens, scope))
    loc, origin = _read_place(tokens)
    for name, v in defined.items():
        if name in scope:
            raise tokens.error(f"%{name} is defined twice")
        scope[name] = v
    return Eqn(REGISTRY[word], operands, attrs, tuple(results), loc, tuple(regions), origin)


def _read_results(tokens: Tokens, defined: dict[str, Value], scope: dict[str, Value]) -> list[Value]:
    """`%x: f64, %y: f64[3]`, entered in `defined`; their dimensions are in `scope`."""
    values: list[Value] = []
    while tokens.peek().kind == "value":
        name = tokens.next().text[1:]
        if name in defined:
            raise tokens.error(f"%{name} is defined twice")
        tokens.expect(":")
        hint = _NAMED.fullmatch(name)
        defined[name] = Value(read_type(tokens, scope), hint["hint"] if hint else "")
        values.append(defined[name])
        if not tokens.accept(","):
            break
    return values


def _read_operands(tokens: Tokens, scope: dict[str, Value]) -> tuple[Value, ...]:
    operands: list[Value] = []
    while True:
        token = tokens.peek()
        if token.kind == "value":
            name = tokens.next().text[1:]
            if name not in scope:
                raise tokens.error(f"%{name} is not defined here")
            operands.append(scope[name])
        elif starts_const(tokens):
            operands.append(read_const(tokens))
        elif not operands:
            return ()
        else:
            raise tokens.error(f"expected an operand, found {token.text!r}", token.start)
        if not tokens.accept(","):
            return tuple(operands)


def _read_place(tokens: Tokens) -> tuple[Loc | None, str]:
    place = _PLACE.fullmatch(tokens.comment())
    if place is None:
        return None, ""
    return Loc(place["file"], int(place["line"])) if place["file"] else None, place["origin"] or ""
