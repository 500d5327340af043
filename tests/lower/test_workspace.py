"""Gradients keep no temporary of the size of the data beyond what their mathematics needs."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import jitad as jad

rng = np.random.default_rng(8)
#: Room for alignment and for small vectors.
SPARE = 8192


def workspace(f, arguments: tuple, argnums: int | tuple[int, ...] = 0) -> int:
    """Bytes of temporaries of value and gradient, which is checked along one line."""
    gradient = jad.value_and_grad(f, argnums=argnums)
    chosen = (argnums,) if isinstance(argnums, int) else argnums
    _, slopes = gradient(*arguments)
    slopes = (slopes,) if isinstance(argnums, int) else slopes
    steps = [1e-5 * rng.normal(size=np.shape(arguments[k])) for k in chosen]
    values = []
    for sign in (1, -1):
        moved = list(arguments)
        for k, step in zip(chosen, steps):
            moved[k] = moved[k] + sign * step
        values.append(f(*moved))
    slope = sum(np.sum(a * b) for a, b in zip(slopes, steps))
    np.testing.assert_allclose(slope, (values[0] - values[1]) / 2, rtol=1e-5)
    return gradient.compile(*arguments).workspace_bytes


def example(name: str):
    return importlib.import_module(name)


def test_logistic_regression_keeps_two_vectors() -> None:
    n, d = 3000, 7

    def loss(w, x, y):
        z = x @ w
        return np.mean(np.logaddexp(0.0, z) - y * z) + 1e-3 * np.sum(w**2)

    arguments = rng.normal(size=d), rng.normal(size=(n, d)), rng.uniform(size=n)
    assert workspace(loss, arguments) <= 2 * 8 * n + SPARE


def test_log_sum_exp_keeps_at_most_where_the_maximum_is() -> None:
    n = 30_000

    def f(x):
        top = np.max(x)
        return np.log(np.sum(np.exp(x - top))) + top

    assert workspace(f, (rng.normal(size=n),)) <= n + SPARE


def test_black_scholes_keeps_nothing() -> None:
    module = example("black_scholes")
    assert workspace(module.portfolio, module.sample(3000), (0, 1, 2)) <= SPARE


@pytest.mark.parametrize("n, d, k", [(400, 3, 4), (400, 10, 6), (400, 20, 10)])
def test_gaussian_mixture_keeps_two_arrays_for_each_point_component_and_dimension(n, d, k) -> None:
    module = example("gmm")
    bound = 2 * 8 * n * k * d + 4 * 8 * n * k + 4 * 8 * k * d * d
    assert workspace(module.objective, module.sample(n, d, k), (0, 1, 2, 3)) <= bound + 8 * n * d + SPARE


@pytest.mark.parametrize("n, d, k", [(1000, 10, 25), (1000, 64, 100)])
def test_a_large_gaussian_mixture_keeps_no_array_for_each_point_component_and_dimension(n, d, k) -> None:
    module = example("gmm")
    bound = 3 * 8 * n * k + 3 * 8 * k * d * d + 5 * 8 * n * d
    assert workspace(module.objective, module.sample(n, d, k), (0, 1, 2, 3)) <= min(bound, 8 * n * k * d)
    assert jad.jit(module.objective).compile(*module.sample(n, d, k)).workspace_bytes <= bound


def test_a_mixture_of_many_dimensions_keeps_one_array() -> None:
    module, (n, d, k) = example("gmm"), (300, 96, 8)
    bound = 8 * n * k * d + 6 * 8 * n * k + 3 * 8 * k * d * d + 4 * 8 * n * d
    assert workspace(module.objective, module.sample(n, d, k), (0, 1, 2, 3)) <= bound


N, D = 600, 24
X, M, A = rng.normal(size=(N, D)), rng.normal(size=D), rng.normal(size=(D, D))


@pytest.mark.parametrize(
    "form",
    [
        lambda x, a: np.einsum("ni,ij,nj->", x, a, x),
        lambda x, a: ((x @ a) * x).sum(),
        lambda x, a: np.sum(np.einsum("ni,ij,nj->n", x, a, x)),
        lambda x, a: np.sum(np.sum((x @ a) * x, axis=1)),
    ],
)
def test_a_sum_of_quadratic_forms_keeps_two_products(form) -> None:
    assert workspace(form, (X, A), (0, 1)) <= 2 * 8 * N * D + 2 * 8 * D * D + SPARE


@pytest.mark.parametrize(
    "form",
    [
        lambda x, m, a: np.einsum("ni,ij,nj->", x - m, a, x - m),
        lambda x, m, a: (((x - m) @ a) * (x - m)).sum(),
    ],
)
def test_a_sum_of_centred_quadratic_forms_keeps_two_arrays(form) -> None:
    assert workspace(form, (X, M, A), (0, 1, 2)) <= 2 * 8 * N * D + 2 * 8 * D * D + SPARE


def test_quadratic_forms_in_a_python_loop_keep_vectors() -> None:
    def form(x, m, a):
        return sum((x[i] - m) @ a @ (x[i] - m) for i in range(len(x)))

    n = 12
    assert workspace(form, (X[:n], M, A), (0, 1, 2)) <= 4 * 8 * n * D + 2 * 8 * D * D + SPARE


def test_large_workspaces_are_blocks_that_calls_hand_on() -> None:
    def f(x):
        y = np.exp(x)
        return np.sum((y @ y[::-1].T) ** 2)

    small, large = rng.normal(size=(40, 3)), rng.normal(size=(900, 3))
    for x, asked in ((small, False), (large, True)):
        compiled = jad.jit(f).compile(x)
        assert ("jitad.obtain" in compiled.llvm) == asked
        np.testing.assert_allclose(jad.jit(f)(x), f(x), rtol=1e-12)


def test_small_operands_of_short_products_are_computed_once() -> None:
    n, d = 2000, 12
    places, mask = rng.integers(0, 50, size=(d, d)), np.tril(np.ones((d, d)))
    arguments = rng.normal(size=50), rng.normal(size=(n, d))
    for f in (
        lambda p, x: np.sum(np.tanh(x @ (mask * p[places]))),
        lambda p, x: np.sum(np.tanh(x @ (mask * p[places]).T)),
    ):
        compiled = jad.jit(f).compile(*arguments)
        assert 8 * d * d <= compiled.workspace_bytes <= 3 * 8 * d * d
        np.testing.assert_allclose(jad.jit(f)(*arguments), f(*arguments), rtol=1e-12)
