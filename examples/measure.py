"""The two measurements that the examples share: seconds a call, and central differences."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np


def seconds(call: Callable[[], Any], budget: float = 0.3) -> float:
    """Return the shortest time of one `call()`, in seconds, over about `budget` seconds of calls."""
    call()
    best, spent = np.inf, 0.0
    while spent < budget:
        start = time.perf_counter()
        call()
        elapsed = time.perf_counter() - start
        best, spent = min(best, elapsed), spent + elapsed
    return float(best)


def duration(t: float) -> str:
    """Return `t` seconds with the unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if t >= scale:
            return f"{t / scale:.3g} {unit}"
    return f"{t / 1e-9:.0f} ns"


def central_difference(f: Callable[[np.ndarray], float], x: np.ndarray, index: int, h: float = 1e-5) -> float:
    """Return (f(x + h·e) - f(x - h·e)) / 2h for the unit vector e of `index` in the vector `x`."""
    ahead, behind = x.copy(), x.copy()
    ahead[index] += h
    behind[index] -= h
    return float((f(ahead) - f(behind)) / (2 * h))


def relative_error(found: Any, expected: Any) -> float:
    """Return the largest |found - expected| as a fraction of the largest |expected|."""
    found, expected = np.asarray(found), np.asarray(expected)
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))
