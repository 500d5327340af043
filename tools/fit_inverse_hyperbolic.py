"""Fit for arcsinh, arccosh and arctanh: writes jitad/ops/math/coefficients_inverse_hyperbolic.py again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from minimax import DIGITS, minimax, split, write_module
from mpmath import mp, mpf

OUT = Path(__file__).parent.parent / "jitad/ops/math/coefficients_inverse_hyperbolic.py"
DOC = "Constants of arcsinh, arccosh and arctanh: log(2)/2 in parts, and q in atanh s = s + s³·q(s²)."
#: Greatest |s| when the power of two is chosen by a difference of words, which is wrong by 0.0861 at most.
END = mpf("0.2006")


def fits() -> dict[str, object]:
    """Every constant by its name; errors are relative to atanh s."""
    mp.dps = DIGITS

    def q(z):
        s = mp.sqrt(z)
        return (mp.atanh(s) - s) / s**3

    weight = lambda z: z / (mp.atanh(mp.sqrt(z)) / mp.sqrt(z))
    return {
        "HALF_LN2": split(mp.log(2) / 2, 32),  # the first part times a whole number up to 2²¹ is exact
        "HALF_LN2_F32": split(mp.log(2) / 2, 15, dtype=np.float32),
        "ATANH": minimax(q, 0, END**2, 7, weight=weight),
        "ATANH_F32": minimax(q, 0, END**2, 2, weight=weight),
    }


if __name__ == "__main__":
    write_module(OUT, "tools/fit_inverse_hyperbolic.py", DOC, fits())
