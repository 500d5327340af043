"""`jad.checkpoint`: the same values and derivatives, and nothing inside is kept."""

import re

import numpy as np
import pytest

import jitad as jad

X, W = np.linspace(0.1, 1.0, 30), np.linspace(1.0, 2.0, 30)


def inner(x, w):
    y = np.sin(x) * w
    z = np.exp(-y * y)
    return z * y + 0.1 * x


def once(step):
    return lambda x, w: np.sum(W * step(x, w))


def looped(step):
    def loss(x, w):
        for _ in range(20):
            x = step(x, w)
        return np.sum(W * x)

    return loss


def until(step):
    def loss(x, w):
        while np.sum(x) > 1.0:
            x = 0.3 * step(x, w)
        return np.sum(W * x)

    return loss


def nested(step):
    two = jad.checkpoint(lambda x, w: step(step(x, w), w))
    return lambda x, w: np.sum(W * two(two(x, w), w))


def chosen(step):
    def loss(x, w):
        for i in range(20):
            if x[0] > 0.3:
                x = step(x, w)
            else:
                x = x + 0.01 * i
        return np.sum(W * x)

    return loss


LOSSES = [once, looped, until, nested, chosen]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.__name__)
def test_derivatives_are_those_of_the_function(loss):
    plain, checked = loss(inner), loss(jad.checkpoint(inner))
    same = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    same(jad.jit(checked)(X, W), plain(X, W))
    for a, b in zip(jad.grad(checked, (0, 1))(X, W), jad.grad(plain, (0, 1))(X, W)):
        same(a, b)
    same(jad.jvp(checked, (X, W), (W, X)), jad.jvp(plain, (X, W), (W, X)))
    of_gradient = lambda f: lambda x: np.sum(X * jad.grad(f, 1)(x, W))
    same(jad.grad(of_gradient(checked))(X), jad.grad(of_gradient(plain))(X))
    same(jad.jvp(of_gradient(checked), (X,), (W,)), jad.jvp(of_gradient(plain), (X,), (W,)))
    with jad.disable_jit():
        same(jad.grad(checked)(X, W), jad.grad(plain)(X, W))


def kept(f, *args):
    return int(re.search(r"keeps (\d+) bytes", jad.explain(jad.grad(f), *args))[1])


def test_an_iteration_keeps_the_inputs_alone():
    assert kept(looped(jad.checkpoint(inner)), X, W) == X.nbytes
    assert kept(looped(inner), X, W) > X.nbytes


def test_a_loop_inside_keeps_nothing_outside():
    @jad.checkpoint
    def settled(x):
        for _ in range(20):
            x = np.sin(x) + 0.1 * x
        return x

    def loss(x):
        for _ in range(17):
            x = settled(x) * 0.9
        return np.sum(W * x)

    text = jad.explain(jad.grad(loss), X)
    sizes = sorted(int(n) for n in re.findall(r"keeps (\d+) bytes", text))
    assert sizes[-1] <= 2 * X.nbytes
    jad.check_grads(loss, (X,), order=2)


def test_arrays_around_it_may_be_written():
    def loss(x, a):
        @jad.checkpoint
        def step(i):
            a[i] = np.sin(a[i - 1]) * x
            a[:2] += 0.1

        for i in range(1, 8):
            step(i)
        return np.sum(a * a)

    a = np.linspace(0, 1, 8)
    jad.check_grads(loss, (0.7, a), order=2)
    mine = a.copy()
    assert float(jad.jit(loss)(0.7, mine)) == pytest.approx(loss(0.7, a), rel=1e-14)
    np.testing.assert_allclose(mine, a, rtol=1e-14)


def test_trees_keywords_and_nothing():
    @jad.checkpoint
    def both(p, *, scale):
        assert p["x"] > -5.0
        return {"y": p["x"] * scale, "n": 3, "p": (p["x"], 2.0)}

    def loss(x):
        out = both({"x": x}, scale=2.0)
        return out["y"] * out["n"] * out["p"][0] * out["p"][1]

    assert float(jad.grad(loss)(1.5)) == 36.0
    assert both({"x": 2.0}, scale=2)["y"] == 4.0
    with pytest.raises(AssertionError):
        jad.grad(loss)(-6.0)


def test_an_array_handed_through_is_one_that_may_be_written():
    @jad.checkpoint
    def same(a):
        return a

    def loss(x):
        a = x * 2.0
        b = same(a)
        b = b.copy()
        b[0] = 5.0
        return np.sum(b * x)

    np.testing.assert_array_equal(jad.grad(loss)(np.ones(3)), [5.0, 4.0, 4.0])


def test_python_effects_are_refused_with_the_line():
    seen = []

    @jad.checkpoint
    def noisy(x):
        seen.append(x)
        return x * x

    with pytest.raises(jad.TracedValueError, match="runs again in the reverse sweep"):
        jad.grad(noisy)(1.0)
    assert not seen


def test_a_method_and_a_compiled_function():
    class Model:
        def __init__(self, w):
            self.w = w

        @jad.checkpoint
        def step(self, x):
            return np.sin(x * self.w)

    model = Model(2.0)
    assert jad.grad(lambda x: model.step(x))(0.3) == pytest.approx(2 * np.cos(0.6))
    assert jad.grad(jad.checkpoint(jad.jit(np.sin)))(0.3) == pytest.approx(np.cos(0.3))
    assert jad.checkpoint(np.sin)(0.3) == np.sin(0.3)
    with pytest.raises(TypeError, match="expected a function"):
        jad.checkpoint(3)
