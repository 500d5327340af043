"""The table of derivatives where functions have kinks, ties or poles: one value, the same in both modes."""

from __future__ import annotations

import numpy as np
import pytest
from ops_programs import program, pullback, pushforward

import jitad as jad
from jitad.ad.tangent import tangent
from jitad.ir.evaluate import evaluate
from jitad.ir.op import REGISTRY, Sample

inf = np.inf

#: op, operands, expected derivative with respect to each operand
KINKS = [
    ("abs", (0.0,), (0.0,)),
    ("abs", (-0.0,), (0.0,)),
    ("maximum", (2.0, 2.0), (0.5, 0.5)),
    ("minimum", (2.0, 2.0), (0.5, 0.5)),
    ("maximum", (inf, inf), (0.5, 0.5)),
    ("fmax", (2.0, 2.0), (0.5, 0.5)),
    ("fmin", (np.nan, 2.0), (0.0, 1.0)),
    ("fmax", (2.0, np.nan), (1.0, 0.0)),
    ("hypot", (0.0, 0.0), (0.0, 0.0)),
    ("hypot", (1e-170, 0.0), (1.0, 0.0)),
    ("arctan2", (0.0, 0.0), (0.0, 0.0)),
    ("arctan2", (0.0, -1.0), (-1.0, 0.0)),
    ("arctan2", (0.0, 1e200), (1e-200, 0.0)),
    ("sqrt", (0.0,), (inf,)),
    ("cbrt", (0.0,), (inf,)),
    ("log", (0.0,), (inf,)),
    ("power", (0.0, 0.0), (0.0, -inf)),
    ("power", (0.0, 0.5), (inf, 0.0)),
    ("power", (0.0, 1.0), (1.0, 0.0)),
    ("power", (0.0, 2.0), (0.0, 0.0)),
    ("power", (3.0, 0.0), (0.0, np.log(3.0))),
    ("power", (-2.0, 3.0), (12.0, np.nan)),
    ("copysign", (0.0, 1.0), (0.0, 0.0)),
    ("copysign", (-2.0, 1.0), (-1.0, 0.0)),
    ("copysign", (-2.0, -0.0), (1.0, 0.0)),
    ("remainder", (7.0, 2.0), (1.0, -3.0)),
    ("remainder", (-7.0, 2.0), (1.0, 4.0)),
    ("remainder", (6.0, 2.0), (1.0, -3.0)),
    ("logaddexp", (-inf, -inf), (0.5, 0.5)),
    ("logaddexp", (inf, inf), (0.5, 0.5)),
    ("logaddexp", (inf, 0.0), (1.0, 0.0)),
    ("logaddexp", (0.0, -inf), (1.0, 0.0)),
    ("logaddexp", (1e6, 1e6 + 1), (1 / (1 + np.e), np.e / (1 + np.e))),
    ("expit", (800.0,), (0.0,)),
    ("tanh", (400.0,), (0.0,)),
    ("expm1", (0.0,), (1.0,)),
    ("erf", (0.0,), (2 / np.sqrt(np.pi),)),
]


@pytest.mark.parametrize(("name", "xs", "expected"), KINKS, ids=lambda v: v if isinstance(v, str) else "")
def test_kink(name, xs, expected):
    xs = tuple(map(np.float64, xs))
    fn = program(REGISTRY[name], Sample(xs))
    on = [True] * len(xs)
    np.testing.assert_allclose(pullback(fn, xs, 1.0, on), expected, rtol=1e-12)
    for k, slope in enumerate(expected):
        only = [i == k for i in range(len(xs))]
        np.testing.assert_allclose(pushforward(fn, xs, [1.0], only), slope, rtol=1e-12)


def _second(name, *xs, wrt=0, then=0):
    """∂/∂x[then] of ∂/∂x[wrt], forward over forward."""
    xs = tuple(map(np.float64, xs))
    first = tangent(program(REGISTRY[name], Sample(xs)), [i == wrt for i in range(len(xs))])
    again = tangent(first, [i == then for i in range(len(xs))] + [False])
    return evaluate(again, *xs, 1.0, 1.0)[-1]


