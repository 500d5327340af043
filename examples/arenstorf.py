"""A satellite between earth and moon: derivatives through an integrator that chooses its own steps.

The Arenstorf orbit of E. Hairer, S. P. Nørsett and G. Wanner, Solving Ordinary Differential Equations I,
2nd ed. (1993), section II.0: a body of no mass in the frame that turns with earth and moon comes back to
where it started. The steps are those of Dormand and Prince (1980), of order 5 with an estimate of order 4,
chosen in a `while` as in section II.4.
"""

from __future__ import annotations

import numpy as np

import jitad as jad

from measure import duration, relative_error, seconds

MOON = 0.012277471
START = np.array([0.994, 0.0, 0.0, -2.00158510637908252240537862224])
PERIOD = 17.0652165601579625588917206249


def motion(state):
    """Velocity and acceleration of the satellite."""
    x, y, vx, vy = state
    earth = ((x + MOON) ** 2 + y**2) ** 1.5
    moon = ((x - 1 + MOON) ** 2 + y**2) ** 1.5
    ax = x + 2 * vy - (1 - MOON) * (x + MOON) / earth - MOON * (x - 1 + MOON) / moon
    ay = y - 2 * vx - (1 - MOON) * y / earth - MOON * y / moon
    return np.array([vx, vy, ax, ay])


def dormand_prince(f, y, h):
    """One step from `y`: the solution of order 5 and the estimate of its error."""
    k1 = f(y)
    k2 = f(y + h * (1 / 5 * k1))
    k3 = f(y + h * (3 / 40 * k1 + 9 / 40 * k2))
    k4 = f(y + h * (44 / 45 * k1 - 56 / 15 * k2 + 32 / 9 * k3))
    k5 = f(y + h * (19372 / 6561 * k1 - 25360 / 2187 * k2 + 64448 / 6561 * k3 - 212 / 729 * k4))
    k6 = f(y + h * (9017 / 3168 * k1 - 355 / 33 * k2 + 46732 / 5247 * k3 + 49 / 176 * k4 - 5103 / 18656 * k5))
    new = y + h * (35 / 384 * k1 + 500 / 1113 * k3 + 125 / 192 * k4 - 2187 / 6784 * k5 + 11 / 84 * k6)
    k7 = f(new)
    error = 71 / 57600 * k1 - 71 / 16695 * k3 + 71 / 1920 * k4 - 17253 / 339200 * k5 + 22 / 525 * k6 - k7 / 40
    return new, h * error


def integrate(state, end, tolerance):
    """The state at time `end`, and how many steps were taken and refused."""
    t, h = 0.0, 1e-4
    taken, refused = 0, 0
    while t < end:
        h = min(h, end - t)
        new, error = dormand_prince(motion, state, h)
        size = np.sqrt(np.mean((error / (tolerance * (1 + np.maximum(np.abs(state), np.abs(new))))) ** 2))
        if size <= 1:
            t += h
            state = new
            taken += 1
        else:
            refused += 1
        h *= min(5.0, max(0.2, 0.9 * size**-0.2))
    return state, taken, refused


def position(speed, end, tolerance):
    """Where the satellite is at time `end`, when it starts with this speed."""
    state, _, _ = integrate(np.array([START[0], START[1], START[2], speed]), end, tolerance)
    return state[:2]


def difference(end: float, h: float = 1e-6) -> np.ndarray:
    """Derivative of the position by the speed: central difference of orbits of a tight tolerance."""
    compiled = jad.jit(position)
    ahead, behind = compiled(START[3] + h, end, 1e-13), compiled(START[3] - h, end, 1e-13)
    return (ahead - behind) / (2 * h)


def main() -> dict:
    """Follow the orbit and differentiate half of it; print steps, errors by tolerance, and times."""
    native = jad.jit(integrate)
    state, taken, refused = native(START, PERIOD, 1e-10)
    miss = float(np.max(np.abs(state - START)))
    print(f"One orbit: {taken} steps and {refused} refused ones; it comes back to within {miss:.0e}")
    end, speed = PERIOD / 2, START[3]
    forward = jad.derivative(position)
    reverse = jad.grad(lambda speed, end, tolerance: position(speed, end, tolerance)[0])
    expected = difference(end)
    print("What the speed at the start changes in the place after half an orbit")
    print(f"    difference, tolerance 1e-13   {expected[0]:.6f} {expected[1]:.6f}")
    errors = {}
    for tolerance in (1e-4, 1e-6, 1e-8, 1e-10):
        found = forward(speed, end, tolerance)
        errors[tolerance] = relative_error(found, expected)
        print(
            f"    derivative, tolerance {tolerance:.0e}   {found[0]:.6f} {found[1]:.6f}"
            f"   error {errors[tolerance]:.0e}"
        )
    both = relative_error(reverse(speed, end, 1e-8), forward(speed, end, 1e-8)[0])
    print(f"    forward and reverse mode agree to {both:.0e}")
    value = jad.jit(position)
    for name, f in {"value": value, "forward": forward, "reverse": reverse}.items():
        print(f"    {name:8} {duration(seconds(lambda f=f: f(speed, end, 1e-8), 0.1)):>8}")
    return {"miss": miss, "errors": errors, "modes": both, "steps": int(taken), "refused": int(refused)}


if __name__ == "__main__":
    main()
