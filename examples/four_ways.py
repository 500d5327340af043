"""A first lesson: the derivative of one scalar function in four ways, with the error and cost of each."""

from __future__ import annotations

import math

import numpy as np

import jitad as jad

from measure import duration, relative_error, seconds

POINT = 0.7


def f(x):
    """The function of the lesson: exp(x · sin x) / (1 + x²)."""
    return np.exp(x * np.sin(x)) / (1 + x**2)


def by_hand(x: float) -> float:
    """f'(x), worked out on paper: the product, chain and quotient rules."""
    numerator = math.exp(x * math.sin(x))
    slope = numerator * (math.sin(x) + x * math.cos(x))
    return (slope * (1 + x**2) - numerator * 2 * x) / (1 + x**2) ** 2


def difference(x: float, h: float) -> float:
    """f'(x) from two values: (f(x + h) - f(x - h)) / 2h."""
    return (f(x + h) - f(x - h)) / (2 * h)


def show_steps(exact: float) -> dict[float, float]:
    """Print how the error of differences depends on the step: large steps truncate, small ones cancel."""
    print("\nFinite differences depend on a step h that somebody must choose:")
    errors = {}
    for exponent in (-1, -3, -5, -7, -9, -11):
        h = 10.0**exponent
        errors[h] = relative_error(difference(POINT, h), exact)
        print(f"    h = 1e{exponent:<4d} relative error {errors[h]:.1e}")
    return errors


def show_growth() -> dict[int, tuple[float, float]]:
    """Print the cost of the gradient of n inputs: one sweep in reverse, n sweeps forward."""

    def length(v):
        return np.sqrt(np.sum(np.sin(v) ** 2))

    reverse = jad.grad(length)
    forward = jad.jit(lambda v, t: jad.jvp(length, (v,), (t,))[1])
    print("\nWith n inputs, reverse needs one sweep for all of them, forward one for each:")
    costs = {}
    for n in (1, 10, 100, 1000):
        v, unit = np.linspace(0.1, 1.0, n), np.eye(n)[0]
        sweep = seconds(lambda v=v, t=unit: forward(v, t), 0.05)
        costs[n] = (seconds(lambda v=v: reverse(v), 0.05), n * sweep)
        print(f"    n = {n:4d}   reverse {duration(costs[n][0]):>8}   forward {duration(costs[n][1]):>8}")
    return costs


def main() -> dict:
    """Print the four derivatives with errors and costs; return {way: (value, relative error)} and more."""
    derivative, gradient = jad.derivative(f), jad.grad(f)
    exact = by_hand(POINT)
    ways = {
        "by hand": lambda: by_hand(POINT),
        "finite differences": lambda: difference(POINT, 1e-5),
        "forward mode": lambda: derivative(POINT),
        "reverse mode": lambda: gradient(POINT),
    }
    print(f"f(x) = exp(x sin x) / (1 + x²) at x = {POINT}\n")
    found = {}
    for name, way in ways.items():
        value = float(way())
        found[name] = (value, relative_error(value, exact))
        cost = duration(seconds(way, 0.05))
        print(f"    {name:20} {value:.16f}   error {found[name][1]:.1e}   {cost:>8}")
    second = float(jad.derivative(jad.derivative(f))(POINT))
    print(f"\nDerivatives compose: f''(x) = {second:.12f}")
    return {"ways": found, "steps": show_steps(exact), "second": second, "growth": show_growth()}


if __name__ == "__main__":
    main()
