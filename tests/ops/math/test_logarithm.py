"""log and its relatives: errors, special values, the same bits in every regime."""

from __future__ import annotations

import numpy as np
import pytest
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special, native

NAMES = ("log", "log2", "log10", "log1p")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", (*NAMES, "logaddexp"))
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", (*NAMES, "logaddexp"))
def test_special_values_are_numpys(name, dtype):
    # Where logaddexp is near 0, two logarithms cancel: its errors are those of log 2.
    check_special(name, dtype, getattr(np, name), least=0.69 if name == "logaddexp" else 0.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", (*NAMES, "logaddexp"))
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_monotonic(name, dtype):
    check_monotonic(name, dtype, 0.3, 5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_logarithms_of_powers_are_exact(dtype):
    info = np.finfo(dtype)
    n = np.arange(info.minexp - info.nmant, info.maxexp)
    np.testing.assert_array_equal(native("log2", np.ldexp(dtype(1), n)), n)
    whole = np.arange(23 if dtype == np.float64 else 11)  # the powers that are floats
    np.testing.assert_array_equal(native("log10", np.array(10.0**whole, dtype)), whole)
