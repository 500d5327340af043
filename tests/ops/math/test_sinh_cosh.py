"""sinh and cosh: errors, special values, the same bits in every regime."""

from __future__ import annotations

import numpy as np
import pytest
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special, native

NAMES = ("sinh", "cosh")
#: Where they overflow, and where e**-x no longer counts.
BORDERS = (710.475, 710.476, 710.6, 711, 89.415, 89.416, 89.6, 18.37, 18.72, 8.3, 8.67)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values_are_numpys(name, dtype):
    check_special(name, dtype, getattr(np, name), BORDERS)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
def test_monotonic(dtype):
    check_monotonic("sinh", dtype, -12, 12)
    check_monotonic("cosh", dtype, 0.2, 12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_subnormal_numbers_are_their_own_sinh(dtype):
    x = np.arange(-40, 40).astype(dtype) * np.finfo(dtype).smallest_subnormal
    np.testing.assert_array_equal(native("sinh", x), x)
