"""Simplifications keep every bit, of zeros and NaNs too; and never drop a factor that could be infinite."""

from __future__ import annotations

import numpy as np
import pytest

import jitad.ops as ops
from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import const
from jitad.ir.types import type_of

EDGES = np.array([0.0, -0.0, 1.0, -1.5, 3.0, 1e300, -1e300, 1e-310, np.inf, -np.inf, np.nan])


def _simplified(op, *operands, **attrs):
    """Function of the non-constant operand before and after; None if nothing is simpler."""
    out = []
    for simple in (False, True):
        b = Builder()
        with b:
            values = [
                b.param(type_of(x.dtype, x.shape)) if isinstance(x, np.ndarray) else x for x in operands
            ]
            r = op.simplify(tuple(values), attrs) if simple else op(*values, **attrs)
            if r is None:
                return None
            out.append(b.finish([r]))
    assert out[0].result_types == out[1].result_types
    return out


def c(value):
    return const(value, "f8")


EXACT = [
    (ops.add, (EDGES, c(-0.0)), {}),
    (ops.add, (c(-0.0), EDGES), {}),
    (ops.sub, (EDGES, c(0.0)), {}),
    (ops.sub, (c(-0.0), EDGES), {}),
    (ops.mul, (EDGES, c(1.0)), {}),
    (ops.mul, (c(1.0), EDGES), {}),
    (ops.mul, (EDGES, c(-1.0)), {}),
    (ops.div, (EDGES, c(1.0)), {}),
    (ops.div, (EDGES, c(-1.0)), {}),
    (ops.div, (EDGES, c(8.0)), {}),
    (ops.div, (EDGES, c(-0.25)), {}),
    (ops.power, (EDGES, c(0.0)), {}),
    (ops.power, (EDGES, c(1.0)), {}),
    (ops.power, (EDGES, c(2.0)), {}),
    (ops.power, (EDGES, c(-1.0)), {}),
    (ops.power, (np.arange(-4, 5), const(3, "i8")), {}),
    (ops.select, (const(True), EDGES, c(2.0)), {}),
    (ops.select, (const(False), EDGES, c(2.0)), {}),
    (ops.convert, (EDGES,), {"dtype": np.dtype("f8")}),
    (ops.broadcast, (EDGES,), {"shape": (11,), "axes": (0,)}),
    (ops.reshape, (EDGES,), {"shape": (11,)}),
    (ops.transpose, (EDGES,), {"axes": (0,)}),
    (ops.slice, (EDGES,), {"start": (0,), "step": (1,), "shape": (11,)}),
    (ops.concatenate, (EDGES,), {"axis": 0}),
    (ops.and_, (EDGES > 0, const(True)), {}),
    (ops.or_, (const(False), EDGES > 0), {}),
]


@pytest.mark.parametrize(
    ("op", "operands", "attrs"), EXACT, ids=[f"{op.name}-{k}" for k, (op, *_) in enumerate(EXACT)]
)
def test_simplification_is_exact(op, operands, attrs):
    before, after = _simplified(op, *operands, **attrs)
    assert all(eqn.op.cost <= max(op.cost, 1) for eqn in after.eqns)
    arrays = [x for x in operands if isinstance(x, np.ndarray)]
    (expected,), (found,) = evaluate(before, *arrays), evaluate(after, *arrays)
    rounding = 3e-16 if op is ops.power else 0  # NumPy's own pow may be an ULP off
    np.testing.assert_allclose(found, expected, rtol=rounding, atol=0)
    if found.dtype.kind == "f":
        real = ~np.isnan(expected)
        assert np.array_equal(np.signbit(found[real]), np.signbit(expected[real]))


@pytest.mark.parametrize("p", [-8, -3, -2, 3, 4, 5, 7, 8])
def test_small_whole_powers_become_products(p):
    before, after = _simplified(ops.power, EDGES, c(float(p)))
    assert {eqn.op.name for eqn in after.eqns} <= {"mul", "div"}
    np.testing.assert_allclose(evaluate(after, EDGES)[0], evaluate(before, EDGES)[0], rtol=4e-15)


def test_negative_powers_reach_subnormal_numbers():
    _, after = _simplified(ops.power, np.array([1e157]), c(-2.0))
    assert evaluate(after, np.array([1e157]))[0][0] == pytest.approx(1e-314)


KEPT = [
    (ops.add, (EDGES, c(0.0))),  # -0.0 + 0.0 is 0.0
    (ops.sub, (EDGES, c(-0.0))),
    (ops.sub, (c(0.0), EDGES)),
    (ops.mul, (EDGES, c(0.0))),  # 0·∞
    (ops.div, (EDGES, c(3.0))),  # 1/3 is rounded
    (ops.div, (EDGES, c(5e-324))),  # its reciprocal overflows
    (ops.div, (EDGES, c(0.0))),
    (ops.div, (EDGES, c(np.inf))),
    (ops.power, (EDGES, c(0.5))),  # of -0.0 and -∞ not the square root
    (ops.power, (EDGES, c(2.5))),
    (ops.power, (EDGES, c(np.nan))),
    (ops.power, (EDGES, c(np.inf))),
    (ops.power, (EDGES, c(1000.0))),
]


@pytest.mark.parametrize(("op", "operands"), KEPT, ids=[f"{op.name}-{k}" for k, (op, *_) in enumerate(KEPT)])
def test_what_is_not_exact_stays(op, operands):
    assert _simplified(op, *operands) is None


def test_views_that_reverse_stay():
    assert _simplified(ops.slice, EDGES, start=(10,), step=(-1,), shape=(11,)) is None
    assert _simplified(ops.transpose, np.ones((3, 3)), axes=(1, 0)) is None
