"""Captured arrays as masks, sizes and positions: their numbers are known, and guarded."""

from __future__ import annotations

import numpy as np
import pytest

import jitad as jad

MASK = np.array([True, False, True, True])
COUNTS = np.array([2, 0, 1, 1])
SIZE = np.int64(3)
INDEX = np.array([3, 0])


def test_masks_from_outside_select() -> None:
    f = jad.jit(lambda x: x[MASK] * 2)
    x = np.arange(4.0)
    np.testing.assert_array_equal(f(x), [0, 4, 6])
    MASK[1] = True
    np.testing.assert_array_equal(f(x), [0, 2, 4, 6])
    MASK[1] = False


def test_positions_counts_and_sizes_from_outside() -> None:
    x = np.arange(4.0)
    for f in (
        lambda x: x[np.nonzero(MASK)],
        lambda x: x[np.flatnonzero(MASK)],
        lambda x: np.repeat(x, COUNTS),
        lambda x: np.delete(x, INDEX),
        lambda x: np.tile(x, SIZE),
        lambda x: np.compress(MASK, x),
        lambda x: np.split(x, INDEX[::-1])[1],
        lambda x: x[np.argsort(COUNTS)],
        lambda x: x[MASK & (COUNTS > 0)],
        lambda x: jad.numpy.zeros(SIZE) + x[0],
    ):
        np.testing.assert_array_equal(jad.jit(f)(x), f(x))


def test_indices_from_outside_are_read_at_each_call() -> None:
    f = jad.jit(lambda x: x[INDEX])
    x = np.arange(4.0)
    np.testing.assert_array_equal(f(x), [3, 0])
    INDEX[0] = 2
    np.testing.assert_array_equal(f(x), [2, 0])
    INDEX[0] = 9
    with pytest.raises(IndexError):
        f(x)
    INDEX[0] = 3


def test_writing_methods_never_work_on_a_copy() -> None:
    for f in (lambda x: INDEX.sort(), lambda x: INDEX.fill(0)):
        with pytest.raises(NotImplementedError):
            jad.jit(lambda x, f=f: (f(x), x * 2)[1])(np.ones(2))
