"""erf and erfc: errors, special values, the same bits in every regime, shared work."""

from __future__ import annotations

from math import erf, erfc

import numpy as np
import pytest
import scipy.special
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special, native

import jitad

NAMES = ("erf", "erfc")
#: Where the pieces meet, where erf becomes 1 and erfc 0.
EDGES = (0.75, 1.0, 3.92, 4.0, 5.86, 5.95, 6.5, 10.05, 10.06, 27.2, 27.226, 27.3, 28.5)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values(name, dtype):
    exact = np.vectorize({"erf": erf, "erfc": erfc}[name], otypes=[np.float64])
    check_special(name, dtype, lambda x: exact(x.astype(np.float64)).astype(dtype), EDGES)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
def test_monotonic(dtype):
    check_monotonic("erf", dtype, -6, 6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_both_add_up_to_one(dtype):
    x = np.linspace(-8, 8, 2001).astype(dtype)
    total = native("erf", x).astype(np.float64) + native("erfc", x)
    np.testing.assert_allclose(total, 1, rtol=0, atol=2 * np.finfo(dtype).eps)


def test_the_derivative_of_erf_adds_no_exponential():
    x = np.linspace(-3, 3, 4096)

    def divisions_and_rounding(f):
        text = jitad.jit(f).compile(x).optimized_llvm
        return text.count("fdiv <8 x double>"), text.count("shl <8 x i64>")

    value = divisions_and_rounding(lambda x: scipy.special.erf(x))
    both = divisions_and_rounding(lambda x: jitad.jvp(scipy.special.erf, (x,), (x,)))
    assert both == value
