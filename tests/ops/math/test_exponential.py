"""exp, exp2, expm1: errors, special values, the same bits in every regime."""

from __future__ import annotations

import numpy as np
import pytest
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special, native

NAMES = ("exp", "exp2", "expm1")
OVERFLOW = (709.78, 709.79, -708.5, -745.13, -745.14, 88.72, 88.73, -87.4, -103.9, -104.1, 1024, -1075, -1074)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values_are_numpys(name, dtype):
    check_special(name, dtype, getattr(np, name), OVERFLOW)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_monotonic(name, dtype):
    check_monotonic(name, dtype, -20, 20)


@pytest.mark.parametrize("dtype", DTYPES)
def test_powers_of_two_are_exact(dtype):
    info = np.finfo(dtype)
    n = np.arange(info.minexp - info.nmant, info.maxexp).astype(dtype)
    np.testing.assert_array_equal(native("exp2", n), np.ldexp(dtype(1), n.astype(np.int32)))
