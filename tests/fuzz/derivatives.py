"""Derivatives of programs, and what compares them: products with directions, central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jitad.ir.graph import Value

from .budget import note
from .rounding import Expected

Arrays = list[np.ndarray]


def floating(values: Sequence[Value]) -> list[bool]:
    return [v.type.is_float for v in values]


def directions(values: Sequence[Value], seed: int) -> Arrays:
    """A direction of each floating value's type."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, v.shape).astype(v.dtype) for v in values if v.type.is_float]


def product(xs: Sequence[Any], ys: Sequence[Any]) -> float:
    """Σ x·y over several arrays."""
    return float(sum(np.sum(np.multiply(x, y, dtype=np.float64)) for x, y in zip(xs, ys, strict=True)))


def slack(weights: Sequence[Any], of: Expected, first: int = 0) -> float:
    """How far off Σ weight·result may be, for the results from `first` on; the sum itself included."""
    found = zip(weights, of.values[first:], of.bounds[first:])
    return sum(float(np.sum(np.abs(w) * (b + 1e-14 * np.abs(x)))) for w, x, b in found)


def comparable(*all_of: Expected) -> bool:
    """Whether all results are finite and none hangs on rounding; counts those that are not."""
    for e in all_of:
        for x, ok in zip(e.values, e.stable):
            if not ok.all() or not np.isfinite(x).all():
                note("cases without comparison: infinite, or decided by rounding")
                return False
    return True


def finite_alike(forward: Callable[[Arrays], Arrays], back: Callable[[Arrays], Arrays], at: Arrays) -> None:
    """Assert that reverse mode is finite where forward mode is, of which infinite partials are a case.

    Where one is multiplied by an exact zero cotangent, reverse mode has NaN by right (√x at 0, of which
    nothing is read). Such points are isolated: nearby both are finite.
    """
    finite = lambda xs: all(np.isfinite(x).all() for x in xs)
    rng = np.random.default_rng(0)
    for _ in range(3):
        if not finite(forward(at)) or finite(back(at)):
            return
        at = [
            np.asarray(x * (1 + 1e-3 * rng.uniform(size=np.shape(x))) + 1e-4, x.dtype)
            if np.asarray(x).dtype.kind == "f"
            else x
            for x in at
        ]
    raise AssertionError("reverse mode is infinite or NaN where forward mode is finite")


def agree(a: float, b: float, tolerance: float, what: str) -> None:
    assert abs(a - b) <= tolerance + 1e-300, f"{what}: {a!r} and {b!r} differ by more than {tolerance:.3g}"


class Differences:
    """Central differences of a program along a direction, with what is known about their error.

    Two steps give an estimate and its error; one-sided differences that do not close in on each other
    show a kink within the step, estimates that grow as the step shrinks a jump.
    """

    STEP = 2.0**-13

    def __init__(self, run: Callable[..., Arrays], arguments: Arrays, ts: Arrays, noise: Expected) -> None:
        """`run` gives the floating results; `noise` says how far off each may be."""
        moved = lambda h: [x + h * self.STEP * t for x, t in zip(arguments, ts, strict=True)]
        at = {h: run(*moved(h)) for h in (-2, -1, 0, 1, 2)}
        self.estimates, self.errors, self.good = [], [], []
        for k in range(len(at[0])):
            f = {h: np.asarray(at[h][k]) for h in at}
            with np.errstate(all="ignore"):
                narrow, wide = (f[1] - f[-1]) / (2 * self.STEP), (f[2] - f[-2]) / (4 * self.STEP)
                bend, wide_bend = f[1] - 2 * f[0] + f[-1], f[2] - 2 * f[0] + f[-2]
                noisy = 8 * noise.bounds[k] / self.STEP
                scale = 1 + np.abs(narrow)
                error = np.abs(narrow - wide) + noisy + 1e-9 * scale
                straight = np.abs(bend) <= 0.3 * np.abs(wide_bend) + self.STEP * (noisy + 1e-7 * scale)
                good = (error < 1e-3 * scale) & straight & np.isfinite(narrow) & noise.stable[k]
            self.estimates.append(narrow + (narrow - wide) / 3)
            self.errors.append(error)
            self.good.append(good)

    def check(self, tangents: Sequence[Any], bounds: Sequence[float]) -> None:
        for k, (t, estimate, error, good) in enumerate(
            zip(tangents, self.estimates, self.errors, self.good, strict=True)
        ):
            bound = bounds[k]
            note("derivatives compared with differences", int(good.sum()))
            note("derivatives at kinks, or where differences are poor", int((~good).sum()))
            with np.errstate(all="ignore"):
                off = good & ~(np.abs(t - estimate) <= 3 * error + bound)
            if off.any():
                at = tuple(int(i) for i in np.argwhere(off)[0])
                raise AssertionError(
                    f"tangent {k} at {at}: {np.asarray(t)[at]!r}, by differences {estimate[at]!r} "
                    f"± {error[at]:.2g}"
                )
