"""What every elementary function is tested for; the exact values are mpmath's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from jitad.ir.op import REGISTRY
from jitad.lower import plan
from tests.lower.native import build, run
from tools.accuracy import mpmath_values, ulps
from tools.accuracy_cases import CASES

BY_NAME = {case.name: case for case in CASES}
DTYPES = (np.float64, np.float32)
POINTS = 1200


def native(name: str, *operands: Any) -> np.ndarray:
    """The op on vectors, by compiled code."""
    return run(build(REGISTRY[name], *operands), *operands)[0]


def check_accuracy(name: str, dtype: Any) -> None:
    """Errors at random points of the stated ranges stay within the promise."""
    case, rng = BY_NAME[name], np.random.default_rng(7)
    for draw in case.ranges:
        with np.errstate(over="ignore"):
            operands = [x.astype(dtype) for x in draw(rng, POINTS // len(case.ranges))]
        errors = ulps(native(name, *operands), mpmath_values(case, operands))
        k = int(np.argmax(errors))
        assert errors[k] <= case.bound, (name, [float(x[k]) for x in operands], errors[k])


def special_values(dtype: Any) -> np.ndarray:
    """Zeros, ones, infinities, NaN, the borders of the format and their neighbours, of both signs."""
    info = np.finfo(dtype)
    one = dtype(1)
    sizes = [0, info.smallest_subnormal, 3 * info.smallest_subnormal, info.tiny, info.max, np.inf, np.nan]
    sizes += [
        info.tiny * 4,
        np.nextafter(info.tiny, dtype(0)),
        info.eps,
        info.eps / 4,
        0.5,
        2,
        3,
        10,
        100,
        1000,
    ]
    sizes += [one, np.nextafter(one, dtype(0)), np.nextafter(one, dtype(2)), info.max / 2, 2.0**24, 1e5]
    sizes = np.array(sizes, dtype)
    return np.concatenate([sizes, -sizes])


def check_special(
    name: str, dtype: Any, reference: Any, extra: Sequence[float] = (), least: float = 0.0
) -> None:
    """Special values, signs of zeros included, are those of the reference.

    Finite ones are within 2 ULP of the result, or of `least` if that is more.
    """
    points = np.concatenate([special_values(dtype), np.array(extra, dtype)])
    operands = [x.ravel().copy() for x in np.meshgrid(*[points] * BY_NAME[name].arity)]
    got = native(name, *operands)
    with np.errstate(all="ignore"):
        want = reference(*operands)
        close = np.abs(got - want) <= 2 * np.spacing(dtype(least))
    assert want.dtype == got.dtype
    errors = ulps(got, want.astype(np.longdouble))
    wrong = ((errors > 2) & ~close) | ((want == 0) & (np.signbit(got) != np.signbit(want)))
    assert not wrong.any(), [
        (*(float(x[k]) for x in operands), got[k], want[k]) for k in np.flatnonzero(wrong)
    ]


def check_scalars(name: str, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scalar code, called out of line, gives the bits of vector code."""
    rng = np.random.default_rng(3)
    for draw in BY_NAME[name].ranges:
        with np.errstate(over="ignore"):
            operands = [x.astype(dtype) for x in draw(rng, 8)]
        got = native(name, *operands)
        monkeypatch.setattr(plan, "SMALL", 0)
        np.testing.assert_array_equal(native(name, *operands), got)
        monkeypatch.undo()


def check_monotonic(name: str, dtype: Any, lo: float, hi: float) -> None:
    """The function does not fall between neighbours 64 floats apart."""
    word = {8: np.int64, 4: np.int32}[np.dtype(dtype).itemsize]
    starts = np.linspace(lo, hi, 40).astype(dtype).view(word)
    points = np.sort((starts[:, None] + 64 * np.arange(-100, 100, dtype=word)).view(dtype), axis=1)
    falls = np.diff(native(name, points.ravel()).reshape(points.shape), axis=1) < 0
    assert not falls.any(), (name, points[:, 1:][falls])
