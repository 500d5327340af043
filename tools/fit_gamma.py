"""Fits for gammaln and digamma: run it to write jitad/ops/math/coefficients_gamma.py again."""

from __future__ import annotations

from pathlib import Path

from minimax import DIGITS, Fit, Problem, Real, minimax, round_to, split, write_module
from mpmath import mp, mpf

OUT = Path(__file__).parent.parent / "jitad/ops/math/coefficients_gamma.py"
DOC = "Constants of gammaln and digamma."

GAMMALN_SPLIT = 3  # from here on Stirling's series
DIGAMMA_SPLIT = 2  # likewise, of digamma
HALF = mpf("0.5") * (1 - mpf(10) ** -15)  # the quotients below are 0/0 at the very ends


def root() -> mpf:
    """The positive zero of digamma."""
    with mp.workdps(DIGITS + 10):
        return mp.findroot(mp.digamma, 1.4616)


def gammaln_quotient(w: mpf) -> mpf:
    """log Γ(1 + t)/(t·(t - 1)), t = w + 1/2."""
    t = w + mpf("0.5")
    return mp.loggamma(1 + t) / (t * (t - 1))


def stirling(z: mpf) -> mpf:
    """x·(log Γ(x) - (x - 1/2)·log x + x - log(2π)/2), z = 1/x²."""
    x = 1 / mp.sqrt(z)
    return x * (mp.loggamma(x) - (x - mpf("0.5")) * mp.log(x) + x - mp.log(2 * mp.pi) / 2)


def digamma_tail(z: mpf) -> mpf:
    """x²·(log x - 1/(2x) - ψ(x)), z = 1/x²."""
    x = 1 / mp.sqrt(z)
    return x * x * (mp.log(x) - 1 / (2 * x) - mp.digamma(x))


def sinc(z: mpf) -> mpf:
    """(sin(πr)/(πr) - 1)/z, z = r²."""
    r = mp.pi * mp.sqrt(z)
    return (mp.sin(r) / r - 1) / z


def cotangent(z: mpf) -> mpf:
    """(π·r·cot(πr)/(1 - 4r²) - 1)/r², z = r²."""
    r = mp.pi * mp.sqrt(z)
    return (r * mp.cot(r) / (1 - 4 * z) - 1) / z


def around_centre(f: Real, degree: int) -> tuple[float, Fit]:
    """f(0), and the best polynomial for the rest of f on [-1/2, 1/2]; the error is relative to f.

    The coefficients are rounded all at once: when a low power is settled the others say nothing about the
    error at 0, so that to round one after the other, as `minimax` does, wants intervals that begin there.
    """
    with mp.workdps(DIGITS):
        middle = round_to(f(mpf(0)))
        problem = Problem(lambda w: f(w) - middle, -HALF, HALF, range(degree + 1), lambda w: 1 / f(w))
        found = {p: mpf(round_to(c)) for p, c in problem.exchange({}).items()}
        error = max(abs(e) for e in problem.errors(found))
        return middle, Fit(tuple(found), tuple(map(float, found.values())), float(error))


def fits() -> dict[str, object]:
    """Every constant by its name; errors are relative to the whole function, not its part."""
    mp.dps = DIGITS
    zero, tiny = root(), mpf(10) ** -15
    rows: dict[str, object] = {
        "GAMMALN_SPLIT": float(GAMMALN_SPLIT),
        "DIGAMMA_SPLIT": float(DIGAMMA_SPLIT),
        "LOG_ROOT_TWO_PI": split(mp.log(2 * mp.pi) / 2, 53),
        "DIGAMMA_ROOT": split(zero - 1, 51),  # with 1 added it is a double too
    }
    rows["GAMMALN_CENTRE"], rows["GAMMALN"] = around_centre(gammaln_quotient, 21)
    rows["STIRLING"] = minimax(
        stirling,
        0,
        mpf(GAMMALN_SPLIT) ** -2,
        10,
        weight=lambda z: mp.sqrt(z) / mp.loggamma(1 / mp.sqrt(z)),
    )
    rows["SINC"] = minimax(sinc, 0, mpf("0.25"), 8, weight=lambda z: z / (1 + z * sinc(z)))
    rows["DIGAMMA_CENTRE"], rows["DIGAMMA"] = around_centre(
        lambda w: mp.digamma(w + 1.5) / (w + 1.5 - zero), 22
    )
    rows["DIGAMMA_TAIL"] = minimax(
        digamma_tail, 0, mpf(DIGAMMA_SPLIT) ** -2, 15, weight=lambda z: z / mp.digamma(1 / mp.sqrt(z))
    )
    rows["COTANGENT"] = minimax(
        cotangent, 0, mpf("0.25") - tiny, 13, weight=lambda z: z / (1 + z * cotangent(z))
    )
    return rows


if __name__ == "__main__":
    write_module(OUT, "tools/fit_gamma.py", DOC, fits())
