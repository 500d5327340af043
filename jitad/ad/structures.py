"""Loops and checkpoints appended to the current builder, their bodies written as Python functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..ir.builder import Builder, current
from ..ir.graph import Eqn, Function, Value, const, substitute
from ..ir.op import lookup
from ..ir.types import BOOL, I64, type_of

Body = Callable[..., Sequence[Value]]


def op(name: str, *operands: Value | int, **attrs: Any) -> Any:
    """An op applied in the current builder; ints take the dtype of the first value."""
    return lookup(name)(*operands, **attrs)


def i64(x: int) -> Value:
    """An integer constant."""
    return const(x, I64)


def for_(
    count: Value,
    inits: Sequence[Value],
    body: Body,
    *,
    trips: int = -1,
    reverse: bool = False,
    rows: Sequence[Value] = (),
) -> tuple[Value, ...]:
    """`body(k, *carried, *rows)` gives what is carried on and what is collected; as the op `for`."""
    types = [type_of(I64), *(v.type for v in inits), *(s.type.with_shape(s.shape[1:]) for s in rows)]
    region = _region("body", types, body)
    attrs = {"trips": trips, "carried": len(inits), "reverse": reverse}
    return current().emit(lookup("for"), (count, *inits, *rows), attrs, (region,))


def while_(inits: Sequence[Value], test: Callable[..., Value], body: Body) -> tuple[Value, ...]:
    """The op `while`: `body(*carried)` as long as `test(*carried)`."""
    types = [v.type for v in inits]
    regions = _region("test", types, lambda *xs: [test(*xs)]), _region("body", types, body)
    assert regions[0].result_types == (type_of(BOOL),)
    return current().emit(lookup("while"), tuple(inits), {}, regions)


def checkpoint(body: Callable[[], Sequence[Value]]) -> tuple[Value, ...]:
    """The results of `body()`, which a derivative computes again."""
    return current().emit(lookup("checkpoint"), (), {}, (_region("checkpoint", (), body),))


def _region(name: str, types: Sequence[Any], body: Callable[..., Sequence[Value]]) -> Function:
    around = current()
    b = Builder(name)
    b.loc, b.origin = around.loc, around.origin
    with b:
        params = [b.param(t) for t in types]
        results = body(*params)
    return b.finish(results, around.loc)


def copied(eqns: Sequence[Eqn], env: dict[Value, Value], results: Sequence[Value]) -> tuple[Value, ...]:
    """Append copies of equations under a renaming; what the results are then."""
    env = dict(env)
    for eqn in eqns:
        current().copy(eqn, env)
    return substitute(results, env)
