"""The larger and the smaller of two, with and without NaN propagation; ties share the derivative equally."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.op import Op
from .arithmetic import mul
from .compare import eq, gt, lt
from .elementwise import elementwise, kind
from .logic import isnan, or_
from .sampling import binary
from .select import masked, select


def _emit(relation: str, keep_nan: bool) -> Callable[..., Any]:
    """x if x `relation` y else y, and for floats x also if x is NaN (`keep_nan`) or y is (otherwise)."""

    def emit(e: Any, eqn: Eqn, x: Any, y: Any) -> Any:
        k = kind(eqn)
        if k != "f":
            return e.select(e.icmp(("s" if k == "i" else "u") + relation, x, y), x, y)
        best = e.select(e.fcmp("o" + relation, x, y), x, y)
        nan = x if keep_nan else y
        return e.select(e.fcmp("uno", nan, nan), x, best)

    return emit


emit_max = _emit("ge", keep_nan=True)
emit_min = _emit("le", keep_nan=True)


def _share(wins: Callable[[], Value], x: Value, y: Value) -> Callable[[Value], Value]:
    """The map by the derivative: all to a winner, half at a tie, by selection so that 0·∞ never arises."""
    return lambda t: select(wins(), t, masked(eq(x, y), mul(t, 0.5)))


def _propagating(name: str, doc: str, beats: Op, emit: Any, reference: Any) -> Op:
    return elementwise(
        name,
        doc,
        arity=2,
        dtypes="fiu",
        partials=lambda x, y, out: (
            _share(lambda: beats(x, y), x, y),
            _share(lambda: beats(y, x), x, y),
        ),
        scalar=emit,
        reference=reference,
        samples=binary(dtypes="fi", kinks=((1.0, 1.0),)),
        singular=False,
        cost=2,
    )


def _ignoring(name: str, doc: str, beats: Op, emit: Any, reference: Any) -> Op:
    return elementwise(
        name,
        doc,
        arity=2,
        dtypes="fiu",
        partials=lambda x, y, out: (
            _share(lambda: or_(beats(x, y), isnan(y)), x, y),
            _share(lambda: or_(beats(y, x), isnan(x)), x, y),
        ),
        scalar=emit,
        reference=reference,
        samples=binary(dtypes="fi", kinks=((1.0, 1.0),)),
        singular=False,
        cost=2,
    )


maximum = _propagating("maximum", "the larger of x and y, NaN if either is", gt, emit_max, np.maximum)
minimum = _propagating("minimum", "the smaller of x and y, NaN if either is", lt, emit_min, np.minimum)
fmax = _ignoring("fmax", "the larger of x and y, ignoring a NaN", gt, _emit("ge", keep_nan=False), np.fmax)
fmin = _ignoring("fmin", "the smaller of x and y, ignoring a NaN", lt, _emit("le", keep_nan=False), np.fmin)
