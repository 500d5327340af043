"""Fits for the exponential family: run it to write jitad/ops/math/coefficients_exponential.py again."""

from __future__ import annotations

from pathlib import Path

from minimax import DIGITS, minimax, split, write_module
from mpmath import mp, mpf

OUT = Path(__file__).parent.parent / "jitad/ops/math/coefficients_exponential.py"
DOC = "Constants of exp, log and the functions made of them."


def fits() -> dict[str, object]:
    """Every constant by its name."""
    mp.dps = DIGITS
    half = mp.log(2) / 2 * mpf("1.0001")
    rows: dict[str, object] = {}
    rows["LN2"] = split(mp.log(2), 32)
    # e**r = 1 + r + r²·q(r): weighted so that the error counts relative to e**r.
    rows["EXP"] = minimax(
        lambda r: (mp.exp(r) - 1 - r) / r**2, -half, half, 9, weight=lambda r: r**2 / mp.exp(r)
    )
    return rows


if __name__ == "__main__":
    write_module(OUT, "tools/fit_exponential.py", DOC, fits())
