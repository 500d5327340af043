"""Minimax polynomials by the Remez exchange, with coefficients rounded to a float type.

A fit is asked for where its family lives (`tools/fit_*.py`), which writes a module of constants; the same
request gives the same module on every machine. Method: exchange on a fixed Chebyshev grid (Cheney,
Introduction to Approximation Theory, ch. 3), then the coefficients are rounded one after the other, lowest
power first, each followed by a new exchange for the rest, so that the later ones make up for the rounding of
the earlier (Brisebarre, Muller, Tisserand 2006).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from mpmath import mp, mpf

Real = Callable[[Any], Any]
DIGITS = 60
GRID = 24  # points a coefficient: extrema are found to 1e-3 of the error
NEAR_ZERO = mpf(10) ** -12  # where targets with a removable singularity are evaluated instead of at 0


@dataclass(frozen=True)
class Fit:
    """Σ coefficients[k]·x**powers[k]; `error` is the greatest weighted error on the grid."""

    powers: tuple[int, ...]
    coefficients: tuple[float, ...]
    error: float

    @property
    def bits(self) -> float:
        """-log2 of the error."""
        return -float(np.log2(self.error))


class Problem:
    """Target and weight on the grid of one interval; powers are given by their values there."""

    def __init__(self, f: Real, lo: Any, hi: Any, powers: Sequence[int], weight: Real | None) -> None:
        count = GRID * (len(powers) + 1)
        middle, half = (mpf(lo) + mpf(hi)) / 2, (mpf(hi) - mpf(lo)) / 2
        grid = [middle - half * mp.cos(mp.pi * k / (count - 1)) for k in range(count)]
        self.xs = [x if x else NEAR_ZERO * half for x in grid]
        self.target = [mpf(f(x)) for x in self.xs]
        self.weight = [abs(weight(x)) if weight else 1 / abs(t) for x, t in zip(self.xs, self.target)]
        self.columns = {p: [x**p for x in self.xs] for p in powers}

    def subtract(self, power: int, coefficient: Any) -> None:
        """Take the term of a settled coefficient off the target."""
        column = self.columns.pop(power)
        self.target = [t - coefficient * c for t, c in zip(self.target, column)]

    def errors(self, coefficients: Mapping[int, Any]) -> list[Any]:
        out = list(self.target)
        for p, c in coefficients.items():
            out = [t - c * v for t, v in zip(out, self.columns[p])]
        return [w * t for w, t in zip(self.weight, out)]

    def exchange(self, before: Mapping[int, Any]) -> dict[int, Any]:
        """The best coefficients for the powers that are left.

        Where few powers are left the exchange may go in circles: then the best polynomial that was met,
        `before` (the coefficients found when there was one power more) among them.
        """
        best, lowest = dict(before), max(abs(v) for v in self.errors(before)) if before else mp.inf
        powers = list(self.columns)
        size, count = len(powers) + 1, len(self.xs)
        at = [round((count - 1) * (1 - np.cos(np.pi * (k + 0.5) / size)) / 2) for k in range(size)]
        for _ in range(60):
            rows = [[self.columns[p][i] for p in powers] for i in at]
            signs = [(-1) ** k / self.weight[i] for k, i in enumerate(at)]
            solution = mp.lu_solve(
                mp.matrix([[*row, s] for row, s in zip(rows, signs)]), mp.matrix([self.target[i] for i in at])
            )
            found, level = dict(zip(powers, solution)), abs(solution[size - 1])
            errors = self.errors(found)
            at, worst = _alternate(errors, size)
            if worst <= level * mpf("1.0000001"):
                return found
            if worst < lowest:
                best, lowest = found, worst
        return best


def _alternate(errors: Sequence[Any], size: int) -> tuple[list[int], Any]:
    """`size` indices where the error is extreme and alternates in sign, and the greatest error."""
    peaks: list[int] = []
    for i, e in enumerate(errors):
        if peaks and (errors[peaks[-1]] > 0) == (e > 0):
            if abs(e) > abs(errors[peaks[-1]]):
                peaks[-1] = i
        else:
            peaks.append(i)
    worst = max(abs(errors[i]) for i in peaks)
    if len(peaks) < size:
        raise ArithmeticError(f"{len(peaks)} alternations where {size} are needed: raise mpmath's precision")
    while len(peaks) > size:
        k = min(range(len(peaks)), key=lambda k: abs(errors[peaks[k]]))
        last = len(peaks) - 1
        if k in (0, last):
            del peaks[k]
        elif len(peaks) > size + 1:  # the lowest goes with the lower of its neighbours: signs still alternate
            k -= abs(errors[peaks[k - 1]]) < abs(errors[peaks[k + 1]])
            del peaks[k : k + 2]
        else:
            del peaks[0 if abs(errors[peaks[0]]) < abs(errors[peaks[last]]) else last]
    return peaks, worst


def minimax(
    f: Real,
    lo: Any,
    hi: Any,
    powers: int | Iterable[int],
    *,
    weight: Real | None = None,
    fixed: Mapping[int, Any] | None = None,
    dtype: Any = np.float64,
) -> Fit:
    """The polynomial with coefficients of `dtype` that fits f on [lo, hi] best.

    powers   the exponents, or the degree. `fixed` gives the coefficients of some of them beforehand
    weight   the error is weight(x)·(f(x) - p(x)); without it, 1/f(x): the relative error of p
    f is called with mpmath numbers at DIGITS digits, and near 0 instead of at 0.
    """
    powers = tuple(range(powers + 1) if isinstance(powers, int) else powers)
    with mp.workdps(DIGITS):
        problem = Problem(f, lo, hi, powers, weight)
        settled = {p: mpf(c) for p, c in (fixed or {}).items()}
        for p, c in settled.items():
            problem.subtract(p, c)
        found: dict[int, Any] = {}
        for p in sorted(problem.columns):
            found = problem.exchange({q: c for q, c in found.items() if q not in settled})
            settled[p] = mpf(round_to(found[p], dtype))
            problem.subtract(p, settled[p])
        error = max(abs(e) for e in problem.errors({}))
        return Fit(powers, tuple(float(settled[p]) for p in powers), float(error))


def round_to(x: Any, dtype: Any = np.float64) -> float:
    """The nearest float of `dtype` to an mpmath number (rounded once)."""
    bits = np.finfo(dtype).nmant + 1
    with mp.workprec(bits):
        return float(+mpf(x))


def split(x: Any, *bits: int, dtype: Any = np.float64) -> tuple[float, ...]:
    """`x` as a sum of floats: parts of so many significant bits, then the rest rounded to `dtype`.

    split(mp.log(2), 42) gives a high part whose products with 11-bit integers are exact, and a low part.
    """
    parts = []
    rest = mpf(x)
    for count in bits:
        with mp.workprec(count):
            part = +rest
        parts.append(float(part))
        rest = rest - part
    return (*parts, round_to(rest, dtype))


def write_module(path: str | Path, script: str, doc: str, rows: Mapping[str, Any]) -> None:
    """Write a module of constants: name → Fit, float, or sequence of floats; floats by their exact repr."""
    lines = [f'"""{doc}', "", f"Generated by `python {script}`; do not edit.", '"""', ""]
    for name, value in rows.items():
        if isinstance(value, Fit):
            lines += ["", f"# weighted error 2**-{value.bits:.1f}; powers {_listed(value.powers)}"]
            value = value.coefficients
        elif isinstance(value, (float, int)):
            lines += [f"{name} = {value!r}"]
            continue
        lines += [f"{name} = (", *(f"    {c!r}," for c in value), ")"]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _listed(powers: tuple[int, ...]) -> str:
    steps = {b - a for a, b in pairwise(powers)}
    if len(steps) != 1:
        return ", ".join(map(str, powers))
    (step,) = steps
    second = f", {powers[1]}" if step > 1 else ""
    return f"{powers[0]}{second} … {powers[-1]}"
