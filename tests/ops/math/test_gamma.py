"""gammaln and digamma: errors on both sides of 0, zeros, poles, the same bits in every regime."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
import scipy.special
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special, native

NAMES = ("gammaln", "digamma")
SCIPY = {"gammaln": scipy.special.gammaln, "digamma": scipy.special.psi}
EXACT = {"gammaln": lambda x: mp.re(mp.loggamma(x)), "digamma": mp.digamma}
#: Where steps to the unit interval and the series meet, and around poles.
EDGES = (1.5, 2.999, 3.001, 1.999, -1.5, -2.001, -170.3, 2.5e305, -(2.0**51) - 0.5, -1e15 - 0.25)


def terms(name, x):
    """What the reflection formula adds, for exact x < 0."""
    angle = mp.pi * (x - mp.nint(x))
    if name == "digamma":
        return mp.digamma(1 - x), mp.pi * mp.cot(angle)
    return mp.loggamma(1 - x), mp.log(abs(mp.sin(angle) / mp.pi))


def reference(name):
    """SciPy's infinities and NaNs at poles and infinities, exact values rounded elsewhere."""

    def run(x):
        out = SCIPY[name](x)
        with mp.workdps(50):
            for k in np.flatnonzero(np.isfinite(x) & ((x > 0) | (x != np.rint(x)))):
                out[k] = float(EXACT[name](mp.mpf(float(x[k]))))
        return out

    return run


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("low", [-1, -5, -200])
def test_errors_below_zero_are_small_beside_the_largest_term(name, low):
    x = np.random.default_rng(5).uniform(low, 0, 500)
    got = native(name, x)
    with mp.workdps(50):
        for value, at in zip(got, map(mp.mpf, map(float, x))):
            exact = EXACT[name](at)
            scale = max(abs(v) for v in (exact, *terms(name, at)))
            assert abs(mp.mpf(float(value)) - exact) <= 2 * np.spacing(float(scale)), float(at)


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_correct_between_the_poles(name):
    x = np.random.default_rng(6).uniform(-9, 0, 500).astype(np.float32)
    with mp.workdps(50):
        want = np.array([float(EXACT[name](mp.mpf(float(v)))) for v in x])
    errors = np.abs(native(name, x) - want) / np.spacing(np.abs(want).astype(np.float32))
    assert errors.max() <= 0.51


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values(name, dtype):
    check_special(name, dtype, reference(name), [v for v in EDGES if abs(v) < float(np.finfo(dtype).max)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "low"), [("gammaln", 1.6), ("digamma", 0.1)])
def test_monotonic(name, dtype, low):
    check_monotonic(name, dtype, low, 20)


@pytest.mark.parametrize("dtype", DTYPES)
def test_zeros_are_exact(dtype):
    np.testing.assert_array_equal(native("gammaln", np.array([1, 2], dtype)), [0, 0])


@pytest.mark.parametrize("name", NAMES)
def test_a_rare_lane_does_not_disturb_its_neighbours(name):
    x = np.linspace(0.1, 9, 64)
    alone = native(name, x)
    mixed = x.copy()
    mixed[5::8] = [-0.5, -3.0, np.nan, np.inf, -np.inf, 0.0, 5e-324, -2.5]
    kept = np.arange(64) % 8 != 5
    np.testing.assert_array_equal(native(name, mixed)[kept], alone[kept])
