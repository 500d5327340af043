"""NumPy's functions that write: out=, copyto, fill, put, ufunc.at and the others, beside NumPy."""

import numpy as np
import pytest

import jitad as jad

A = np.linspace(-1.0, 1.2, 12).reshape(3, 4)
V = np.array([0.3, -0.4, 0.5, 0.6])
K = np.array([1, 0, -1, 1])
MASK = np.array([True, False, True, True])

CASES = """
np.add(a, 1.0, out=a)
np.add(a, v, a)
np.sin(a, out=a[::-1])
np.multiply(a[0], v, out=a[1])
np.sqrt(np.abs(a), out=a, where=a > 0)
np.add(v, v, out=a[0], where=m)
np.divmod(a, 0.3, out=(a, b))
np.modf(a, out=(b, a))
np.less(v, 0.4, out=n)
np.sum(a, axis=0, out=v)
a.sum(axis=0, out=v)
a.sum(0, None, v)
np.mean(a, axis=0, out=v)
np.cumsum(a, axis=1, out=a)
a.max(axis=0, out=v)
np.clip(a, -0.5, 0.5, out=a)
a.clip(-0.5, 0.5, out=a)
np.round(a, 1, out=a)
np.dot(a, a.T, out=c)
np.matmul(a, a.T, out=c)
np.einsum('ij,kj->ik', a, a, out=c)
np.concatenate([v, v[:2]], out=w)
np.stack([v, v, v], out=a)
np.take(v, k, out=a[2])
np.outer(v[:3], v, out=a)
np.argmax(a, axis=0, out=i)
np.add.reduce(a, axis=0, out=v)
np.add.accumulate(a, axis=0, out=a)
np.add.outer(v[:3], v, out=a)
np.nan_to_num(a, copy=False)
np.copyto(a, v)
np.copyto(a, 2.5, where=a > 0)
np.copyto(a, v, where=m)
np.copyto(a[0], k)
np.copyto(i, v, casting='unsafe')
a.fill(s)
a[0].fill(3)
a.T[0].fill(v[0])
np.put(a, k, v)
a.put([0, 5, -1], [s, 2.0])
np.put(a, [13, -20], v, mode='wrap')
np.put(a, [13, -20], v[1:], mode='clip')
a.T.put([1, 2], v)
np.place(v, m, [1.0, s])
np.place(v, v > 0.35, s)
np.place(a, A > 0, v)
np.putmask(a, a > 0, v)
np.putmask(a, A > 0, [1.0, s])
np.fill_diagonal(a, s)
np.fill_diagonal(c, v[:3])
np.fill_diagonal(t, 2.0)
np.fill_diagonal(t, v[:2], wrap=True)
np.fill_diagonal(a.T, s)
np.put_along_axis(a, k[None, :3] * 0 + np.arange(3)[:, None], v[:3], 1)
np.put_along_axis(a, np.array([[1], [0], [3]]), s, axis=1)
np.add.at(v, k, v)
np.add.at(v, k, 1)
np.add.at(a, (slice(None), k), v)
np.add.at(a, [0, 0], s)
np.add.at(a, ([0, 1, 0], [1, 1, 1]), v[:3])
np.subtract.at(v, k, s)
np.multiply.at(v, [0, 2], s)
np.negative.at(v, [0, 2])
np.add.at(v, slice(1, 3), s)
np.add.at(v, m, s)
np.add.at(a[1:], (k * 0, k), v)
a.flat[3:7].__setitem__(..., s)
a.flat.__setitem__(k, v)
setattr(a, 'flat', s)
a.T.flat.__setitem__(slice(2, 5), s)
""".strip().splitlines()


def arguments():
    return {
        "a": A.copy(), "v": V.copy(), "s": np.float64(0.7), "b": np.zeros((3, 4)), "c": np.zeros((3, 3)),
        "w": np.zeros(6), "n": np.zeros(4, bool), "i": np.zeros(4, int), "t": np.zeros((6, 2)),
    }  # fmt: skip


def function(line):
    space = {"np": np, "k": K, "m": MASK, "A": A}
    names = list(arguments())
    exec(f"def f({', '.join(names)}):\n    {line}\n    return {', '.join(names)}", space)
    return space["f"]


@pytest.mark.parametrize("line", CASES)
def test_like_numpy(line):
    f = function(line)
    expected = f(*arguments().values())
    for found in (jad.jit(f)(*arguments().values()), interpreted(f)):
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-15)
            assert np.asarray(x).dtype == np.asarray(y).dtype


def interpreted(f):
    with jad.disable_jit():
        return jad.jit(f)(*arguments().values())


@pytest.mark.parametrize("line", [c for c in CASES if "round" not in c and "divmod" not in c])
def test_derivatives(line):
    f = function(line)
    given = arguments()

    def loss(a, v, s):
        out = f(**{**{k: x.copy() for k, x in given.items()}, "a": a * 1.0, "v": v * 1.0, "s": s})
        floats = [x for x in out if x.dtype == np.float64]
        return sum(np.sum(x * np.cos(np.arange(x.size).reshape(x.shape))) for x in floats)

    with jad.disable_jit():
        jad.check_grads(loss, (A + 0.05, V, 0.7), order=1)


ERRORS = [
    (
        "v += np.array([0.1]).astype(complex).real.astype('f8')[:, None] * np.ones((2, 4))",
        ValueError,
        "broadcast",
    ),
    ("i += v", TypeError, "Cannot cast ufunc 'add' output"),
    ("i /= 2", TypeError, "Cannot cast ufunc 'divide' output"),
    ("np.add(v, 0.5, out=i)", TypeError, "Cannot cast ufunc 'add' output"),
    ("np.add(a, v, out=v)", ValueError, "non-broadcastable output operand"),
    ("np.copyto(i, v)", TypeError, "Cannot cast array data"),
    ("np.add.at(i, k, v)", TypeError, "Cannot cast ufunc 'add' output"),
    ("a[0] = v[:3]", ValueError, r"could not broadcast input array from shape \(3,\) into shape \(4,\)"),
    ("np.broadcast_to(v, (3, 4))[0] = 1", ValueError, "read-only"),
    ("a.diagonal()[0] = 1", ValueError, "read-only"),
    ("a[5] = 1", IndexError, "out of bounds"),
    ("a[0, 0, 0] = 1", IndexError, "too many indices"),
    ("s[0] = 1", TypeError, "does not support item assignment|not subscriptable|too many"),
    ("i[0] = float('nan')", ValueError, "cannot convert float NaN to integer"),
    ("np.multiply.at(v, k, 2.0)", NotImplementedError, "may be repeated"),
    ("a.sort()", NotImplementedError, "sort"),
    ("v[v > 0] = v[:2]", NotImplementedError, "np.where"),
    ("m[0] = True", NotImplementedError, "outside the traced function"),
]


@pytest.mark.parametrize(("line", "error", "text"), ERRORS)
def test_errors(line, error, text):
    given = arguments()
    with pytest.raises(error, match=text):
        jad.jit(function(line))(*given.values())
    for x, y in zip(given.values(), arguments().values()):
        np.testing.assert_array_equal(x, y)
