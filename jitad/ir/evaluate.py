"""The NumPy interpreter of the IR: slow, simple, and the oracle for every pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import numpy as np

from .graph import Const, Eqn, Function, Value, callee, dims_of
from .named import named
from .types import Type


class Watch:
    """Looks on while programs are evaluated (`watched_by`)."""

    def skips(self, eqn: Eqn) -> bool:
        """Whether an equation, which is next, is left out; only one without results."""
        return False

    def inside(self, eqn: Eqn, region: int, arguments: Sequence[Any]) -> AbstractContextManager[None]:
        """Around each run of a region, or of the function that `eqn` calls."""
        return nullcontext()

    def made(self, eqn: Eqn, operands: Sequence[Any], results: Sequence[Any]) -> Sequence[Any]:
        """What the results of an equation are to be."""
        return results


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched_by(watch: Watch) -> Iterator[None]:
    """Within this, `watch` looks on."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


def evaluate(fn: Function, *arrays: Any) -> list[Any]:
    """Run `fn` on NumPy arrays through each op's `reference`; return one array (or NumPy scalar) a result.

    arrays   one a parameter; converted to the parameter's dtype, and of its shape exactly

    Results are fresh: they never share memory with an argument or a constant. Floating-point warnings
    are silent. Raises TypeError on a wrong number of arguments or a wrong shape.
    """
    if len(arrays) != len(fn.params):
        raise TypeError(f"@{fn.name} takes {len(fn.params)} arguments, {len(arrays)} were given")
    env: dict[Value, Any] = {}
    for a, p in zip(arrays, fn.params):
        env[p] = _typed(a, p.type, f"argument %{p.hint}", env)
    values = [env[p] for p in fn.params]
    with np.errstate(all="ignore"):
        return [_own(r) for r in run(fn, values)]


def run(fn: Function, arguments: Sequence[Any], outer: dict[Value, Any] | None = None) -> list[Any]:
    """The results of `fn`, or of a region, which reads the values `outer`."""
    env = dict(outer) if outer else {}
    env.update(zip(fn.params, arguments))
    watch = _watch.get()
    for eqn in fn.eqns:
        if watch is not None and watch.skips(eqn):
            continue
        operands = [_read(env, v) for v in eqn.operands]
        attrs = eqn.attrs
        if dims_of(eqn):
            attrs = {k: _attr(x, env) for k, x in attrs.items()}
        if eqn.regions:
            attrs = {**attrs, "regions": tuple(_callable(eqn, k, env) for k in range(len(eqn.regions)))}
        if eqn.op.effect:
            attrs = {**attrs, "loc": eqn.loc}
        try:
            out = _applied(eqn, operands, attrs, watch)
        except IndexError as error:
            if eqn.regions or callee(eqn) is not None or eqn.loc is None or eqn.op.effect:
                raise
            raise IndexError(named("index", f"{error}\n  from {eqn.loc}")) from None
        outs = out if isinstance(out, tuple) else (out,)
        for r, x in zip(eqn.results, outs, strict=True):
            env[r] = _result(x, r.type, eqn, env)
        if watch is not None:
            env.update(zip(eqn.results, watch.made(eqn, operands, [env[r] for r in eqn.results])))
    return [_read(env, v) for v in fn.results]


def _applied(eqn: Eqn, operands: Sequence[Any], attrs: dict[str, Any], watch: Watch | None) -> Any:
    """What the op's reference gives."""
    if watch is None or callee(eqn) is None:
        return eqn.op.reference(*operands, **attrs)
    with watch.inside(eqn, 0, operands):
        return eqn.op.reference(*operands, **attrs)


def _callable(eqn: Eqn, number: int, env: dict[Value, Any]) -> Callable[..., list[Any]]:
    """A region as a Python function with `result_types`; it reads the values of the scope around it."""
    region = eqn.regions[number]

    def inside(*arguments: Any) -> list[Any]:
        watch = _watch.get()
        if watch is None:
            return run(region, arguments, env)
        with watch.inside(eqn, number, arguments):
            return run(region, arguments, env)

    types = [t.with_shape(_shape(t, env)) if _known(t, env) else t for t in region.result_types]
    inside.result_types = types  # type: ignore[attr-defined]
    return inside


def _attr(x: Any, env: dict[Value, Any]) -> Any:
    """An attribute with the numbers that its dimensions are now."""
    if isinstance(x, tuple):
        return tuple(_attr(item, env) for item in x)
    return int(_read(env, x)) if isinstance(x, Value) else x


def _known(type: Type, env: dict[Value, Any]) -> bool:
    return all(d in env for d in type.dims)


def _read(env: dict[Value, Any], v: Value) -> Any:
    return v.data if isinstance(v, Const) else env[v]


def _result(x: Any, type: Type, eqn: Eqn, env: dict[Value, Any]) -> Any:
    """`x` in the declared dtype; a reference may widen within a kind (NumPy sums i32 as i64), no more."""
    if type.item is not None:
        return x
    if x.__class__ is not np.ndarray:
        x = np.asarray(x)
    if x.shape != _shape(type, env) or (x.dtype != type.dtype and not _same_kind(x.dtype, type.dtype)):
        raise TypeError(
            f"{eqn.op.name}: reference gives {x.dtype}{list(x.shape)} where {type} is declared ({eqn.loc})"
        )
    return x.astype(type.dtype, copy=False)


def _same_kind(found: np.dtype, declared: np.dtype) -> bool:
    return found.kind == declared.kind or {found.kind, declared.kind} == {"i", "u"}


def _shape(type: Type, env: dict[Value, Any]) -> tuple[int, ...]:
    return _attr(type.shape, env) if type.dims else type.shape


def _typed(a: Any, type: Type, what: str, env: dict[Value, Any]) -> Any:
    a = np.asarray(a, dtype=type.dtype)
    if a.shape != _shape(type, env):
        raise TypeError(f"{what}: shape {a.shape} where {type} is declared")
    return a


def _own(x: Any) -> Any:
    x = np.asarray(x)
    return x[()].copy() if not x.shape else np.array(x, order="C")
