"""Fits for the inverse functions: writes jitad/ops/math/coefficients_inverse_trigonometric.py again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from minimax import DIGITS, Real, minimax, split, write_module
from mpmath import mp, mpf

OUT = Path(__file__).parent.parent / "jitad/ops/math/coefficients_inverse_trigonometric.py"
DOC = "Constants of arctan, arctan2, arcsin and arccos: polynomials in u = t²."
TINY = mpf("1e-20")  # in place of 0, where the targets are 0/0


def beyond(f: Real) -> Real:
    """(f(t)/t - 1)/u."""

    def rest(u: mpf) -> mpf:
        t = mp.sqrt(u)
        return (f(t) / t - 1) / u

    return rest


def odd_series(f: Real, end: float, degree: int, centre: float = 0.0, dtype: type = np.float64) -> object:
    """f(t) = t + t·u·p(u - centre) up to t² = end, by the error relative to f; exact at a centre but 0."""
    rest = beyond(f)
    fixed = {0: float(dtype(float(rest(mpf(centre)))))} if centre else None
    return minimax(
        lambda v: rest(v + centre),
        TINY - centre,
        mpf(end) * mpf("1.0001") - centre,
        degree,
        weight=lambda v: (v + centre) / (1 + (v + centre) * rest(v + centre)),
        fixed=fixed,
        dtype=dtype,
    )


def fits() -> dict[str, object]:
    """Every constant by its name."""
    mp.dps = DIGITS
    return {
        "HALF_PI": split(mp.pi / 2, 53),
        "ARCTAN": odd_series(mp.atan, 1.0, 19, centre=1.0),
        "HALF_PI_F32": split(mp.pi / 2, 24, dtype=np.float32),
        "ARCTAN_F32": odd_series(mp.atan, 1.0, 8, centre=1.0, dtype=np.float32),
        "ARCSIN": odd_series(mp.asin, 0.25, 12),
        "ARCSIN_F32": odd_series(mp.asin, 0.25, 5, dtype=np.float32),
    }


if __name__ == "__main__":
    write_module(OUT, "tools/fit_inverse_trigonometric.py", DOC, fits())
