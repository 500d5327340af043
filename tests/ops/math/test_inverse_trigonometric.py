"""arcsin, arccos, arctan and arctan2: errors, special values, the same bits in every regime."""

from __future__ import annotations

import numpy as np
import pytest
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special, native

NAMES = ("arcsin", "arccos", "arctan", "arctan2")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values_are_numpys(name, dtype):
    def exact(*operands):
        return getattr(np, name)(*(x.astype(np.float64) for x in operands)).astype(dtype)

    check_special(name, dtype, exact, (-0.5, 0.75, 1.5))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "lo", "hi"), [("arcsin", -1, 1), ("arctan", -4, 4)])
def test_monotonic(name, dtype, lo, hi):
    check_monotonic(name, dtype, 0.999 * lo, 0.999 * hi)


@pytest.mark.parametrize("dtype", DTYPES)
def test_outside_the_interval_there_is_no_angle(dtype):
    x = np.array([1.0000001, -1.0000001, 2, -5, 1e30, np.inf, -np.inf, np.nan], dtype)
    for name in ("arcsin", "arccos"):
        assert np.isnan(native(name, x)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_angles_of_the_axes_and_diagonals_are_exact(dtype):
    y = np.array([0.0, 1, 1, 1, 0, -1, -1, -1, -0.0, 0, -0.0, -0.0], dtype)
    x = np.array([1.0, 1, 0, -1, -1, -1, 0, 1, -1, 0, 0, -0.0], dtype)
    quarters = np.array([0, 1, 2, 3, 4, -3, -2, -1, -4, 0, -0.0, -4])
    np.testing.assert_array_equal(native("arctan2", y, x), (quarters * (np.pi / 4)).astype(dtype))


def test_points_of_any_scale():
    rng = np.random.default_rng(4)
    y, x = (10.0 ** rng.uniform(-323, 308, 3000) * rng.choice([-1.0, 1.0], 3000) for _ in range(2))
    want = np.arctan2(y.astype(np.longdouble), x)
    got = native("arctan2", y, x)
    assert np.max(np.abs(got - want) / np.spacing(np.abs(want.astype(np.float64)))) <= 1
