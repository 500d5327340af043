"""Trees of arguments and results, keyword and static arguments."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field

import numpy as np
import pytest

import jitad as jad

W, B = np.array([1.0, 2.0]), np.array(0.5)
Pair = namedtuple("Pair", "w b")


@dataclass(frozen=True)
class Layer:
    w: np.ndarray
    b: np.ndarray
    power: int = field(default=2, metadata={"static": True})

    def __call__(self, x):
        return (np.sum(self.w * x) + self.b) ** self.power


def loss(p, x=3.0):
    w, b = (p["w"], p["b"]) if isinstance(p, dict) else (p[0], p[1])
    return np.sum(w**2) * x + b


@pytest.mark.parametrize(
    "tree",
    [
        (W, B),
        [W, B],
        {"w": W, "b": B},
        Pair(W, B),
        OrderedDict(w=W, b=B),
        (W, 0.5),
        (W, np.float32(0.5)),
        [W, 1],
    ],
    ids=lambda t: type(t).__name__,
)
def test_gradients_have_the_tree_of_the_argument(tree):
    for _ in range(2):
        g = jad.grad(loss)(tree)
        assert type(g) is type(tree)
        w, b = (g["w"], g["b"]) if isinstance(g, dict) else g
        np.testing.assert_allclose(w, 6 * W)
        assert b == 1.0 and b.shape == ()


def test_dataclasses_are_traversed_by_field():
    f = jad.value_and_grad(lambda layer, x: layer(x))
    for power in (2, 3):
        layer = Layer(W, B, power)
        value, g = f(layer, 2.0)
        np.testing.assert_allclose(value, 6.5**power)
        assert type(g) is Layer and g.power == power
        np.testing.assert_allclose(g.b, power * 6.5 ** (power - 1))
        np.testing.assert_allclose(g.w, power * 6.5 ** (power - 1) * 2 * np.ones(2))
    assert f.cache_info().traces == 2


def test_nested_results_keep_their_structure_and_order():
    f = jad.jit(lambda x: {"b": (x, [2 * x]), "a": None, "c": Pair(1, x > 0), "n": 2.5})
    for _ in range(2):
        out = f(W)
        assert list(out) == ["b", "a", "c", "n"]
        np.testing.assert_array_equal(out["b"][1][0], 2 * W)
        assert out["a"] is None
        assert type(out["c"]) is Pair and out["c"].w == 1 and type(out["c"].w) is np.int64
        assert out["c"].b.dtype == bool and type(out["n"]) is np.float64


def test_integer_leaves_beside_floats_have_none():
    tree = {"w": W, "index": np.array([0, 1]), "flag": True}
    f = lambda p: np.sum(p["w"][p["index"]] * 2) + p["flag"]
    g = jad.grad(f)(tree)
    assert g["index"] is None and g["flag"] is None
    np.testing.assert_allclose(g["w"], [2.0, 2.0])
    _, t = jad.jvp(f, (tree,), ({"w": W, "index": None, "flag": None},))
    assert t == 6.0
    _, t = jad.jvp(f, (tree,), ({"w": W, "index": np.zeros(2, int), "flag": False},))
    assert t == 6.0


def test_integer_results_have_no_tangent():
    out, t = jad.jvp(lambda x: (x, np.argmax(x)), (W,), (W,))
    assert out[1] == 1 and t[1] is None
    out, pullback = jad.vjp(lambda x: (x, np.argmax(x)), W)
    np.testing.assert_array_equal(pullback((W, None))[0], W)


def test_the_order_of_keys_does_not_matter():
    f = jad.jit(lambda p: p["a"] - p["b"])
    assert f({"a": 3.0, "b": 1.0}) == f({"b": 1.0, "a": 3.0}) == 2.0


def test_keyword_arguments():
    f = jad.value_and_grad(lambda w, x, *, scale=1.0, **rest: np.sum(w * x) * scale + sum(rest.values()))
    for _ in range(2):
        value, g = f(W, 2.0, scale=3.0, extra=1.0)
        np.testing.assert_allclose((value, g[0]), (19.0, 6.0))
        value, g = f(w=W, x=2.0)
        np.testing.assert_allclose((value, g[0]), (6.0, 2.0))


def test_positional_and_keyword_calls_share_a_version():
    f = jad.jit(lambda a, b: a - b)
    assert f(3.0, 1.0) == f(3.0, b=1.0) == f(b=1.0, a=3.0) == 2.0
    assert f.cache_info().traces == 1


@pytest.mark.parametrize(
    "make", [jad.jit, jad.grad, jad.value_and_grad, jad.derivative], ids=lambda m: m.__name__
)
def test_static_arguments(make):
    seen = []

    def f(x, how, n=1):
        seen.append((how, n))
        return {"sin": np.sin, "cos": np.cos}[how](x) ** n

    g = make(f, static_argnums=1, static_argnames="n")
    for _ in range(2):
        a, b = g(0.3, "sin", n=2), g(0.3, "cos", 2)
        c = g(0.3, how="sin", n=3)
    assert seen == [("sin", 2), ("cos", 2), ("sin", 3)]
    expected = make(lambda x: np.sin(x) ** 2)(0.3), make(lambda x: np.cos(x) ** 2)(0.3)
    np.testing.assert_allclose((a, b), expected)
    np.testing.assert_allclose(c, make(lambda x: np.sin(x) ** 3)(0.3))


def test_static_parameters_are_inherited():
    f = jad.jit(lambda x, n: np.sum(np.ones(n) * x), static_argnums=1)
    assert jad.grad(f)(2.0, 3) == 3.0
    assert jad.jit(jad.grad(jad.jit(f)))(2.0, 4) == 4.0


@pytest.mark.parametrize(
    "static", [{"static_argnums": (1, 2)}, {"static_argnames": ["how", "n"]}, {"static_argnums": np.int64(1)}]
)
def test_static_primals(static):
    """jvp, vjp, linearize and check_grads take static arguments, whose tangents and cotangents are None."""

    def f(x, how, n=2):
        return {"sin": np.sin, "cos": np.cos}[how](x) ** n

    count = 2 if "static_argnums" in static and static["static_argnums"] == 1 else 3
    x, args = np.linspace(0, 1, 3), (np.linspace(0, 1, 3), "sin", 2)[:count]
    none = (None,) * (count - 1)
    slope = np.sin(2 * x)
    for f_, options in ((f, static), (jad.jit(f, **static), {}), (f, static)):
        np.testing.assert_allclose(jad.jvp(f_, args, (np.ones(3), *none), **options)[1], slope)
        ct, *rest = jad.vjp(f_, *args, **options)[1](np.ones(3))
        np.testing.assert_allclose(ct, slope)
        assert rest == list(none)
        np.testing.assert_allclose(jad.linearize(f_, *args, **options)[1](np.ones(3), *none), slope)
        jad.check_grads(f_, args, **options)
    inside = jad.grad(lambda x: np.sum(jad.vjp(f, x, *args[1:], **static)[1](np.ones(3))[0]))
    np.testing.assert_allclose(inside(x), 2 * np.cos(2 * x))
    other = (x, "cos", 2)[:count]
    np.testing.assert_allclose(jad.jvp(f, other, (np.ones(3), *none), **static)[1], -slope)


def test_static_values_are_told_apart_by_type():
    f = jad.jit(lambda x, n: x if isinstance(n, bool) else 2 * x, static_argnums=1)
    assert (f(1.0, 1), f(1.0, True), f(1.0, 1.0)) == (2.0, 1.0, 2.0)


def test_static_argument_errors():
    f = jad.jit(lambda x, n: x, static_argnums=1)
    with pytest.raises(TypeError, match=r"static argument n is a list, which is not hashable"):
        f(1.0, [1])
    with pytest.raises(ValueError, match="has no parameter 5"):
        jad.jit(lambda x: x, static_argnums=5)
    with pytest.raises(ValueError, match="has no parameter 'typo'"):
        jad.jit(lambda x: x, static_argnames="typo")
    with pytest.raises(TypeError, match=r"static_argnums is a position or several, got 1\.5"):
        jad.jit(lambda x: x, static_argnums=1.5)
    with pytest.raises(TypeError, match="static_argnames is a name or several, got 1"):
        jad.jit(lambda x: x, static_argnames=1)
    with pytest.raises(TypeError, match=r"static_primals\[0\] is a list, which is not hashable"):
        jad.jvp(lambda x, n: x, (1.0, [1]), (1.0, None), static_argnums=1)
    with pytest.raises(NotImplementedError, match="argument n is static, but got the traced value"):
        jad.jit(lambda x: f(x, x))(1.0)


def test_methods():
    class Model:
        def __init__(self, scale):
            self.scale = scale

        @jad.jit
        def apply(self, x):
            return self.scale * x

        @jad.grad
        def slope(self, x):
            return self.scale * x**2

        def energy(self, x):
            return self.scale * np.sum(x**2)

    a, b = Model(2.0), Model(3.0)
    for _ in range(2):
        assert (a.apply(5.0), b.apply(5.0)) == (10.0, 15.0)
        assert (a.slope(5.0), b.slope(5.0)) == (20.0, 30.0)
        np.testing.assert_allclose(jad.grad(a.energy)(W), 4 * W)
    a.scale = 7.0
    assert (a.apply(5.0), b.apply(5.0)) == (35.0, 15.0)
    np.testing.assert_allclose(jad.grad(a.energy)(W), 14 * W)


def test_methods_that_call_those_of_the_base_class():
    class Base:
        scale = 2.0

        @jad.jit
        def apply(self, x):
            return self.scale * x

    class Derived(Base):
        @jad.jit
        def apply(self, x):
            traced.append(1)
            return super().apply(x) + 1

    traced, obj = [], Derived()
    for _ in range(3):
        assert obj.apply(3.0) == 7.0
    obj.scale = 5.0
    assert obj.apply(3.0) == 16.0
    assert len(traced) == 2


def test_methods_of_objects_with_slots():
    class Model:
        __slots__ = ("scale",)

        @jad.grad
        def slope(self, x):
            traced.append(1)
            return self.scale * x**2

    traced, a, b = [], Model(), Model()
    a.scale, b.scale = 2.0, 3.0
    for _ in range(3):
        assert (a.slope(5.0), b.slope(5.0)) == (20.0, 30.0)
    assert len(traced) == 2
    a.scale = 1.0
    assert (a.slope(5.0), b.slope(5.0)) == (10.0, 30.0)
