"""What is measured for each elementary function: exact values, ranges of arguments, promised errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, ...]]


@dataclass(frozen=True)
class Case:
    """exact computes with mpmath numbers, wide with arrays in long double (None: there is no such function).

    A draw gives operands in double precision; they are rounded for single. `bound` is the promise in ULP,
    in words `promise`; `digits` are the decimal digits that `exact` needs.
    """

    name: str
    exact: Callable[..., Any]
    wide: Callable[..., Any] | None
    ranges: tuple[Draw, ...]
    bound: float = 1.0
    promise: str = "1"
    digits: int = 60

    @property
    def arity(self) -> int:
        return len(self.ranges[0](np.random.default_rng(0), 1))


def uniform(*bounds: tuple[float, float]) -> Draw:
    """Operands uniform in an interval each."""
    return lambda rng, n: tuple(rng.uniform(lo, hi, n) for lo, hi in bounds)


def decades(*bounds: tuple[float, float], signed: bool = True, around: float = 0.0) -> Draw:
    """Operands `around` ± 10**k, k uniform in an interval each; `signed` draws both signs."""

    def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
        sizes = [10.0 ** rng.uniform(lo, hi, n) for lo, hi in bounds]
        return tuple(around + (x * rng.choice([-1.0, 1.0], n) if signed else x) for x in sizes)

    return draw


TINY = (-323.0, 0.0)
#: Everything from the subnormal numbers of double to its greatest.
ALL = (-323.0, 308.2)
#: The same for single.
ALL32 = (-44.5, 38.5)

LOGARITHM = (
    decades(ALL, signed=False),
    decades(ALL32, signed=False),
    uniform((0.4, 3)),
    decades((-16, -1), around=1.0),
)
#: Positive numbers, the unit intervals, and the zeros of gammaln and digamma.
GAMMA = (
    decades((-307.0, 305.0), signed=False),
    decades((-37.0, 36.0), signed=False),
    *(uniform(bounds) for bounds in ((0, 1), (1, 2), (2, 3), (3, 20))),
    *(decades((-16, -1), around=zero) for zero in (1.0, 1.4616321449683622, 2.0)),
)


def expit(x: Any) -> Any:
    """1/(1 + e**-x) in long double, without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


#: Up to the overflow of both precisions, where e**-x still counts, and near 0.
GROWTH = (uniform((-711, 711)), uniform((-90, 90)), uniform((-20, 20)), uniform((-2, 2)), decades(TINY))


def real_cbrt(x: Any) -> Any:
    """The real cube root with mpmath."""
    return mp.sign(x) * mp.cbrt(abs(x))


def powers(lo: float, hi: float, most: float) -> Draw:
    """x = 10**k, k uniform in lo … hi, and y such that |y·log x| ≤ most."""

    def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
        log = rng.uniform(lo, hi, n) * np.log(10)
        return np.exp(log), rng.uniform(-most, most, n) / log

    return draw


def quarter_turns(last: float) -> Draw:
    """Floats next to whole multiples of π/2 up to `last`, and one part in 10**k away from them."""

    def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
        near = np.rint(np.exp(rng.uniform(0, np.log(last), n))) * (np.pi / 2)
        apart = rng.choice([0.0, 1.0], n) * 10.0 ** rng.uniform(-16, 0, n)
        return (near * (1 + apart),)

    return draw


#: The quadrants, the range that is reduced by parts and its end, everything, and near the zeros.
ANGLES = (
    uniform((-4, 4)),
    uniform((-300, 300)),
    uniform((-5e6, 5e6)),
    decades(ALL),
    decades(ALL32),
    quarter_turns(1e6),
)
SINES = (uniform((-1, 1)), uniform((-0.55, 0.55)), decades((-323, 0)), decades((-44, 0)))

