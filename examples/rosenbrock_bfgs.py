"""Rosenbrock's valley with SciPy's BFGS: compiled gradients beside SciPy's finite differences."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

import jitad as jad

from measure import duration, seconds


def rosenbrock(x):
    """Sum of 100 (x[i+1] - x[i]²)² + (1 - x[i])²; its minimum, 0, is at x = 1."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def main(n: int = 10) -> dict:
    """Minimise in `n` dimensions both ways; print evaluations, times and distances to the minimum."""
    start = np.linspace(-1.2, 1.0, n)
    value_and_gradient = jad.value_and_grad(rosenbrock)
    value_and_gradient(start)
    ways = {
        "jitad": lambda: minimize(value_and_gradient, start, jac=True, method="BFGS", tol=1e-8),
        "differences": lambda: minimize(rosenbrock, start, method="BFGS"),
    }
    print(f"Rosenbrock in {n} dimensions by BFGS")
    results = {}
    for name, way in ways.items():
        found, time = way(), seconds(way)
        distance = float(np.max(np.abs(found.x - 1)))
        results[name] = {"evaluations": found.nfev, "distance": distance, "seconds": time}
        print(
            f"    {name:12} {found.nit:4d} iterations  {found.nfev:5d} evaluations"
            f"   {duration(time):>8}   distance to the minimum {distance:.1e}"
        )
    alone = seconds(lambda: value_and_gradient(start), 0.1)
    print(f"    one value and gradient takes {duration(alone)}; the rest of the time is SciPy's own")
    return results


if __name__ == "__main__":
    main()
