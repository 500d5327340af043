"""Recursions on prefixes and rests of vectors: Toeplitz systems, tables of differences, trees of prices."""

from __future__ import annotations

import numpy as np

from .program import Program, Sizes, sized

POLYBENCH, GOLUB = "PolyBench 4.2", "Golub and Van Loan, Matrix Computations"


def durbin(r):
    """Solution of the Yule-Walker equations, on growing prefixes. PolyBench: durbin."""
    y = np.empty_like(r)
    alpha, beta = -r[0], 1.0
    y[0] = -r[0]
    for k in range(1, r.size):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


def autocorrelation(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return the lags 1 … n of a sequence that forgets."""
    return 0.6 ** np.arange(1, n + 1) * rng.uniform(0.5, 1.0, n)


def durbin_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return (autocorrelation(sizes["N"], rng),)


def levinson(r, b):
    """x with T x = b, T symmetric Toeplitz of ones and lags r. Golub and Van Loan, algorithm 4.7.2."""
    n = b.size
    y, x = np.zeros(n), np.zeros(n)
    y[0], x[0] = -r[0], b[0]
    alpha, beta = -r[0], 1.0
    for k in range(1, n):
        beta = (1.0 - alpha**2) * beta
        mu = (b[k] - r[:k] @ x[k - 1 :: -1]) / beta
        x[:k] += mu * y[k - 1 :: -1]
        x[k] = mu
        if k < n - 1:
            alpha = -(r[k] + r[:k] @ y[k - 1 :: -1]) / beta
            y[:k] += alpha * y[k - 1 :: -1]
            y[k] = alpha
    return x


def levinson_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return autocorrelation(sizes["N"] - 1, rng), rng.random(sizes["N"])


def burg(x, k):
    """Reflection coefficients and the power left, by Burg's recursion. Kay, section 7.4."""
    n = x.size
    forward, backward = x.copy(), x.copy()
    power = np.mean(x**2)
    for m in range(k.size):
        f, b = forward[m + 1 :], backward[m : n - 1]
        k[m] = -2.0 * np.dot(f, b) / (np.dot(f, f) + np.dot(b, b))
        forward[m + 1 :], backward[m + 1 :] = f + k[m] * b, b + k[m] * f
        power *= 1.0 - k[m] ** 2
    return k, power


def burg_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    x = rng.standard_normal(sizes["N"])
    return np.convolve(x, [1.0, 0.7, 0.3])[: sizes["N"]].copy(), np.zeros(sizes["order"])


def divided_differences(x, y, at):
    """Newton's polynomial through (x, y) at points. Stoer and Bulirsch, section 2.1.3."""
    n = x.size
    c = y.copy()
    for k in range(1, n):
        c[k:] = (c[k:] - c[k - 1 : -1]) / (x[k:] - x[: n - k])
    p = np.zeros_like(at)
    for k in range(n - 1, -1, -1):
        p = p * (at - x[k]) + c[k]
    return p


def divided_differences_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    x = -np.cos(np.pi * (np.arange(n) + 0.5) / n)
    return x[rng.permutation(n)], rng.random(n), rng.uniform(-1.0, 1.0, sizes["points"])


def romberg(y, h):
    """Integral of samples, by trapezoids extrapolated. Stoer and Bulirsch, section 3.4."""
    levels = int(np.log2(y.size - 1))
    T = np.zeros((levels + 1, levels + 1))
    for i in range(levels + 1):
        step = 2 ** (levels - i)
        T[i, 0] = h * step * (np.sum(y[::step]) - 0.5 * (y[0] + y[-1]))
        for k in range(1, i + 1):
            T[i, k] = T[i, k - 1] + (T[i, k - 1] - T[i - 1, k - 1]) / (4.0**k - 1.0)
    return T


def romberg_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = 2 ** sizes["levels"]
    return np.exp(np.linspace(0.0, 2.0, n + 1)) + rng.random(n + 1), 2.0 / n


def binomial_option(prices, strike, up, rate):
    """American put on a binomial tree; `prices` are those at the end. Cox, Ross and Rubinstein 1979."""
    n = prices.size - 1
    p = (rate - 1.0 / up) / (up - 1.0 / up)
    S = prices.copy()
    V = np.maximum(strike - S, 0.0)
    for i in range(n, 0, -1):
        S[:i] = S[1 : i + 1] / up
        V[:i] = np.maximum((p * V[1 : i + 1] + (1.0 - p) * V[:i]) / rate, strike - S[:i])
    return V[0]


def binomial_option_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    up = float(np.exp(0.3 / np.sqrt(n)))
    prices = 100.0 * up ** (2.0 * np.arange(n + 1) - n) * rng.uniform(0.99, 1.01, n + 1)
    return prices, 103.3, up, float(np.exp(0.03 / n))


def de_casteljau(points, at):
    """A point of a Bézier curve by repeated means. Farin, Curves and Surfaces for CAGD, section 4.2."""
    b = points.copy()
    for k in range(1, len(points)):
        b[: len(points) - k] = (1.0 - at) * b[: len(points) - k] + at * b[1 : len(points) - k + 1]
    return b[0]


def de_casteljau_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return rng.random((sizes["N"], 3)), 0.3


PROGRAMS = (
    Program(
        "durbin",
        durbin,
        durbin_inputs,
        (0,),
        sized({"N": 7}, {"N": 1000}, {"N": 6000}),
        "prefixes, flipped, that grow with the loop",
        POLYBENCH,
    ),
    Program(
        "levinson",
        levinson,
        levinson_inputs,
        (0, 1),
        sized({"N": 7}, {"N": 1000}, {"N": 6000}),
        "prefixes, read backwards, that grow with the loop; a branch on its index",
        GOLUB,
    ),
    Program(
        "burg",
        burg,
        burg_inputs,
        (0,),
        sized({"N": 15, "order": 4}, {"N": 10000, "order": 16}, {"N": 100000, "order": 16}),
        "rests of vectors that shrink with the loop, exchanged",
        "Kay, Modern Spectral Estimation",
    ),
    Program(
        "divided-differences",
        divided_differences,
        divided_differences_inputs,
        (0, 1, 2),
        sized({"N": 6, "points": 4}, {"N": 30, "points": 10000}, {"N": 40, "points": 100000}),
        "rests of vectors that shrink with the loop",
        "Stoer and Bulirsch, Numerical Analysis",
    ),
    Program(
        "romberg",
        romberg,
        romberg_inputs,
        (0, 1),
        sized({"levels": 4}, {"levels": 14}, {"levels": 18}),
        "steps of slices that follow the loop, inner loop that grows",
        "Stoer and Bulirsch, Numerical Analysis",
    ),
    Program(
        "binomial-option",
        binomial_option,
        binomial_option_inputs,
        (0, 1, 2, 3),
        sized({"N": 8}, {"N": 1000}, {"N": 4000}),
        "prefixes that shrink with a loop that counts down",
        "Cox, Ross and Rubinstein 1979",
    ),
    Program(
        "de-casteljau",
        de_casteljau,
        de_casteljau_inputs,
        (0, 1),
        sized({"N": 6}, {"N": 200}, {"N": 1000}),
        "prefixes of a matrix that shrink with the loop",
        "Farin, Curves and Surfaces for CAGD",
    ),
)
