"""The Lorenz system's integrations and their adjoints written by hand: loops for Numba, C++ for Enzyme."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RK4_CPP = """
template <class O, class P> void f(O& out, const P& p) {
  const double h = 0.001, s = p[0], r = p[1], b = p[2];
  double x = 1.0, y = 1.0, z = 1.0;
  for (int i = 0; i < STEPS; ++i) {
    const double k1 = s * (y - x), l1 = x * (r - z) - y, m1 = x * y - b * z;
    const double x2 = x + h / 2 * k1, y2 = y + h / 2 * l1, z2 = z + h / 2 * m1;
    const double k2 = s * (y2 - x2), l2 = x2 * (r - z2) - y2, m2 = x2 * y2 - b * z2;
    const double x3 = x + h / 2 * k2, y3 = y + h / 2 * l2, z3 = z + h / 2 * m2;
    const double k3 = s * (y3 - x3), l3 = x3 * (r - z3) - y3, m3 = x3 * y3 - b * z3;
    const double x4 = x + h * k3, y4 = y + h * l3, z4 = z + h * m3;
    const double k4 = s * (y4 - x4), l4 = x4 * (r - z4) - y4, m4 = x4 * y4 - b * z4;
    x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    y = y + h / 6 * (l1 + 2 * l2 + 2 * l3 + l4);
    z = z + h / 6 * (m1 + 2 * m2 + 2 * m3 + m4);
  }
  out[0] = x * x + y * y + z * z;
}
"""


def rk4_step(s, r, b, h, x, y, z):
    """Return the state after one step of Runge and Kutta's method; for Numba and for JAX."""
    k1, l1, m1 = s * (y - x), x * (r - z) - y, x * y - b * z
    x2, y2, z2 = x + h / 2 * k1, y + h / 2 * l1, z + h / 2 * m1
    k2, l2, m2 = s * (y2 - x2), x2 * (r - z2) - y2, x2 * y2 - b * z2
    x3, y3, z3 = x + h / 2 * k2, y + h / 2 * l2, z + h / 2 * m2
    k3, l3, m3 = s * (y3 - x3), x3 * (r - z3) - y3, x3 * y3 - b * z3
    x4, y4, z4 = x + h * k3, y + h * l3, z + h * m3
    k4, l4, m4 = s * (y4 - x4), x4 * (r - z4) - y4, x4 * y4 - b * z4
    return (
        x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4),
        y + h / 6 * (l1 + 2 * l2 + 2 * l3 + l4),
        z + h / 6 * (m1 + 2 * m2 + 2 * m3 + m4),
    )


def rk4_adjoint(s, r, b, h, x, y, z, cx, cy, cz):
    """Return the cotangents of (x, y, z, s, r, b) for cotangents c of the state after one step.

    The stages are computed again; only the states before each step are kept.
    """
    k1, l1, m1 = s * (y - x), x * (r - z) - y, x * y - b * z
    x2, y2, z2 = x + h / 2 * k1, y + h / 2 * l1, z + h / 2 * m1
    k2, l2, m2 = s * (y2 - x2), x2 * (r - z2) - y2, x2 * y2 - b * z2
    x3, y3, z3 = x + h / 2 * k2, y + h / 2 * l2, z + h / 2 * m2
    k3, l3, m3 = s * (y3 - x3), x3 * (r - z3) - y3, x3 * y3 - b * z3
    x4, y4, z4 = x + h * k3, y + h * l3, z + h * m3

    k, l, m = h / 6 * cx, h / 6 * cy, h / 6 * cz
    u4, v4, w4 = -s * k + (r - z4) * l + y4 * m, s * k - l + x4 * m, -x4 * l - b * m
    gs, gr, gb = (y4 - x4) * k, x4 * l, -z4 * m

    k, l, m = h / 3 * cx + h * u4, h / 3 * cy + h * v4, h / 3 * cz + h * w4
    u3, v3, w3 = -s * k + (r - z3) * l + y3 * m, s * k - l + x3 * m, -x3 * l - b * m
    gs, gr, gb = gs + (y3 - x3) * k, gr + x3 * l, gb - z3 * m

    k, l, m = h / 3 * cx + h / 2 * u3, h / 3 * cy + h / 2 * v3, h / 3 * cz + h / 2 * w3
    u2, v2, w2 = -s * k + (r - z2) * l + y2 * m, s * k - l + x2 * m, -x2 * l - b * m
    gs, gr, gb = gs + (y2 - x2) * k, gr + x2 * l, gb - z2 * m

    k, l, m = h / 6 * cx + h / 2 * u2, h / 6 * cy + h / 2 * v2, h / 6 * cz + h / 2 * w2
    u1, v1, w1 = -s * k + (r - z) * l + y * m, s * k - l + x * m, -x * l - b * m
    gs, gr, gb = gs + (y - x) * k, gr + x * l, gb - z * m
    return cx + u4 + u3 + u2 + u1, cy + v4 + v3 + v2 + v1, cz + w4 + w3 + w2 + w1, gs, gr, gb


def euler_step(s, r, b, h, x, y, z):
    """Return the state after one step of Euler's method; for Numba and for JAX."""
    return x + h * (s * (y - x)), y + h * (x * (r - z) - y), z + h * (x * y - b * z)


def euler_adjoint(s, r, b, h, x, y, z, cx, cy, cz):
    """Return the cotangents of (x, y, z, s, r, b) for cotangents c of the state after one step."""
    k, l, m = h * cx, h * cy, h * cz
    return (
        cx - s * k + (r - z) * l + y * m,
        cy + s * k - l + x * m,
        cz - x * l - b * m,
        (y - x) * k,
        x * l,
        -z * m,
    )


def integration(plain_step: Callable, plain_adjoint: Callable, n: int, h: float) -> Callable:
    """Return, as `Loop.by_hand` wants it, n steps and their adjoint; kept are the states."""

    def by_hand(jit):
        step, adjoint = jit(plain_step), jit(plain_adjoint)

        @jit
        def value(p):
            s, r, b = p[0], p[1], p[2]
            x, y, z = 1.0, 1.0, 1.0
            for _ in range(n):
                x, y, z = step(s, r, b, h, x, y, z)
            return x * x + y * y + z * z

        @jit
        def value_and_gradient(p):
            s, r, b = p[0], p[1], p[2]
            x, y, z = 1.0, 1.0, 1.0
            kept = np.empty((n, 3))
            for i in range(n):
                kept[i, 0], kept[i, 1], kept[i, 2] = x, y, z
                x, y, z = step(s, r, b, h, x, y, z)
            result = x * x + y * y + z * z
            cx, cy, cz = 2.0 * x, 2.0 * y, 2.0 * z
            gs, gr, gb = 0.0, 0.0, 0.0
            for i in range(n - 1, -1, -1):
                x, y, z = kept[i, 0], kept[i, 1], kept[i, 2]
                cx, cy, cz, ds, dr, db = adjoint(s, r, b, h, x, y, z, cx, cy, cz)
                gs, gr, gb = gs + ds, gr + dr, gb + db
            return result, np.array([gs, gr, gb])

        return value, value_and_gradient

    return by_hand


def rk4(n: int, h: float) -> Callable:
    """Return Runge and Kutta's method by hand."""
    return integration(rk4_step, rk4_adjoint, n, h)


def euler(n: int, h: float) -> Callable:
    """Return Euler's method by hand."""
    return integration(euler_step, euler_adjoint, n, h)
