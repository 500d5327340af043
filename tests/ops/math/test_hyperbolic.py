"""Hyperbolic functions and the logistic function: errors, special values, the same bits in every regime."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special

NAMES = ("tanh", "expit")
#: SciPy's own for single precision is 0 too early.
REFERENCES = {"expit": lambda x: scipy.special.expit(x.astype(np.float64)).astype(x.dtype)}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values_are_numpys(name, dtype):
    check_special(name, dtype, REFERENCES.get(name) or getattr(np, name), (-745.13, -745.14, -103.9, -104.1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_monotonic(name, dtype):
    check_monotonic(name, dtype, -12, 12)
