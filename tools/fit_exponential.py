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
        "LOG2E": split(1 / mp.log(2), 53),
        "LOG2E_F32": split(1 / mp.log(2), 24, dtype=np.float32),
        "LOG10E": split(mp.log10(mp.e), 53),
        "LOG10E_F32": split(mp.log10(mp.e), 24, dtype=np.float32),
        "LOG10_2": split(mp.log10(2), 53),
        "LOG10_2_F32": split(mp.log10(2), 24, dtype=np.float32),
    }
    rows["LN2_LONG"] = split(mp.log(2), 42)
    rows["TWO_THIRDS"] = split(mpf(2) / 3, 53)
    rows["LOG_LONG"] = log_long(6)
    for (suffix, dtype), sizes in zip(
        PRECISIONS,
        (
            {"exp": 8, "log": 6, "softplus": 9, "exp2": 9, "tanh": 12},
            {"exp": 4, "log": 2, "softplus": 3, "exp2": 4, "tanh": 5},
        ),
    ):
        rows[f"EXP{suffix}"] = exp(sizes["exp"], dtype)
        rows[f"EXP2{suffix}"] = exp2(sizes["exp2"], dtype)
        rows[f"LOG{suffix}"] = log(((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2, sizes["log"], dtype)
        rows[f"SOFTPLUS{suffix}"] = log(mpf(1) / 9, sizes["softplus"], dtype)
        rows[f"TANH{suffix}"] = tanh(sizes["tanh"], dtype)
    return rows


def exp(degree, dtype):
    """q in e**r = 1 + r + r²/2 + r³·q(r), |r| ≤ log(2)/2; the error is relative to e**r."""
    half = mp.log(2) / 2 * mpf("1.0001")
    return minimax(
        lambda r: (mp.exp(r) - 1 - r - r**2 / 2) / r**3,
        -half,
        half,
        degree,
        weight=lambda r: r**3 / mp.exp(r),
        dtype=dtype,
    )


def log(top, degree, dtype):
    """q in log((1 + s)/(1 - s)) = 2s + s³·q(s²), s² ≤ top; the error is relative to it."""

    def q(z):
        s = mp.sqrt(z)
        return (2 * mp.atanh(s) - 2 * s) / s**3

    return minimax(q, 0, top, degree, weight=lambda z: z / 2, dtype=dtype)


def log_long(degree):
    """q in log((1 + s)/(1 - s)) = 2s + s³·(2/3 + s²·q(s²)), the interval and the error as in `log`."""
    top = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2

    def q(z):
        s = mp.sqrt(z)
        return ((2 * mp.atanh(s) - 2 * s) / s**3 - mpf(2) / 3) / z

    return minimax(q, 0, top, degree, weight=lambda z: z**2 / 2)


def exp2(degree, dtype):
    """q in 2**r = 1 + r·log 2 + r²·q(r), |r| ≤ 1/2; the error is relative to 2**r."""
    half = mpf("0.50001")
    return minimax(
        lambda r: (2**r - 1 - r * mp.log(2)) / r**2,
        -half,
        half,
        degree,
        weight=lambda r: r**2 / 2**r,
        dtype=dtype,
    )


def tanh(degree, dtype):
    """q in tanh x = x + x³·q(x²), |x| ≤ 0.8; the error is relative to it."""

    def q(z):
        x = mp.sqrt(z)
        return (mp.tanh(x) - x) / x**3

    return minimax(
        q, 0, mpf("0.6401"), degree, weight=lambda z: z / (mp.tanh(mp.sqrt(z)) / mp.sqrt(z)), dtype=dtype
    )


if __name__ == "__main__":
    write_module(OUT, "tools/fit_exponential.py", DOC, fits())
