"""Sizes that change between calls: versions in which they are values give what specialised ones give."""

import ctypes
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import optree
import pytest

import jitad as jad

SIZES = (0, 1, 2, 17, 1000)
FIRST, SECOND = 6, 9


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def mean(x):
    return x.mean() * x.shape[0] + len(x) * np.sum(x)


def halves(x):
    n = len(x)
    return np.sum(x[: n // 2] ** 2) - np.sum(x[n // 2 :] ** 3)


def column(x):
    return np.sum(x.reshape(len(x), 1) * np.array([1.0, 2.0, 3.0]))


def recurrence(x):
    y = 0.0
    for i in range(len(x)):
        y = 0.5 * y + np.sin(x[i])
    return y


def stored(x):
    y = np.zeros(len(x))
    for i in range(x.shape[0]):
        y[i] = x[i] * i + y[i - 1]
    return np.sum(y * y)


def quadratic(x):
    return x @ (np.outer(x, x) @ x) * 1e-3


def stencil(x):
    for _ in range(3):
        x[1:-1] += 0.25 * (x[2:] - 2 * x[1:-1] + x[:-2])
    return np.sum(x**2)


def scanned(x):
    return np.sum(np.cumsum(x) * np.arange(len(x)))


FUNCTIONS = (rosenbrock, mean, halves, column, recurrence, stored, quadratic, stencil, scanned)


def points(n):
    return np.linspace(-1.0, 1.2, n)


def same(found, expected, rtol=1e-12):
    a, b = optree.tree_leaves(found), optree.tree_leaves(expected)
    assert len(a) == len(b)
    for x, y in zip(a, b):
        assert np.shape(x) == np.shape(y) and np.asarray(x).dtype == np.asarray(y).dtype
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * max(1.0, np.max(np.abs(y), initial=0)))


def after_two(transformed, make=lambda n: (points(n),)):
    """A function that has been called with two sizes, so that the next one finds a value."""
    transformed(*make(FIRST))
    transformed(*make(SECOND))
    return transformed


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("transform", [jad.jit, jad.value_and_grad], ids=["value", "gradient"])
def test_each_size_gives_what_specialised_code_gives(f, transform):
    general, special = after_two(transform(f)), transform(f, specialize=True)
    assert [e.sizes for e in general.cache_info().entries] == [0, 1]
    for n in SIZES:
        same(general(points(n)), special(points(n)))
    assert general.cache_info().traces == 4  # 0 and 1 are compiled in
    assert special.cache_info().traces == len(SIZES)


def test_a_thousand_lengths_are_two_compilations():
    f = jad.value_and_grad(rosenbrock)
    for n in range(2, 1002):
        value, gradient = f(points(n))
        assert gradient.shape == (n,)
    assert f.cache_info() == (2, 2)
    same((value, gradient), jad.value_and_grad(rosenbrock, specialize=True)(points(n)))


def test_arrays_as_results():
    def f(x, k):
        n = len(x)
        return {
            "half": x[: n // 2] * k,
            "next": x[1:] - x[:-1],
            "zeros": np.zeros(n),
            "twice": np.concatenate((x, x)),
        }

    general = after_two(jad.jit(f), lambda n: (points(n), 2.0))
    for n in (2, 3, 17, 1000):
        same(general(points(n), 2.0), f(points(n), 2.0))
    assert general.cache_info().traces == 2


def test_two_axes_of_one_size_that_later_differ():
    f = jad.jit(lambda A, x: (A @ x, A.sum(axis=0)))
    after_two(f, lambda n: (np.ones((n, n)), points(n)))
    assert [e.sizes for e in f.cache_info().entries] == [0, 1]
    for m, n in ((3, 5), (4, 7), (5, 5), (20, 3)):
        A, x = np.arange(float(m * n)).reshape(m, n), points(n)
        same(f(A, x), (A @ x, A.sum(axis=0)))
    assert [e.sizes for e in f.cache_info().entries] == [0, 1, 2]
    assert f.cache_info().entries[1].types == {"A": "f64[%n,%n]", "x": "f64[%n]"}
    assert f.cache_info().entries[2].types == {"A": "f64[%n,%n.1]", "x": "f64[%n.1]"}


def test_two_arrays_that_cannot_be_combined():
    f = after_two(jad.jit(lambda x, y: x + y), lambda n: (points(n), points(n)))
    for x, y in ((points(4), points(5)), (points(5), points(4))):
        with pytest.raises(ValueError, match="broadcast"):
            f(x, y)
    same(f(points(1), points(5)), points(1) + points(5))  # of length 1: NumPy broadcasts
    same(f(points(5), points(1)), points(5) + points(1))
    same(f(points(5), points(5)), 2 * points(5))


def test_only_what_changed_becomes_a_value():
    f = after_two(jad.jit(lambda X, w: X @ w), lambda n: (np.ones((n, 3)), points(3)))
    assert f.cache_info().entries[1].types == {"X": "f64[%n,3]", "w": "f64[3]"}


@pytest.mark.parametrize("f", [lambda x, k: x[1:] * np.sin(x[:-1]) * k, lambda x, k: np.sum(x) * k])
def test_linear_maps(f):
    def results(n, **options):
        x = points(n)
        value, pullback = jad.vjp(f, x, 2.0, **options)
        tangent = jad.jvp(f, (x, 2.0), (x, 1.0), **options)
        same(jad.linearize(f, x, 2.0, **options)[1](x, 1.0), tangent[1])
        return value, pullback(np.ones_like(value)), tangent

    for n in (FIRST, SECOND, 2, 17, 100):
        same(results(n), results(n, specialize=True))


def test_a_pullback_takes_cotangents_of_its_own_shape():
    f = lambda x: x[1:] * x[:-1]
    for n in (FIRST, SECOND, 20):
        _, pullback = jad.vjp(f, points(n))
    for n in (18, 20, 1):
        with pytest.raises(ValueError, match="cotangent"):
            pullback(points(n))
    same(pullback(points(19)), jad.vjp(f, points(20), specialize=True)[1](points(19)))


def test_nested_derivatives():
    f = after_two(jad.grad(lambda x: np.sum(jad.grad(rosenbrock)(x) ** 2)))
    for n in (2, 17, 100):
        special = jad.grad(lambda x: np.sum(jad.grad(rosenbrock)(x) ** 2), specialize=True)
        same(f(points(n)), special(points(n)))
    assert f.cache_info().traces == 2


def test_arguments_of_any_layout():
    f = after_two(jad.value_and_grad(rosenbrock))
    x = points(40)
    strided, reverse = np.repeat(x, 2)[::2], x[::-1].copy()[::-1]
    for y in (strided, reverse):
        same(f(y), f(x), 0)
    x.flags.writeable = False
    same(f(x), f(x.copy()), 0)
    assert f.cache_info().traces == 2
    for n in (40, 41, 42):
        same(f(points(n).astype(">f8")), f(points(n)), 1e-14)
    assert f.cache_info().entries[2].reason == "new byte order of x: f64[6] → f64[40]"
    assert f.cache_info().traces == 4


def test_into_arrays_of_the_callers():
    f = after_two(jad.value_and_grad(rosenbrock))
    for n in (5, 30):
        out = np.zeros(()), np.zeros(n)
        found = f(points(n), out=out)
        assert found[0] is out[0] and found[1] is out[1]
        same(out, f(points(n)), 0)
        x = points(n)
        same(f(x, out=(None, x)), f(points(n)), 0)
    with pytest.raises(ValueError, match=r"out\[1\] has shape \(4,\)"):
        f(points(5), out=(None, np.zeros(4)))


def test_arguments_that_are_written():
    def f(x, y):
        y[1:] += x[:-1]
        return y, np.sum(x)

    g = after_two(jad.jit(f), lambda n: (points(n), points(n)))
    for n in (2, 17, 100):
        mine, numpys = points(n), points(n)
        found, expected = g(points(n), mine), f(points(n), numpys)
        assert found[0] is mine
        same(found, expected)
        strided = np.repeat(points(n), 2)[::2]
        g(points(n), strided)
        same(strided, numpys)
    assert g.cache_info().traces == 2


def test_where_python_needs_the_size():
    def f(x):
        weights = [i + 1 for i in [0] * len(x)]
        return np.sum(x) * len(weights)

    g = jad.jit(f)
    for n in (5, 7, 9):
        same(g(points(n)), f(points(n)))
    info = g.cache_info()
    assert [e.sizes for e in info.entries] == [0, 0, 0]
    assert info.entries[2].reason.startswith(
        "size of axis 0 of x changed: 5 → 9, compiled in (TracedValueError: "
    )


def test_a_branch_on_the_size():
    def f(x):
        return np.sum(x) if len(x) > 8 else np.sum(x[1:] ** 2)

    g = jad.value_and_grad(f)
    for n in (5, 7, 9, 20):
        same(g(points(n)), jad.value_and_grad(f, specialize=True)(points(n)))


def test_one_version_a_size_where_that_is_asked_for():
    f = jad.jit(lambda x: np.sum(x), specialize=True)
    gradient = jad.grad(f)
    for n in (5, 7, 9):
        f(points(n)), gradient(points(n))
    assert [e.sizes for e in f.cache_info().entries] == [0, 0, 0]
    assert [e.sizes for e in gradient.cache_info().entries] == [0, 0, 0]
    assert (
        f.cache_info().entries[1].reason
        == "size of axis 0 of x changed: 5 → 7, compiled in (specialize=True)"
    )

    @jad.jit(specialize=True)
    def g(x):
        return x + 1

    g(points(2)), g(points(3))
    assert g.cache_info().versions == 2


SCALE = 2.0


def test_reasons_and_the_table():
    f = jad.jit(lambda x, k: x * k * SCALE, static_argnums=1)
    global SCALE
    before = SCALE
    try:
        f(points(5), 2.0)
        f(points(6), 2.0)
        f(points(6), 3.0)
        f(points(6).astype(np.float32), 3.0)
        f(1.0, 3.0)
        f(np.ones((2, 2)), 3.0)
        SCALE = 4.0
        f(points(6), 2.0)
    finally:
        SCALE = before
    reasons = [e.reason for e in f.cache_info().entries]
    assert reasons == [
        "first call",
        "size of axis 0 of x changed: 5 → 6, now a value",
        "static argument k changed: 2.0 → 3.0",
        "new dtype of x: f64[6] → f32[6]",
        "new kind of x: f32[6] → float",
        "new kind of x: float → f64[2,2]",
        "captured name rebound: SCALE",
    ]
    table = str(f.cache_info()).splitlines()
    assert table[0].split()[:4] == ["arguments", "compiled", "because", "seconds"] and len(table) == 8
    assert table[2].startswith("x: f64[%n]") and "now a value" in table[2]
    assert f.cache_info() == (7, 7)
    assert all(e.seconds > 0 for e in f.cache_info().entries)


def test_sizes_that_may_be_broadcast():
    f = jad.jit(lambda x: x[: len(x) // 2] * x[len(x) // 2 :])
    for n in (6, 8, 3, 10):
        x = points(n)
        same(f(x), x[: n // 2] * x[n // 2 :])
    with pytest.raises(ValueError, match="broadcast"):
        f(points(5))


def test_threads():
    f = jad.value_and_grad(rosenbrock)
    special = jad.value_and_grad(rosenbrock, specialize=True)
    expected = {n: special(points(n)) for n in range(2, 30)}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: (n, f(points(n))), [*range(2, 30)] * 20))
    for n, result in found:
        same(result, expected[n])
    assert f.cache_info().traces == 2


def test_the_c_function_takes_sizes_first():
    f = jad.value_and_grad(rosenbrock)
    f.compile(points(5))
    compiled = f.compile(points(6))
    assert "func @value_and_grad_rosenbrock(%n: i64, %x: f64[%n]) -> (f64, f64[%n])" in compiled.ir
    for n in (2, 50):
        x, value, slope, size = points(n), np.zeros(()), np.zeros(n), np.array(n)
        pointers = [a.ctypes.data for a in (size, x, value, slope)]
        assert compiled.ctypes(*pointers) == 0
        same((value, slope), compiled(x))
        assert ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 4)(compiled.address)(*pointers) == 0
    for wrong in (points(1), points(4).reshape(2, 2), points(4).astype(np.float32)):
        with pytest.raises(TypeError, match=r"was compiled for x: f64\[%n\]"):
            compiled(wrong)


def test_explain_of_a_version_with_sizes():
    f = after_two(jad.grad(recurrence))
    text = jad.explain(f, points(20))
    assert "x: f64[%n]" in text and "rolled" in text


def test_trees_and_captured_arrays():
    table = np.array([1.0, 2.0])

    def f(p):
        return np.sum(p["a"] * table[0]) + np.sum(p["b"][0] * table[1]) + p["k"]

    g = jad.value_and_grad(f)
    tree = lambda n: {"a": points(n), "b": [points(n + 1)], "k": 1.0}
    for n in (5, 7, 20):
        same(g(tree(n)), jad.value_and_grad(f, specialize=True)(tree(n)))
    assert g.cache_info().traces == 2
    table[0] = 5.0
    same(g(tree(8)), jad.value_and_grad(f, specialize=True)(tree(8)))


def matrix(n):
    return np.arange(1.0, n * n + 1).reshape(n, n)


def relaxed(steps, n, A):
    """A kernel that is told the size of its array."""
    B = np.zeros((n, n))
    for _ in range(steps):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[:-2, 1:-1] + A[2:, 1:-1])
        A = A + 0.5 * B
    return np.sum(A * A)


def test_a_python_int_that_is_the_size_of_an_array():
    value, gradient = jad.jit(relaxed), jad.grad(relaxed, argnums=2)
    for steps, n in ((3, 6), (3, 9), (5, 17), (2, 2), (4, 4), (1, 1), (2, 30)):
        A = matrix(n) / n**2
        same(value(steps, n, A), relaxed(steps, n, A))
        same(gradient(steps, n, A), jad.grad(relaxed, argnums=2, specialize=True)(steps, n, A))
    types = [e.types for e in value.cache_info().entries]
    assert types[0] == {"steps": "i64", "n": "i64 = 6", "A": "f64[6,6]"}
    assert types[1] == {"steps": "i64", "n": "i64 = %n", "A": "f64[%n,%n]"}
    assert value.cache_info().traces <= 4


INTEGERS = {
    "zeros": (lambda x, n: np.zeros(n) + 1.0, (3, 0, 20)),
    "arange": (lambda x, n: np.arange(n) * 2.0, (3, 0, 20)),
    "head": (lambda x, n: x[:n], (3, 0, -2, 100)),
    "tail": (lambda x, n: x[n:], (3, 0, -2, 100)),
    "prefix": (lambda x, n: np.sum(x[:n] ** 2), (3, 0, -2, 100)),
    "item": (lambda x, n: x[n], (3, 0, -2)),
    "ones": (lambda x, n: np.ones((n, 2 * n)) * x[0], (3, 1, 20)),
}


@pytest.mark.parametrize("name", INTEGERS)
def test_one_compilation_for_all_values_of_an_int(name):
    f, values = INTEGERS[name]
    g = jad.jit(f)
    for n in values:
        same(g(points(16), n), f(points(16), n))
    assert g.cache_info().traces == 1


def test_trips_from_an_int():
    def f(x, n):
        total = 0.0
        for i in range(n):
            total = total + x[i] * i
        return total

    g = jad.value_and_grad(f)
    for n in (3, 0, 7, 16):
        value, gradient = g(points(16), n)
        assert value == pytest.approx(f(points(16), n), abs=1e-14)
        same(gradient, np.where(np.arange(16) < n, np.arange(16.0), 0.0))
    assert g.cache_info().traces <= 2  # 16 is the size of x, too


def test_square_from_an_int():
    f = jad.jit(lambda x, n: x.reshape(n, n))
    for n in (4, 3, 2, 10):
        same(f(points(n * n), n), points(n * n).reshape(n, n))
    assert f.cache_info().traces == 2
    with pytest.raises(ValueError, match="reshape"):
        f(points(9), 2)


def test_ints_that_python_needs_are_compiled_in():
    def f(x, n, names):
        return sum(x * k for k in range(n)) + [1.0, 2.0, 3.0][names]

    g = jad.jit(f)
    for n, k in ((3, 0), (4, 0), (4, 2), (3, 0)):
        same(g(points(5), n, k), f(points(5), n, k))
    info = g.cache_info()
    assert info.traces == 3
    assert "the value of n compiled in" in info.entries[0].reason
    assert info.entries[1].reason == "value of n changed: 3 → 4, compiled in"
    for n in (5, 6, 7):
        same(g(points(n), 3, 1), f(points(n), 3, 1))


def test_an_int_that_equals_a_size_by_chance():
    def f(x, n):
        return sum(x * k for k in range(n))

    g = jad.jit(f)
    for size, n in ((5, 5), (5, 4), (5, 3), (6, 5), (7, 7), (8, 8)):
        same(g(points(size), n), f(points(size), n))


def test_flags_that_python_needs_are_compiled_in():
    def f(x, squared):
        return {"a": x} if not squared else {"a": x, "b": x**2}

    g = jad.jit(f)
    for flag in (True, False, True):
        same(g(points(5), flag), f(points(5), flag))
    assert g.cache_info().traces == 2


def test_too_many_values_are_an_error():
    f = jad.jit(lambda x, n: [x, -x][n % 2] * sum(range(n)))
    for n in range(32):
        f(1.0, n)
    with pytest.raises(NotImplementedError, match="static_argnums"):
        f(1.0, 32)
    assert f(1.0, 31) == -465.0


def test_sizes_that_depend_on_elements_are_refused():
    with pytest.raises(NotImplementedError, match="depends on elements of an array"):
        jad.jit(lambda x, k: x[: k[0]])(points(5), np.array([3]))
    assert jad.jit(lambda x, k: np.sum(x[: k[0]]))(np.ones(5), np.array([3])) == 3.0


def test_sequences_are_repeated_by_ints():
    f = jad.jit(lambda x, n: sum([x] * n))
    assert [f(2.0, n) for n in (2, 3)] == [4.0, 6.0]
