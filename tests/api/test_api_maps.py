"""Pullbacks and pushforwards: they own what they need, check what they get, and pass through jit."""

import numpy as np
import pytest

import jitad as jad

A = np.array([1.0, 2.0, 3.0])


def f(x, y):
    return {"a": x * y, "b": np.sum(np.sin(x))}


def expected(x, y, ct):
    return ct["a"] * y + ct["b"] * np.cos(x), np.sum(ct["a"] * x)


CT = {"a": np.array([1.0, -1.0, 2.0]), "b": 3.0}


def test_a_pullback_gives_one_cotangent_per_primal():
    value, pullback = jad.vjp(f, A, 2.0)
    np.testing.assert_allclose(value["a"], 2 * A)
    for _ in range(2):
        ct = pullback(CT)
        assert type(ct) is tuple and len(ct) == 2 and type(ct[1]) is np.float64
        for got, want in zip(ct, expected(A, 2.0, CT)):
            np.testing.assert_allclose(got, want)


def test_a_pushforward_is_linear():
    _, pushforward = jad.linearize(f, A, 2.0)
    one, two = pushforward(A, 1.0), pushforward(2 * A, 2.0)
    np.testing.assert_allclose(two["a"], 2 * one["a"])
    np.testing.assert_allclose(one["a"], A * 2 + A)
    np.testing.assert_allclose(one["b"], np.sum(np.cos(A) * A))


def test_maps_own_their_data():
    x, table = A.copy(), np.ones(3)
    g = lambda x: x * x * table
    _, pullback = jad.vjp(g, x)
    _, pushforward = jad.linearize(g, x)
    x[:], table[:] = 100, 100
    np.testing.assert_allclose(pullback(np.ones(3))[0], 2 * A)
    np.testing.assert_allclose(pushforward(np.ones(3)), 2 * A)


def test_maps_of_different_points_do_not_mix():
    maps = [jad.vjp(np.square, np.full(3, float(k)))[1] for k in range(4)]
    for k, pullback in enumerate(maps):
        np.testing.assert_array_equal(pullback(np.ones(3))[0], np.full(3, 2.0 * k))


def test_results_of_a_map_are_fresh():
    _, pullback = jad.vjp(lambda x: x * 1.0, A)
    ct = np.ones(3)
    (out,) = pullback(ct)
    assert not np.shares_memory(out, ct)
    constant = jad.vjp(lambda x: 3.0 * np.sum(x), A)[1]
    first, second = constant(1.0)[0], constant(1.0)[0]
    assert not np.shares_memory(first, second)


def test_maps_pass_through_jit():
    value, pullback = jad.jit(lambda x: jad.vjp(np.sin, x))(A)
    np.testing.assert_allclose(value, np.sin(A))
    np.testing.assert_allclose(pullback(np.ones(3))[0], np.cos(A))
    apply = jad.jit(lambda p, ct: p(ct)[0] * 2)
    np.testing.assert_allclose(apply(pullback, np.ones(3)), 2 * np.cos(A))
    pushforward = jad.jit(lambda x: jad.linearize(np.sin, x)[1])(A)
    np.testing.assert_allclose(pushforward(np.ones(3)), np.cos(A))


def test_maps_differentiate():
    pullback = jad.vjp(lambda x: x**3, A)[1]
    np.testing.assert_allclose(
        jad.grad(lambda ct: np.sum(pullback(ct)[0] ** 2))(np.ones(3)), 2 * (3 * A**2) ** 2
    )


def test_float32_cotangents():
    x = A.astype(np.float32)
    _, pullback = jad.vjp(np.sum, x)
    assert pullback(np.float32(1))[0].dtype == np.float32
    assert pullback(1.0)[0].dtype == np.float32
    with pytest.raises(TypeError, match="the cotangent is f64, but it belongs to f32"):
        pullback(np.float64(1))


@pytest.mark.parametrize(
    ("ct", "error", "text"),
    [
        (
            {"a": np.ones(2), "b": 1.0},
            ValueError,
            r"the cotangent\['a'\] has shape \(2,\), but \(3,\) is required",
        ),
        ({"a": np.ones(3)}, TypeError, "the cotangent must have the structure"),
        ((np.ones(3), 1.0), TypeError, "the cotangent must have the structure"),
        ({"a": np.ones(3, np.float32), "b": 1.0}, TypeError, r"the cotangent\['a'\] is f32\[3\]"),
        (
            {"a": [1.0, 2.0, 3.0], "b": 1.0},
            TypeError,
            r"the cotangent\['a'\] is a list, but it belongs to f64",
        ),
        ({"a": None, "b": 1.0}, TypeError, r"the cotangent\['a'\] is a NoneType, but it belongs to f64\[3\]"),
        ({"a": np.ones(3), "b": 1j}, NotImplementedError, r"b'\] is complex; complex numbers"),
        ({"a": np.ones(3, complex), "b": 1.0}, NotImplementedError, "complex numbers"),
    ],
)
def test_cotangents_are_checked(ct, error, text):
    _, pullback = jad.vjp(f, A, 2.0)
    with pytest.raises(error, match=text):
        pullback(ct)


TRACED = []


class Squared:
    def method(self, x):
        TRACED.append(1)
        return x**2


@pytest.mark.parametrize("kind", ["function", "compiled", "method"])
def test_calls_with_the_same_function_compile_once(kind):
    traced = []

    def function(x):
        traced.append(1)
        return x**2

    obj = Squared()
    if kind == "method":
        TRACED.clear()
        traced = TRACED
    g = jad.jit(function) if kind == "compiled" else function

    for k in range(3):
        g = obj.method if kind == "method" else g
        jad.vjp(g, A + k)[1](A)
        jad.jvp(g, (A + k,), (A,))
        jad.linearize(g, A + k)[1](A)
    assert len(traced) == 3
