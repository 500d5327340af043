"""power: errors, special values of both operands, the same bits in every regime."""

from __future__ import annotations

import numpy as np
import pytest
from math_checks import DTYPES, check_accuracy, check_scalars, check_special, native


@pytest.mark.parametrize("dtype", DTYPES)
def test_errors_are_as_promised(dtype):
    check_accuracy("power", dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values_are_numpys(dtype):
    check_special("power", dtype, np.power, (-1.5, 1.5, -3, 4, 5e8, 1023, -1074, 0.1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_scalars_have_the_bits_of_vectors(dtype, monkeypatch):
    check_scalars("power", dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
def test_whole_powers_of_whole_numbers_are_exact(dtype):
    x, n = (v.ravel().astype(dtype) for v in np.meshgrid(np.arange(1, 50), np.arange(0, 16)))
    small = x.astype(np.longdouble) ** n < 2.0 ** (np.finfo(dtype).nmant + 1)
    x, n = x[small], n[small]
    np.testing.assert_array_equal(native("power", x, n), np.rint(x.astype(np.longdouble) ** n).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_three_halves_by_the_square_root(dtype):
    """x**1.5 is x·√x to 2 ULP: an independent way to the same value."""
    x = np.geomspace(1e-20, 1e20, 1001).astype(dtype)
    np.testing.assert_array_max_ulp(native("power", x, np.full_like(x, 1.5)), x * np.sqrt(x), 2)
