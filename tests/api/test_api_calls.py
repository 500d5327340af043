"""Calls: types that alternate, threads, layouts, results, `out=`."""

import gc
import threading
import weakref

import numpy as np
import pytest

import jitad as jad

A = np.array([1.0, 2.0, 3.0])


def f(x):
    return 2 * x + 1


def test_alternating_types():
    g = jad.value_and_grad(lambda x: np.sum(x**2))
    points = [A, np.ones((2, 2)), A.astype(np.float32), 3.0, np.float64(2.0), np.array(5.0), A]
    for _ in range(3):
        for x in points:
            value, slope = g(x)
            assert value == np.sum(np.square(x)) and np.shape(slope) == np.shape(x)
            np.testing.assert_array_equal(slope, 2 * np.asarray(x))
            assert np.asarray(slope).dtype == np.asarray(x).dtype
    assert g.cache_info().traces == 6


@pytest.mark.parametrize("threads", [8])
def test_threads(threads):
    g = jad.value_and_grad(lambda x, k: np.sum(np.sin(x) * k))
    failures = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(50):
            x, k = rng.standard_normal(int(rng.integers(1, 5))), float(rng.standard_normal())
            value, slope = g(x, k)
            if not (np.isclose(value, np.sum(np.sin(x) * k)) and np.allclose(slope, np.cos(x) * k)):
                failures.append((x, k, value, slope))

    pool = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    [t.start() for t in pool]
    [t.join() for t in pool]
    assert failures == []


