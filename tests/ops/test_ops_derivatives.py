"""Derivative rules: against central differences, against each other, to second order."""

from __future__ import annotations

import numpy as np
import pytest
from ops_programs import STRUCTURED, cases, directions, floating, moved, program, pullback, pushforward

from jitad.ad.adjoint import adjoint
from jitad.ad.tangent import tangent
from jitad.ir.evaluate import evaluate
from jitad.ir.op import REGISTRY

SMOOTH = [op.name for op in REGISTRY.values() if op.differentiable and op.name not in STRUCTURED]
STEP = 1e-5


def _smooth(name, dtype=np.float64, mixed=False):
    """Samples of `name` where it is differentiable, of `dtype`; `mixed`: results may have another."""
    found = []
    for op, sample, which in cases(differentiable=True):
        dtypes = {np.asarray(x).dtype for x, f in zip(sample.operands, floating(sample)) if f}
        if op.name == name and dtypes == {np.dtype(dtype)}:
            fn = program(op, sample)
            if fn.results[0].dtype == dtype or (fn.results[0].dtype.kind == "f" and mixed):
                found.append((fn, sample, which))
    assert found
    return found


def _close(found, expected, which, rtol=1e-6):
    scale = 1.0 + np.max(np.abs(expected), initial=0.0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=rtol * scale, err_msg=which)


@pytest.mark.parametrize("name", SMOOTH)
def test_tangent_is_the_central_difference(name):
    for fn, sample, which in _smooth(name):
        ts, on = directions(sample, 3), floating(sample)
        (above,), (below,) = (evaluate(fn, *moved(sample, ts, h)) for h in (STEP, -STEP))
        found = pushforward(fn, sample.operands, ts, on)
        _close(found, (above - below) / (2 * STEP), which)


@pytest.mark.parametrize("name", SMOOTH)
def test_rules_agree(name):
    """⟨ct, tangent(t)⟩ = ⟨adjoint(ct), t⟩, to rounding."""
    for dtype, rtol in ((np.float64, 1e-12), (np.float32, 1e-4)):
        for fn, sample, which in _smooth(name, dtype, mixed=True):
            rtol = rtol if fn.results[0].dtype == np.float64 else 1e-4
            ts, on = directions(sample, 3), floating(sample)
            ct = directions(type(sample)((evaluate(fn, *sample.operands)[0],)), 11)[0]
            forward = np.sum(ct * pushforward(fn, sample.operands, ts, on))
            back = sum(np.sum(g * t) for g, t in zip(pullback(fn, sample.operands, ct, on), ts))
            _close(back, forward, which, rtol)


@pytest.mark.parametrize("name", SMOOTH)
def test_second_order_is_the_central_difference_of_the_first(name):
    for fn, sample, which in _smooth(name):
        ts, us, on = directions(sample, 3), directions(sample, 7), floating(sample)
        twice = tangent(tangent(fn, on), [*on, *[False] * len(ts)])
        found = evaluate(twice, *sample.operands, *ts, *us)[-1]
        above, below = (pushforward(fn, moved(sample, us, h), ts, on) for h in (STEP, -STEP))
        _close(found, (above - below) / (2 * STEP), which)


@pytest.mark.parametrize("name", SMOOTH)
def test_second_order_agrees_in_every_mix_of_modes(name):
    """⟨ct, t·∂²f·u⟩ by tangent of tangent, tangent of adjoint, adjoint of tangent, adjoint of adjoint."""
    for fn, sample, which in _smooth(name):
        ts, us, on = directions(sample, 3), directions(sample, 7), floating(sample)
        xs, rest = sample.operands, [False] * len(ts)
        ct = directions(type(sample)((evaluate(fn, *xs)[0],)), 11)[0]
        once, back = tangent(fn, on), adjoint(fn, on, results=False)
        tt = np.sum(ct * evaluate(tangent(once, [*on, *rest]), *xs, *ts, *us)[-1])
        moved_back = evaluate(tangent(back, [*on, False]), *xs, ct, *us)[len(ts) :]
        ta = sum(np.sum(g * t) for g, t in zip(moved_back, ts))
        zero = np.zeros_like(ct)
        pulled = evaluate(adjoint(once, [*on, *rest], results=False), *xs, *ts, zero, ct)
        at = sum(np.sum(g * u) for g, u in zip(pulled, us))
        pulled = evaluate(adjoint(back, [*on, False], results=False), *xs, ct, *ts)
        aa = sum(np.sum(g * u) for g, u in zip(pulled, us))
        for found in (ta, at, aa):
            _close(found, tt, which, 1e-11)


ELEMENTWISE = [op.name for op in REGISTRY.values() if op.elementwise and op.differentiable]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_modes_agree_at_kinks_and_edges(name):
    """One operand at a time, also where the derivative is infinite or NaN."""
    for op, sample, which in cases(differentiable=False):
        on = floating(sample)
        fn = program(op, sample)
        if op.name != name or not any(on) or fn.results[0].dtype.kind != "f":
            continue
        ct = np.ones(fn.results[0].shape, fn.results[0].dtype)
        for k in range(len(on)):
            if not on[k] or np.shape(sample.operands[k]) != ct.shape:
                continue
            only = [i == k for i in range(len(on))]
            one = np.ones(ct.shape, np.asarray(sample.operands[k]).dtype)
            forward = pushforward(fn, sample.operands, [one], only)
            (back,) = pullback(fn, sample.operands, ct, only)
            at = _normal(sample)
            np.testing.assert_allclose(back[at], forward[at], rtol=1e-5, err_msg=f"{which}, operand {k}")


def _normal(sample):
    """Where no operand is subnormal: reciprocals, which the adjoint of a division forms, overflow there."""
    tiny = [(x != 0) & (np.abs(x) < np.finfo(x.dtype).tiny) for x in sample.operands if x.dtype.kind == "f"]
    return ~np.any(np.broadcast_arrays(*tiny), axis=0)
