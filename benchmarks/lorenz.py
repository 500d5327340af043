"""The Lorenz system: derivatives of long recurrences of three scalars with respect to three parameters."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from benchmarks import lorenz_by_hand as hands
from benchmarks.harness import OURS, Report, Row, Target, ratio
from benchmarks.loops import ENZYME, HAND_VALUE, Loop, beside_hand, row

RK4_STEPS, EULER_STEPS = 10_000, 1000
H = 0.001
PARAMETERS = np.array([10.0, 28.0, 8.0 / 3.0])


def three_scalars(n: int) -> Callable:
    """Return n steps of Runge and Kutta's method, every component a variable."""

    def f(p):
        sigma, rho, beta = p

        def field(x, y, z):
            return sigma * (y - x), x * (rho - z) - y, x * y - beta * z

        x = y = z = 1.0
        for _ in range(n):
            k1, l1, m1 = field(x, y, z)
            k2, l2, m2 = field(x + H / 2 * k1, y + H / 2 * l1, z + H / 2 * m1)
            k3, l3, m3 = field(x + H / 2 * k2, y + H / 2 * l2, z + H / 2 * m2)
            k4, l4, m4 = field(x + H * k3, y + H * l3, z + H * m3)
            x = x + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            y = y + H / 6 * (l1 + 2 * l2 + 2 * l3 + l4)
            z = z + H / 6 * (m1 + 2 * m2 + 2 * m3 + m4)
        return x * x + y * y + z * z

    return f


def field_of(np, p):
    """Return the vector field for arrays of `np`, NumPy's or JAX's."""

    def field(s):
        x, y, z = s
        return np.array([p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z])

    return field


def rk4_step(field, s):
    """One step of Runge and Kutta's method."""
    k1 = field(s)
    k2 = field(s + H / 2 * k1)
    k3 = field(s + H / 2 * k2)
    k4 = field(s + H * k3)
    return s + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def one_array(n: int) -> Callable:
    """Return the same with the state as an array of 3."""

    def f(p):
        s = np.ones(3)
        for _ in range(n):
            s = rk4_step(field_of(np, p), s)
        return np.sum(s * s)

    return f


def euler(n: int) -> Callable:
    """Return n steps of Euler's method with three scalars."""

    def f(p):
        sigma, rho, beta = p
        x = y = z = 1.0
        for _ in range(n):
            dx, dy, dz = sigma * (y - x), x * (rho - z) - y, x * y - beta * z
            x, y, z = x + H * dx, y + H * dy, z + H * dz
        return x * x + y * y + z * z

    return f


def scan_scalars(step: Callable, n: int) -> Callable[[ModuleType], Callable]:
    """Return JAX's form of a loop over three scalars: `scan` with n steps of `step(p, x, y, z)`."""

    def make(jax):
        def f(p):
            def body(carry, _):
                return step(p, *carry), None

            (x, y, z), _ = jax.lax.scan(body, (1.0, 1.0, 1.0), None, length=n)
            return x * x + y * y + z * z

        return f

    return make


def scan_array(n: int) -> Callable[[ModuleType], Callable]:
    """Return JAX's form of the loop over an array of 3."""

    def make(jax):
        def f(p):
            field = field_of(jax.numpy, p)
            s, _ = jax.lax.scan(lambda s, _: (rk4_step(field, s), None), jax.numpy.ones(3), None, length=n)
            return jax.numpy.sum(s * s)

        return f

    return make


def rk4_loops(n: int = RK4_STEPS) -> list[Loop]:
    """Return the integrations by Runge and Kutta's method."""
    by_hand, enzyme = hands.rk4(n, H), hands.RK4_CPP.replace("STEPS", str(n))
    scalars = scan_scalars(lambda p, *s: hands.rk4_step(*p, H, *s), n)
    arguments = (PARAMETERS,)
    work = f"Lorenz, {n} RK4 steps"
    return [
        Loop(f"{work}, three scalars", three_scalars(n), arguments, by_hand, scalars, enzyme=enzyme),
        Loop(f"{work}, array of 3", one_array(n), arguments, by_hand, scan_array(n), enzyme=enzyme),
    ]


def euler_loop(n: int = EULER_STEPS) -> Loop:
    """Return the integration by Euler's method."""
    jax = scan_scalars(lambda p, *s: hands.euler_step(*p, H, *s), n)
    return Loop(f"Lorenz, {n} Euler steps", euler(n), (PARAMETERS,), hands.euler(n, H), jax)


def loops() -> list[Loop]:
    """Return all programs of this case."""
    return [*rk4_loops(), euler_loop()]


def rk4_targets(found: Row) -> list[Target]:
    """Return the targets for one form of the long integration."""
    ours = found.cells[OURS]
    beside_enzyme = ratio(ours, found.cells[ENZYME])
    first = Target(f"{found.work}, beside Enzyme", beside_enzyme, 1.0, "×")
    if beside_enzyme is None:
        first = Target(found.work, ours, 0.38e-3)
    return [
        first,
        Target(f"{found.work}, beside Numba's value", ratio(ours, found.cells[HAND_VALUE]), 3.0, "×"),
    ]


def run() -> Report:
    """Measure value and gradient of both methods."""
    report = Report(
        "Lorenz system",
        "Value and gradient with respect to three parameters; plain Python loops for jitad, `scan` for JAX,\n"
        "C++ with fused multiply-adds for Enzyme.",
    )
    for loop in rk4_loops():
        report.rows.append(row(loop))
        report.targets += rk4_targets(report.rows[-1])
    report.rows.append(row(euler_loop()))
    report.targets.append(beside_hand(report.rows[-1], 1.2))
    return report
