"""Each transformation, and every nesting of two of them, inside and outside jit."""

import functools
import inspect
import itertools
import pickle

import numpy as np
import pytest

import jitad as jad

X = np.array([0.3, -1.2, 2.0])
C = np.array([1.0, -2.0, 0.5])


def cubic(x):
    """Σ c x³: gradient 3 c x², Hessian diag(6 c x), third derivatives 6 c."""
    return np.sum(C * x**3)


def gradient(x):
    return 3 * C * x**2


def test_grad():
    np.testing.assert_allclose(jad.grad(cubic)(X), gradient(X))


def test_value_and_grad():
    value, g = jad.value_and_grad(cubic)(X)
    assert type(value) is np.float64
    np.testing.assert_allclose(value, cubic(X))
    np.testing.assert_allclose(g, gradient(X))


def test_derivative_of_a_scalar_function():
    d = jad.derivative(lambda x: x**3 + 2 * x)(3.0)
    assert type(d) is np.float64
    assert d == 29.0


def test_derivative_of_a_curve():
    d = jad.derivative(lambda t: {"position": np.array([1.0, 2.0]) * t**2, "speed": 2 * t})(3.0)
    np.testing.assert_allclose(d["position"], [6.0, 12.0])
    assert d["speed"] == 2.0


def test_jvp():
    value, tangent = jad.jvp(cubic, (X,), (np.ones(3),))
    np.testing.assert_allclose(value, cubic(X))
    np.testing.assert_allclose(tangent, gradient(X).sum())


def test_vjp():
    value, pullback = jad.vjp(lambda x: C * x**3, X)
    np.testing.assert_allclose(value, C * X**3)
    (ct,) = pullback(np.ones(3))
    np.testing.assert_allclose(ct, gradient(X))


def test_linearize():
    value, pushforward = jad.linearize(cubic, X)
    np.testing.assert_allclose(value, cubic(X))
    np.testing.assert_allclose(pushforward(np.ones(3)), gradient(X).sum())
    np.testing.assert_allclose(pushforward(np.zeros(3)), 0.0)


def test_stop_gradient():
    f = lambda x: np.sum(x * jad.stop_gradient({"a": x, "n": 3})["a"])
    np.testing.assert_allclose(jad.grad(f)(X), X)


def test_stop_gradient_outside_a_trace_is_the_identity():
    assert jad.stop_gradient((X, 2.0, None)) == (X, 2.0, None)


# Three maps that all give the gradient of a scalar function; any two of them give the Hessian's rows summed.

BY_GRAD = lambda f: jad.grad(f)
BY_VJP = lambda f: lambda x: jad.vjp(f, x)[1](1.0)[0]
BY_JVP = lambda f: lambda x: np.stack([jad.jvp(f, (x,), (np.eye(3)[i],))[1] for i in range(3)])
BY_LINEARIZE = lambda f: lambda x: np.stack([jad.linearize(f, x)[1](np.eye(3)[i]) for i in range(3)])
BY_VALUE_AND_GRAD = lambda f: lambda x: jad.value_and_grad(f)(x)[1]
GRADIENTS = [BY_GRAD, BY_VJP, BY_JVP, BY_LINEARIZE, BY_VALUE_AND_GRAD]
NAMES = ["grad", "vjp", "jvp", "linearize", "value_and_grad"]


@pytest.mark.parametrize("where", ["outside", "inside", "between", "around"])
@pytest.mark.parametrize(
    "pair", list(itertools.product(range(5), repeat=2)), ids=lambda p: f"{NAMES[p[0]]}-{NAMES[p[1]]}"
)
def test_second_derivatives_in_any_mix(pair, where):
    inner, outer = (GRADIENTS[i] for i in pair)
    f = jad.jit(cubic) if where == "inside" else cubic
    g = inner(f)
    g = jad.jit(g) if where == "between" else g
    h = outer(lambda x: np.sum(g(x)))
    h = jad.jit(h) if where == "around" else h
    np.testing.assert_allclose(h(X), 6 * C * X, rtol=1e-12)


def test_third_derivative():
    d = jad.derivative
    assert d(d(d(lambda x: x**4)))(2.0) == 48.0
    assert jad.grad(jad.grad(jad.grad(lambda x: x**4)))(2.0) == 48.0


def test_argnums():
    f = lambda x, y, z: x * y**2 + z
    assert jad.grad(f, argnums=1)(2.0, 3.0, 4.0) == 12.0
    assert jad.grad(f, argnums=(2, 0))(2.0, 3.0, 4.0) == (1.0, 9.0)
    assert jad.grad(f, argnums=-1)(2.0, 3.0, 4.0) == 1.0
    assert jad.grad(f, argnums=(0,))(2.0, 3.0, 4.0) == (9.0,)


def test_has_aux():
    f = lambda x: (np.sum(x**2), {"twice": 2 * x, "none": None})
    (value, aux), g = jad.value_and_grad(f, has_aux=True)(X)
    np.testing.assert_allclose(value, np.sum(X**2))
    np.testing.assert_allclose(aux["twice"], 2 * X)
    assert aux["none"] is None
    np.testing.assert_allclose(g, 2 * X)
    g, aux = jad.grad(f, has_aux=True)(X)
    np.testing.assert_allclose((g, aux["twice"]), (2 * X, 2 * X))
    value, tangent, aux = jad.jvp(f, (X,), (X,), has_aux=True)
    np.testing.assert_allclose(tangent, 2 * np.sum(X**2))
    np.testing.assert_allclose(aux["twice"], 2 * X)
    value, pullback, aux = jad.vjp(f, X, has_aux=True)
    np.testing.assert_allclose(pullback(2.0)[0], 4 * X)
    np.testing.assert_allclose(aux["twice"], 2 * X)