def test_second_derivatives_at_kinks():
    assert _second("abs", 0.0) == 0
    assert _second("maximum", 2.0, 2.0) == 0
    assert _second("power", 0.0, 2.0) == 2
    assert _second("power", 0.0, 3.0) == 0
    assert _second("power", 3.0, 0.0, wrt=0, then=1) == pytest.approx(1 / 3)
    assert _second("power", 3.0, 0.0, wrt=1, then=0) == pytest.approx(1 / 3)
    assert _second("logaddexp", 1.0, 1.0) == pytest.approx(0.25)
    assert _second("logaddexp", 1.0, 1.0, then=1) == pytest.approx(-0.25)
    assert _second("expit", 0.0) == 0
    assert _second("hypot", 3.0, 4.0, then=1) == pytest.approx(-12 / 125)


@pytest.mark.parametrize("name", ["reduce_max", "reduce_min"])
def test_ties_of_a_reduction_share_equally(name):
    x = np.array([[3.0, 1.0, 3.0], [1.0, 1.0, 2.0]])
    best = 3.0 if name == "reduce_max" else 1.0
    for axes, shares in (((0, 1), (x == best) / np.sum(x == best)),):
        sample = Sample((x,), {"axes": axes})
        fn = program(REGISTRY[name], sample)
        (g,) = pullback(fn, (x,), 1.0, [True])
        np.testing.assert_array_equal(g, shares)
        t = np.arange(6.0).reshape(2, 3)
        assert pushforward(fn, (x,), [t], [True]) == pytest.approx(np.sum(shares * t))


def test_maximum_of_nan_has_the_same_derivative_in_both_modes():
    x = np.array([1.0, np.nan, 3.0])
    fn = program(REGISTRY["reduce_max"], Sample((x,), {"axes": (0,)}))
    (g,) = pullback(fn, (x,), 1.0, [True])
    one_by_one = [pushforward(fn, (x,), [t], [True]) for t in np.eye(3)]
    np.testing.assert_array_equal(g, one_by_one)


@pytest.mark.parametrize("zeros", [(), (1,), (1, 3), (0, 1, 2)])
def test_products_with_zeros(zeros):
    x = np.array([2.0, -1.5, 3.0, 0.5])
    x[list(zeros)] = 0
    expected = [np.prod(np.delete(x, k)) for k in range(4)]
    fn = program(REGISTRY["prod"], Sample((x,), {"axes": (0,)}))
    np.testing.assert_allclose(pullback(fn, (x,), 1.0, [True])[0], expected)
    twice = tangent(tangent(fn), [True, False])
    for i in range(4):
        for k in range(4):
            mixed = evaluate(twice, x, np.eye(4)[i], np.eye(4)[k])[-1]
            assert mixed == pytest.approx(0 if i == k else np.prod(np.delete(x, [i, k])))


def test_the_last_of_repeated_indices_takes_the_cotangent():
    base, update, idx = np.zeros(3), np.array([5.0, 7.0, 9.0]), np.array([1, -2, 0])
    fn = program(REGISTRY["scatter_set"], Sample((base, update, idx)))
    assert evaluate(fn, base, update, idx)[0].tolist() == [9, 7, 0]
    g_base, g_update = pullback(fn, (base, update, idx), np.array([1.0, 2.0, 3.0]), [True, True, False])
    assert g_base.tolist() == [0, 0, 3]
    assert g_update.tolist() == [0, 2, 1]


@pytest.mark.parametrize("p", (-0.5, -1.5, -2.5, -9.0, -8.0, -1.0, 1.5, 12.0))
def test_slope_of_a_constant_power_where_it_is_extreme(p: float) -> None:
    whole = p == int(p)
    x = np.array([0.3, 1.0, 7.0, 1e-200, 1e200, 5e-324, 1e-30, 1e30, 0.0, np.inf, -0.0, -2.5, -np.inf])
    x = x if whole else x[:10]
    with np.errstate(all="ignore"):
        expected = p * np.power(x, p - 1)
    found = jad.grad(lambda x: np.sum(x**p))(x)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-307)
