"""Arguments that a jitted function mutates: written back as NumPy would, refused where that cannot be."""

import numpy as np
import pytest

import jitad as jad


@pytest.fixture(params=["native", "interpreter"], autouse=True)
def mode(request):
    if request.param == "native":
        yield
        return
    with jad.disable_jit():
        yield


def shift(x, s):
    x[1:] = x[:-1] * s
    x[0] += 1


def fill(x, y):
    x[...] = 2 * y
    return x, y, x.sum()


def same(f, *args, make=np.copy):
    """`jit(f)` and `f` leave the same arguments and give the same results."""
    first, second = [make(a) for a in args], [make(a) for a in args]
    found, expected = jad.jit(f)(*first), f(*second)
    for a, b in zip(first, second):
        np.testing.assert_array_equal(a, b)
    return found, expected


A = np.arange(4.0)


def test_procedures_return_none():
    found, expected = same(shift, A, 2.0)
    assert found is None and expected is None


def test_the_callers_own_array_is_returned():
    x, y = A.copy(), A + 1
    f = jad.jit(fill)
    for _ in range(2):
        a, b, s = f(x, y)
        assert a is x and b is not y
        np.testing.assert_array_equal(x, 2 * y)
        assert s == 2 * y.sum()


def test_trees_and_scalars():
    def f(state, n):
        state["a"][0] += n
        state["b"][1] *= 2
        return state["b"]

    state = {"a": np.zeros(2), "b": np.ones(3)}
    assert jad.jit(f)(state, 3) is state["b"]
    np.testing.assert_array_equal(state["a"], [3, 0])
    np.testing.assert_array_equal(state["b"], [1, 2, 1])


def test_numbers_are_never_written():
    def f(x):
        x += 1
        return x

    assert jad.jit(f)(2.0) == 3.0
    assert jad.jit(f)(np.float64(2.0)) == 3.0
    x = np.array(2.0)
    assert jad.jit(f)(x) is x
    assert x == 3.0


@pytest.mark.parametrize(
    "make",
    [
        lambda a: np.repeat(a, 2)[::2],
        lambda a: np.asarray(a, dtype=">f8"),
        lambda a: a[::-1].copy()[::-1],
        lambda a: np.stack([a, a], 1)[:, 0],
    ],
)
def test_any_layout(make):
    same(lambda x: shift(x, 3.0), A, make=make)


def test_read_only_arguments_are_refused_before_anything_changes():
    x, y = A.copy(), A.copy()
    y.flags.writeable = False

    def f(x, y):
        x[0] = 5.0
        y[0] = 5.0

    with pytest.raises(ValueError, match=r"assignment destination is read-only.*argument y"):
        jad.jit(f)(x, y)
    np.testing.assert_array_equal(x, A)
    np.testing.assert_array_equal(y, A)


def test_overlapping_arguments_are_refused():
    x = np.arange(6.0)
    f = jad.jit(fill)
    f(x.copy(), x)
    for a, b in ((x, x), (x[:4], x[2:]), (x, x[::-1])):
        with pytest.raises((NotImplementedError, ValueError), match=r"shares memory"):
            f(a, b)
    np.testing.assert_array_equal(x, np.arange(6.0))
    a, b = x[::2], x[1::2]
    f(a, b)
    np.testing.assert_array_equal(a, 2 * b)


def test_an_argument_that_overlaps_a_captured_array():
    g = np.arange(3.0)

    def f(x):
        x[0] = g[1]

    x = np.zeros(3)
    jad.jit(f)(x)
    np.testing.assert_array_equal(x, [1, 0, 0])
    with pytest.raises(NotImplementedError, match="shares memory"):
        jad.jit(f)(g)


def test_after_an_exception_arguments_are_unchanged():
    def f(x, i):
        x[0] = 7.0
        x[i] = 1.0

    x = A.copy()
    with pytest.raises(IndexError):
        jad.jit(f)(x, 9)
    np.testing.assert_array_equal(x, A)


def test_reshaped_arguments_have_to_be_contiguous():
    def f(x):
        x.ravel()[1] = 9.0

    x = np.zeros((2, 3))
    jad.jit(f)(x)
    assert x[0, 1] == 9
    with pytest.raises(NotImplementedError, match="not C-contiguous"):
        jad.jit(f)(np.zeros((3, 2)).T)


def test_out_beside_written_arguments():
    x, y, o = A.copy(), A + 1, np.zeros(4)
    a, b, _ = jad.jit(fill)(x, y, out=(None, o, None))
    assert a is x and b is o
    np.testing.assert_array_equal(o, y)
    a, _, _ = jad.jit(fill)(x, y, out=(o, None, None))
    assert a is o
    np.testing.assert_array_equal(o, 2 * y)
    np.testing.assert_array_equal(x, 2 * y)


def test_jit_inside_of_jit_writes_the_callers_array():
    inner = jad.jit(shift)

    def f(x):
        y = x * 1.0
        inner(y[1:], 2.0)
        inner(x, 3.0)
        return y

    found, expected = same(f, A)
    np.testing.assert_array_equal(found, expected)


def test_derivatives_leave_the_callers_arrays_alone():
    def f(x, work):
        work[:] = x * x
        x[0] = 0.0
        work += x
        return work.sum()

    x, work = A + 1, np.zeros(4)
    np.testing.assert_array_equal(jad.grad(f)(x, work), [2, 5, 7, 9])
    value, gradient = jad.value_and_grad(f, argnums=(0, 1))(x, work)
    assert value == f(x.copy(), work.copy())
    np.testing.assert_array_equal(gradient[1], 0)
    jad.jvp(f, (x, work), (x, work))
    _, pullback = jad.vjp(f, x, work)
    pullback(1.0)
    np.testing.assert_array_equal(x, A + 1)
    np.testing.assert_array_equal(work, 0)


def test_a_gradient_inside_of_a_function_leaves_its_arrays_alone():
    def loss(x, work):
        work[:] = x * x
        return work.sum()

    def f(x):
        work = np.zeros(4)
        g = jad.grad(loss)(x, work)
        return g, work

    g, work = jad.jit(f)(A)
    np.testing.assert_array_equal(g, 2 * A)
    np.testing.assert_array_equal(work, 0)


def test_compiled_ahead():
    x = A.copy()
    program = jad.jit(shift).compile(x, 2.0)
    np.testing.assert_array_equal(x, A)
    program(x, 2.0)
    expected = A.copy()
    shift(expected, 2.0)
    np.testing.assert_array_equal(x, expected)
