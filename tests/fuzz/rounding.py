"""How far two correct computations of a program may lie apart: the interpreter run with random rounding.

Every result of an operation that may round differently is moved by a few units in the last place, at
random, in several runs (Monte Carlo arithmetic: Parker, 1997). Where the runs agree bit for bit, bits must
agree; where they scatter, so may the results. What flips between runs (a comparison of equal numbers, an
index, an overflow) is decided by rounding and cannot be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Const, Eqn, Function, Value

from .budget import note

#: Operations with one right result (IEEE 754): the same bits in NumPy and in native code.
EXACT = frozenset(
    "add sub mul div neg abs sign sqrt floor ceil trunc rint floor_divide remainder copysign maximum minimum "
    "fmax fmin select convert stop_gradient cumsum cumprod recurrence reduce_max reduce_min broadcast "
    "reshape transpose slice set_at add_at concatenate gather scatter_add scatter_set iota".split()
)
#: Those of them that only choose or move numbers: right whatever the formula.
MOVES = frozenset(
    "neg abs sign floor ceil trunc rint copysign maximum minimum fmax fmin select stop_gradient reduce_max "
    "reduce_min broadcast reshape transpose slice set_at concatenate gather scatter_set iota".split()
)
#: Stable backwards: right for operands moved by rounding.
BACKWARD = frozenset(
    "sum prod dot cumsum cumprod recurrence add_at scatter_add logaddexp gammaln digamma fma".split()
)
ULPS = {"polygamma": 1000.0, "power": 16.0}
RUNS = 4
FACTOR = 8.0


@dataclass
class Expected:
    """What a computation should give, and how far off it may be; `stable` marks what can be compared."""

    values: list[np.ndarray]
    bounds: list[float]
    stable: list[np.ndarray]

    def check(self, found: list[Any], what: str) -> None:
        """Assert that `found` is within the bounds."""
        assert len(found) == len(self.values)
        for k, (x, y, bound, stable) in enumerate(zip(found, self.values, self.bounds, self.stable)):
            x = np.asarray(x)
            assert (x.dtype, x.shape) == (y.dtype, y.shape), f"{what}: result {k} is {x.dtype}{x.shape}"
            with np.errstate(all="ignore"):
                off = np.abs(_wide(x) - _wide(y)) > bound if x.dtype.kind == "f" else x != y
                off = np.where(np.isfinite(y) & np.isfinite(x), off, ~_alike(x, y)) & stable
            note("numbers compared", int(stable.sum()))
            note("numbers left to rounding", int((~stable).sum()))
            if off.any():
                at = tuple(int(i) for i in np.argwhere(off)[0])
                raise AssertionError(
                    f"{what}: result {k} at {at}: {x[at]!r} where {y[at]!r} ± {bound:.3g} is expected; "
                    f"{int(off.sum())} of {off.size} elements are off"
                )


def _wide(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float64) if x.dtype.kind == "f" else x


def _alike(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x == y) | ((x != x) & (y != y))


def expected(fn: Function, arguments: list[Any], *, rearranged: bool = False) -> Expected:
    """The interpreter's results. `rearranged`: to be compared with another formula for the same thing."""
    values = [np.asarray(x) for x in evaluate(fn, *arguments)]
    spreads = [np.zeros(x.shape) for x in values]
    stable = [np.ones(x.shape, bool) for x in values]
    for run in range(RUNS):
        for k, x in enumerate(_moved(fn, arguments, run, rearranged)):
            y = values[k]
            if y.dtype.kind != "f":
                stable[k] &= x == y
                continue
            with np.errstate(all="ignore"):
                finite = np.isfinite(x) & np.isfinite(y)
                stable[k] &= finite | _alike(x, y)
                spreads[k] = np.fmax(spreads[k], np.where(finite, np.abs(_wide(x) - _wide(y)), 0.0))
    bounds = []
    for y, spread, ok in zip(values, spreads, stable):
        if y.dtype.kind == "f":
            with np.errstate(all="ignore"):
                ok &= ~(spread > 1e-3 * (1 + np.abs(_wide(y))))
        bounds.append(FACTOR * float(np.max(spread, where=ok, initial=0.0)))
    return Expected(values, bounds, stable)


def _moved(fn: Function, arguments: list[Any], run: int, rearranged: bool) -> list[Any]:
    """One run with random rounding."""
    env: dict[Value, Any] = {p: np.asarray(a, p.dtype) for p, a in zip(fn.params, arguments)}
    exact = MOVES if rearranged else EXACT
    read = lambda v: v.data if isinstance(v, Const) else env[v]
    with np.errstate(all="ignore"):
        for k, eqn in enumerate(fn.eqns):
            salt = 1000 * k + run
            operands = [read(v) for v in eqn.operands]
            moves = eqn.op.name not in exact
            if moves and eqn.op.name in BACKWARD:
                operands = [_jitter(x, eqn, salt) for x in operands]
            out = eqn.op.reference(*operands, **eqn.attrs)
            out = np.asarray(out).astype(eqn.result.dtype, copy=False)
            env[eqn.result] = _jitter(out, eqn, salt) if moves else out
        return [np.asarray(read(v)) for v in fn.results]


def _jitter(x: Any, eqn: Eqn, salt: int) -> Any:
    """`x` moved by rounding: equal numbers alike, as a function does."""
    x = np.asarray(x)
    if x.dtype.kind != "f":
        return x
    size = ULPS.get(eqn.op.name, 4.0) * np.finfo(x.dtype).eps
    bits = np.ascontiguousarray(x).view(np.uint64 if x.dtype.itemsize == 8 else np.uint32).astype(np.uint64)
    mixed = (bits.reshape(x.shape) + np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    uniform = (mixed >> np.uint64(11)) / 2.0**53 - 0.5
    factor = uniform + np.copysign(0.5, uniform)
    return (x * (1 + size * factor).astype(x.dtype)).astype(x.dtype, copy=False)
