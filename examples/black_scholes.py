"""Black-Scholes: the price of a portfolio of options and its Greeks of first and second order."""

from __future__ import annotations

import numpy as np
from scipy.special import erf

import jitad as jad

from measure import duration, relative_error, seconds


def normal_cdf(x):
    """Distribution function of the standard normal."""
    return 0.5 * (1.0 + erf(x / np.sqrt(2.0)))


def d1_d2(spot, volatility, rate, strike, maturity):
    """The two arguments of the normal distribution in the Black-Scholes formula."""
    spread = volatility * np.sqrt(maturity)
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * maturity) / spread
    return d1, d1 - spread


def portfolio(spot, volatility, rate, strike, maturity, sign, holding):
    """Value of European options; `sign` is +1 for calls and -1 for puts, `holding` the number of each.

    All arrays have one entry an option, in years and per year; `rate` is one number for all.
    """
    d1, d2 = d1_d2(spot, volatility, rate, strike, maturity)
    discounted = strike * np.exp(-rate * maturity)
    price = sign * (spot * normal_cdf(sign * d1) - discounted * normal_cdf(sign * d2))
    return np.sum(holding * price)


def sample(n: int) -> tuple:
    """Return the arguments of `portfolio` for `n` options, the same ones each time."""
    rng = np.random.default_rng(7)
    spot, strike = rng.uniform(80, 120, n), rng.uniform(80, 120, n)
    volatility, maturity = rng.uniform(0.1, 0.5, n), rng.uniform(0.1, 2.0, n)
    sign, holding = np.where(rng.random(n) < 0.5, 1.0, -1.0), rng.uniform(-10, 10, n)
    return spot, volatility, 0.03, strike, maturity, sign, holding


def closed_forms(spot, volatility, rate, strike, maturity, sign, holding) -> dict[str, np.ndarray]:
    """The Greeks from the textbook, one entry an option."""
    d1, d2 = d1_d2(spot, volatility, rate, strike, maturity)
    density = np.exp(-0.5 * d1**2) / np.sqrt(2 * np.pi)
    root = np.sqrt(maturity)
    vega = holding * spot * density * root
    return {
        "delta": holding * sign * normal_cdf(sign * d1),
        "vega": vega,
        "rho": np.sum(holding * sign * strike * maturity * np.exp(-rate * maturity) * normal_cdf(sign * d2)),
        "gamma": holding * density / (spot * volatility * root),
        "vanna": -holding * density * d2 / volatility,
        "volga": vega * d1 * d2 / volatility,
    }


def greeks(arguments: tuple) -> dict[str, np.ndarray]:
    """Return the same Greeks by differentiating `portfolio`.

    An option's value depends on its own entries only, so the second derivatives form diagonal matrices:
    the tangent of the gradient along a vector of ones is their diagonal.
    """
    spot, volatility, *rest = arguments
    ones, zeros = np.ones_like(spot), np.zeros_like(spot)

    def first_order(spot, volatility):
        return jad.grad(portfolio, argnums=(0, 1))(spot, volatility, *rest)

    delta, vega, rho = jad.grad(portfolio, argnums=(0, 1, 2))(*arguments)
    _, (gamma, _) = jad.jvp(first_order, (spot, volatility), (ones, zeros))
    _, (vanna, volga) = jad.jvp(first_order, (spot, volatility), (zeros, ones))
    return {"delta": delta, "vega": vega, "rho": rho, "gamma": gamma, "vanna": vanna, "volga": volga}


def main(n: int = 1000) -> dict[str, float]:
    """Price `n` options; print each Greek of the portfolio, its error against the textbook and the costs."""
    arguments = sample(n)
    value = jad.jit(portfolio)
    print(f"A portfolio of {n} options is worth {value(*arguments):.6f}\n")
    print("                  total       largest relative error against the closed form")
    expected, found = closed_forms(*arguments), greeks(arguments)
    errors = {}
    for name, exact in expected.items():
        errors[name] = relative_error(found[name], exact)
        print(f"    {name:6} {np.sum(found[name]):18.6f}       {errors[name]:.1e}")
    gradient = jad.value_and_grad(portfolio, argnums=(0, 1, 2))
    times = {
        "NumPy, price": seconds(lambda: portfolio(*arguments), 0.1),
        "jitad, price": seconds(lambda: value(*arguments), 0.1),
        "jitad, price, delta, vega, rho": seconds(lambda: gradient(*arguments), 0.1),
    }
    print()
    for name, time in times.items():
        print(f"    {name:32} {duration(time):>8}")
    return errors


if __name__ == "__main__":
    main()
