"""Arrays made by constructors in traced functions: filled later, known where possible, carried by loops."""

import copy
import math

import numpy as np
import pytest

import jitad as jad

X = np.array([0.5, 1.5, 2.5, 3.5])


def filled(x):
    a, b, c = np.zeros(4), np.ones_like(x), np.empty((2, 2))
    a[0] = x[0]
    b[1:] *= x[1:]
    c[:] = x[:2]
    return a, b, c


def stacked(x):
    a = np.array([x[1], 2.0, x[0] * x[1]])
    a[1] += 3
    b = np.array([[x[0], 1], [2, x[1]]])
    b[0] = 7
    return a, b, np.asarray([x[0], x[2]]), np.float64(x[1]), np.array(x[0]), np.array(x, dtype=np.float32)


def copied(x):
    base = np.linspace(0, 1, 4) * 2
    a, b, c = base.copy(), np.sign(base - 0.5), copy.deepcopy(base)
    a[1], b[2], c[3] = x[1], x[2], x[3]
    d = x.copy()
    d[0] = 100.0
    return base, a, b, c, d, x


def updated_in_a_loop(x):
    a, s = np.zeros(4), 0.0
    for i in range(4):
        a[i] = a[i - 1] + x[i]
        s += math.sin(a[i])
    return a, s


def known_sizes(x):
    n = np.array([1, 2, 3])
    n[0] = 2
    total = np.zeros(n[0] + n[2])
    for k in n:
        total[k] += x[k]
    offsets = np.arange(3)
    return total, [x[o] for o in offsets], np.ones(offsets[1:])


def taken_for_constant(x):
    c, s = np.array([1.0, 2.0]), 0.0
    for _ in range(5):
        s = s + c[0] * x[0]
        c[0] = s
    return s, c


def taken_for_constant_outside(x):
    c, s = np.array([1.0, 2.0]), 0.0
    for _ in range(3):
        s = s + c[0] * x[0]
        for j in range(3):
            c[j % 2] = s + x[1]
    return s, c


def constant_in_a_loop(x):
    c, s = np.array([3.0, 2.0, 1.0]), x[0] * 0
    for i in range(5):
        s = s + c[0] * x[1] + np.sum(c * x[:3]) * i
    return s


def builtins_of_numbers(x):
    return (
        max(x[0], x[1], 1.0),
        min(x[2], 3),
        int(x[2]),
        float(x[1]),
        bool(x[0]),
        round(x[1]),
        round(x[2], 1),
        abs(-x[0]),
    )


def classes(x):
    a = np.zeros(3)
    return (
        isinstance(x, np.ndarray),
        isinstance(a, (list, np.ndarray)),
        isinstance(x[0], np.ndarray),
        type(x) is np.ndarray,
    )


def ones_of_shape_nothing(x):
    a = np.zeros(())
    a[...] = x[0]
    a += 1
    b = a
    b[()] = b * 2
    return a, b


def everything_by_name(x):
    i, e, d = np.eye(2), np.full((2,), x[0]), np.diag(x[:2])
    i[0, 1], e[1], d[0, 1] = x[0], 5, x[3]
    m, g = np.meshgrid(np.arange(2.0), np.arange(3.0))
    m[0, 0], g[1] = x[1], x[2]
    return i, e, d, m, g, [n + v for (n,), v in np.ndenumerate(x)]


FUNCTIONS = [
    filled, stacked, copied, updated_in_a_loop, known_sizes, taken_for_constant, taken_for_constant_outside,
    constant_in_a_loop, builtins_of_numbers, classes, ones_of_shape_nothing, everything_by_name,
]  # fmt: skip


def leaves(tree):
    return [x for item in tree for x in leaves(item)] if isinstance(tree, (tuple, list)) else [tree]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_like_numpy(f):
    for found, expected in zip(leaves(jad.jit(f)(X)), leaves(f(X.copy())), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-14)
        assert np.shape(found) == np.shape(expected)
        assert np.asarray(found).dtype == np.asarray(expected).dtype


@pytest.mark.parametrize(
    "f", [filled, stacked, copied, updated_in_a_loop, taken_for_constant, everything_by_name]
)
def test_derivatives(f):
    loss = lambda x: sum(
        np.sum(np.sin(np.asarray(leaf) * 1.0))
        for leaf in leaves(f(x))
        if np.asarray(leaf).dtype == np.float64
    )
    jad.check_grads(loss, (X,), order=1)


def test_constants_are_computed_once_while_tracing():
    def f(x):
        grid = np.linspace(0, 1, 50)
        weights = np.exp(-(grid**2))
        return np.sum(weights * x)

    assert "exp" not in jad.jit(f).compile(2.0).ir


def test_uniform_arrays_are_one_number():
    text = jad.jit(lambda x: np.zeros(1000) + x).compile(2.0).ir
    assert len(text) < 500


def test_numbers_are_not_written():
    def f(x):
        s = np.sum(x)
        s[...] = 1.0
        return s

    with pytest.raises(TypeError, match=r"numpy\.float64' object does not support item assignment"):
        jad.jit(f)(X)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: np.einsum("ii->i", a), lambda a: np.einsum("ij->ji", a), lambda a: np.flip(a.T.T, 0),
        lambda a: a[None, ..., ::-1][0], lambda a: np.asarray(a), lambda a: np.array(a, copy=False),
        lambda a: np.atleast_3d(a), lambda a: np.real(a), lambda a: a.view(), lambda a: np.vsplit(a, 3)[1],
        lambda a: list(a)[1], lambda a: a.astype(float, copy=False), lambda a: np.rollaxis(a, 1),
        lambda a: np.expand_dims(a, 0), lambda a: a.swapaxes(0, 1), lambda a: np.ascontiguousarray(a),
        lambda a: a.reshape(9)[3:], lambda a: np.copy(a), lambda a: a.flatten(), lambda a: a.T.ravel(),
        lambda a: a[[0, 1]], lambda a: a.astype(float), lambda a: a + 0, lambda a: np.diag(a).copy(),
    ],
)  # fmt: skip
@pytest.mark.parametrize("constant", [False, True])
def test_views_and_copies_are_those_of_numpy(view, constant):
    def f(x):
        a = np.arange(9.0).reshape(3, 3) if constant else np.arange(9.0).reshape(3, 3) * x[0]
        part = view(a)
        part[0] = x[1]
        a[1, 1] += 100.0
        return a, part

    for found, expected in zip(jad.jit(f)(X), f(X), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: np.empty((5, 40)), lambda x: np.empty((5, len(x) * 10)),
        lambda x: np.empty_like(np.eye(5, 40)), lambda x: np.empty_like(x, shape=(5, 40)),
        lambda x: np.empty_like(np.ones((5, 40)), dtype=np.float32),
        lambda x: np.empty(shape=(5, 40), dtype=int),
    ],
)  # fmt: skip
def test_arrays_that_nothing_has_filled_are_zeros(make):
    def f(x):
        a = make(x)
        a[1, :4] = x
        return a

    expected = f(X)
    expected[:] = 0
    expected[1, :4] = X
    for _ in range(2):
        used = [np.full((5, 40), 1.5 + k) for k in range(10)]  # its memory is what `empty` finds
        del used
        found = jad.jit(f)(X)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
        assert "dense" not in jad.jit(f).compile(X).ir
