"""Measure the elementary functions: greatest error in units in the last place, and where.

    python -m tools.accuracy [points] [names …]     prints a table; without names also writes docs/accuracy.md

Errors count in units of the last place of the exact value (of the least subnormal below the normal numbers).
The exact value comes from the C library in extended precision (64 bits) or, where that lacks the function or
the machine the format, from mpmath with fewer points. Single precision is measured against double.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import scipy.special

import jitad

from .accuracy_cases import CASES, Case

OUT = Path(__file__).parent.parent / "docs/accuracy.md"
POINTS = 10_000_000
BATCH = 1 << 18
SLOW = 200  # mpmath gets one point where the C library gets so many
WIDE = np.longdouble if np.finfo(np.longdouble).nmant >= 63 else None
HEAD = """\
# Accuracy of the elementary functions

`make accuracy` writes this page: the greatest error found in units in the last place (ULP; 0.5 is a correctly
rounded result), an argument where it occurs, and what is promised. Arguments are random in the ranges that
`tools/accuracy_cases.py` states; exact values come from extended precision or mpmath.
"""


@dataclass(frozen=True)
class Worst:
    """The greatest error among `points`, and the operands where it is."""

    ulp: float
    at: tuple[float, ...]
    points: int


def function(name: str) -> Callable[..., Any]:
    """The compiled ufunc of that name, NumPy's or SciPy's."""
    return jitad.jit(getattr(np, name, None) or getattr(scipy.special, name))


def ulps(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """|got - exact| in units in the last place of `exact`, a wider array; ∞ for a wrong infinity or NaN."""
    info = np.finfo(got.dtype)
    with np.errstate(all="ignore"):
        rounded = exact.astype(got.dtype)
        exponent = np.frexp(np.maximum(np.abs(exact), exact.dtype.type(info.tiny)))[1]
        errors = np.abs(got.astype(exact.dtype) - exact) / np.ldexp(
            exact.dtype.type(1), exponent - 1 - info.nmant
        )
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    odd = ~(np.isfinite(rounded) & np.isfinite(got))
    # Where the exact value rounds to ∞ the greatest float is one unit away.
    edge = np.isinf(rounded) & (np.abs(got) == info.max)
    return np.where(same & odd, 0, np.where(edge, 1, np.where(odd, np.inf, errors))).astype(np.float64)


def exact_values(case: Case, operands: Sequence[np.ndarray]) -> np.ndarray:
    """The exact values at f64 or f32 operands, in a wider format."""
    if operands[0].dtype == np.float32 and case.wide is not None:
        with np.errstate(all="ignore"):
            return case.wide(*[x.astype(np.float64) for x in operands])
    if WIDE is not None and case.wide is not None:
        with np.errstate(all="ignore"):
            return case.wide(*[x.astype(WIDE) for x in operands])
    return mpmath_values(case, operands)


def mpmath_values(case: Case, operands: Sequence[np.ndarray]) -> np.ndarray:
    """The exact values by mpmath, one at a time, as sums of two doubles in a long double."""
    with mpmath.workdps(case.digits):
        values = [_finite(case, *map(float, xs)) for xs in zip(*operands)]
        high = np.array([float(v) for v in values])
        lift = np.where(np.abs(high) < 1, 256, 0)  # so that the low part of a subnormal number is not lost
        pairs = zip(values, high, map(int, lift))
        low = np.array([float(mpmath.ldexp(v - h, k)) if np.isfinite(h) else 0.0 for v, h, k in pairs])
    return high.astype(np.longdouble) + np.ldexp(low.astype(np.longdouble), -lift)


def _finite(case: Case, *xs: float) -> Any:
    value = case.exact(*map(mpmath.mpf, xs))
    return value if isinstance(value, mpmath.mpf) else mpmath.nan  # complex outside the domain


def measure(case: Case, dtype: Any, points: int) -> Worst:
    """The greatest error over all ranges of the case."""
    slow = case.wide is None or (WIDE is None and dtype == np.float64)
    count = max(points // (SLOW if slow else 1) // len(case.ranges), 1)
    run, rng = function(case.name), np.random.default_rng(0)
    worst = Worst(0.0, (), count * len(case.ranges))
    for draw in case.ranges:
        for size in [BATCH] * (count // BATCH) + [count % BATCH] * (count % BATCH > 0):
            with np.errstate(over="ignore"):
                operands = [x.astype(dtype) for x in draw(rng, size)]
            errors = ulps(run(*operands), exact_values(case, operands))
            k = int(np.argmax(errors))
            if errors[k] > worst.ulp:
                worst = Worst(float(errors[k]), tuple(float(x[k]) for x in operands), worst.points)
    return worst


def table(names: Sequence[str], points: int) -> str:
    lines = ["| function | f64 | at | f32 | at | points | promised |", "|---|---|---|---|---|---|---|"]
    for case in CASES:
        if names and case.name not in names:
            continue
        found = [measure(case, t, points) for t in (np.float64, np.float32)]
        cells = [cell for w in found for cell in (f"{w.ulp:.3f}", ", ".join(f"{x!r}" for x in w.at))]
        lines.append("| " + " | ".join([case.name, *cells, f"{found[0].points:.1e}", case.promise]) + " |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    arguments = sys.argv[1:]
    points = int(float(arguments.pop(0))) if arguments and arguments[0][0].isdigit() else POINTS
    text = table(arguments, points)
    if not arguments:
        OUT.write_text(f"{HEAD}\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