CASES = (
    Case("exp", mp.exp, np.exp, (uniform((-746, 710)), uniform((-104, 89)), uniform((-3, 3)), decades(TINY))),
    Case(
        "exp2",
        lambda x: mp.mpf(2) ** x,
        np.exp2,
        (uniform((-1076, 1025)), uniform((-150, 129)), uniform((-3, 3)), decades(TINY)),
    ),
    Case(
        "expm1",
        mp.expm1,
        np.expm1,
        (uniform((-45, 710)), uniform((-20, 89)), uniform((-3, 3)), decades(TINY)),
    ),
    Case("log", mp.log, np.log, LOGARITHM),
    Case("log2", lambda x: mp.log(x) / mp.log(2), np.log2, LOGARITHM, 1.2, "1.2"),
    Case("log10", mp.log10, np.log10, LOGARITHM, 1.1, "1.1"),
    Case(
        "logaddexp",
        lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))),
        lambda x, y: np.maximum(x, y) + np.log1p(np.exp(-np.abs(x - y))),
        # The promise is for results from log 2 on, and in units of log 2 below.
        (uniform((0, 10), (0, 10)), uniform((-1000, 1000), (1, 1000)), uniform((0.7, 2), (-40, 0))),
        1.6,
        "1.6 from log 2 on",
    ),
    Case(
        "log1p",
        mp.log1p,
        np.log1p,
        (
            decades(ALL, signed=False),
            decades(ALL32, signed=False),
            uniform((-0.999, 3)),
            decades((-30, -0.01)),
        ),
    ),
    Case(
        "expit",
        lambda x: 1 / (1 + mp.exp(-x)),
        expit,
        (uniform((-746, 40)), uniform((-104, 20)), uniform((-3, 3)), decades(TINY)),
    ),
    Case(
        "tanh",
        mp.tanh,
        np.tanh,
        (uniform((-25, 25)), uniform((-3, 3)), decades(ALL), decades(ALL32)),
        1.1,
        "1.1",
    ),
    Case(
        "power",
        mp.power,
        np.power,
        (
            powers(-300, 300, 750),
            powers(-0.16, 0.16, 708),
            powers(-1e-9, 1e-9, 708),
            powers(-37, 37, 88),
            powers(-0.16, 0.16, 88),
            uniform((0, 4), (-3, 3)),
        ),
    ),
    Case("gammaln", lambda x: mp.loggamma(x) if x else mp.inf, None, GAMMA, 2.0, "2 for x > 0"),
    Case("digamma", lambda x: mp.digamma(x) if x else -mp.inf, None, GAMMA, 2.0, "2 for x > 0"),
    Case("sin", mp.sin, np.sin, ANGLES),
    Case("cos", mp.cos, np.cos, ANGLES),
    Case("tan", mp.tan, np.tan, ANGLES),
    Case("arcsin", mp.asin, np.arcsin, SINES),
    Case("arccos", mp.acos, np.arccos, SINES),
    Case("arctan", mp.atan, np.arctan, (decades(ALL), decades(ALL32), uniform((-4, 4)), uniform((0.5, 2)))),
    Case(
        "arctan2",
        mp.atan2,
        np.arctan2,
        # No zeros, whose signs mpmath does not have.
        (
            decades((-44, 300), (-44, 300)),
            decades(ALL32, ALL32),
            uniform((-2, 2), (-2, 2)),
            uniform((1, 2), (1, 2)),
        ),
    ),
    Case("erf", mp.erf, None, (uniform((-7, 7)), uniform((-1.5, 1.5)), decades(TINY), decades((-44, 1)))),
    Case(
        "erfc",
        mp.erfc,
        None,
        (uniform((0, 27.4)), uniform((0, 10.2)), uniform((-7, 2)), decades(TINY), decades((-44, 1))),
    ),
    Case("cbrt", real_cbrt, np.cbrt, (decades(ALL), decades(ALL32), uniform((-9, 9)))),
    Case(
        "hypot",
        mp.hypot,
        np.hypot,
        (
            decades(ALL, ALL),
            decades(ALL32, ALL32),
            uniform((-2, 2), (-2, 2)),
            decades((-308, -300), (-308, -300)),
        ),
    ),
    Case("sinh", mp.sinh, np.sinh, GROWTH),
    Case("cosh", mp.cosh, np.cosh, GROWTH),
    Case(
        "arcsinh",
        mp.asinh,
        np.arcsinh,
        (decades(ALL), decades(ALL32), uniform((-3, 3)), uniform((0.1, 0.5))),
    ),
    Case(
        "arccosh",
        mp.acosh,
        np.arccosh,
        (
            decades((0, 308.2), signed=False),
            decades((0, 38.5), signed=False),
            decades((-16, 0), signed=False, around=1.0),
            uniform((1, 4)),
        ),
    ),
    Case(
        "arctanh",
        mp.atanh,
        np.arctanh,
        (decades((-323, -0.01)), decades((-44, -0.01)), uniform((-1, 1)), uniform((-0.5, 0.5))),
    ),
)
