"""A product of an array with itself has one product for its derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad
from jitad.ir.text import parse

SQUARES: dict[str, Callable[[Any], Any]] = {
    "gram": lambda x: x[0].T @ x[0],
    "outer": lambda x: x[0] @ x[0].T,
    "rows": lambda x: np.tensordot(x[0], x[0], (1, 1)),
    "columns": lambda x: np.tensordot(x[0], x[0], (0, 0)),
    "vectors": lambda x: x[0, 0] @ x[0, 0],
    "batched": lambda x: np.einsum("bij,bkj->bik", x, x),
    "both axes": lambda x: np.einsum("bij,cij->bc", x, x),
    "other axes": lambda x: x[0, :, :3] @ x[0, :, :3],
    "all pairs": lambda x: np.multiply.outer(x[0, 0], x[0, 0]),
}


@pytest.mark.parametrize("name", SQUARES)
def test_derivatives_of_squares(name: str) -> None:
    f = SQUARES[name]
    rng = np.random.default_rng(3)
    x, t = rng.standard_normal((2, 2, 3, 4))
    W = rng.standard_normal(np.shape(f(x)))
    loss = lambda x: np.sum(W * np.sin(f(x)))
    slope = (loss(x + 1e-6 * t) - loss(x - 1e-6 * t)) / 2e-6
    gradient = jad.grad(loss)
    np.testing.assert_allclose(np.sum(gradient(x) * t), slope, rtol=1e-7)
    np.testing.assert_allclose(jad.jvp(loss, (x,), (t,))[1], slope, rtol=1e-7)
    along = (gradient(x + 1e-6 * t) - gradient(x - 1e-6 * t)) / 2e-6
    np.testing.assert_allclose(jad.jvp(gradient, (x,), (t,))[1], along, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ("rows", "columns", "batched"))
def test_one_product_is_the_derivative(name: str) -> None:
    x = np.ones((2, 3, 4))
    W = np.cos(np.arange(SQUARES[name](x).size)).reshape(SQUARES[name](x).shape)
    fn = parse(jad.jit(jad.grad(lambda x: np.sum(W * SQUARES[name](x)))).compile(x).ir)
    assert sum(eqn.op.name == "dot" for eqn in fn.eqns) == 1


def test_only_what_is_taken_counts() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.where(x > 0.5, np.sqrt(x.T @ x), 0.0))

    x = np.array([[0.0, 1.0], [2.0, 0.0]])
    h = 1e-6 * np.array([[1.0, 2.0], [-1.0, 0.5]])
    np.testing.assert_allclose(
        np.sum(jad.grad(f)(x + 0.1) * h), (f(x + 0.1 + h) - f(x + 0.1 - h)) / 2, rtol=1e-7
    )
