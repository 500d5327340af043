"""Masks with traced values: written through, and read where the size of the selection is not needed."""

import linecache

import numpy as np
import pytest

import jitad as jad

R = np.array([0.5, -1.0, 2.0, 0.0, 3.0])
M = np.linspace(-1, 1, 12).reshape(3, 4)

CASES = """
r[r > 0] = 0.0
r[r > 0] = r[r > 0] ** -1.5
r[r > 0] **= -1.5
r[r > 0] += s
m[m > 0.2] *= 2
m[m > 0.2] = np.sqrt(m[m > 0.2]) + s
m[m[:, 0] > -0.5] = r[:4]
m[m[:, 0] > -0.5, 1:3] = s
m[:, r[:4] > 0] -= 1
m[0, r[:4] > 0] = s
m[..., r[:4] > 0] = s
m[1:][m[1:] > 0.5] = s
m.T[m.T > 0.5] = s
mask = r > 0; r[mask] = np.log(r[mask]); r[~mask] = s
mask = r > 0; y = r[mask]; y += 1; y *= y; r[mask] = y
out = r[r > 0].sum()
out = r[r > 0].mean()
out = np.mean(r[r > 0])
out = np.sum(np.log(r[r > 0]))
out = r[r > 0].max() - r[r > 0].min()
out = np.max(r[r > 0])
out = np.var(r[r > 0]) + np.std(r[r > 0])
out = np.prod(r[r > 0])
out = np.linalg.norm(r[r > 0])
out = np.dot(r[r > 0], np.cos(r)[r > 0])
out = r[r > 0] @ r[r > 0]
out = (r[r > 0] > 1).any(), (r[r > 0] > 1).all()
out = r[r > 0].size
out = len(r[r > 0])
out = r[r > 0].shape[0]
out = np.size(r[r > 0])
out = np.count_nonzero(r[r > 0] > 1)
out = np.sum(np.where(r[r > 0] > 1, r[r > 0], 0.5))
out = np.clip(r[r > 0], 0.6, 2.5).sum()
out = np.average(r[r > 0], weights=np.exp(r[r > 0]))
out = m[m[:, 0] > -0.5].sum(axis=0)
out = m[m[:, 0] > -0.5].mean(0)
out = m[m[:, 0] > -0.5].shape
out = (m[m[:, 0] > -0.5] * r[:4]).sum()
out = 1 / len(r[r > 0]) * np.sum(r[r > 0] - r[r > 0].mean())
out = r[r > 100].sum(), r[r > 100].size
np.add.at(r, r > 0, s)
np.place(r, r > 0, s)
""".strip().splitlines()


def function(line):
    """The line as a function that has a source."""
    text, name = f"def f(r, m, s):\n    out = 0.0\n    {line}\n    return r, m, out\n", f"<case {line}>"
    linecache.cache[name] = len(text), None, text.splitlines(True), name
    space = {"np": np}
    exec(compile(text, name, "exec"), space)
    return space["f"]


def leaves(tree):
    return [x for item in tree for x in leaves(item)] if isinstance(tree, (tuple, list)) else [tree]


@pytest.mark.parametrize("line", CASES)
@pytest.mark.parametrize("native", [True, False])
def test_like_numpy(line, native):
    f = function(line)
    with np.errstate(all="ignore"):
        expected = leaves(f(R.copy(), M.copy(), 0.7))
    if native:
        found = jad.jit(f)(R.copy(), M.copy(), 0.7)
    else:
        with jad.disable_jit():
            found = jad.jit(f)(R.copy(), M.copy(), 0.7)
    for x, y in zip(leaves(found), expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-15)
        assert np.asarray(x).dtype == np.asarray(y).dtype


@pytest.mark.parametrize("line", CASES)
def test_derivatives(line):
    f = function(line)

    def loss(r, m, s):
        out = leaves(f(r * 1.0, m * 1.0, s))
        floats = [x for x in out if np.asarray(x).dtype == np.float64]
        return sum(np.sum(x * np.cos(np.arange(np.size(x)).reshape(np.shape(x)))) for x in floats)

    with jad.disable_jit():
        jad.check_grads(loss, (R - 0.2, M, 0.7), order=1)


def test_elements_that_are_not_selected_do_not_matter():
    def f(r):
        r = r * 1.0
        r[r > 0] = np.log(r[r > 0]) * r[r > 0] ** -1.5
        return r.sum() + np.sum(np.sqrt(r[r > 0])) + np.linalg.norm(r[r > 100])

    assert np.isfinite(jad.grad(f)(R)).all()
    assert np.isfinite(jad.jvp(jad.grad(f), (R,), (R + 1,))[1]).all()


@pytest.mark.parametrize(
    "line",
    [
        "out = r[r > 0]",
        "out = r[r > 0] + m[0][m[0] > 0]",
        "out = r[r > 0][0]",
        "out = np.sort(r[r > 0])",
        "out = np.cumsum(r[r > 0])",
        "out = sum(x for x in r[r > 0])",
        "out = np.concatenate([r[r > 0], r])",
        "r[r > 0] = r[:3]",
        "r[r > 0] = r[r > 1]",
        "out = r[r > 0] * r[:3]",
        "out = np.zeros(len(r[r > 0]))",
    ],
)
def test_errors_name_where(line):
    with pytest.raises(NotImplementedError, match=r"np\.where|static_argnums"):
        jad.jit(function(line))(R.copy(), M.copy(), 0.7)


def test_the_largest_of_nothing():
    with pytest.raises(ValueError, match="zero-size array to reduction operation maximum"):
        jad.jit(lambda r: r[r > 100].max())(R)


def test_masks_that_do_not_fit():
    with pytest.raises(IndexError, match="boolean index did not match"):
        jad.jit(lambda r, m: m[r > 0].sum())(R, M)
