"""Passes keep the meaning of random programs, bit for bit, and do what their names say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from jitad import ops
from jitad.ad import adjoint
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Const, Eqn, Function, Value, const
from jitad.ir.types import DTYPES, F32, type_of
from jitad.ir.verify import check
from jitad.opt import contract, dce, optimize, simplify
from tests.ir.programs import F, arguments, program, programs, vector


def names(fn: Function) -> list[str]:
    return [eqn.op.name for eqn in fn.eqns]


@pytest.mark.parametrize("opt", [simplify, dce, optimize])
@settings(max_examples=80, deadline=None, derandomize=True)
@given(fn=programs())
def test_results_keep_their_bits(opt, fn: Function) -> None:
    for whole in (fn, adjoint(fn)):
        out = check(opt(whole))
        x = arguments(whole)
        for a, b in zip(evaluate(whole, *x), evaluate(out, *x), strict=True):
            np.testing.assert_array_equal(a, b)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(fn=programs())
def test_contraction_changes_rounding_only(fn: Function) -> None:
    whole = optimize(adjoint(fn))
    out = check(contract(whole))
    x = arguments(whole)
    for a, b in zip(evaluate(whole, *x), evaluate(out, *x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(fn=programs())
def test_passes_are_idempotent(fn: Function) -> None:
    once = optimize(adjoint(fn))
    assert optimize(once).eqns == once.eqns
    assert dce(once) is once


def test_lines_and_origins_stay() -> None:
    fn = program(lambda x: ops.sin(x * 1.0) * (2.0 + const(3.0)), F)
    out = optimize(adjoint(fn))
    assert {e.loc for e in out.eqns} == {fn.eqns[0].loc}
    assert [e.origin for e in out.eqns] == ["", "", "adjoint", "adjoint", "adjoint"]


@pytest.mark.parametrize("short", ["f64", "f32", "i8", "u8", "i64"])
def test_folding_is_exact_in_the_declared_dtype(short: str) -> None:
    dtype = DTYPES[short]
    a, b = const(100, dtype), const(77, dtype)
    out = optimize(program(lambda: (ops.add(a, b), ops.mul(a, b))))
    with np.errstate(over="ignore"):
        want = [a.data + b.data, a.data * b.data]
    assert out.eqns == ()
    for r, x in zip(out.results, want):
        assert isinstance(r, Const)
        assert r.data.dtype == dtype
        assert r.data == x


def test_folding_is_silent_and_keeps_infinities() -> None:
    out = optimize(program(lambda: (ops.log(const(0.0)), ops.div(const(0.0), const(0.0)))))
    assert out.results[0].data == -np.inf
    assert np.isnan(out.results[1].data)


def test_arrays_are_not_folded() -> None:
    c = const(np.arange(3.0))
    assert names(optimize(program(lambda: ops.sin(c)))) == ["sin"]


def test_nothing_is_assumed_about_infinities_zeros_and_nan() -> None:
    def f(x: Value) -> tuple[Value, ...]:
        return x * 0.0, x - x, x / x, x + 0.0, ops.maximum(x, x) * const(np.nan)

    out = optimize(program(f, F))
    for x in (0.0, -0.0, np.inf, np.nan):
        with np.errstate(all="ignore"):
            y = np.float64(x)
            want = [y * 0.0, y - y, y / y, y + 0.0, np.nan]
        for a, b in zip(evaluate(out, x), want, strict=True):
            np.testing.assert_array_equal(a, b)
            assert np.signbit(a) == np.signbit(b) or np.isnan(b)


def test_equal_constants_are_shared_by_bits() -> None:
    def f(x: Value) -> tuple[Value, ...]:
        return x * const(2.0), x * const(2.0), x * const(-0.0), x * const(0.0)

    assert names(optimize(program(f, F))) == ["mul"] * 3


def test_equal_attributes_are_shared_in_any_order() -> None:
    x = Value(vector(3), "x")
    a, b = Value(vector(2)), Value(vector(2))
    eqns = (
        Eqn(ops.slice, (x,), {"start": (1,), "step": (1,), "shape": (2,)}, (a,)),
        Eqn(ops.slice, (x,), {"shape": (2,), "start": (1,), "step": (1,)}, (b,)),
    )
    assert len(simplify(Function("f", (x,), eqns, (a, b))).eqns) == 1


def test_copies_of_a_scalar_are_one_scalar() -> None:
    """The gradient of a sum multiplies by 1, not by an array of ones."""
    fn = adjoint(program(lambda x: ops.sum(ops.sin(x), axes=(0,)), vector(100)), results=False)
    out = optimize(fn)
    assert names(out) == ["cos", "mul"]


def test_dead_regions_of_the_walk_keep_what_regions_read() -> None:
    """A value read only inside a region of a live equation is live."""
    x, y, z, out, inner = (Value(F, h) for h in ("x", "y", "z", "out", "inner"))
    region = Function("body", (), (Eqn(ops.sin, (y,), {}, (inner,)), Eqn(ops.cos, (y,), {}, (z,))), (inner,))
    eqns = (Eqn(ops.exp, (x,), {}, (y,)), Eqn(ops.sin, (x,), {}, (out,), None, (region,)))
    kept = dce(Function("f", (x,), eqns, (out,)))
    assert names(kept) == ["exp", "sin"]
    assert names(kept.eqns[1].regions[0]) == ["sin"]


def test_contraction_does_not_depend_on_other_readers() -> None:
    """The bits of a*b + c are the same whether the product is a result as well or not."""
    alone = contract(program(lambda a, b, c: a * b + c, F, F, F))

    def shared(a: Value, b: Value, c: Value) -> tuple[Value, ...]:
        p = a * b
        return p + c, ops.sin(p)

    assert names(alone) == ["fma"]
    assert names(contract(program(shared, F, F, F))) == ["mul", "fma", "sin"]


def test_only_floats_of_one_shape_are_contracted() -> None:
    i64 = type_of(DTYPES["i64"])
    assert names(contract(program(lambda a, b, c: ops.add(ops.mul(a, b), c), i64, i64, i64))) == [
        "mul",
        "add",
    ]
    assert names(contract(program(lambda a, b, c: a * b + c, F, F, vector(3)))) == ["mul", "add"]
    f32 = type_of(F32)
    assert names(contract(program(lambda a, b, c: a * b + c, f32, f32, f32))) == ["fma"]
