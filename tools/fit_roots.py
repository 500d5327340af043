"""Fit for cbrt: run it to write jitad/ops/math/coefficients_roots.py again."""

from __future__ import annotations

from pathlib import Path

from minimax import DIGITS, minimax, write_module
from mpmath import mp, mpf

OUT = Path(__file__).parent.parent / "jitad/ops/math/coefficients_roots.py"
DOC = "Constants of cbrt."

#: x·r³ for the first guess r of x**(-1/3) is this near to 1 (found on a grid of three octaves).
SPAN, SPAN_F32 = mpf("0.10205"), mpf("0.10425")


def improvement(span, degree):
    """p in q**(-1/3) = p(q), |q - 1| ≤ span."""
    return minimax(lambda q: q ** (mpf(-1) / 3), 1 - span, 1 + span, degree)


def fits() -> dict[str, object]:
    """Every constant by its name."""
    mp.dps = DIGITS
    return {"CBRT": improvement(SPAN, 6), "CBRT_F32": improvement(SPAN_F32, 3)}


if __name__ == "__main__":
    write_module(OUT, "tools/fit_roots.py", DOC, fits())
