"""The price and five Greeks of each of a million options, gamma by differentiating delta."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from scipy import special

import jitad as jad
from benchmarks.compare import Call, PythonCall, Tool, measure
from benchmarks.harness import ELEMENTARY, OURS, Report, Row, Target, ratio
from benchmarks.tools import jax_call, numba_by_hand, numpy_by_hand, ours

N = 10**6


def price(np: ModuleType, erf: Any, spot, strike, rate, volatility, maturity):
    """Return the price of a call, elementwise."""

    def normal(x):
        return 0.5 * (1.0 + erf(x / 2.0**0.5))

    spread = volatility * np.sqrt(maturity)
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * maturity) / spread
    return spot * normal(d1) - strike * np.exp(-rate * maturity) * normal(d1 - spread)


def greeks(ad: ModuleType, np: ModuleType, erf: Any):
    """Return the function options → (price, delta, rho, vega, theta, gamma), derivatives by `ad`.

    An option's price depends on its own numbers only: the gradient of the sum of prices has each option's
    derivatives, and the tangent of delta along ones has each option's gamma.
    """

    def first_order(spot, strike, rate, volatility, maturity):
        def total(spot, rate, volatility, maturity):
            prices = price(np, erf, spot, strike, rate, volatility, maturity)
            return np.sum(prices), prices

        gradient = ad.value_and_grad(total, argnums=(0, 1, 2, 3), has_aux=True)
        (_, prices), slopes = gradient(spot, rate, volatility, maturity)
        return (prices, *slopes)

    def f(spot, *others):
        results, tangents = ad.jvp(lambda s: first_order(s, *others), (spot,), (np.ones_like(spot),))
        return (*results, tangents[1])

    return f


def closed_forms(spot, strike, rate, volatility, maturity):
    """The same from the textbook, with NumPy and SciPy."""
    root, discount = np.sqrt(maturity), np.exp(-rate * maturity)
    spread = volatility * root
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * maturity) / spread
    first, second = special.ndtr(d1), special.ndtr(d1 - spread)
    density = np.exp(-0.5 * d1**2) / np.sqrt(2.0 * np.pi)
    held = strike * discount * second
    theta = 0.5 * spot * density * volatility / root + rate * held
    rho, vega, gamma = maturity * held, spot * density * root, density / (spot * spread)
    return spot * first - held, first, rho, vega, theta, gamma


def loops(numba: ModuleType):
    """Return the closed forms in one loop."""
    from math import erf, exp, log, sqrt

    @numba.njit
    def f(spot, strike, rate, volatility, maturity):
        n = len(spot)
        value, delta, rho = np.empty(n), np.empty(n), np.empty(n)
        vega, theta, gamma = np.empty(n), np.empty(n), np.empty(n)
        for i in range(n):
            s, r, v, t = spot[i], rate[i], volatility[i], maturity[i]
            root = sqrt(t)
            d1 = (log(s / strike[i]) + (r + 0.5 * v * v) * t) / (v * root)
            first, second = 0.5 + 0.5 * erf(d1 / sqrt(2.0)), 0.5 + 0.5 * erf((d1 - v * root) / sqrt(2.0))
            density = exp(-0.5 * d1 * d1) / sqrt(2.0 * np.pi)
            held = strike[i] * exp(-r * t) * second
            value[i], delta[i], rho[i] = s * first - held, first, t * held
            vega[i], gamma[i] = s * density * root, density / (s * v * root)
            theta[i] = 0.5 * s * density * v / root + r * held
        return value, delta, rho, vega, theta, gamma

    return f


def with_jax(options: tuple) -> Tool:
    """Return JAX's column, the same source as ours."""

    def call(jax: ModuleType) -> Call:
        return jax_call(jax, greeks(jax, jax.numpy, jax.scipy.special.erf), options)

    return Tool("JAX", call, "jax", threads=True)


def with_torch(options: tuple) -> Tool:
    """Return eager PyTorch's column."""

    def call(torch: ModuleType) -> Call:
        spot, strike, rate, volatility, maturity = map(torch.from_numpy, options)
        active = [x.requires_grad_() for x in (spot, rate, volatility, maturity)]

        def f():
            prices = price(torch, torch.erf, spot, strike, rate, volatility, maturity)
            slopes = torch.autograd.grad(prices.sum(), active, create_graph=True)
            (gamma,) = torch.autograd.grad(slopes[0].sum(), spot)
            return tuple(x.detach().numpy() for x in (prices, *slopes, gamma))

        return PythonCall(f)

    return Tool("PyTorch", call, "torch", threads=True)


def sample(n: int) -> tuple[np.ndarray, ...]:
    """Return spot, strike, rate, volatility and maturity of n options, the same ones each time."""
    rng = np.random.default_rng(7)
    limits = ((80.0, 120.0), (80.0, 120.0), (0.0, 0.1), (0.1, 0.5), (0.1, 2.0))
    return tuple(rng.uniform(low, high, n) for low, high in limits)


def row(work: str, n: int) -> Row:
    """Measure n options."""
    options = sample(n)
    tools = [
        *ours(jad.jit(greeks(jad, np, special.erf)), options, from_c=False),
        numpy_by_hand(closed_forms, options),
        numba_by_hand(loops, options),
        with_jax(options),
        with_torch(options),
    ]
    counts = {"traffic": 11 * 8.0 * n, "flops": (5.0 * ELEMENTARY + 60.0) * n}
    return measure(work, tools, closed_forms(*options), 1e-9, counted=True, **counts)


def run() -> Report:
    """Measure a million options."""
    found = row("10⁶ options", N)
    cells = found.cells
    return Report(
        "Black–Scholes",
        "Price, delta, rho, vega, theta and gamma of each option; one thread. Derivatives by the tools,\n"
        "gamma forward over reverse (PyTorch: reverse over reverse); by hand: the closed forms.",
        [found],
        [
            Target("Black–Scholes, beside JAX", ratio(cells[OURS], cells["JAX"]), 0.8, "×"),
            Target("Black–Scholes, beside PyTorch", ratio(cells[OURS], cells["PyTorch"]), 0.25, "×"),
        ],
    )
