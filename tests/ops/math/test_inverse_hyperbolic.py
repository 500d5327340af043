"""arcsinh, arccosh, arctanh: errors, special values, the same bits in every regime."""

from __future__ import annotations

import numpy as np
import pytest
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special, native

NAMES = ("arcsinh", "arccosh", "arctanh")
#: Where the power of two changes, and where squares would overflow.
BORDERS = (0.3535, 0.3536, 1.0606, 1.0607, 1 / 6, 0.16667, 1e19, 1e30, 1e151, 1.3e154, 1.4e154)
MONOTONIC = {"arcsinh": (-3, 3), "arccosh": (1.01, 4), "arctanh": (-0.9, 0.9)}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values_are_numpys(name, dtype):
    with np.errstate(over="ignore"):
        check_special(name, dtype, getattr(np, name), BORDERS)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_monotonic(name, dtype):
    check_monotonic(name, dtype, *MONOTONIC[name])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ("arcsinh", "arctanh"))
def test_subnormal_numbers_are_their_own_value(name, dtype):
    x = np.arange(-40, 40).astype(dtype) * np.finfo(dtype).smallest_subnormal
    np.testing.assert_array_equal(native(name, x), x)
