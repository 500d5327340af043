"""Whole optimisation loops in native code: gradient descent and L-BFGS, on the digits of the demo.

L-BFGS is algorithm 7.5 of J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), with steps
halved until the loss has decreased enough (Armijo). SciPy's L-BFGS-B drives the same compiled gradient from
Python. All of them run on one thread: more make SciPy's small matrices slower.
"""

from __future__ import annotations

import digits
import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

import jitad as jad

from measure import duration, seconds

MEMORY, TOLERANCE = 10, 1e-6
GRADIENT = jad.value_and_grad(digits.logistic_loss)


def gradient_descent(theta, images, labels, iterations):
    """Steepest descent with backtracking (Armijo): parameters, loss, gradient's size and steps."""
    value, gradient = GRADIENT(theta, images, labels)
    step, k = 1.0, 0
    while k < iterations and np.max(np.abs(gradient)) > TOLERANCE:
        slope = gradient @ gradient
        while digits.logistic_loss(theta - step * gradient, images, labels) > value - 1e-4 * step * slope:
            step *= 0.5
        theta = theta - step * gradient
        value, gradient = GRADIENT(theta, images, labels)
        step *= 2.0
        k += 1
    return theta, value, np.max(np.abs(gradient)), k


def two_loops(gradient, s, y, k):
    """`gradient` times the inverse Hessian that the last of `k` pairs of steps and changes stand for."""
    direction = gradient.copy()
    first = max(0, k - MEMORY)
    alpha = np.zeros(MEMORY)
    for i in range(k - 1, first - 1, -1):
        j = i % MEMORY
        alpha[j] = (s[j] @ direction) / (s[j] @ y[j])
        direction -= alpha[j] * y[j]
    if k > 0:
        j = (k - 1) % MEMORY
        direction *= (s[j] @ y[j]) / (y[j] @ y[j])
    for i in range(first, k):
        j = i % MEMORY
        beta = (y[j] @ direction) / (s[j] @ y[j])
        direction += (alpha[j] - beta) * s[j]
    return direction


def lbfgs(theta, images, labels, iterations):
    """L-BFGS with backtracking; results like those of `gradient_descent`."""
    value, gradient = GRADIENT(theta, images, labels)
    s, y = np.zeros((MEMORY, theta.size)), np.zeros((MEMORY, theta.size))
    k, pairs = 0, 0
    while k < iterations and np.max(np.abs(gradient)) > TOLERANCE:
        direction = -two_loops(gradient, s, y, pairs)
        slope = gradient @ direction
        step = 1.0 if pairs > 0 else min(1.0, 1.0 / np.sqrt(-slope))
        new_value, new_gradient = GRADIENT(theta + step * direction, images, labels)
        while new_value > value + 1e-4 * step * slope:
            step *= 0.5
            new_value, new_gradient = GRADIENT(theta + step * direction, images, labels)
        change = new_gradient - gradient
        if change @ direction > 0:
            s[pairs % MEMORY] = step * direction
            y[pairs % MEMORY] = change
            pairs += 1
        theta = theta + step * direction
        value, gradient = new_value, new_gradient
        k += 1
    return theta, value, np.max(np.abs(gradient)), k


def scipys(theta, images, labels, iterations):
    """SciPy's L-BFGS-B; results like those of `gradient_descent`."""
    options = {"maxiter": iterations, "ftol": 0, "gtol": TOLERANCE, "maxcor": MEMORY}
    found = minimize(GRADIENT, theta, (images, labels), jac=True, method="L-BFGS-B", options=options)
    return found.x, found.fun, np.max(np.abs(found.jac)), found.nit


def main(iterations: int = 100) -> dict[str, dict[str, float]]:
    """Train the linear model in three ways; print and return steps, losses and seconds a step."""
    data = digits.load()
    arguments = (
        np.zeros((digits.PIXELS + 1) * digits.CLASSES),
        data.train_images,
        data.train_labels,
        iterations,
    )
    ways = {
        "gradient descent, native": jad.jit(gradient_descent),
        "L-BFGS, native": jad.jit(lbfgs),
        "L-BFGS-B of SciPy": scipys,
    }
    print(f"Logistic regression of {len(data.train_images)} digits, {arguments[0].size} parameters")
    results = {}
    for name, way in ways.items():
        with threadpool_limits(1):
            theta, loss, slope, steps = way(*arguments)
            each = seconds(lambda way=way: way(*arguments)) / steps
        right = digits.accuracy(digits.logistic_scores, theta, data)
        print(
            f"    {name:26} {steps:4d} steps   {duration(each):>8} each   loss {loss:.6f}"
            f"   largest slope {slope:.0e}   test accuracy {100 * right:.1f} %"
        )
        results[name] = {"loss": float(loss), "slope": float(slope), "steps": int(steps), "each": each}
    return results


if __name__ == "__main__":
    main()
