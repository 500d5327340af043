"""Derivatives of loops and branches: forward, reverse and differences agree, at first and second order."""

from __future__ import annotations

import numpy as np
import pytest
from region_programs import PROGRAMS

import jitad.ops  # noqa: F401  declares the ops
from jitad.ad import adjoint, split, tangent
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function
from jitad.ir.text import parse, show
from jitad.ir.verify import check
from jitad.opt import optimize

STEP = 1e-6


def _directions(values: object, phase: int) -> list[np.ndarray]:
    """A direction for each floating value."""
    rng = np.random.default_rng(phase)
    return [rng.uniform(-1, 1, np.shape(v)) for v in values if np.asarray(v).dtype.kind == "f"]


def _floats(values: object) -> list[np.ndarray]:
    return [np.asarray(v) for v in values if np.asarray(v).dtype.kind == "f"]


def _moved(xs: tuple, ts: list, h: float) -> list:
    steps = iter(ts)
    return [x + h * next(steps) if np.asarray(x).dtype.kind == "f" else x for x in xs]


def _difference(fn: Function, xs: tuple, ts: list) -> list[np.ndarray]:
    above, below = (evaluate(fn, *_moved(xs, ts, h)) for h in (STEP, -STEP))
    return [(a - b) / (2 * STEP) for a, b in zip(_floats(above), _floats(below))]


def _agree(found: list, expected: list, tolerance: float = 1e-7) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", PROGRAMS)
def test_tangents_are_differences(name: str) -> None:
    text, xs = PROGRAMS[name]
    fn = check(parse(text))
    ts = _directions(xs, 1)
    forward = check(optimize(check(tangent(fn))))
    out = evaluate(forward, *xs, *ts)
    _agree(out[: len(fn.results)], evaluate(fn, *xs), 0.0)
    _agree(out[len(fn.results) :], _difference(fn, xs, ts))


@pytest.mark.parametrize("name", PROGRAMS)
def test_cotangents_agree_with_tangents(name: str) -> None:
    text, xs = PROGRAMS[name]
    fn = parse(text)
    n = len(fn.results)
    ts = _directions(xs, 1)
    out = evaluate(tangent(fn), *xs, *ts)
    cts = _directions(out[:n], 2)
    for reverse in (check(adjoint(fn)), check(optimize(check(adjoint(fn))))):
        back = evaluate(reverse, *xs, *cts)
        _agree(back[:n], out[:n], 0.0)
        assert sum(np.vdot(a, b) for a, b in zip(back[n:], ts)) == pytest.approx(
            sum(np.vdot(a, b) for a, b in zip(cts, out[n:])), rel=1e-12, abs=1e-14
        )


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_derivatives_agree_in_all_orders_of_modes(name: str) -> None:
    text, xs = PROGRAMS[name]
    fn = parse(text)
    n = len(fn.results)
    cts = _directions(evaluate(fn, *xs), 2)
    back = optimize(adjoint(fn, results=False))
    arguments = (*xs, *cts)
    ts = _directions(arguments, 3)
    expected = _difference(back, arguments, ts)
    forward_of = check(optimize(check(tangent(back))))
    _agree(evaluate(forward_of, *arguments, *ts)[len(back.results) :], expected, 1e-6)
    outer = _directions(evaluate(back, *arguments), 4)
    reverse_of = check(optimize(check(adjoint(back, results=False))))
    paired = sum(np.vdot(a, b) for a, b in zip(evaluate(reverse_of, *arguments, *outer), ts))
    assert paired == pytest.approx(sum(np.vdot(a, b) for a, b in zip(outer, expected)), rel=1e-6, abs=1e-7)
    push = optimize(tangent(fn))
    back_of_push = check(optimize(check(adjoint(push, results=False))))
    assert len(back_of_push.results) == sum(t.is_float for t in push.param_types)
    assert n <= len(push.results)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_split_adjoint_gives_the_same_from_two_functions(name: str) -> None:
    text, xs = PROGRAMS[name]
    fn = parse(text)
    cts = _directions(evaluate(fn, *xs), 2)
    whole = optimize(adjoint(fn))
    parts = split(whole, len(xs))
    check(parts.forward)
    check(parts.backward)
    first = evaluate(parts.forward, *xs)
    residuals = first[len(first) - parts.residuals :]
    second = iter(evaluate(parts.backward, *residuals, *cts))
    early = iter(first)
    found = [next(early) if known else next(second) for known in parts.known]
    _agree(found, evaluate(whole, *xs, *cts), 0.0)


def test_a_recurrence_keeps_one_element_an_iteration() -> None:
    """Nothing of the array's size is stacked."""
    text, _ = PROGRAMS["recurrence"]
    for short, long in (
        ("f64[6]", "f64[60]"),
        ("(6,)", "(60,)"),
        ("for 5,", "for 59,"),
        ("trips=5", "trips=59"),
    ):
        text = text.replace(short, long)
    fn = optimize(adjoint(optimize(parse(text))))
    first = next(e for e in fn.eqns if e.op.name == "for")
    assert {str(r.type) for r in first.results[1:]} <= {"f64", "f64[59]"}, show(fn)


def test_elements_of_arrays_from_around_a_loop_are_read_again_not_kept() -> None:
    fn = parse("""
    func @rows(%x: f64[5000], %w: f64[5000], %idx: i64[40], %n: i64) -> f64 {
      %s: f64 = for %n, 0.0 {trips=-1, carried=1, reverse=false} @body(%k: i64, %a: f64) -> f64 {
        %i: i64 = gather %idx, %k
        %u: f64 = gather %x, %i
        %v: f64 = gather %w, %i
        %p: f64 = mul %u, %v
        %t: f64 = add %a, %p
        return %t
      }
      return %s
    }
    """)
    assert "push" not in show(check(optimize(adjoint(fn))))


def test_quotients_on_the_way_back_wait_for_no_division() -> None:
    """The cotangent that passes from one iteration to the next is multiplied by a reciprocal."""
    text, _ = PROGRAMS["quotients"]
    fn = optimize(adjoint(optimize(parse(text))))
    back = [e for e in fn.eqns if e.op.name == "for"][-1]
    divisions = [e for e in back.regions[0].eqns if e.op.name == "div" and e.origin]
    assert all(e.operands[0].data == 1.0 for e in divisions), show(fn)
