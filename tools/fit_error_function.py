"""Fits for erf and erfc: run it to write jitad/ops/math/coefficients_error_function.py again."""

from __future__ import annotations

from pathlib import Path

from minimax import DIGITS, Fit, minimax, split, write_module
from mpmath import mp, mpf

OUT = Path(__file__).parent.parent / "jitad/ops/math/coefficients_error_function.py"
DOC = "Constants of erf and erfc."

ERF_CENTRE, ERFC_CENTRE = 3, 2
ERFC_SPLIT = 0.75
ERFC_MIDDLE = 0.16  # of the range of 1/(x + ERFC_CENTRE)
LAST_F32 = mpf(4)  # from here on erf x is 1 in single precision


def slope(u: mpf) -> mpf:
    """erf(x)/x - 1, u = x²."""
    x = mp.sqrt(u)
    return mp.erf(x) / x - 1


def scaled(x: mpf) -> mpf:
    """exp(x²)·erfc(x)."""
    return mp.exp(x * x) * mp.erfc(x)


def mobius(x: float, k: int) -> mpf:
    """(x - k)/(x + k)."""
    return (mpf(x) - k) / (mpf(x) + k)


def back(s: mpf, k: int) -> mpf:
    """The x of s = (x - k)/(x + k)."""
    return k * (1 + s) / (1 - s)


def erf_tail(degree: int) -> object:
    """exp(x²)·erfc(x) on 1 … 6 by powers of s; the error is relative to erf x."""
    k = ERF_CENTRE
    return minimax(
        lambda s: scaled(back(s, k)),
        mobius(1.0, k),
        mobius(6.0, k),
        degree,
        weight=lambda s: mp.exp(-(back(s, k) ** 2)) / mp.erf(back(s, k)),
    )


def erfc_tail(t: mpf) -> mpf:
    """exp(x²)·erfc(x)/q, q = 1/(x + k) = t + ERFC_MIDDLE; smoother than without the divisor."""
    q = t + mpf(ERFC_MIDDLE)
    return scaled(1 / q - ERFC_CENTRE) / q


def nearby(first: float, last: float) -> tuple[mpf, ...]:
    """The interval of t for x from first to last."""
    return tuple(1 / (mpf(x) + ERFC_CENTRE) - mpf(ERFC_MIDDLE) for x in (last, first))


def fits() -> dict[str, object]:
    """Every constant by its name."""
    mp.dps = DIGITS
    middle = LAST_F32**2 / 2
    rows: dict[str, object] = {
        "ERF_CENTRE": float(ERF_CENTRE),
        "ERFC_CENTRE": float(ERFC_CENTRE),
        "ERFC_SPLIT": ERFC_SPLIT,
        "ERFC_MIDDLE": ERFC_MIDDLE,
    }
    inside = {"weight": lambda t: 1 / (1 + slope(1 + t))}
    rows["ERF"] = minimax(lambda t: slope(1 + t), mpf(10) ** -20 - 1, mpf("1e-4"), 11, **inside)
    rows["ERF_TAIL"] = erf_tail(11)
    rows["ERF_LAST_F32"] = float(LAST_F32)
    rows["ERF_SCALE_F32"] = float(1 / middle)
    rows["ERF_F32"] = minimax(lambda t: 1 + slope(middle * (1 + t) + mpf(10) ** -20), -1, 1, 18)
    # From 1 - erf x below ERFC_SPLIT, relative to erfc x. Beyond, the value in the middle has two parts.
    rows["ERFC"] = minimax(
        slope, 0, mpf(ERFC_SPLIT) ** 2, 10, weight=lambda u: mp.sqrt(u) / mp.erfc(mp.sqrt(u))
    )
    rows["ERFC_AT_MIDDLE"] = split(erfc_tail(mpf(0)), 53)
    tail = minimax(erfc_tail, *nearby(ERFC_SPLIT, 27.3), 21, fixed={0: erfc_tail(mpf(0))})
    rows["ERFC_TAIL"] = Fit(tail.powers[1:], tail.coefficients[1:], tail.error)
    rows["ERFC_F32"] = minimax(erfc_tail, *nearby(0, 10.1), 11)
    return rows


if __name__ == "__main__":
    write_module(OUT, "tools/fit_error_function.py", DOC, fits())
