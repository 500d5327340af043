"""Small programs for tests: a helper to write one, and a hypothesis strategy that draws random ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from jitad import ops
from jitad.ir.builder import Builder
from jitad.ir.graph import Function, Loc, Value, const
from jitad.ir.types import F64, Type, type_of

F = type_of(F64)


def vector(n: int) -> Type:
    return type_of(F64, (n,))


def program(f: Callable[..., Any], *types: Type, names: str = "xyzuvw", name: str = "f") -> Function:
    """The function that `f` builds from parameters of these types; it returns a Value or several."""
    b = Builder(name)
    with b:
        b.loc = Loc("model.py", 1)
        params = [b.param(t, hint) for t, hint in zip(types, names)]
        out = f(*params)
    return b.finish(out if isinstance(out, tuple | list) else [out])


SHAPES = ((), (3,), (2, 3))
TYPES = tuple(type_of(F64, s) for s in SHAPES)

#: Smooth where their operand is finite, and tame: what they return stays small.
UNARY: tuple[Callable[[Value], Value], ...] = (
    ops.sin,
    ops.cos,
    ops.tanh,
    ops.neg,
    ops.arctan,
    lambda x: ops.exp(ops.tanh(x)),
    lambda x: ops.sqrt(x * x + 1.0),
    lambda x: ops.log(x * x + 0.5),
    lambda x: x * 0.5 - 1.25,
    ops.stop_gradient,
)
BINARY: tuple[Callable[[Value, Value], Value], ...] = (
    ops.add,
    ops.sub,
    lambda x, y: ops.tanh(x) * y,
    lambda x, y: x / (y * y + 1.0),
    lambda x, y: ops.select(ops.gt(x, y), x, ops.sin(y)),
    lambda x, y: ops.select(ops.gt(x, const(0.0)), ops.sqrt(x) * y, y),
    lambda x, y: ops.select(ops.lt(x, const(0.3)), y, ops.log(x)),
    ops.maximum,
    ops.hypot,
)


def _reversed(x: Value) -> Value:
    if not x.ndim:
        return x
    start = tuple(n - 1 for n in x.shape)
    return ops.slice(x, start=start, step=(-1,) * x.ndim, shape=x.shape)


#: To one of SHAPES again.
RESHAPING: dict[tuple[int, ...], tuple[Callable[[Value], Value], ...]] = {
    (): (
        lambda x: ops.broadcast(x, shape=(3,), axes=()),
        lambda x: ops.broadcast(x, shape=(2, 3), axes=()),
    ),
    (3,): (
        lambda x: ops.sum(x, axes=(0,)),
        lambda x: ops.broadcast(x, shape=(2, 3), axes=(1,)),
        lambda x: ops.reshape(ops.slice(x, start=(1,), step=(1,), shape=(1,)), shape=()),
        lambda x: ops.set_at(
            x, ops.slice(ops.sin(x), start=(0,), step=(2,), shape=(2,)), start=(1,), step=(1,)
        ),
        _reversed,
    ),
    (2, 3): (
        lambda x: ops.sum(x, axes=(0,)),
        lambda x: ops.sum(x, axes=(0, 1)),
        lambda x: ops.reshape(ops.transpose(ops.reshape(x, shape=(3, 2)), axes=(1, 0)), shape=(2, 3)),
        lambda x: ops.reshape(ops.slice(x, start=(1, 0), step=(1, 1), shape=(1, 3)), shape=(3,)),
        _reversed,
    ),
}


@st.composite
def programs(draw: st.DrawFn, max_size: int = 12) -> Function:
    """A function of f64 parameters, with one to three f64 results; values stay tame."""
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    b = Builder("random")
    with b:
        values = [b.param(t, "xyz"[i]) for i, t in enumerate(types)]
        for line in range(draw(st.integers(1, max_size))):
            b.loc = Loc("random.py", line + 1)
            values.append(_step(draw, values))
        results = [draw(st.sampled_from(values)) for _ in range(draw(st.integers(0, 2)))]
    return b.finish([*results, values[-1]])


def _step(draw: st.DrawFn, values: list[Value]) -> Value:
    x = draw(st.sampled_from(values))
    kind = draw(st.sampled_from("uubbbr"))
    if kind == "u":
        return draw(st.sampled_from(UNARY))(x)
    if kind == "r":
        return draw(st.sampled_from(RESHAPING[x.shape]))(x)
    fitting = [v for v in values if v.shape in (x.shape, ()) or not x.shape]
    y = draw(st.sampled_from(fitting))
    return draw(st.sampled_from(BINARY))(x, y)


def arguments(fn: Function | Sequence[Type], seed: int = 0) -> list[np.ndarray]:
    """Normally distributed arguments for `fn`, the same for the same seed; none of them special."""
    rng = np.random.default_rng(seed)
    types = fn.param_types if isinstance(fn, Function) else fn
    return [np.asarray(rng.normal(size=t.shape)) for t in types]
