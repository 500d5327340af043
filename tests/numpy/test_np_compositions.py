"""Functions made of several primitives: stable values, derivatives at kinks and edges, second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special
from np_harness import check_derivatives, check_same, flat, run

import jitad as jad
from jitad.scipy.special import log_softmax, logsumexp, polygamma, softmax, xlogy

A = np.random.default_rng(2).standard_normal((3, 4))
W = np.abs(A) + 0.1
X = np.array([1.0, 2.0, 3.0])


def derivative(f: Any, *args: Any) -> list[np.ndarray]:
    """The gradient of the sum of `f` with respect to all arguments."""
    return flat(jad.grad(lambda *xs: np.sum(f(*xs)), argnums=tuple(range(len(args))))(*args))


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp(axis: Any, keepdims: bool) -> None:
    f = lambda a: logsumexp(a, axis=axis, keepdims=keepdims)
    check_same(f, A, expected=scipy.special.logsumexp(A, axis=axis, keepdims=keepdims))
    check_same(f, A + 1e4, expected=scipy.special.logsumexp(A + 1e4, axis=axis, keepdims=keepdims))
    check_derivatives(f, A)
    g = lambda a, b: logsumexp(a, axis=axis, b=b, keepdims=keepdims)
    check_same(g, A, W, expected=scipy.special.logsumexp(A, axis=axis, b=W, keepdims=keepdims))
    check_derivatives(g, A, W)


def test_logsumexp_edges() -> None:
    inf = np.inf
    for x in ([-inf, -inf], [-inf, 1.0], [inf, 1.0], [np.nan, 1.0], [800.0, 800.0], [-800.0, -801.0]):
        check_same(logsumexp, np.array(x), expected=scipy.special.logsumexp(np.array(x)))
    check_same(logsumexp, np.array([1, 2]), expected=scipy.special.logsumexp(np.array([1, 2])))
    check_same(lambda a: logsumexp(a, axis=0), np.ones((0, 3)), expected=np.full(3, -inf))
    b = np.array([1.0, -1.0, 0.0])
    signed = scipy.special.logsumexp(np.array([1.0, 2.0, inf]), b=b, return_sign=True)
    check_same(lambda a: logsumexp(a, b=b, return_sign=True), np.array([1.0, 2.0, inf]), expected=signed)
    np.testing.assert_allclose(derivative(logsumexp, np.array([-inf, 0.0, 0.0]))[0], [0, 0.5, 0.5])
    assert np.all(derivative(logsumexp, np.array([-inf, -inf]))[0] == 0)


@pytest.mark.parametrize("f, g", [(softmax, scipy.special.softmax), (log_softmax, scipy.special.log_softmax)])
def test_softmax(f: Any, g: Any) -> None:
    for axis in (None, 0, 1, (0, 1)):
        check_same(lambda a, axis=axis: f(a, axis=axis), A, expected=g(A, axis=axis))
        check_same(lambda a, axis=axis: f(a, axis), A * 500, rtol=1e-12, expected=g(A * 500, axis=axis))
        check_derivatives(lambda a, axis=axis: f(a, axis), A)
    check_same(f, A.astype(np.float32), expected=g(A.astype(np.float32)))


def test_polygamma() -> None:
    for n in (0, 1, 3):
        check_same(lambda x, n=n: polygamma(n, x), X, rtol=1e-12, expected=scipy.special.polygamma(n, X))
        check_derivatives(lambda x, n=n: polygamma(n, x), X)


def test_norm_and_std_are_flat_at_zero() -> None:
    zero, same = np.zeros(3), np.ones(3)
    for f, x in (
        (np.linalg.norm, zero),
        (lambda x: np.linalg.norm(x, 3), zero),
        (lambda x: np.linalg.norm(np.outer(x, x)), zero),
        (np.std, same),
        (lambda x: np.std(np.outer(x, x), axis=0), same),
        (lambda x: np.hypot(x[0], x[1]), zero),
    ):
        assert np.all(derivative(f, x)[0] == 0)
        second = jad.grad(lambda x, f=f: np.sum(jad.grad(lambda x: np.sum(f(x)))(x) * X))(x)
        assert np.all(np.isfinite(second))


def test_ties_are_shared() -> None:
    two = np.array([2.0, 2.0, 1.0])
    np.testing.assert_array_equal(derivative(np.max, two)[0], [0.5, 0.5, 0])
    np.testing.assert_array_equal(derivative(lambda x: np.clip(x, 1, 2), two)[0], [0.5, 0.5, 0.5])
    np.testing.assert_array_equal(derivative(np.maximum, two, np.full(3, 2.0))[1], [0.5, 0.5, 1])
    np.testing.assert_array_equal(derivative(np.abs, np.zeros(2))[0], [0, 0])
    np.testing.assert_array_equal(derivative(np.ptp, two)[0], [0.5, 0.5, -1])
    np.testing.assert_array_equal(derivative(lambda x: np.clip(x, x, x), X)[0], [1, 1, 1])


def test_where_guards_the_branch_not_taken() -> None:
    x = np.array([-1.0, 0.0, 4.0])
    np.testing.assert_allclose(derivative(lambda x: np.where(x > 0, np.sqrt(x), 0), x)[0], [0, 0, 0.25])
    np.testing.assert_allclose(derivative(lambda x: np.where(x > 0, np.log(x), x), x)[0], [1, 1, 0.25])
    np.testing.assert_allclose(derivative(lambda x: np.nan_to_num(x * np.inf) * 0 + x, x)[0], [1, 1, 1])


def test_xlogy_at_zero() -> None:
    x, y = np.array([0.0, 0.0, 0.0, 2.0]), np.array([0.0, 3.0, np.inf, 3.0])
    dx, dy = derivative(xlogy, x, y)
    np.testing.assert_allclose(dx, [0, np.log(3), 0, np.log(3)])
    np.testing.assert_allclose(dy, [0, 0, 0, 2 / 3])


def test_prod_with_zeros() -> None:
    np.testing.assert_allclose(derivative(np.prod, np.array([0.0, 2.0, 3.0]))[0], [6, 0, 0])
    np.testing.assert_allclose(derivative(np.prod, np.array([0.0, 0.0, 3.0]))[0], [0, 0, 0])
    np.testing.assert_allclose(
        derivative(lambda x: np.cumprod(x)[-1], np.array([0.0, 2.0, 3.0]))[0], [6, 0, 0]
    )


def test_remainder_and_heaviside_derivatives() -> None:
    a, b = np.array([5.3, -5.3]), np.array([2.0, 2.0])
    da, db = derivative(np.remainder, a, b)
    np.testing.assert_array_equal(da, [1, 1])
    np.testing.assert_array_equal(db, -np.floor(a / b))
    np.testing.assert_array_equal(derivative(np.fmod, a, b)[1], -np.trunc(a / b))
    np.testing.assert_array_equal(derivative(np.heaviside, np.array([0.0, 1.0]), b)[1], [1, 0])


def test_sinc_near_zero() -> None:
    points = np.array([0.0, 1e-9, 1e-5, 3.1e-5, 3.2e-5, 1e-4, 0.5, 3.0])
    check_same(np.sinc, points, rtol=1e-15)
    (slope,) = derivative(np.sinc, points)
    np.testing.assert_allclose(slope[:2], [0, -(np.pi**2) / 3 * 1e-9], atol=1e-20)
    np.testing.assert_allclose(slope[3] / points[3], slope[4] / points[4], rtol=1e-5)
    second = jad.grad(lambda x: np.sum(jad.grad(lambda x: np.sum(np.sinc(x)))(x)))(points)
    np.testing.assert_allclose(second[:3], -(np.pi**2) / 3, rtol=1e-6)


SECOND_ORDER: list[tuple[Any, tuple[Any, ...]]] = [
    (lambda a: logsumexp(a, axis=1), (A,)),
    (lambda a: np.sum(softmax(a, axis=0) * W), (A,)),
    (lambda a: np.var(a, axis=0, ddof=1), (A,)),
    (lambda a: np.std(a, axis=1), (A,)),
    (lambda a: np.linalg.norm(a, axis=0), (A,)),
    (lambda a: np.einsum("ij,kj,k->i", a, a, np.arange(3.0)), (A,)),
    (lambda a: np.pad(a, 1, mode="reflect") ** 3, (A,)),
    (lambda a: np.prod(a, axis=1), (A,)),
    (lambda a: np.cumprod(a[0] ** 2), (A,)),
    (lambda a: a[[0, 2, 2]] ** 3, (A,)),
    (lambda a: np.where(a > 0, a**3, np.exp(a)), (A,)),
    (lambda a, b: xlogy(a, b), (W, W + 1)),
    (lambda a, b: np.logaddexp(a, b), (A, A.T.reshape(3, 4))),
    (lambda a, b: np.arctan2(a, b) + np.hypot(a, b), (A, W)),
    (lambda a, b: np.power(a, b), (W, A)),
    (lambda a: np.clip(a, -0.5, 0.5) ** 2, (A,)),
    (lambda a: np.interp(a, np.array([-2.0, 0.0, 2.0]), np.array([0.0, 1.0, 5.0])) ** 2, (A,)),
    (lambda a: np.linspace(a, 2 * a, 3) ** 2, (A,)),
]


@pytest.mark.parametrize("number", range(len(SECOND_ORDER)))
def test_second_order(number: int) -> None:
    f, args = SECOND_ORDER[number]
    jad.check_grads(f, args, order=2, rtol=1e-5, atol=1e-5)


def test_integer_paths_carry_no_derivative() -> None:
    x = np.array([0.3, 1.7])
    assert np.all(derivative(lambda x: np.floor(x) + np.round(x) + x.astype(int), x)[0] == 0)
    assert run(lambda x: np.argmax(x), x)[0] == 1
