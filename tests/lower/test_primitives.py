"""Every primitive at every sample it declares: native code equals the reference, in registers and loops."""

from __future__ import annotations

import numpy as np
import pytest

import jitad.ops  # noqa: F401  fills the registry
from jitad.ir.op import REGISTRY, Sample
from jitad.ir.types import type_of
from jitad.lower import kernel, plan

from .native import build, run

REGIMES = {"registers": (16, 1200), "loops": (0, 1200), "chunks": (16, 1)}
#: NumPy leaves the sign of the larger of +0.0 and −0.0 open, and that of (−0.0)**0.5 to the shape.
EITHER_ZERO = {"maximum", "minimum", "fmax", "fmin", "power"}
SAMPLES = [
    pytest.param(op, sample, id=f"{op.name}-{k}")
    for op in REGISTRY.values()
    for k, sample in enumerate(op.samples)
]


def tolerance(name: str, dtype: np.dtype) -> dict[str, float]:
    """Two units in the last place; polygamma is a product of a factorial and a zeta value.

    SciPy's gammaln has an absolute error near its zeros (ours is measured in tests/ops/math).
    """
    if dtype.kind != "f":
        return {"rtol": 0, "atol": 0}
    if name == "gammaln" and dtype.itemsize == 8:
        return {"rtol": 4e-15, "atol": 4e-16}
    if name == "polygamma":
        return {"rtol": 1e-13 if dtype.itemsize == 8 else 4e-5, "atol": 0}
    return {"rtol": 4e-15, "atol": 1e-300} if dtype.itemsize == 8 else {"rtol": 2e-6, "atol": 1e-40}


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_native_equals_reference(op, sample: Sample, regime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small, lines = REGIMES[regime]
    monkeypatch.setattr(plan, "SMALL", small)
    monkeypatch.setattr(kernel, "CHUNK_LINES", lines)
    operands = [np.asarray(x) for x in sample.operands]
    fn = build(lambda *xs: op(*xs, **sample.attrs), *operands)
    for got, want in zip(run(fn, *operands), _reference(op, sample, fn), strict=True):
        assert type_of(want.dtype, want.shape) == type_of(got.dtype, got.shape)
        np.testing.assert_allclose(got, want, **tolerance(op.name, got.dtype), equal_nan=True)
        if got.dtype.kind == "f" and op.name not in EITHER_ZERO:
            zeros = got == 0
            np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(want[zeros]))


def _reference(op, sample: Sample, fn) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        out = op.reference(*(np.asarray(x) for x in sample.operands), **sample.attrs)
    outs = out if isinstance(out, tuple) else (out,)
    return [np.asarray(o, dtype=r.dtype) for o, r in zip(outs, fn.results)]
