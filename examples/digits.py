"""Handwritten digits: logistic regression and a two-layer network, trained by L-BFGS."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_digits

import jitad as jad

from measure import central_difference, duration, relative_error, seconds

PIXELS, HIDDEN, CLASSES = 64, 32, 10


# The models: plain NumPy, no jitad in sight


def cross_entropy(scores, labels):
    """Mean of -log softmax(scores) at the true classes; `labels` is one-hot, both are (samples, classes)."""
    highest = np.max(scores, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(scores - highest), axis=1)) + highest[:, 0]
    return np.mean(log_total - np.sum(scores * labels, axis=1))


def logistic_scores(theta, images):
    """Scores (samples, classes) of the linear model."""
    weights = theta[: PIXELS * CLASSES].reshape(PIXELS, CLASSES)
    return images @ weights + theta[PIXELS * CLASSES :]


def network_scores(theta, images):
    """Scores (samples, classes) of the network pixels → tanh → classes."""
    a = PIXELS * HIDDEN
    b, c = a + HIDDEN, a + HIDDEN + HIDDEN * CLASSES
    hidden = np.tanh(images @ theta[:a].reshape(PIXELS, HIDDEN) + theta[a:b])
    return hidden @ theta[b:c].reshape(HIDDEN, CLASSES) + theta[c:]


def logistic_loss(theta, images, labels):
    """Cross entropy of the linear model with a ridge penalty."""
    return cross_entropy(logistic_scores(theta, images), labels) + 1e-3 * np.sum(theta**2)


def network_loss(theta, images, labels):
    """Cross entropy of the network with a ridge penalty."""
    return cross_entropy(network_scores(theta, images), labels) + 1e-4 * np.sum(theta**2)


# Training


@dataclass(frozen=True)
class Digits:
    """Images as rows of 64 pixels in [0, 1], one-hot labels for training, class numbers for the test."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_classes: np.ndarray


def load() -> Digits:
    """Return scikit-learn's 1797 digits, every fourth one set aside for the test."""
    data = load_digits()
    images, classes = data.data / 16.0, data.target
    held_out = np.arange(len(images)) % 4 == 0
    labels = np.eye(CLASSES)[classes[~held_out]]
    return Digits(images[~held_out], labels, images[held_out], classes[held_out])


def train(loss, theta, data: Digits, iterations: int):
    """Minimise `loss` from `theta` by L-BFGS, printing the loss now and then; return the parameters."""
    value_and_gradient = jad.value_and_grad(loss)
    done = 0

    def progress(intermediate_result):
        nonlocal done
        done += 1
        if done in (1, 2, 5) or done % 20 == 0:
            print(f"    iteration {done:4d}   loss {intermediate_result.fun:.5f}")

    found = minimize(
        value_and_gradient,
        theta,
        args=(data.train_images, data.train_labels),
        jac=True,
        method="L-BFGS-B",
        callback=progress,
        options={"maxiter": iterations},
    )
    print(f"    finished after {found.nit} iterations and {found.nfev} gradients: loss {found.fun:.5f}")
    return found.x, float(found.fun)


def accuracy(scores, theta, data: Digits) -> float:
    """Return the fraction of test images whose highest score is the right class."""
    return float(np.mean(np.argmax(scores(theta, data.test_images), axis=1) == data.test_classes))


def check_entries(loss, theta, arguments, gradient) -> float:
    """Print a few entries of `gradient` beside central differences; return the largest relative error."""
    strongest = np.argsort(np.abs(gradient))[-4:]
    differences = [central_difference(lambda t: loss(t, *arguments), theta, i) for i in strongest]
    for i, difference in zip(strongest, differences):
        print(f"    d loss / d theta[{i:4d}]   gradient {gradient[i]: .9f}   differences {difference: .9f}")
    return relative_error(gradient[strongest], differences)


def compare_times(loss, theta, arguments) -> dict[str, float]:
    """Print and return the times of one gradient: ours, NumPy's for the value alone, autograd's."""
    value_and_gradient = jad.value_and_grad(loss)
    times = {
        "jitad": seconds(lambda: value_and_gradient(theta, *arguments)),
        "numpy": seconds(lambda: loss(theta, *arguments)),
    }
    print(f"    jitad, value and gradient     {duration(times['jitad']):>9}")
    print(f"    NumPy, the value alone        {duration(times['numpy']):>9}")
    if importlib.util.find_spec("autograd"):
        from autograd import value_and_grad as autograd_value_and_grad

        theirs = autograd_value_and_grad(loss)
        times["autograd"] = seconds(lambda: theirs(theta, *arguments))
        print(f"    autograd, value and gradient  {duration(times['autograd']):>9}")
    else:
        print("    autograd                      not installed")
    return times


def study(name, loss, scores, size, data: Digits, iterations: int) -> dict[str, float]:
    """Train one model and print all there is to say about it; return the key numbers."""
    print(f"\n{name}: {size} parameters, {len(data.train_images)} training images")
    arguments = (data.train_images, data.train_labels)
    start = 0.1 * np.random.default_rng(0).standard_normal(size)
    theta, final = train(loss, start, data, iterations)
    right = accuracy(scores, theta, data)
    print(f"  test accuracy {100 * right:.1f} %")
    print("  one gradient:")
    times = compare_times(loss, start, arguments)
    print("  against central differences, at the start of training:")
    _, gradient = jad.value_and_grad(loss)(start, *arguments)
    error = check_entries(loss, start, arguments, gradient)
    return {"loss": final, "accuracy": right, "error": error, **times}


def main(iterations: int = 200) -> dict[str, dict[str, float]]:
    """Train both models; print progress, accuracy, times, checks and the head of the adjoint program."""
    data = load()
    found = {
        "logistic": study(
            "Logistic regression", logistic_loss, logistic_scores, (PIXELS + 1) * CLASSES, data, iterations
        ),
        "network": study(
            "Two-layer network",
            network_loss,
            network_scores,
            (PIXELS + 1) * HIDDEN + (HIDDEN + 1) * CLASSES,
            data,
            iterations,
        ),
    }
    theta = np.zeros((PIXELS + 1) * CLASSES)
    compiled = jad.value_and_grad(logistic_loss).compile(theta, data.train_images, data.train_labels)
    print("\nThe program that was differentiated and compiled for logistic regression begins:")
    for line in str(compiled.ir).splitlines()[:16]:
        print("   ", line)
    return found


if __name__ == "__main__":
    main()
