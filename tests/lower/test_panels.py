"""Products `A x` and `Aᵀ r` around a nest happen in one pass over A, some rows at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from jitad import ops
from jitad.lower.panels import PanelStep
from tests.lower.native import build, compile_function

RNG = np.random.default_rng(5)
ROWS = {"contract": ((1,), (0,)), "batch": ((), ())}
COLUMNS = {"contract": ((0,), (0,)), "batch": ((), ())}


def passes(low) -> int:
    return sum(isinstance(step, PanelStep) for step in low.plan.steps)


def both_products(a, x, y):
    """A loss-like sum, the intermediate product, and the transposed product."""
    u = ops.dot(a, x, **ROWS)
    r = ops.mul(ops.tanh(u), y)
    return ops.sum(ops.mul(r, u), axes=(0,)), u, ops.dot(a, r, **COLUMNS)


def reference(a, x, y):
    u = a @ x
    r = np.tanh(u) * y
    return np.sum(r * u), u, a.T @ r


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "shape", [(16384, 24), (4096, 33), (20011, 50), (5003, 100), (1001, 333), (140, 1000)]
)
def test_one_pass(shape: tuple[int, int], dtype: type) -> None:
    scale = 1 if dtype is np.float64 else 2
    a = RNG.standard_normal((shape[0] * scale, shape[1])).astype(dtype)
    x, y = RNG.standard_normal(shape[1]).astype(dtype), RNG.standard_normal(len(a)).astype(dtype)
    low, call = compile_function(build(both_products, a, x, y))
    assert passes(low) == 1 and "blas." not in low.llvm
    status, results = call(a, x, y)
    assert status == 0
    eps = float(np.finfo(dtype).eps)
    exact = reference(*(v.astype(np.float64) for v in (a, x, y)))
    for found, expected in zip(results, exact):
        np.testing.assert_allclose(found, expected, rtol=300 * eps, atol=300 * eps * np.abs(expected).max())


def test_several_vectors_share_the_pass() -> None:
    a = RNG.standard_normal((5000, 40))
    x, t = RNG.standard_normal((2, 40))

    def hessian_times_vector(a, x, t):
        u, s = ops.dot(a, x, **ROWS), ops.dot(a, t, **ROWS)
        return ops.dot(a, ops.exp(u), **COLUMNS), ops.dot(a, ops.mul(ops.exp(u), s), **COLUMNS)

    low, call = compile_function(build(hessian_times_vector, a, x, t))
    assert passes(low) == 1 and "blas." not in low.llvm
    u, s = a @ x, a @ t
    _, results = call(a, x, t)
    np.testing.assert_allclose(results[0], a.T @ np.exp(u), rtol=1e-11, atol=1e-8)
    np.testing.assert_allclose(results[1], a.T @ (np.exp(u) * s), rtol=1e-11, atol=1e-8)


def test_a_product_that_is_needed_as_a_whole_before_the_nest_is_not_part_of_it() -> None:
    a, x = RNG.standard_normal((5000, 40)), RNG.standard_normal(40)

    def softmax_of_rows(a, x):
        u = ops.dot(a, x, **ROWS)
        top = ops.broadcast(ops.reduce_max(u, axes=(0,)), shape=(5000,), axes=())
        return ops.dot(a, ops.exp(ops.sub(u, top)), **COLUMNS)

    low, call = compile_function(build(softmax_of_rows, a, x))
    assert passes(low) == 0
    u = a @ x
    np.testing.assert_allclose(call(a, x)[1][0], a.T @ np.exp(u - u.max()), rtol=1e-10, atol=1e-12)


def test_a_nest_that_reads_the_product_out_of_order_is_not_part_of_it() -> None:
    a, x = RNG.standard_normal((5000, 40)), RNG.standard_normal(40)

    def reversed_rows(a, x):
        u = ops.dot(a, x, **ROWS)
        back = ops.slice(u, start=(4999,), step=(-1,), shape=(5000,))
        return ops.dot(a, ops.tanh(back), **COLUMNS)

    low, call = compile_function(build(reversed_rows, a, x))
    assert passes(low) == 0
    np.testing.assert_allclose(call(a, x)[1][0], a.T @ np.tanh((a @ x)[::-1]), rtol=1e-10, atol=1e-10)


def test_infinities_stay_in_their_columns() -> None:
    a, x, y = np.ones((8192, 19)), np.full(19, 0.01), np.ones(8192)
    a[17, 18] = np.inf
    _, call = compile_function(build(both_products, a, x, y))
    _, (_, u, v) = call(a, x, y)
    assert np.isinf(u[17]) and np.isfinite(np.delete(u, 17)).all()
    assert np.isinf(v[18]) and np.isfinite(v[:18]).all()


def test_long_columns_are_summed_in_blocks() -> None:
    a = np.full((2**17 + 77, 17), 0.1)
    _, call = compile_function(build(both_products, a, np.full(17, 0.3), np.ones(len(a))))
    _, (_, u, v) = call(a, np.full(17, 0.3), np.ones(len(a)))
    exact = math.fsum([0.1 * math.tanh(u[0])] * len(a))
    assert np.abs(v / exact - 1).max() < 2e-14
