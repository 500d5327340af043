"""Builder: the one way to make an equation; infers its type and records its line."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .graph import Eqn, Function, Loc, Value, renamed_eqn
from .types import Type

if TYPE_CHECKING:
    from .op import Op

_state = threading.local()


class Builder:
    """Collects equations. Used as a context manager it is the `current()` builder of the thread."""

    __slots__ = ("name", "params", "eqns", "loc", "origin")

    def __init__(self, name: str = "f") -> None:
        self.name = name
        self.params: list[Value] = []
        self.eqns: list[Eqn] = []
        self.loc: Loc | None = None
        self.origin = ""

    def param(self, type: Type, hint: str = "") -> Value:
        """Append a parameter."""
        p = Value(type, hint)
        self.params.append(p)
        return p

    def emit(
        self, op: Op, operands: tuple[Value, ...], attrs: dict[str, Any], regions: tuple[Function, ...] = ()
    ) -> Any:
        """Append `op(operands)`; return its result, a tuple if it has several."""
        if regions:
            types = op.infer(*[v.type for v in operands], **attrs, regions=regions)
        else:
            types = op.infer(*[v.type for v in operands], **attrs)
        if types.__class__ is Type:
            out = Value(types)
            self.eqns.append(Eqn(op, operands, attrs, (out,), self.loc, regions, self.origin))
            return out
        outs = tuple(Value(t) for t in types)
        self.eqns.append(Eqn(op, operands, attrs, outs, self.loc, regions, self.origin))
        return outs

    def inline(self, fn: Function, args: Sequence[Value]) -> list[Value]:
        """Append `fn`'s equations with `args` for its parameters; return its results."""
        env: dict[Value, Value] = dict(zip(fn.params, args, strict=True))
        for eqn in fn.eqns:
            self.copy(eqn, env)
        return [env.get(r, r) for r in fn.results]

    def copy(self, eqn: Eqn, env: dict[Value, Value]) -> None:
        """Append a copy of `eqn` under the renaming `env`, and enter its results there."""
        self.eqns.append(renamed_eqn(eqn, env))

    def finish(self, results: Sequence[Value], loc: Loc | None = None) -> Function:
        """The function built so far, returning `results`."""
        return Function(self.name, tuple(self.params), tuple(self.eqns), tuple(results), loc)

    def __enter__(self) -> Builder:
        stack = _state.__dict__.setdefault("stack", [])
        stack.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _state.stack.pop()


def current() -> Builder:
    """The innermost builder open on this thread; RuntimeError outside any."""
    stack = getattr(_state, "stack", None)
    if not stack:
        raise RuntimeError("no IR builder is open: ops on values work only while a function is built")
    return stack[-1]
