"""A NumPy program through the public API, with bounds on its rounding from the IR that it was traced to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import jitad as jad

from .numpy_programs import Script, quiet
from .rounding import Expected, expected


def bounds(jitted: Any, *arguments: Any) -> Expected:
    """The interpreter's results of a jitted function, and how far off they may be."""
    version = jitted.compile(*arguments)._version
    leaves = jitted._binder.bind(arguments, {}).leaves
    return expected(version.program.fn, [*leaves, *version.inputs], rearranged=True)


def is_float(x: Any) -> bool:
    return np.asarray(x).dtype.kind == "f"


class Floats:
    """A script as a function of its floating arguments; it returns the floating results as a tuple."""

    def __init__(self, script: Script) -> None:
        self.f = script.function()
        self.arguments = script.arguments
        self.given = [a for a in script.arguments if is_float(a)]
        probe = quiet(self.f, *self.arguments)
        self.single = not isinstance(probe, tuple)
        self.kept = [k for k, x in enumerate(self._tuple(probe)) if is_float(x)]

    def _tuple(self, out: Any) -> tuple[Any, ...]:
        return (out,) if self.single else out

    def merged(self, floats: Sequence[Any]) -> list[Any]:
        given = iter(floats)
        return [next(given) if is_float(a) else a for a in self.arguments]

    def function(self) -> Callable[..., tuple[Any, ...]]:
        f, merged, kept, as_tuple = self.f, self.merged, self.kept, self._tuple

        def floats(*given: Any) -> tuple[Any, ...]:
            out = as_tuple(f(*merged(given)))
            return tuple(out[k] for k in kept)

        return floats

    def directions(self, seed: int) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        return tuple(rng.uniform(-1, 1, np.shape(x)).astype(np.asarray(x).dtype)[()] for x in self.given)

    def cotangents(self, seed: int) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        out = quiet(self.function(), *self.given)
        return tuple(rng.uniform(-1, 1, np.shape(x)).astype(np.asarray(x).dtype)[()] for x in out)


def pushforward(floats: Floats) -> Any:
    """(arguments, tangents) → tangents of the results, compiled."""
    f = floats.function()
    return jad.jit(lambda xs, ts: jad.jvp(f, xs, ts)[1])


def pullback(floats: Floats) -> Any:
    """(arguments, cotangents) → cotangents of the arguments, compiled."""
    f = floats.function()
    return jad.jit(lambda xs, cts: jad.vjp(f, *xs)[1](cts))
