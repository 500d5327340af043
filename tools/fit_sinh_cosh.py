"""Fits for sinh and cosh: run it to write jitad/ops/math/coefficients_sinh_cosh.py again."""

from __future__ import annotations

from pathlib import Path

from minimax import DIGITS, minimax, write_module
from mpmath import mp, mpf

OUT = Path(__file__).parent.parent / "jitad/ops/math/coefficients_sinh_cosh.py"
DOC = "Constants of sinh and cosh, polynomials in r² for |r| ≤ log(2)/2."


def odd(z: mpf) -> mpf:
    """sinh(r)/r."""
    r = mp.sqrt(z)
    return mp.sinh(r) / r


def even(z: mpf) -> mpf:
    """cosh(r)."""
    return mp.cosh(mp.sqrt(z))


def fits() -> dict[str, object]:
    """Every constant by its name; errors are relative to sinh r and to cosh r."""
    mp.dps = DIGITS
    end = (mp.log(2) / 2 * mpf("1.0001")) ** 2
    rows: dict[str, object] = {}
    for suffix, degrees in (("", (4, 4)), ("_F32", (2, 1))):
        rows[f"SINH{suffix}"] = minimax(
            lambda z: (odd(z) - 1) / z, 0, end, degrees[0], weight=lambda z: z / odd(z)
        )
        rows[f"COSH{suffix}"] = minimax(
            lambda z: (even(z) - 1 - z / 2) / z**2, 0, end, degrees[1], weight=lambda z: z**2 / even(z)
        )
    return rows


if __name__ == "__main__":
    write_module(OUT, "tools/fit_sinh_cosh.py", DOC, fits())
