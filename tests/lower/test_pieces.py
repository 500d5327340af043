"""Products in programs with loops are cut into pieces that keep BLAS to one thread; others are one call."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest

import jitad as jad
from jitad.lower import pieces

rng = np.random.default_rng(11)


def blas_calls(f, *arguments: np.ndarray) -> int:
    """How many calls of BLAS the code contains; the numbers agree."""
    compiled = jad.jit(f)
    expected = f(*arguments)
    tolerance = 1e-12 if expected.dtype == np.float64 else 1e-4
    np.testing.assert_allclose(compiled(*arguments), expected, rtol=tolerance, atol=tolerance)
    return compiled.compile(*arguments).llvm.count('call void @"blas.')


@pytest.mark.parametrize(
    "extents", [(64, 1000, 64), (300, 70, 70), (65, 65, 65), (2, 4000, 300), (256, 256, 256), (255, 1, 2000)]
)
def test_pieces_are_small_and_not_smaller_than_they_need_be(extents: tuple[int, int, int]) -> None:
    sizes = pieces.piece_sizes(extents)
    assert prod(sizes) <= pieces.ALONE
    assert all(0 < size <= extent for size, extent in zip(sizes, extents))
    assert prod(sizes) > pieces.ALONE / 4 or sizes == list(extents)


@pytest.mark.parametrize("extents", [(64, 64, 64), (1000, 1000, 1000)])
def test_small_and_very_large_products_are_one_piece(extents: tuple[int, int, int]) -> None:
    assert pieces.piece_sizes(extents) == list(extents)


@pytest.mark.parametrize("extents", [(30, 17, 41), (9, 100, 18), (100, 9, 18), (9, 9, 100), (24, 24, 24)])
@pytest.mark.parametrize("turned, dtype", list(product(["", "x", "y", "xy"], [np.float64, np.float32])))
def test_products_with_batch_axes_in_pieces(monkeypatch, extents, turned: str, dtype) -> None:
    monkeypatch.setattr(pieces, "ALONE", 600)
    m, n, k = extents
    x = rng.normal(size=(3, m, k) if "x" not in turned else (3, k, m)).astype(dtype)
    y = rng.normal(size=(3, k, n) if "y" not in turned else (3, n, k)).astype(dtype)

    def f(x, y):
        x = np.transpose(x, (0, 2, 1)) if "x" in turned else x
        y = np.transpose(y, (0, 2, 1)) if "y" in turned else y
        return np.matmul(x, y)

    assert blas_calls(f, x, y) > 1


def test_products_in_a_loop_are_in_pieces_and_others_one_call() -> None:
    a, b = rng.normal(size=(70, 90)) / 10, rng.normal(size=(90, 90)) / 10

    def once(a, b):
        return np.tanh(a @ b)

    def often(a, b):
        for _ in range(5):
            a = np.tanh(a @ b)
        return a

    assert blas_calls(once, a, b) == 1
    assert blas_calls(jad.jit(often), a, b) > 1


def test_products_taken_out_of_loops_are_in_pieces() -> None:
    x, w = rng.normal(size=(400, 60)), rng.normal(size=(60, 60)) / 60

    def f(x, w):
        h = np.zeros(60)
        for t in range(400):
            h = np.tanh(w @ x[t] + h)
        return h

    compiled = jad.jit(f).compile(x, w)
    assert compiled.llvm.count('call void @"blas.dgemm') > 1
    np.testing.assert_allclose(jad.jit(f)(x, w), f(x, w), rtol=1e-12)
