"""Gaussian mixture: the log-likelihood of the ADBench suite and its gradient.

The objective is the one published in F. Srajer, Z. Kukelova, A. Fitzgibbon: A benchmark of selected
algorithmic differentiation tools on some problems in computer vision and machine learning, Optimization
Methods and Software 33 (2018). Inverse covariances are Q'Q with Q lower triangular, its diagonal
exp(log_diagonal), with a Wishart prior.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

import jitad as jad

from measure import central_difference, duration, relative_error, seconds

WISHART_GAMMA, WISHART_M = 1.0, 0


def log_sum_exp(x, axis):
    """log(sum(exp(x))) along `axis`, without overflow."""
    highest = np.max(x, axis=axis, keepdims=True)
    return np.log(np.sum(np.exp(x - highest), axis=axis)) + np.squeeze(highest, axis=axis)


def strictly_lower(entries, d):
    """Matrices (k, d, d) with `entries` (k, d(d-1)/2) below the diagonal, column after column."""
    slot = np.zeros((d, d), dtype=int)
    columns, rows = np.triu_indices(d, 1)
    slot[rows, columns] = np.arange(len(rows))
    return np.tril(np.ones((d, d)), -1) * entries[:, slot.ravel()].reshape(-1, d, d)


def log_gamma_multivariate(a, d):
    """Logarithm of the d-variate gamma function at `a`."""
    return 0.25 * d * (d - 1) * np.log(np.pi) + np.sum(gammaln(a - 0.5 * np.arange(d)))


def log_wishart_prior(log_diagonal, lower, d):
    """Sum over the components of the logarithm of the Wishart prior."""
    k, n = len(log_diagonal), d + WISHART_M + 1
    constant = n * d * np.log(WISHART_GAMMA / np.sqrt(2.0)) - log_gamma_multivariate(0.5 * n, d)
    squares = np.sum(np.exp(log_diagonal) ** 2) + np.sum(lower**2)
    return 0.5 * WISHART_GAMMA**2 * squares - WISHART_M * np.sum(log_diagonal) - k * constant


def objective(weights, means, log_diagonal, lower, points):
    """Log-likelihood of `points` (n, d) under k components, plus the prior.

    weights (k,)  unnormalised log weights        log_diagonal (k, d)       logarithm of the diagonals of Q
    means (k, d)                                  lower (k, d(d-1)/2)       entries of Q below the diagonals
    """
    n, d = points.shape
    centred = points[:, None, :] - means
    stretched = np.exp(log_diagonal) * centred + np.einsum("kij,nkj->nki", strictly_lower(lower, d), centred)
    inner = weights + np.sum(log_diagonal, axis=1) - 0.5 * np.sum(stretched**2, axis=2)
    likelihood = np.sum(log_sum_exp(inner, 1)) - n * log_sum_exp(weights, 0)
    return likelihood - 0.5 * n * d * np.log(2 * np.pi) + log_wishart_prior(log_diagonal, lower, d)


def sample(n: int, d: int, k: int) -> tuple[np.ndarray, ...]:
    """Return arguments of `objective`, the same ones each time."""
    rng = np.random.default_rng(3)
    weights, means = rng.standard_normal(k), rng.random((k, d))
    log_diagonal = 0.3 * rng.standard_normal((k, d))
    lower = 0.3 * rng.standard_normal((k, d * (d - 1) // 2))
    return weights, means, log_diagonal, lower, rng.standard_normal((n, d))


def check(arguments, gradient) -> float:
    """Print entries of each gradient beside central differences; return the largest relative error."""
    names, worst = ("weights", "means", "log_diagonal", "lower"), 0.0
    for place, name in enumerate(names):

        def along(flat, place=place):
            changed = list(arguments)
            changed[place] = flat.reshape(arguments[place].shape)
            return objective(*changed)

        flat, found = arguments[place].ravel(), gradient[place].ravel()
        entries = np.argsort(np.abs(found))[-2:]
        differences = [central_difference(along, flat, int(i)) for i in entries]
        for i, difference in zip(entries, differences):
            print(f"    {name:13}[{i:3d}]   gradient {found[i]: .8e}   differences {difference: .8e}")
        worst = max(worst, relative_error(found[entries], differences))
    return worst


def main(n: int = 1000, d: int = 6, k: int = 5) -> dict[str, float]:
    """Differentiate the objective for `n` points in `d` dimensions, `k` components; print checks, times."""
    arguments = sample(n, d, k)
    value_and_gradient = jad.value_and_grad(objective, argnums=(0, 1, 2, 3))
    value, gradient = value_and_gradient(*arguments)
    parameters = sum(g.size for g in gradient)
    print(f"Gaussian mixture: {n} points, {d} dimensions, {k} components, {parameters} parameters")
    print(f"    objective {value:.8f}\n")
    error = check(arguments, gradient)
    compiled = jad.jit(objective)
    times = {
        "NumPy, value": seconds(lambda: objective(*arguments)),
        "jitad, value": seconds(lambda: compiled(*arguments)),
        "jitad, value and gradient": seconds(lambda: value_and_gradient(*arguments)),
    }
    print()
    for name, time in times.items():
        print(f"    {name:26} {duration(time):>8}")
    return {"value": float(value), "numpy": float(objective(*arguments)), "error": error}


if __name__ == "__main__":
    main()
