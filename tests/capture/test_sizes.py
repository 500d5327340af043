"""Sizes that depend on a loop: NumPy's values, derivatives beside differences, and no loop unrolled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sized_programs import SIZED, vector

import jitad as jad
from jitad.capture.errors import TracedValueError

STEP = 1e-6


def named(f: Any) -> str:
    return getattr(f, "__name__", "")


@pytest.mark.parametrize("f", SIZED, ids=named)
def test_values_are_numpys(f: Callable) -> None:
    arguments, _ = SIZED[f]
    np.testing.assert_allclose(jad.jit(f)(*arguments), f(*arguments), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("f", SIZED, ids=named)
def test_no_loop_is_unrolled(f: Callable) -> None:
    told = jad.explain(f, *SIZED[f][0])
    assert "unrolled" not in told
    assert "sizes depend on" in told


@pytest.mark.parametrize("f", SIZED, ids=named)
def test_gradients_are_central_differences(f: Callable) -> None:
    arguments, wrt = SIZED[f]
    rng = np.random.default_rng(1)
    weights = rng.standard_normal(np.shape(f(*arguments)))

    def loss(*args: Any) -> Any:
        return np.sum(weights * f(*args))

    directions = [rng.standard_normal(np.shape(arguments[i])) for i in wrt]

    def moved(step: float) -> Any:
        found = list(arguments)
        for i, d in zip(wrt, directions):
            found[i] = found[i] + step * d
        return loss(*found)

    gradients = jad.grad(loss, argnums=wrt)(*arguments)
    slope = sum(np.sum(g * d) for g, d in zip(gradients, directions))
    scale = sum(np.sum(abs(g * d)) for g, d in zip(gradients, directions))
    assert abs(slope - (moved(STEP) - moved(-STEP)) / (2 * STEP)) < 1e-6 * (1 + scale)


def empty_max(x):
    s = 0.0
    for k in range(len(x)):
        s += np.max(x[:k])
    return s


def empty_argmin(x):
    s = 0.0
    for k in range(len(x)):
        s += np.argmin(x[k + 1 :])
    return s


def row_outside(x):
    A, s = np.outer(x, x), 0.0
    for k in range(len(x)):
        s += np.sum(A[k + 1, :k])
    return s


def row_before(x):
    A, s = np.outer(x, x), 0.0
    for k in range(len(x)):
        s += np.sum(A[-k - 2, :k])
    return s


def first_of_none(x):
    s = 0.0
    for k in range(len(x)):
        s += x[:k][0]
    return s


def different_lengths(x):
    s = 0.0
    for k in range(len(x)):
        s += np.sum(x[:k] * x[k:])
    return s


def stored_in_less(x):
    y = np.zeros(len(x))
    for k in range(3, len(x)):
        y[: k - 1] = x[: k - 2] if len(x) < 3 else x[k - 3 :]
    return y


def dotted(x):
    s = 0.0
    for k in range(len(x)):
        s += np.dot(x[:k], x[k:])
    return s


def stacked(x):
    s = 0.0
    for k in range(1, len(x)):
        s += np.sum(np.stack([x[:k], x[k:]]))
    return s


def negative_size(x):
    s = 0.0
    for k in range(len(x)):
        s += np.sum(np.ones(3 - k)) * x[k]
    return s


def shaped(x):
    s = 0.0
    for k in range(1, len(x)):
        s += np.sum(x.reshape(k, 2))
    return s


@pytest.mark.parametrize(
    "f",
    [
        empty_max,
        empty_argmin,
        row_outside,
        row_before,
        first_of_none,
        different_lengths,
        stored_in_less,
        dotted,
        stacked,
        negative_size,
        shaped,
    ],
    ids=named,
)
def test_what_numpy_raises_is_raised_when_it_runs(f: Callable) -> None:
    x = vector(7)
    with pytest.raises((ValueError, IndexError)) as numpys:
        f(x)
    with pytest.raises(numpys.type, match=r"test_sizes\.py"):
        jad.jit(f)(x)


def grown(x, n):
    y = np.zeros(1)
    for k in range(n):
        y = np.concatenate([y, x[:k]])
    return np.sum(y)


def last_part(x, n):
    for k in range(n):
        part = x[:k]
    return np.sum(part)


def listed(x, n):
    s = 0.0
    for k in range(n):
        s += len([0.0] * k) + x[k]
    return s


def repeated(x, n):
    s = 0.0
    for k in range(n):
        s += np.sum(np.tile(x[:k], 2))
    return s


def comprehended(x, n):
    s = 0.0
    for k in range(n):
        s += sum([x[j] for j in range(k)])
    return s


def recursive(x, n):
    def total(v):
        return v[0] if len(v) == 1 else total(v[: len(v) // 2]) + total(v[len(v) // 2 :])

    s = 0.0
    for k in range(1, n):
        s += total(x[:k])
    return s


@pytest.mark.parametrize("f", [grown, listed, repeated, comprehended, last_part], ids=named)
def test_where_python_needs_a_size_the_loop_is_unrolled_or_refused(f: Callable) -> None:
    x = vector(7)
    np.testing.assert_allclose(jad.jit(f, static_argnums=1)(x, 5), f(x, 5))
    assert "unrolled" in jad.explain(jad.jit(f, static_argnums=1), x, 5)
    with pytest.raises((TracedValueError, UnboundLocalError), match="test_sizes"):
        jad.jit(f)(x, np.int64(5))
    np.testing.assert_allclose(jad.jit(f)(x, 5), f(x, 5))  # a Python int is compiled in


def test_recursion_on_a_size_is_unrolled() -> None:
    x = vector(7)
    np.testing.assert_allclose(jad.jit(recursive, static_argnums=1)(x, 6), recursive(x, 6))


def test_results_have_sizes_from_arguments_but_not_from_elements() -> None:
    for f in (lambda x, n: x[:n], lambda x, n: np.zeros(n) * x[0], lambda x, n: x.reshape(n, -1)):
        for n in (2, 3):
            np.testing.assert_array_equal(jad.jit(f)(np.ones(6), n), f(np.ones(6), n))
    with pytest.raises(TracedValueError, match="depends on elements of an array"):
        jad.jit(lambda x, k: x[: k[0]])(np.ones(6), np.array([2]))


def parts(x, n):
    return np.sum(x[:n] ** 2) + np.mean(x[-n:]) + np.sum(np.zeros(n) + x[1]) + np.sum(x.reshape(n, -1)[0])


def test_sizes_that_are_arguments() -> None:
    x = vector(6)
    np.testing.assert_allclose(jad.jit(parts)(x, 3), parts(x, 3))
    np.testing.assert_allclose(jad.jit(parts)(x, 2), parts(x, 2))
    slope = (parts(x + 1e-6, 3) - parts(x - 1e-6, 3)) / 2e-6
    np.testing.assert_allclose(np.sum(jad.grad(parts)(x, 3)), slope, rtol=1e-6)


def folded(x):
    n = len(x)
    for j in range(n):
        x[j + (n - 1 - j)] = np.sum(x[j : j + 3 - j + j]) + np.sum(x[j : n - 1 - (n - 1 - j) + 1])
    return x


def test_index_arithmetic_folds() -> None:
    x = vector(7)
    np.testing.assert_allclose(jad.jit(folded)(x.copy()), folded(x.copy()))
    text = jad.jit(lambda x: folded(x.copy())).compile(x).ir
    assert "f64[1] = window" in text and "minimum" in text


def array_written_by_rows(A, k):
    B = A.copy()
    for row in B:
        row *= 0.9
        while k < 0.9:
            k += 1
            B = B * 0.5
    return B


def test_the_array_that_a_loop_runs_over_is_made_another_one_inside() -> None:
    A = np.ones((3, 4))
    try:
        found = jad.jit(array_written_by_rows)(A, 1.0)
    except NotImplementedError as error:
        assert "may be another one" in str(error)
    else:
        np.testing.assert_allclose(found, array_written_by_rows(A, 1.0))


def named_by_two(a, b, n):
    a, t = a.copy(), 0.0
    for _ in range(n):
        a[1:] = np.sin(a[1:])
        t = np.sum(a) * np.sum(b)
        b = a
    return t


def test_a_variable_that_becomes_an_array_written_by_another_name() -> None:
    a, b = np.arange(1.0, 5.0), np.ones(4)
    by_hand = jad.jit(named_by_two, static_argnums=2)
    np.testing.assert_allclose(by_hand(a, b, 3), named_by_two(a, b, 3))
    with pytest.raises(TracedValueError, match="written by another name"):
        jad.jit(named_by_two)(a, b, np.int64(3))
