"""Programs for tests of passes, and whether a pass keeps what they compute, but for rounding."""

from __future__ import annotations

import numpy as np

from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function, Value
from jitad.ir.types import F64, type_of
from jitad.ir.verify import check

rng = np.random.default_rng(4)


def build(make, *shapes: tuple[int, ...], origin: str = "adjoint") -> Function:
    b = Builder("f")
    params = [b.param(type_of(F64, s)) for s in shapes]
    with b:
        b.origin = origin
        out = make(*params)
        return b.finish([out] if isinstance(out, Value) else list(out))


def agree(fn: Function, out: Function) -> None:
    arrays = [rng.normal(size=p.shape) for p in fn.params]
    for a, b in zip(evaluate(fn, *arrays), evaluate(check(out), *arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
