"""Gradients that are mostly matrix products: logistic regression and the network of the digits example."""

from __future__ import annotations

import itertools
from types import ModuleType

import numpy as np
from scipy import special

import jitad as jad
from benchmarks.compare import Tool, measure
from benchmarks.examples import FOR_JAX, read
from benchmarks.harness import ELEMENTARY, OURS, Report, Row, Target, ratio
from benchmarks.peers import peer
from benchmarks.tools import jax_gradient, numba_by_hand, numpy_by_hand, ours, torch_gradient

SAMPLES, FEATURES = 10**5, 50


def logistic(np: ModuleType):
    """Return the loss as one writes it in NumPy."""

    def loss(w, x, y):
        z = x @ w
        return np.mean(np.logaddexp(0.0, z) - y * z) + 1e-3 * np.sum(w**2)

    return loss


def logistic_torch(torch: ModuleType):
    """The same in PyTorch, which has softplus for the logarithm."""

    def loss(w, x, y):
        z = x @ w
        return torch.mean(torch.nn.functional.softplus(z) - y * z) + 1e-3 * torch.sum(w**2)

    return loss


def logistic_by_hand(w, x, y):
    """Value and gradient with NumPy, two products by BLAS."""
    z = x @ w
    value = np.mean(np.logaddexp(0.0, z) - y * z) + 1e-3 * (w @ w)
    return value, (special.expit(z) - y) @ x / len(y) + 2e-3 * w


def logistic_loops(numba: ModuleType):
    """Return value and gradient in one pass over the data."""

    @numba.njit
    def f(w, x, y):
        n, m = x.shape
        value, gradient = 0.0, np.zeros(m)
        for i in range(n):
            z = 0.0
            for j in range(m):
                z += x[i, j] * w[j]
            small = np.exp(-abs(z))
            value += max(z, 0.0) + np.log1p(small) - y[i] * z
            slope = (1.0 if z >= 0.0 else small) / (1.0 + small) - y[i]
            for j in range(m):
                gradient[j] += slope * x[i, j]
        return value / n + 1e-3 * np.sum(w * w), gradient / n + 2e-3 * w

    return f


def logistic_row(work: str, samples: int) -> Row:
    """Measure logistic regression of dense data."""
    rng = np.random.default_rng(6)
    x, w = rng.standard_normal((samples, FEATURES)), 0.1 * rng.standard_normal(FEATURES)
    arguments = (w, x, (rng.random(samples) < 0.5).astype(float))
    columns = [
        *ours(jad.value_and_grad(logistic(np)), arguments, from_c=False),
        numpy_by_hand(logistic_by_hand, arguments),
        numba_by_hand(logistic_loops, arguments),
        jax_gradient(logistic, arguments),
        torch_gradient(logistic_torch, arguments),
    ]
    return measure(
        work,
        columns,
        logistic_by_hand(*arguments),
        counted=True,
        traffic=8.0 * samples * (FEATURES + 1),
        flops=samples * (4.0 * FEATURES + 3.0 * ELEMENTARY),
    )


def network_parts(theta, digits):
    """Return the network's two matrices and two vectors, as they lie in the parameters."""
    a = digits.PIXELS * digits.HIDDEN
    b, c = a + digits.HIDDEN, a + digits.HIDDEN + digits.HIDDEN * digits.CLASSES
    first, second = theta[:a].reshape(-1, digits.HIDDEN), theta[b:c].reshape(-1, digits.CLASSES)
    return first, theta[a:b], second, theta[c:]


def network_by_hand(digits: ModuleType):
    """Return value and gradient of the network's loss with NumPy, five products by BLAS."""

    def f(theta, images, labels):
        first, bias, second, offset = network_parts(theta, digits)
        hidden = np.tanh(images @ first + bias)
        scores = hidden @ second + offset
        scores -= np.max(scores, axis=1, keepdims=True)
        shares = np.exp(scores)
        totals = np.sum(shares, axis=1, keepdims=True)
        value = (np.sum(np.log(totals)) - np.vdot(scores, labels)) / len(images) + 1e-4 * (theta @ theta)
        shares /= totals
        shares -= labels
        shares /= len(images)
        inner = (shares @ second.T) * (1.0 - hidden * hidden)
        parts = (images.T @ inner, inner.sum(0), hidden.T @ shares, shares.sum(0))
        return value, np.concatenate([p.ravel() for p in parts]) + 2e-4 * theta

    return f


def network_torch(digits: ModuleType):
    """Return the network's loss in PyTorch."""

    def make(torch: ModuleType):
        def loss(theta, images, labels):
            first, bias, second, offset = network_parts(theta, digits)
            scores = torch.tanh(images @ first + bias) @ second + offset
            likelihood = torch.sum(torch.log_softmax(scores, 1) * labels, 1)
            return -torch.mean(likelihood) + 1e-4 * torch.sum(theta**2)

        return loss

    return make


def network_row() -> Row:
    """Measure the digits network's loss; it needs scikit-learn for its data."""
    work = "digits, two-layer network"
    if peer("sklearn") is None:
        return Row(work, {OURS: "scikit-learn not installed"})
    digits = read("digits", {})
    data = digits.load()
    layers = (digits.PIXELS, digits.HIDDEN, digits.CLASSES)
    size = sum((before + 1) * after for before, after in itertools.pairwise(layers))
    theta = 0.1 * np.random.default_rng(0).standard_normal(size)
    arguments, hand = (theta, data.train_images, data.train_labels), network_by_hand(digits)
    columns: list[Tool] = [
        *ours(jad.value_and_grad(digits.network_loss), arguments, from_c=False),
        numpy_by_hand(hand, arguments),
        jax_gradient(lambda _: read("digits", FOR_JAX).network_loss, arguments),
        torch_gradient(network_torch(digits), arguments),
    ]
    n = len(data.train_images)
    products = 4.0 * layers[0] * layers[1] + 6.0 * layers[1] * layers[2]
    return measure(
        work,
        columns,
        hand(*arguments),
        counted=True,
        traffic=8.0 * (data.train_images.size + data.train_labels.size + 2 * size),
        flops=n * (products + ELEMENTARY * (layers[1] + layers[2])),
    )


def run() -> Report:
    """Measure both."""
    report = Report(
        "Logistic regression and a small network",
        "Value and gradient; one thread. By hand in NumPy: the products by BLAS, in place where it can be.",
    )
    for found in (logistic_row("logistic regression, 10⁵ × 50", SAMPLES), network_row()):
        report.rows.append(found)
        for tool, limit in (("NumPy by hand", 1.0), ("JAX", 0.8), ("PyTorch", 0.5)):
            measured = ratio(found.cells.get(OURS), found.cells.get(tool))
            report.targets.append(Target(f"{found.work}, beside {tool}", measured, limit, "×"))
    return report
