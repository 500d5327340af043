"""Programs of one equation, their derivatives, and operands to run them on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import jitad.ops  # declares the ops
from jitad.ad.adjoint import adjoint
from jitad.ad.tangent import tangent
from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function
from jitad.ir.op import REGISTRY, Op, Sample
from jitad.ir.types import type_of
from jitad.ops.lowering import Callback, CallOp, Check, Part, Region, TapeOp
from jitad.ops.sampling import points

assert jitad.ops.__all__
#: Ops that are tested by programs (tests/ir/test_ir_regions.py, tests/ad/test_ad_rows.py,
#: tests/api/test_api_values.py): operands alone make no sample, or what they give has parts without meaning.
STRUCTURED = {
    name
    for name, op in REGISTRY.items()
    if isinstance(op.lowering, Region | TapeOp | Check | CallOp | Callback | Part)
}


def program(op: Op, sample: Sample) -> Function:
    """The function of all operands that applies `op` with the sample's attributes."""
    b = Builder(op.name)
    with b:
        params = [b.param(type_of(np.asarray(x).dtype, np.shape(x))) for x in sample.operands]
        return b.finish([op(*params, **sample.attrs)])


def cases(differentiable: bool | None = None, order: int = 0) -> Iterator[Any]:
    """(op, sample) over the registry. `differentiable`: only samples with that flag, of ops with rules."""
    for op in REGISTRY.values():
        for k, sample in enumerate(op.samples):
            if differentiable is None or (op.differentiable and sample.differentiable is differentiable):
                yield op, sample, f"{op.name}-{k}"


def floating(sample: Sample) -> list[bool]:
    """Which operands are floating."""
    return [np.asarray(x).dtype.kind == "f" for x in sample.operands]


def directions(sample: Sample, phase: int) -> list[Any]:
    """A direction for each floating operand, of its shape and dtype."""
    return [
        np.asarray(points(np.shape(x), (-1.0, 1.0), phase=phase + k)).astype(np.asarray(x).dtype)
        for k, x in enumerate(sample.operands)
        if np.asarray(x).dtype.kind == "f"
    ]


def pushforward(fn: Function, xs: Any, ts: Any, active: list[bool]) -> Any:
    """The tangent of the one result."""
    return evaluate(tangent(fn, active), *xs, *ts)[-1]


def pullback(fn: Function, xs: Any, ct: Any, active: list[bool]) -> list[Any]:
    """The cotangents of the active operands."""
    return evaluate(adjoint(fn, active, results=False), *xs, ct)


def moved(sample: Sample, ts: list[Any], h: float) -> list[Any]:
    """The operands, the floating ones moved by h·t."""
    steps = iter(ts)
    return [x + h * next(steps) if f else x for x, f in zip(sample.operands, floating(sample))]