def unaligned(x):
    buffer = np.zeros(x.nbytes + 1, np.uint8)
    out = buffer[1:].view(x.dtype)
    out[:] = x
    return out


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS = {
    "strided": lambda x: np.repeat(x, 2)[::2],
    "reversed": lambda x: x[::-1].copy()[::-1],
    "read-only": read_only,
    "unaligned": unaligned,
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "broadcast": lambda x: np.broadcast_to(x, (2, 3))[0],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    x = LAYOUTS[layout](A)
    before = x.copy()
    g = jad.grad(lambda x, y: np.sum(x**2 * y))
    for _ in range(2):
        np.testing.assert_array_equal(g(x, A), 2 * A * A)
        np.testing.assert_array_equal(g(A, x), 2 * A * A)
    np.testing.assert_array_equal(x, before)


def test_fortran_order():
    m = np.arange(6.0).reshape(2, 3)
    out = jad.jit(lambda x: (x, x.T, x.ravel()))(np.asfortranarray(m))
    np.testing.assert_array_equal(out[0], m)
    np.testing.assert_array_equal(out[1], m.T)
    np.testing.assert_array_equal(out[2], m.ravel())
    assert all(a.flags.c_contiguous for a in out)


def test_results_never_alias():
    x = A.copy()
    table = A.copy()
    g = jad.jit(lambda x: (x, x, x[:2], x.reshape(3, 1), table, x + 0))
    for _ in range(3):
        results = g(x)
        for i, a in enumerate(results):
            for b in (x, table, *results[:i]):
                assert not np.shares_memory(a, b)
            assert a.flags.writeable and a.flags.owndata
        results[0][:] = 9
        np.testing.assert_array_equal(x, A)


def test_scalar_results():
    g = jad.jit(lambda x: (np.sum(x), np.argmax(x), x[0] > 0, np.float32(1), 3, 2.5, True, x[0]))
    kinds = [np.float64, np.int64, np.bool_, np.float32, np.int64, np.float64, np.bool_, np.float64]
    for _ in range(2):
        assert [type(r) for r in g(A)] == kinds


def test_a_zero_dimensional_array_is_an_array_argument():
    x = np.array(2.0)
    value, slope = jad.value_and_grad(lambda x: x**2)(x)
    assert (value, slope) == (4.0, 4.0)


def test_empty_arrays():
    value, g = jad.value_and_grad(lambda x: np.sum(x**2))(np.zeros((0, 3)))
    assert value == 0.0 and g.shape == (0, 3)


def test_float32_stays():
    x = A.astype(np.float32)
    value, g = jad.value_and_grad(lambda x: np.sum(x * 2.5))(x)
    assert value.dtype == g.dtype == np.float32
    gx, gy = jad.grad(lambda x, y: np.sum(x * y), argnums=(0, 1))(x, A)
    assert gx.dtype == np.float32 and gy.dtype == np.float64


def test_python_numbers_are_weakly_typed():
    x = A.astype(np.float32)
    assert jad.jit(lambda x, k: x * k)(x, 2.0).dtype == np.float32
    assert jad.jit(lambda x, k: x * k)(x, np.float64(2.0)).dtype == np.float64
    assert jad.jit(lambda x, k: x * k)(np.arange(3, dtype=np.int8), 2).dtype == np.int8


def test_a_python_int_counts_as_a_float():
    assert jad.grad(lambda x: x**2)(3) == 6.0
    value, tangent = jad.jvp(lambda x: x**2, (3,), (1,))
    assert (value, tangent) == (9.0, 6.0)


def test_python_ints_beyond_int64():
    g = jad.jit(lambda n: n + 1)
    assert g(2**63 - 2) == 2**63 - 1
    with pytest.raises(OverflowError, match="argument n = 9223372036854775808 is outside int64"):
        g(2**63)


# out=


def test_out():
    x, out = A.copy(), np.zeros(3)
    g = jad.jit(f)
    for _ in range(3):
        out[:] = 0
        assert g(x, out=out) is out
        np.testing.assert_array_equal(out, f(A))


def test_out_follows_the_tree():
    g = jad.jit(lambda x: {"b": x + 1, "a": (np.sum(x), 2 * x)})
    b, total, double = np.zeros(3), np.zeros(()), np.zeros(3)
    for _ in range(2):
        result = g(A, out={"b": b, "a": (total, double)})
        assert result["b"] is b and result["a"][0] is total and result["a"][1] is double
        np.testing.assert_array_equal(b, A + 1)
        np.testing.assert_array_equal(double, 2 * A)
        assert total == 6.0
    result = g(A, out={"b": None, "a": (None, double)})
    np.testing.assert_array_equal(result["b"], A + 1)


def test_out_of_value_and_grad():
    g = jad.value_and_grad(lambda x: np.sum(x**2))
    v, s = np.zeros(()), np.zeros(3)
    for _ in range(2):
        g(A, out=(v, s))
        assert v == 14.0
        np.testing.assert_array_equal(s, 2 * A)
        value, _ = g(A, out=(None, s))
        assert value == 14.0 and type(value) is np.float64


def test_out_over_an_input():
    x = A.copy()
    jad.jit(lambda x: x[::-1] + np.sum(x))(x, out=x)
    np.testing.assert_array_equal(x, A[::-1] + 6)
    buffer = np.arange(4.0)
    jad.jit(lambda x: x[::-1] * 2)(buffer[:3], out=buffer[1:])
    np.testing.assert_array_equal(buffer, [0.0, 4.0, 2.0, 0.0])


def test_out_of_any_layout():
    out = np.zeros((3, 2))
    jad.jit(f)(A, out=out[:, 0])
    np.testing.assert_array_equal(out, np.stack([f(A), np.zeros(3)], 1))


@pytest.mark.parametrize(
    ("out", "error", "text"),
    [
        (np.zeros(2), ValueError, r"shape \(2,\)"),
        (np.zeros(3, np.float32), TypeError, "float32"),
        ([0.0] * 3, TypeError, "list"),
        (read_only(A), ValueError, "read-only"),
        ((np.zeros(3), np.zeros(3)), TypeError, "tuple"),
    ],
    ids=["shape", "dtype", "list", "read-only", "structure"],
)
def test_out_errors(out, error, text):
    with pytest.raises(error, match=text):
        jad.jit(f)(A, out=out)


def test_out_with_the_wrong_structure():
    with pytest.raises(ValueError, match="out= must have the structure of the result"):
        jad.jit(lambda x: (x, x))(A, out=np.zeros(3))


def test_out_twice_the_same():
    out = np.zeros(3)
    with pytest.raises(ValueError, match="share memory"):
        jad.jit(lambda x: (x, 2 * x))(A, out=(out, out))


def test_a_function_with_its_own_out():
    g = jad.jit(lambda x, out: x + out)
    assert g(1.0, out=2.0) == 3.0


def test_compiled_functions_are_collected():
    def once():
        big = np.zeros(100)
        g = jad.jit(lambda x: x + np.sum(big))
        g(1.0)
        return weakref.ref(g), weakref.ref(big)

    refs = once()
    gc.collect()
    assert [r() for r in refs] == [None, None]


def test_a_user_exception_leaves_nothing_behind():
    fail = True

    def g(x):
        y = x * 2
        if fail:
            raise KeyError("no")
        return y

    h = jad.grad(jad.jit(g))
    for _ in range(2):
        with pytest.raises(KeyError):
            h(1.0)
        assert not jad.is_traced(np.sin(1.0))
    fail = False
    assert h(1.0) == 2.0
    assert h.cache_info() == (1, 1)
