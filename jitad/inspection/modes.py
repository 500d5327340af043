"""What is inspected of a function: its value, or a derivative of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..api.forward import derivative, jvp
from ..api.jit import Jit, jit
from ..api.reverse import grad, value_and_grad, vjp
from ..capture.trees import flatten, unflatten

MODES = ("value", "grad", "value_and_grad", "derivative", "jvp", "vjp")


def compiled_for(f: Callable, args: tuple, kwargs: dict[str, Any], mode: str) -> tuple[Jit, tuple]:
    """The compiled function of a mode, and the arguments that it takes.

    Those of "jvp" and "vjp" have tangents or cotangents like the arguments or the value.
    """
    if mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}")
    if mode == "value":
        return (f if isinstance(f, Jit) else jit(f)), args
    if mode in ("jvp", "vjp"):
        if kwargs:
            raise TypeError(f"mode {mode!r} takes positional arguments, not {', '.join(kwargs)}")
        return _forward(f, args) if mode == "jvp" else _reverse(f, args)
    transformation = {"grad": grad, "value_and_grad": value_and_grad, "derivative": derivative}[mode]
    return transformation(f), args


def _forward(f: Callable, args: tuple) -> tuple[Jit, tuple]:
    def run(primals: tuple, tangents: tuple) -> Any:
        return jvp(f, primals, tangents)

    return Jit(run, name=f"jvp_{_name(f)}"), (args, _directions(args))


def _reverse(f: Callable, args: tuple) -> tuple[Jit, tuple]:
    def run(primals: tuple, cotangents: Any) -> Any:
        value, pullback = vjp(f, *primals)
        return value, pullback(cotangents)

    value = (f if isinstance(f, Jit) else jit(f))(*args)
    return Jit(run, name=f"vjp_{_name(f)}"), (args, _directions(value))


def _name(f: Callable) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _directions(tree: Any) -> Any:
    """Ones like the floating leaves of a tree, None for the others."""
    leaves, spec = flatten(tree)
    return unflatten(spec, [_direction(x) for x in leaves])


def _direction(x: Any) -> Any:
    kind = np.asarray(x).dtype
    if kind.kind == "f":
        return np.ones(np.shape(x), kind)[()]
    return 1.0 if isinstance(x, int) and not isinstance(x, bool) else None
