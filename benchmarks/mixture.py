"""The Gaussian mixture of examples/gmm.py in other hands: PyTorch, and gradients for NumPy and Numba."""

from __future__ import annotations

from types import ModuleType

import numpy as np


def for_torch(mixture: ModuleType):
    """Return the objective in PyTorch; `mixture` is the example, whose constants it uses."""

    def make(torch: ModuleType):
        def objective(weights, means, log_diagonal, lower, points):
            (n, d), k = points.shape, len(means)
            columns, rows = np.triu_indices(d, 1)
            factors = torch.zeros(k, d, d, dtype=points.dtype)
            factors[:, torch.from_numpy(rows), torch.from_numpy(columns)] = lower
            centred = points[:, None, :] - means
            stretched = torch.exp(log_diagonal) * centred + torch.einsum("kij,nkj->nki", factors, centred)
            inner = weights + torch.sum(log_diagonal, 1) - 0.5 * torch.sum(stretched**2, 2)
            likelihood = torch.sum(torch.logsumexp(inner, 1)) - n * torch.logsumexp(weights, 0)
            gamma, m = mixture.WISHART_GAMMA, mixture.WISHART_M
            squares = torch.sum(torch.exp(log_diagonal) ** 2) + torch.sum(lower**2)
            prior = 0.5 * gamma**2 * squares - m * torch.sum(log_diagonal)
            return likelihood + prior + constant(mixture, n, d, k)

        return objective

    return make


def constant(mixture: ModuleType, n: int, d: int, k: int) -> float:
    """Return the part of the objective that does not depend on the parameters."""
    freedom = d + mixture.WISHART_M + 1
    wishart = freedom * d * np.log(mixture.WISHART_GAMMA / np.sqrt(2.0))
    wishart -= mixture.log_gamma_multivariate(0.5 * freedom, d)
    return float(-0.5 * n * d * np.log(2 * np.pi) - k * wishart)


def factors(log_diagonal, lower):
    """Return the factors Q, lower triangular matrices (k, d, d)."""
    k, d = log_diagonal.shape
    columns, rows = np.triu_indices(d, 1)
    q = np.zeros((k, d, d))
    q[:, rows, columns] = lower
    q[:, np.arange(d), np.arange(d)] = np.exp(log_diagonal)
    return q


def finished(mixture: ModuleType, likelihood, shares, dmeans, dq, arguments):
    """Return value and gradient from the likelihood's: adds what does not depend on the points.

    shares  sum of the responsibilities of each component        dq  derivative by the factors, (k, d, d)
    """
    weights, _, log_diagonal, lower, points = arguments
    (k, d), n = log_diagonal.shape, len(points)
    columns, rows = np.triu_indices(d, 1)
    top = np.max(weights)
    prior = np.exp(weights - top)
    total = np.sum(prior)
    diagonal = np.exp(log_diagonal)
    gamma, m = mixture.WISHART_GAMMA, mixture.WISHART_M
    value = likelihood - n * (np.log(total) + top) + constant(mixture, n, d, k)
    value += 0.5 * gamma**2 * (np.sum(diagonal**2) + np.sum(lower**2)) - m * np.sum(log_diagonal)
    by_diagonal = dq[:, np.arange(d), np.arange(d)] * diagonal + shares[:, None] + gamma**2 * diagonal**2 - m
    return value, shares - n * prior / total, dmeans, by_diagonal, dq[:, rows, columns] + gamma**2 * lower


def by_hand(mixture: ModuleType):
    """Return value and gradient with NumPy, products by BLAS; two arrays (k, n, d) at a time."""

    def f(*arguments):
        weights, means, log_diagonal, lower, points = arguments
        q = factors(log_diagonal, lower)
        centred = points - means[:, None, :]
        stretched = centred @ q.transpose(0, 2, 1)
        inner = (weights + np.sum(log_diagonal, 1))[:, None] - 0.5 * np.einsum(
            "kni,kni->kn", stretched, stretched
        )
        top = np.max(inner, 0)
        inner -= top
        np.exp(inner, out=inner)
        totals = np.sum(inner, 0)
        inner /= totals
        stretched *= -inner[:, :, None]
        dq = stretched.transpose(0, 2, 1) @ centred
        dmeans = -np.einsum("ki,kij->kj", np.sum(stretched, 1), q)
        return finished(mixture, np.sum(np.log(totals) + top), np.sum(inner, 1), dmeans, dq, arguments)

    return f


def loops(mixture: ModuleType, numba: ModuleType):
    """Return value and gradient in loops that keep nothing of the size of the data.

    Inner loops run over contiguous memory and carry no sum, so that they vectorise as they are: the
    factors are held by rows and by columns.
    """

    @numba.njit
    def likelihood_and_slopes(offsets, means, q, columns, points):
        (n, d), k = points.shape, len(means)
        centred, y, inner = np.empty((k, d)), np.empty((k, d)), np.empty(k)
        likelihood, shares, dcolumns, dy = 0.0, np.zeros(k), np.zeros_like(columns), np.zeros((k, d))
        for p in range(n):
            for c in range(k):
                y[c, :] = 0.0
                for j in range(d):
                    x = points[p, j] - means[c, j]
                    centred[c, j] = x
                    for i in range(j, d):
                        y[c, i] += columns[c, j, i] * x
                square = 0.0
                for i in range(d):
                    square += y[c, i] * y[c, i]
                inner[c] = offsets[c] - 0.5 * square
            top = np.max(inner)
            total = 0.0
            for c in range(k):
                inner[c] = np.exp(inner[c] - top)
                total += inner[c]
            likelihood += np.log(total) + top
            for c in range(k):
                share = inner[c] / total
                shares[c] += share
                for j in range(d):
                    dy[c, j] -= share * y[c, j]
                    x = -share * centred[c, j]
                    for i in range(j, d):
                        dcolumns[c, j, i] += y[c, i] * x
        dmeans = np.zeros((k, d))
        for c in range(k):
            for i in range(d):
                for j in range(i + 1):
                    dmeans[c, j] -= dy[c, i] * q[c, i, j]
        return likelihood, shares, dmeans, dcolumns

    def f(*arguments):
        weights, means, log_diagonal, lower, points = arguments
        q = factors(log_diagonal, lower)
        columns = np.ascontiguousarray(q.transpose(0, 2, 1))
        offsets = weights + np.sum(log_diagonal, 1)
        found = likelihood_and_slopes(offsets, means, q, columns, points)
        return finished(mixture, *found[:3], found[3].transpose(0, 2, 1), arguments)

    return f
