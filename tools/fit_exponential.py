"""Fits for the exponential family: run it to write jitad/ops/math/coefficients_exponential.py again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from minimax import DIGITS, minimax, split, write_module
from mpmath import mp, mpf

OUT = Path(__file__).parent.parent / "jitad/ops/math/coefficients_exponential.py"
DOC = "Constants of exp, log and the functions made of them."
PRECISIONS = (("", np.float64), ("_F32", np.float32))


def fits() -> dict[str, object]:
    """Every constant by its name."""
    mp.dps = DIGITS
    rows: dict[str, object] = {
        "LN2": split(mp.log(2), 32),  # 21 zeros: products with whole numbers up to 2²¹ are exact
        "LN2_F32": split(mp.log(2), 15, dtype=np.float32),
    }
    for (suffix, dtype), sizes in zip(PRECISIONS, ({"exp": 9, "log": 6}, {"exp": 4, "log": 2})):
        rows[f"EXP{suffix}"] = exp(sizes["exp"], dtype)
        rows[f"LOG{suffix}"] = log(sizes["log"], dtype)
    return rows


def exp(degree, dtype):
    """q in e**r = 1 + r + r²·q(r), |r| ≤ log(2)/2; the error is relative to e**r."""
    half = mp.log(2) / 2 * mpf("1.0001")
    return minimax(
        lambda r: (mp.exp(r) - 1 - r) / r**2,
        -half,
        half,
        degree,
        weight=lambda r: r**2 / mp.exp(r),
        dtype=dtype,
    )


def log(degree, dtype):
    """q in log((1 + s)/(1 - s)) = 2s + s³·q(s²), √½ ≤ (1 + s)/(1 - s) ≤ √2; the error is relative to it."""
    top = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2

    def q(z):
        s = mp.sqrt(z)
        return (2 * mp.atanh(s) - 2 * s) / s**3

    return minimax(q, 0, top, degree, weight=lambda z: z / 2, dtype=dtype)


if __name__ == "__main__":
    write_module(OUT, "tools/fit_exponential.py", DOC, fits())
