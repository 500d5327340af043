"""`bench`: value and gradient, beside NumPy, and beside autograd and jax where they are installed."""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ..api.jit import jit
from ..api.reverse import value_and_grad
from ..inspection.amounts import seconds
from . import target

#: Seconds for each measurement.
ENOUGH = 0.3


class Time(NamedTuple):
    """The first call and the best of later ones, in seconds; or why there are none."""

    what: str
    first: float = 0.0
    best: float = 0.0
    refused: str = ""


def add(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("bench", help="time value and gradient, beside NumPy and other tools")
    target.add_arguments(parser)
    parser.add_argument("--wrt", metavar="x,y", help="arguments of which derivatives are taken (the first)")
    target.add_json(parser)
    parser.set_defaults(run=run, mode="value")


def run(options: argparse.Namespace) -> int:
    wrt, options.wrt = options.wrt, None
    found = target.load(options)
    positions = (0,) if wrt is None else target.positions(found.f, wrt)
    times = measured(found.f, found.args, found.kwargs, positions)
    if options.json:
        print(json.dumps([t._asdict() for t in times]))
    else:
        _print(times)
    return 1 if any(t.refused for t in times if t.what.startswith("jitad")) else 0


def measured(f: Callable, args: tuple, kwargs: dict[str, Any], positions: tuple[int, ...]) -> list[Time]:
    """All measurements; what a tool cannot do has the reason."""
    runs: list[tuple[str, Callable[[], Callable]]] = [
        ("jitad value", lambda: jit(f)),
        ("jitad value and gradient", lambda: value_and_grad(f, argnums=positions)),
        ("NumPy value", lambda: f),
        ("autograd value and gradient", lambda: _autograd(f, positions)),
        ("jax value and gradient", lambda: _jax(f, positions)),
    ]
    return [_time(what, make, args, kwargs) for what, make in runs]


def _time(what: str, make: Callable[[], Callable], args: tuple, kwargs: dict[str, Any]) -> Time:
    """The function may write its arguments: it gets copies, made outside the clock."""
    try:
        f = make()
        first = _once(f, args, kwargs)
        best, end = np.inf, perf_counter() + ENOUGH
        while perf_counter() < end:
            best = min(best, _once(f, args, kwargs))
    except Exception as error:
        return Time(
            what, refused=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        )
    return Time(what, first, best)


def _once(f: Callable, args: tuple, kwargs: dict[str, Any]) -> float:
    given, named = copy.deepcopy(args), copy.deepcopy(kwargs)
    start = perf_counter()
    f(*given, **named)
    return perf_counter() - start


def _autograd(f: Callable, positions: tuple[int, ...]) -> Callable:
    """The same function object, if its `np` is put aside for autograd's."""
    import autograd
    import autograd.numpy

    return autograd.value_and_grad(_with_numpy(f, autograd.numpy), positions)


def _jax(f: Callable, positions: tuple[int, ...]) -> Callable:
    import jax

    jax.config.update("jax_enable_x64", True)
    compiled = jax.jit(jax.value_and_grad(_with_numpy(f, jax.numpy), positions))
    return lambda *args, **kwargs: jax.block_until_ready(compiled(*args, **kwargs))


def _with_numpy(f: Callable, numpy: Any) -> Callable:
    """A copy of the function in whose module another library is called what NumPy is called there."""
    from types import FunctionType

    if not isinstance(f, FunctionType):
        raise TypeError("only functions written in Python")
    names = {k: numpy if v is np else v for k, v in f.__globals__.items()}
    again = FunctionType(f.__code__, names, f.__name__, f.__defaults__, f.__closure__)
    again.__kwdefaults__ = f.__kwdefaults__
    for k, v in list(names.items()):  # functions of the same file that it calls
        if isinstance(v, FunctionType) and v.__globals__ is f.__globals__:
            names[k] = FunctionType(v.__code__, names, v.__name__, v.__defaults__, v.__closure__)
    return again


def _print(times: list[Time]) -> None:
    known = {t.what: t for t in times if not t.refused}
    gradient = known.get("jitad value and gradient")
    rows = [("", "first call", "best", "beside our gradient")]
    for t in times:
        if t.refused:
            rows.append((t.what, "–", "–", t.refused))
        else:
            ratio = f"{t.best / gradient.best:.2f} ×" if gradient else ""
            rows.append((t.what, seconds(t.first), seconds(t.best), ratio))
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    for row in rows:
        print(
            "  ".join(
                [row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]), row[3]]
            ).rstrip()
        )
    value = known.get("jitad value")
    if gradient and value:
        print(f"gradient / value: {gradient.best / value.best:.2f}")
