"""cbrt and hypot: errors, special values, the same bits in every regime, exact results."""

from __future__ import annotations

import numpy as np
import pytest
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special, native

NAMES = ("cbrt", "hypot")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values_are_numpys(name, dtype):
    check_special(name, dtype, getattr(np, name), (1e30, 1e-30, 1e-37, 1e-25))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
def test_monotonic(dtype):
    check_monotonic("cbrt", dtype, 0.5, 9)


@pytest.mark.parametrize("dtype", DTYPES)
def test_cubes_have_exact_roots(dtype):
    bits = np.finfo(dtype).nmant + 1
    roots = np.arange(1, int(2 ** (bits / 3))).astype(dtype)
    for scale in (0, 30, -30):
        np.testing.assert_array_equal(
            native("cbrt", np.ldexp(-(roots**3), 3 * scale)), np.ldexp(-roots, scale)
        )


@pytest.mark.parametrize("dtype", DTYPES)
def test_pythagorean_triples_are_exact(dtype):
    m, n = (v.ravel().astype(dtype) for v in np.meshgrid(np.arange(1, 60), np.arange(1, 60)))
    legs, longest = (2 * m * n, m * m - n * n), m * m + n * n
    limit = np.finfo(dtype).maxexp
    for scale in (0, limit - 14, 3 - limit):
        got = native("hypot", *(np.ldexp(leg, scale) for leg in legs))
        np.testing.assert_array_equal(got, np.ldexp(longest, scale))
