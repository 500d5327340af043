"""sin, cos and tan: errors, special values, the same bits in every regime, shared work."""

from __future__ import annotations

import numpy as np
import pytest
from math_checks import DTYPES, check_accuracy, check_monotonic, check_scalars, check_special, native

from jitad.ir.op import REGISTRY
from jitad.lower import lower
from jitad.native.engine import compile_module
from tests.lower.native import build

NAMES = ("sin", "cos", "tan")
#: The end of the reduction by parts, the multiple of π/2 that is nearest to a double, and huge arguments.
EDGES = (2.0**22, np.nextafter(2.0**22, 2.0**23), 91.106186954104, 3.141592653589793, 1e22, 1e38, -1e15)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_promised(name, dtype):
    check_accuracy(name, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values_are_numpys(name, dtype):
    def exact(x):
        return getattr(np, name)(x.astype(np.float64)).astype(dtype)

    check_special(name, dtype, exact, EDGES)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_scalars_have_the_bits_of_vectors(name, dtype, monkeypatch):
    check_scalars(name, dtype, monkeypatch)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "lo", "hi"), [("sin", -1.57, 1.57), ("cos", -3.14, -0.01), ("tan", -1.5, 1.5)]
)
def test_monotonic(name, dtype, lo, hi):
    check_monotonic(name, dtype, lo, hi)


@pytest.mark.parametrize("name", NAMES)
def test_a_rare_lane_does_not_disturb_its_neighbours(name):
    x = np.linspace(-9, 9, 64)
    alone, mixed = native(name, x), x.copy()
    mixed[5::8] = [1e22, -1e300, np.nan, np.inf, -np.inf, 2.0**23, -1e15, 3e7]
    kept = np.arange(64) % 8 != 5
    np.testing.assert_array_equal(native(name, mixed)[kept], alone[kept])
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(native(name, mixed)[~kept], getattr(np, name)(mixed[~kept]), rtol=4e-16)


def test_sine_and_cosine_share_their_work():
    """Both together multiply little more often than one: reduction and polynomials are merged."""
    x = np.ones(4096)

    def multiplications(*names: str) -> int:
        fn = build(lambda v: [REGISTRY[n](v) for n in names], x)
        text = compile_module(lower(fn, f"jitad.shared.{'.'.join(names)}").llvm).optimized_llvm
        return text.count("@llvm.fma.v8f64(")

    assert multiplications("sin", "cos") <= multiplications("sin") + 1
