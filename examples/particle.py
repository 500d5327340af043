"""A charged particle is pushed until it crosses a plane: derivatives of a loop whose force is a derivative.

The problem of J. M. Siskind and B. A. Pearlmutter, Using polyvariant union-free flow analysis to compile a
higher-order functional-programming language with a first-class derivative operator to efficient
Fortran-like code, Purdue University TR-ECE-08-01 (2008): two charges repel a particle that starts at
(0, 8); by moving one of them, the place where it falls through the plane y = 0 is brought to x = 0. The
force is minus the gradient of a potential and is taken in a `while`; Newton's method wants the first and
second derivative of the whole.
"""

from __future__ import annotations

import numpy as np

import jitad as jad

from measure import duration, seconds

TIME_STEP = 0.1
START, PUSH = np.array([0.0, 8.0]), np.array([0.75, 0.0])


def potential(position, control):
    """Potential of the two charges, at (10, 10 - control) and (10, 0)."""
    moved = np.array([10.0, 10.0 - control])
    fixed = np.array([10.0, 0.0])
    return 1.0 / np.sqrt(np.sum((position - moved) ** 2)) + 1.0 / np.sqrt(np.sum((position - fixed) ** 2))


def miss(control, gradient):
    """Square of the place where the particle crosses y = 0, for one `control` of the charges."""
    force = gradient(potential)
    position, velocity = START, PUSH
    ahead = position + TIME_STEP * velocity
    while ahead[1] > 0:
        velocity = velocity - TIME_STEP * force(position, control)
        position = ahead
        ahead = position + TIME_STEP * velocity
    crossing = position + velocity * (-position[1] / velocity[1])
    return crossing[0] ** 2


def forward_gradient(f):
    """Gradient with respect to the first of two arguments in forward mode, one direction after the other."""

    def gradient(x, *rest):
        result = np.empty(len(x))
        for i in range(len(x)):
            direction = np.zeros(len(x))
            direction[i] = 1.0
            result[i] = jad.jvp(lambda p: f(p, *rest), (x,), (direction,))[1]
        return result

    return gradient


def newton(outer, inner, iterations: int = 10):
    """Minimise the miss over the control from 0.1 by Newton's method, all of it in native code."""

    def objective(control):
        return miss(control, inner)

    slope, curvature = outer(objective), outer(outer(objective))

    @jad.jit
    def search(control):
        for _ in range(iterations):
            control -= slope(control) / curvature(control)
        return control, objective(control)

    return search


def main() -> dict[tuple[str, str], float]:
    """Find the control in four combinations of modes; print it and what each takes; return the controls."""
    modes = {"forward": (jad.derivative, forward_gradient), "reverse": (jad.grad, jad.grad)}
    print("The control that brings the particle to x = 0, by ten Newton steps, all of it native")
    found = {}
    for outside, (outer, _) in modes.items():
        for inside, (_, inner) in modes.items():
            search = newton(outer, inner)
            control, left = search(0.1)
            took = duration(seconds(lambda search=search: search(0.1), 0.1))
            print(f"    {outside} over {inside}   control {control:.12f}   miss {left:.0e}   {took:>8}")
            found[outside, inside] = float(control)
    return found


if __name__ == "__main__":
    main()
