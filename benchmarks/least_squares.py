"""The gradient of a sum of squared residuals of linear fits: a polynomial and a sum of waves."""

from __future__ import annotations

from types import ModuleType

import numpy as np

import jitad as jad
from benchmarks.compare import Tool, measure
from benchmarks.harness import ELEMENTARY, OURS, OURS_FROM_C, Report, Row, Target, ratio
from benchmarks.tools import cpp_by_hand, jax_gradient, numpy_by_hand, ours, torch_gradient

SIZES = (16, 1_024, 16_384)
TERMS, WAVES = 8, 4


def polynomial(np: ModuleType):
    """Return the sum of squares for a polynomial with coefficients c, the highest power first."""

    def loss(c, t, y):
        return np.sum((np.polyval(c, t) - y) ** 2)

    return loss


def polynomial_torch(torch: ModuleType):
    """The same in PyTorch, which has no polyval."""

    def loss(c, t, y):
        fit = c[0]
        for coefficient in c[1:]:
            fit = fit * t + coefficient
        return torch.sum((fit - y) ** 2)

    return loss


def polynomial_by_hand(c, t, y):
    """Value and gradient with NumPy; the powers of t are made anew, as by the others."""
    powers = np.vander(t, TERMS)
    residual = powers @ c - y
    return residual @ residual, 2.0 * (residual @ powers)


def trigonometric(np: ModuleType):
    """Return the sum of squares for waves with amplitudes a and b: a short sum for each point."""

    def loss(a, b, t, y):
        phase = np.outer(t, np.arange(1.0, WAVES + 1.0))
        fit = np.sum(a * np.sin(phase) + b * np.cos(phase), axis=1)
        return np.sum((fit - y) ** 2)

    return loss


def trigonometric_torch(torch: ModuleType):
    """The same in PyTorch."""

    def loss(a, b, t, y):
        phase = torch.outer(t, torch.arange(1.0, WAVES + 1.0, dtype=t.dtype))
        fit = torch.sum(a * torch.sin(phase) + b * torch.cos(phase), dim=1)
        return torch.sum((fit - y) ** 2)

    return loss


def trigonometric_by_hand(a, b, t, y):
    """Value and gradient with NumPy."""
    phase = np.outer(t, np.arange(1.0, WAVES + 1.0))
    sines, cosines = np.sin(phase), np.cos(phase)
    residual = sines @ a + cosines @ b - y
    return residual @ residual, 2.0 * (residual @ sines), 2.0 * (residual @ cosines)


def polynomial_row(n: int) -> Row:
    """Measure the polynomial with n points."""
    t, c = np.linspace(-1.0, 1.0, n), np.random.default_rng(4).standard_normal(TERMS)
    arguments = (c, t, np.exp(t))
    columns: list[Tool] = [
        *ours(jad.value_and_grad(polynomial(np)), arguments),
        numpy_by_hand(polynomial_by_hand, arguments),
        jax_gradient(polynomial, arguments),
        torch_gradient(polynomial_torch, arguments),
        *cpp_by_hand("least_squares", "polynomial", [n], arguments, [(), (TERMS,)]),
    ]
    expected, flops = polynomial_by_hand(*arguments), 4.0 * TERMS * n
    return measure(f"polynomial, n = {n}", columns, expected, counted=True, traffic=16.0 * n, flops=flops)


def trigonometric_row(n: int) -> Row:
    """Measure the waves with n points."""
    t, (a, b) = np.linspace(-1.0, 1.0, n), np.random.default_rng(4).standard_normal((2, WAVES))
    arguments = (a, b, t, np.exp(t))
    columns: list[Tool] = [
        *ours(jad.value_and_grad(trigonometric(np), argnums=(0, 1)), arguments),
        numpy_by_hand(trigonometric_by_hand, arguments),
        jax_gradient(trigonometric, arguments, (0, 1)),
        torch_gradient(trigonometric_torch, arguments, (0, 1)),
        *cpp_by_hand("least_squares", "trigonometric", [n], arguments, [(), (WAVES,), (WAVES,)]),
    ]
    expected, flops = trigonometric_by_hand(*arguments), (2.0 * ELEMENTARY + 9.0) * WAVES * n
    return measure(f"waves, n = {n}", columns, expected, counted=True, traffic=16.0 * n, flops=flops)


def run() -> Report:
    """Measure both fits at each size."""
    report = Report(
        "Linear least squares",
        f"Value and gradient of sum((fit(t) - y)²): a polynomial with {TERMS} coefficients (`polyval`), and\n"
        f"{WAVES} sines and {WAVES} cosines; one thread.",
    )
    for n in SIZES:
        for found in (polynomial_row(n), trigonometric_row(n)):
            cells = found.cells
            cpp = ratio(cells.get(OURS_FROM_C), cells.get("C++ by hand, from C"))
            report.rows.append(found)
            report.targets += [
                Target(f"{found.work}, beside JAX", ratio(cells[OURS], cells["JAX"]), 0.3, "×"),
                Target(f"{found.work}, beside C++ by hand", cpp, 1.1, "×"),
            ]
    return report
