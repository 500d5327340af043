"""Loops whose trips are an argument: what they keep is stacked in memory obtained once, not on tapes."""

import numpy as np
import pytest

import jitad as jad


def stepped(x, rate, n):
    for _ in range(n):
        x = np.sin(x) + rate * x[::-1]
    return np.sum(x * x)


def nested(x, n, m):
    total = 0.0
    for i in range(n):
        for _ in range(m):
            x = np.tanh(x + 0.1 * x[::-1])
        total += np.sum(x * (i + 1.0))
    return total


def triangle(x, n):
    for i in range(n):
        for j in range(i):
            x = x * np.cos(x) + 0.01 * j
    return np.sum(x)


def downwards(x, n):
    for i in range(n, 0, -1):
        x = np.exp(-x) * i
    return np.sum(x)


X = np.linspace(0.2, 0.9, 20)


def difference(f, *args):
    direction, h = np.cos(np.arange(X.size)), 1e-6
    return (f(X + h * direction, *args) - f(X - h * direction, *args)) / (2 * h), direction


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (stepped, (0.3, 17)),
        (stepped, (0.3, 1)),
        (stepped, (0.3, 0)),
        (stepped, (0.3, -3)),
        (nested, (4, 5)),
        (nested, (0, 5)),
        (nested, (5, 0)),
        (triangle, (6,)),
        (downwards, (5,)),
    ],
)
def test_gradients_of_loops_as_long_as_an_argument(f, args):
    gradient = jad.grad(f)
    expected, direction = difference(f, *args)
    np.testing.assert_allclose(gradient(X, *args) @ direction, expected, rtol=1e-6, atol=1e-8)
    with jad.disable_jit():
        np.testing.assert_allclose(jad.grad(f)(X, *args), gradient(X, *args), rtol=1e-12)


def test_one_compilation_serves_all_lengths():
    gradient = jad.grad(stepped)
    for n in (0, 3, 1000, -1, 2):
        fresh = jad.grad(stepped)(X, 0.3, n)
        np.testing.assert_array_equal(gradient(X, 0.3, n), fresh)


@pytest.mark.parametrize("f, args", [(stepped, (0.3, 10)), (nested, (4, 3)), (downwards, (3,))])
def test_rows_instead_of_tapes(f, args):
    program = jad.grad(f).compile(X, *args).ir
    assert "rows=%" in program and "tape" not in program


def test_trips_that_an_outer_loop_computes_are_on_tapes():
    assert "push" in jad.grad(triangle).compile(X, 3).ir


def test_budgets_keep_their_bits():
    for f, args in ((stepped, (0.3, 500)), (nested, (20, 10))):
        for budget in (4000, 20_000):
            bounded = jad.grad(f, tape_budget=budget)(X, *args)
            np.testing.assert_array_equal(bounded, jad.grad(f)(X, *args))


@pytest.mark.parametrize("f, args", [(stepped, (0.3, 5)), (nested, (3, 2))])
def test_second_order(f, args):
    direction, h = np.cos(np.arange(X.size)), 1e-5
    slope = lambda x: np.sum(jad.grad(f)(x, *args) * direction)
    hessian = jad.grad(slope)(X)
    step = np.eye(X.size)[3] * h
    expected = (slope(X + step) - slope(X - step)) / (2 * h)
    np.testing.assert_allclose(hessian[3], expected, rtol=1e-5, atol=1e-7)


def test_pullbacks():
    def back(x, n):
        value, pullback = jad.vjp(lambda y: stepped(y, 0.3, n), x)
        return value, pullback(1.0)[0]

    value, gradient = jad.jit(back)(X, 30)
    np.testing.assert_allclose(value, stepped(X, 0.3, 30), rtol=1e-12)
    np.testing.assert_allclose(gradient, jad.grad(stepped)(X, 0.3, 30), rtol=1e-12)


def flipped(y, n):
    for k in range(1, n):
        y[:k] += 0.3 * y[:k][::-1] * y[k]
        y[1 : k + 1] = np.sin(y[k - 1 :: -1])
    return np.sum(y * np.arange(n))


@pytest.mark.parametrize("n", [2, 8, 9, 17, 40])
def test_parts_of_changing_size_read_and_written_from_their_end(n):
    y = np.linspace(0.1, 0.8, n)
    f = lambda y: flipped(y.copy(), n)
    np.testing.assert_allclose(jad.jit(f)(y), f(y), rtol=1e-12)
    direction, h = np.cos(np.arange(n)), 1e-6
    expected = (f(y + h * direction) - f(y - h * direction)) / (2 * h)
    gradient = jad.grad(f)(y)
    np.testing.assert_allclose(gradient @ direction, expected, rtol=1e-6)
    with jad.disable_jit():
        np.testing.assert_allclose(jad.grad(f)(y), gradient, rtol=1e-12)
    if n == 40:
        assert "roomy" in jad.grad(f).compile(y).ir


def best(prices, strike, up, p):
    value = np.maximum(strike - prices, 0.0)
    for i in range(len(prices) - 1, 0, -1):
        prices[:i] = prices[1 : i + 1] / up
        value[:i] = np.maximum((p * value[1 : i + 1] + (1.0 - p) * value[:i]) / up, strike - prices[:i])
    return np.sum(value)


def test_masks_are_computed_again_from_what_was_written():
    """Prices and values are kept, 160 and 168 bytes; the masks of `maximum` are functions of both."""
    prices, (strike, up, p) = np.linspace(0.5, 2.0, 21), (1.1, 1.1, 0.9)
    gradient = jad.grad(best, argnums=(0, 1, 2, 3))
    assert "keeps 328 bytes" in jad.explain(gradient, prices, strike, up, p)
    direction, h = np.cos(np.arange(21)), 1e-7
    at = lambda t: best(prices + t * direction, strike + t, up - t, p + 2 * t)
    ct, *numbers = gradient(prices, strike, up, p)
    expected = (at(h) - at(-h)) / (2 * h)
    found = ct @ direction + np.dot(numbers, (1.0, -1.0, 2.0))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
