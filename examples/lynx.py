"""Lynxes and hares: the four rates of the Lotka-Volterra equations, from pelts.

The data are the Hudson's Bay Company's pelts of snowshoe hares and Canadian lynxes, 1900 to 1920, in
thousands, as tabulated by P. Howard, Modeling Basics (2009), from D. R. MacLulich (1937) and C. Elton and
M. Nicholson (1942). B. Carpenter, Predator-Prey Population Dynamics: the Lotka-Volterra model in Stan
(2018), fits them with the same noise, normal in the logarithm, and finds 0.55, 0.028, 0.80 and 0.024.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

import jitad as jad

from measure import central_difference, duration, relative_error, seconds

HARES = np.array(
    [
        30.0,
        47.2,
        70.2,
        77.4,
        36.3,
        20.6,
        18.1,
        21.4,
        22.0,
        25.4,
        27.1,
        40.3,
        57.0,
        76.6,
        52.3,
        19.5,
        11.2,
        7.6,
        14.6,
        16.2,
        24.7,
    ]
)
LYNXES = np.array(
    [
        4.0,
        6.1,
        9.8,
        35.2,
        59.4,
        41.7,
        19.0,
        13.0,
        8.3,
        9.1,
        7.4,
        8.0,
        12.3,
        19.5,
        45.7,
        51.1,
        29.7,
        15.8,
        9.7,
        10.1,
        8.6,
    ]
)

NAMES = (
    "births of hares, a year",
    "hares hunted, by a lynx",
    "deaths of lynxes, a year",
    "lynxes raised, by a hare",
    "hares in 1900, thousands",
    "lynxes in 1900, thousands",
)


def growth(rates, state):
    """Births minus deaths in a year, of prey and predators."""
    births, hunted, deaths, fed = rates
    prey, predators = state
    return np.array([(births - hunted * predators) * prey, (fed * prey - deaths) * predators])


def advance(rates, state, dt):
    """One step of the classical Runge-Kutta method."""
    k1 = growth(rates, state)
    k2 = growth(rates, state + 0.5 * dt * k1)
    k3 = growth(rates, state + 0.5 * dt * k2)
    k4 = growth(rates, state + dt * k3)
    return state + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def populations(log_parameters, years, steps):
    """Prey and predators (years, 2), with `steps` steps a year; parameters: 4 rates, 2 first populations."""
    parameters = np.exp(log_parameters)
    rates, state = parameters[:4], parameters[4:]
    found = np.empty((years, 2))
    found[0] = state
    for year in range(1, years):
        for _ in range(steps):
            state = advance(rates, state, 1.0 / steps)
        found[year] = state
    return found


def misfit(log_parameters, pelts, steps):
    """Half the sum of the squares of log(model / data)."""
    return 0.5 * np.sum((np.log(populations(log_parameters, len(pelts), steps)) - np.log(pelts)) ** 2)


def main(steps: int = 200) -> dict:
    """Fit the equations; print the parameters, the model beside the pelts, a check and times."""
    pelts = np.stack([HARES, LYNXES], axis=1)
    start = np.log([0.5, 0.02, 1.0, 0.02, 30.0, 4.0])
    value_and_gradient = jad.value_and_grad(misfit)
    found = minimize(value_and_gradient, start, (pelts, steps), jac=True, method="BFGS")
    total = steps * (len(pelts) - 1)
    print(f"Hares and lynxes: {total} Runge-Kutta steps, {found.nit} iterations of BFGS")
    for name, x in zip(NAMES, found.x):
        print(f"    {name:28} {np.exp(x):8.4f}")
    model = jad.jit(populations, static_argnames="years")(found.x, len(pelts), steps)
    print("    year     hares, model    lynxes, model")
    for year in range(0, len(pelts), 2):
        (h, p), (mh, mp) = pelts[year], model[year]
        print(f"    {1900 + year}    {h:6.1f} {mh:6.1f}    {p:6.1f} {mp:6.1f}")
    gradient = value_and_gradient(start, pelts, 10)[1]
    differences = [central_difference(lambda p: misfit(p, pelts, 10), start, i) for i in range(6)]
    error = relative_error(gradient, differences)
    print(f"    the gradient agrees with central differences to {error:.0e}")
    times = [seconds(lambda f=f: f(start, pelts, steps), 0.1) for f in (jad.jit(misfit), value_and_gradient)]
    print(f"    misfit {duration(times[0])}, misfit and gradient {duration(times[1])}")
    return {"parameters": np.exp(found.x), "misfit": float(found.fun), "error": error, "model": model}


if __name__ == "__main__":
    main()