def test_jit_as_a_decorator():
    @jad.jit
    def f(x, scale=2.0):
        """Scaled."""
        return scale * x

    @functools.partial(jad.jit, static_argnames="n")
    def power(x, n):
        return x**n

    @jad.jit(static_argnums=1)
    def zeros_like(x, n):
        return np.zeros(n) + x

    assert f(3.0) == 6.0
    assert f(3.0, scale=4.0) == f(3.0, 4.0) == 12.0
    assert f.__name__ == "f" and f.__doc__ == "Scaled."
    assert str(inspect.signature(f)) == "(x, scale=2.0)"
    assert power(3.0, n=2) == power(3.0, 2) == 9.0
    np.testing.assert_array_equal(zeros_like(1.0, 3), np.ones(3))


def test_transformations_of_builtin_callables():
    np.testing.assert_allclose(jad.jit(np.sin)(X), np.sin(X))
    np.testing.assert_allclose(jad.derivative(np.sin)(0.3), np.cos(0.3))
    np.testing.assert_allclose(jad.jit(functools.partial(np.multiply, 2.0))(X), 2 * X)


def test_jit_is_pickled_by_reference():
    assert pickle.loads(pickle.dumps(module_level)) is module_level
    assert jad.grad(module_level)(2.0) == 4.0
    with pytest.raises(pickle.PicklingError, match="by reference"):
        pickle.dumps(jad.jit(lambda x: x))


@jad.jit
def module_level(x):
    return x**2


def test_cache_info_counts_traces():
    f = jad.jit(lambda x: x + 1)
    f(1.0), f(2.0), f(X), f(3.0)
    assert f.cache_info() == (2, 2)


def test_a_transformation_takes_a_callable():
    with pytest.raises(TypeError, match="expected a function, got 3"):
        jad.grad(3)


def test_argnums_of_any_integer_type():
    f = lambda a, b: a * b**2
    assert jad.grad(f, argnums=np.int64(1))(2.0, 3.0) == 12.0
    assert jad.grad(f, argnums=[np.int8(1), 0])(2.0, 3.0) == (12.0, 9.0)


@pytest.mark.parametrize("make", [jad.grad, jad.value_and_grad, jad.derivative], ids=lambda m: m.__name__)
def test_results_are_named_after_their_function(make):
    def loss(w):
        """How far off."""
        return w**2

    g = make(loss)
    assert g.__name__ == f"{make.__name__}_loss"
    assert g.__qualname__.endswith(f"<locals>.{make.__name__}_loss") and g.__qualname__ in repr(g)
    assert "loss(w)" in g.__doc__ and "How far off." in g.__doc__
    assert g.__wrapped__ is loss
    assert make(jad.jit(loss)).__name__ == g.__name__
    assert g.compile(1.0).ir.startswith(f"func @{make.__name__}_loss(")


def test_jit_keeps_name_and_documentation():
    def loss(w):
        """How far off."""
        return w**2

    f = jad.jit(loss)
    assert (f.__name__, f.__qualname__, f.__doc__) == (loss.__name__, loss.__qualname__, loss.__doc__)


def counted(x):
    """x² by a loop that writes into an array and stops where its values say."""
    powers = np.ones(3)
    i = 0
    while powers[i] < x:
        powers[i + 1] = powers[i] * x
        i += 1
    return powers[1] ** 2


@pytest.mark.parametrize("first, second", [*itertools.product([jad.grad, jad.derivative], repeat=2)])
def test_derivatives_trace_the_rewritten_function(first, second):
    np.testing.assert_allclose([first(counted)(1.5), second(first(counted))(1.5)], [3.0, 2.0])


def test_derivative_leaves_the_other_arguments_alone():
    def f(x, a):
        a *= x
        return np.sum(a)

    a = np.ones(2)
    assert jad.derivative(f)(3.0, a) == 2.0
    np.testing.assert_array_equal(a, np.ones(2))


def test_linearize_gives_the_values_of_loops_and_branches():
    def looped(x):
        s = 0.0
        for i in range(30):
            s = s + np.sum(np.sin(x) * 0.1) * i * np.cos(s)
        return s

    def searched(x):
        s = 1.0
        while s < 20.0:
            s = s * (2.0 + np.sin(x[0]))
        return s

    def chosen(x):
        y = x * 2.0
        if np.sum(x) > 0.0:
            y = y + np.sin(x)
        return y, x

    x, t = np.linspace(0.1, 1.0, 40), np.linspace(1.0, 0.3, 40)
    for f in (looped, searched, chosen):
        value, push = jad.linearize(f, x)
        wanted, tangent = jad.jvp(f, (x,), (t,))
        for a, b in zip(np.atleast_1d(value), np.atleast_1d(wanted)):
            np.testing.assert_allclose(a, b, rtol=1e-14)
        for _ in range(2):
            for a, b in zip(np.atleast_1d(push(t)), np.atleast_1d(tangent)):
                np.testing.assert_allclose(a, b, rtol=1e-13)
