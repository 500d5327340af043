"""Operands at which ops are tested: fixed, well spread points in the shapes and dtypes that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, wraps
from math import prod
from typing import Any, ParamSpec

import numpy as np

from ..ir.op import Sample
from ..ir.types import DTYPES

SHAPES = ((), (5,), (3, 4), (1,), (0,), (0, 3))
PAIRS = (
    ((), ()),
    ((5,), (5,)),
    ((3, 4), (3, 4)),
    ((3, 4), ()),
    ((), (5,)),
    ((1,), (1,)),
    ((0,), (0,)),
    ((), (0, 3)),
)
FEW = ((), (3, 4), (0,))
EXTREMES = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-310, 1e-300, 1e300, -1e300, np.inf, -np.inf, np.nan)
Range = tuple[float, float]
REAL: Range = (-3.0, 3.0)
GOLDEN = 0.6180339887498949
P = ParamSpec("P")


class Samples(Sequence[Sample]):
    """Samples that are made when first read, so that importing the ops makes none."""

    def __init__(self, make: Callable[[], Iterable[Sample]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> tuple[Sample, ...]:
        with np.errstate(all="ignore"):
            return tuple(self._make())

    def __len__(self) -> int:
        return len(self._made)

    def __getitem__(self, k: Any) -> Any:
        return self._made[k]

    def __add__(self, others: Iterable[Sample]) -> Samples:
        return Samples(lambda: (*self, *others))


def lazily(make: Callable[P, Iterable[Sample]]) -> Callable[P, Samples]:
    """`make`, run when the samples it returns are read."""

    @wraps(make)
    def later(*args: P.args, **kwargs: P.kwargs) -> Samples:
        return Samples(lambda: make(*args, **kwargs))

    return later


def points(shape: Sequence[int], span: Range = REAL, dtype: str = "f64", phase: int = 0) -> Any:
    """An array of distinct points in `span`, by the golden-ratio sequence; a NumPy scalar for shape ().

    Other phases give other points. Integer dtypes take the whole part of the points.
    """
    lo, hi = span
    k = np.arange(1, prod(shape) + 1)
    at = lo + (hi - lo) * ((k * GOLDEN + phase * 0.2871) % 1.0)
    return at.astype(DTYPES[dtype]).reshape(shape)[()]


def bools(shape: Sequence[int], phase: int = 0) -> Any:
    """An array of bools, both values mixed."""
    return np.asarray(points(shape, (-1, 1), phase=phase) > 0)[()]


@lazily
def unary(
    span: Range = REAL, dtypes: str = "f", edges: Iterable[float] = EXTREMES, **attrs: Any
) -> Iterable[Sample]:
    """Samples of an op of one operand: floats in `span`, and `edges` where only the value is tested.

    dtypes   kinds beside floats: "i" integers, "b" bool
    """
    out = [Sample((points(s, span),), attrs) for s in SHAPES]
    out += [Sample((points(s, span, "f32"),), attrs) for s in FEW]
    out += [Sample((np.array(list(edges), t),), attrs, False) for t in (np.float64, np.float32)]
    if "i" in dtypes:
        out += [Sample((points((3, 4), (-9, 9), t),), attrs, False) for t in ("i64", "i32", "i8")]
        out += [Sample((points((5,), (0, 9), t),), attrs, False) for t in ("u64", "u8")]
    if "b" in dtypes:
        out += [Sample((bools((5,)),), attrs, False)]
    return out


@lazily
def integers(arity: int, signed: Range = (-9, 9), unsigned: Range = (0, 9)) -> Iterable[Sample]:
    """Integer operands of several widths and signs, in `signed` or `unsigned`."""
    out = []
    for t, span in (("i64", signed), ("i32", signed), ("i16", signed), ("u32", unsigned), ("u8", unsigned)):
        for shapes in (((3, 4),) * 3, ((5,), (), (5,)), ((0,), (0,), ())):
            xs = tuple(points(shapes[k], span, t, k) for k in range(arity))
            out.append(Sample(xs, differentiable=False))
    return out


@lazily
def binary(
    x: Range = REAL,
    y: Range = REAL,
    dtypes: str = "f",
    edges: Sequence[float] = EXTREMES,
    kinks: Sequence[tuple[float, float]] = (),
) -> Iterable[Sample]:
    """Samples of an op of two operands: every pair of shapes, every pair of `edges`, the `kinks`."""
    out: list[Sample] = []
    if "f" in dtypes:
        out += [Sample((points(s, x), points(t, y, phase=1))) for s, t in PAIRS]
        out += [Sample((points(s, x, "f32"), points(s, y, "f32", phase=1))) for s in FEW]
        for t in (np.float64, np.float32):
            a, b = np.meshgrid(np.array(edges, t), np.array(edges, t))
            out.append(Sample((a.ravel(), b.ravel()), differentiable=False))
    out += [Sample((np.float64(a), np.float64(b)), differentiable=False) for a, b in kinks]
    if "i" in dtypes:
        out += integers(2)
    if "b" in dtypes:
        out += [Sample((bools(s), bools(t, 1)), differentiable=False) for s, t in PAIRS]
    return out
