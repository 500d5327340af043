"""Reductions over outer axes: every block structure, any monoid, and the error of long columns."""

from __future__ import annotations

import math

import numpy as np
import pytest

from jitad import ops

from .native import build, run

rng = np.random.default_rng(8)


@pytest.mark.parametrize("columns", [1, 3, 7, 8, 9, 16, 21, 130])
@pytest.mark.parametrize("rows", [2, 255, 256, 257, 1000, 256 * 64 + 5, 256 * 65, 256 * 64 * 2 + 700])
def test_column_sums(rows: int, columns: int) -> None:
    a = rng.integers(-50, 50, size=(rows, columns)).astype(np.float64)
    fn = build(lambda a: [ops.sum(a, axes=(0,)), ops.sum(a, axes=(1,)), ops.sum(a, axes=(0, 1))], a)
    for got, want in zip(run(fn, a), (a.sum(0), a.sum(1), a.sum())):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1), (0, 2), (1, 2)])
@pytest.mark.parametrize("shape", [(3, 300, 19), (300, 3, 19), (5, 6, 7), (2, 513, 8)])
def test_column_sums_inside_other_axes(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    a = rng.integers(-50, 50, size=shape).astype(np.float64)
    (got,) = run(build(lambda a: ops.sum(a, axes=axes), a), a)
    np.testing.assert_array_equal(got, a.sum(axes))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int32, np.uint8])
def test_column_extremes_of_each_dtype(dtype: type) -> None:
    a = rng.integers(0, 100, size=(700, 21)).astype(dtype)
    fn = build(
        lambda a: [ops.reduce_max(a, axes=(0,)), ops.reduce_min(a, axes=(0,)), ops.sum(a, axes=(0,))], a
    )
    for got, want in zip(run(fn, a), (a.max(0), a.min(0), a.sum(0, dtype=dtype))):
        np.testing.assert_array_equal(got, want)


def test_columns_of_bools() -> None:
    a = rng.random((700, 21)) < np.linspace(0, 1, 21)
    fn = build(lambda a: [ops.reduce_and(a, axes=(0,)), ops.reduce_or(a, axes=(0,))], a)
    for got, want in zip(run(fn, a), (a.all(0), a.any(0))):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("columns", [3, 9])
def test_error_of_long_columns_is_near_that_of_pairwise_summation(columns: int) -> None:
    a = rng.random((10**6, columns))
    (got,) = run(build(lambda a: ops.sum(a, axes=(0,)), a), a)
    for k in range(columns):
        exact = math.fsum(a[:, k])
        assert abs(got[k] - exact) <= 8 * np.spacing(exact)  # one after the other it is some hundreds


def test_maps_and_column_sums_share_a_nest() -> None:
    a, b = rng.random((600, 11)), rng.random(11)

    def make(a, b):
        spread = ops.broadcast(b, shape=(600, 11), axes=(1,))
        scaled = ops.exp(ops.mul(a, spread))
        return [scaled, ops.sum(scaled, axes=(0,)), ops.sum(ops.mul(scaled, a), axes=(0,))]

    scaled = np.exp(a * b)
    for got, want in zip(run(build(make, a, b), a, b), (scaled, scaled.sum(0), (scaled * a).sum(0))):
        np.testing.assert_allclose(got, want, rtol=1e-13)
