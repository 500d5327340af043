"""Fits for sin, cos and tan: run it to write jitad/ops/math/coefficients_trigonometric.py again."""

from __future__ import annotations

from pathlib import Path

from minimax import DIGITS, Fit, minimax, split, write_module
from mpmath import mp, mpf

OUT = Path(__file__).parent.parent / "jitad/ops/math/coefficients_trigonometric.py"
DOC = "Constants of sin, cos and tan, polynomials in u = r² for |r| ≤ π/4."
TAN_CENTRE = 0.45  # tan has powers of u - TAN_CENTRE, which round least where u is great


def sine(u: mpf) -> mpf:
    """(sin(r)/r - 1)/u."""
    r = mp.sqrt(u)
    return (mp.sin(r) / r - 1) / u


def cosine(u: mpf) -> mpf:
    """(cos(r) - 1)/u."""
    return (mp.cos(mp.sqrt(u)) - 1) / u


def fourth(u: mpf) -> mpf:
    """(cos(r) - 1 + u/2)/u²."""
    return (mp.cos(mp.sqrt(u)) - 1 + u / 2) / u**2


def tangent(u: mpf) -> mpf:
    """(tan(r)/r - 1)/u."""
    r = mp.sqrt(u)
    return (mp.tan(r) / r - 1) / u


def tangent_series(end: mpf, degree: int, centre: float) -> Fit:
    """p(u - centre) in tan r = r + r·u·p."""

    def weight(v: mpf) -> mpf:
        u = v + centre
        return u / (1 + u * tangent(u))

    return minimax(
        lambda v: tangent(v + centre), mpf(10) ** -20 - centre, end - centre, degree, weight=weight
    )


def fits() -> dict[str, object]:
    """Every constant by its name; weights make the errors relative to sin r and to cos r."""
    mp.dps = DIGITS
    end = (mp.pi / 4 * mpf("1.0001")) ** 2
    in_sine = {"weight": lambda u: u / (1 + u * sine(u))}
    in_cosine = {"weight": lambda u: u / mp.cos(mp.sqrt(u))}
    rows: dict[str, object] = {}
    rows["TWO_OVER_PI"] = float(2 / mp.pi)
    # By FMA x - n·part₀ is exact when it is below 1; n·part₁ is exact for |n| ≤ 2²².
    rows["HALF_PI"] = split(mp.pi / 2, 53, 31)
    rows["SIN"] = minimax(lambda u: -sine(u), 0, end, 5, **in_sine)
    rows["COS"] = minimax(fourth, 0, end, 5, weight=lambda u: u**2 / mp.cos(mp.sqrt(u)))
    rows["SIN_F32"] = minimax(sine, 0, end, 2, **in_sine)
    rows["COS_F32"] = minimax(cosine, 0, end, 3, **in_cosine)
    rows["TAN_CENTRE"] = TAN_CENTRE
    rows["TAN"] = tangent_series(end, 14, TAN_CENTRE)
    rows["TAN_F32"] = tangent_series(end, 6, 0.0)
    return rows


if __name__ == "__main__":
    write_module(OUT, "tools/fit_trigonometric.py", DOC, fits())
