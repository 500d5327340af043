"""Arrays that a loop walks by columns are kept by rows while it runs; values and derivatives stay."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function
from jitad.ir.text import parse
from jitad.opt import optimize


def sweeps(A: Any) -> Any:
    """Columns from left to right in a new array, which later loses some rows, and back from right to left."""
    B = np.zeros(A.shape)
    B[:, 0] = A[:, 0]
    for k in range(1, A.shape[1]):
        B[:, k] = np.sin(A[:, k]) * B[:, k - 1]
    C = B.copy()
    for i in range(2, A.shape[0]):
        B[i] = 0.5 * B[i] * B[i - 1] + A[i]
    for k in range(A.shape[1] - 2, -1, -1):
        C[:, k] -= 0.3 * C[:, k + 1] * A[:, k]
    return B + C


def nested(A: Any) -> Any:
    """Columns in two loops, one of which starts where the other is, and a branch."""
    for k in range(A.shape[1]):
        A[:, k] = A[:, k] / np.sqrt(np.dot(A[:, k], A[:, k]))
        for j in range(k + 1, A.shape[1]):
            if j % 2 == 0:
                A[:, j] -= np.dot(A[:, k], A[:, j]) * A[:, k]
    return A


def planes(A: Any) -> Any:
    """The last of three axes."""
    x = np.stack([A, np.cos(A), A * A])
    for k in range(1, A.shape[1]):
        x[:, :, k] += x[:, :, k - 1] * A[0, 0]
        x[1:, 2:, k] *= 0.5
    return x


def few(A: Any) -> Any:
    """Too few columns for a copy of the whole array."""
    for k in range(1, 4):
        A[:, k] += A[:, k - 1]
    return A


def rows_too(A: Any) -> Any:
    for k in range(1, min(A.shape)):
        A[:, k] += A[:, k - 1] * A[k, k]
        A[k] += A[k - 1]
    return A


def matrix(m: int, n: int) -> np.ndarray:
    return np.random.default_rng(n).uniform(0.2, 1, (m, n))


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["jitad.opt.leading"], "LEAST_SIZE", 1)


@pytest.mark.parametrize("shape", [(5, 8), (9, 6)])
@pytest.mark.parametrize("f", [sweeps, nested, planes, few, rows_too], ids=lambda f: f.__name__)
def test_values_and_derivatives(f: Callable[..., Any], shape: tuple[int, int], always: None) -> None:
    A, w = matrix(*shape), np.cos(np.arange(np.prod(shape))).reshape(shape)
    np.testing.assert_allclose(jad.jit(f)(A.copy()), f(A.copy()), rtol=1e-12)
    loss = lambda A: np.sum(f(A) ** 3)
    slope = (loss(A + 1e-6 * w) - loss(A - 1e-6 * w)) / 2e-6
    np.testing.assert_allclose(np.sum(jad.grad(loss)(A) * w), slope, rtol=1e-6)
    np.testing.assert_allclose(jad.jvp(loss, (A,), (w,))[1], slope, rtol=1e-6)


def parts_in_loops(fn: Function, inside: bool = False) -> list[tuple[int, ...]]:
    """The shapes of the parts of arrays that loops read and write."""
    found = []
    for eqn in fn.eqns:
        if inside and eqn.op.name == "window":
            found.append(eqn.results[0].shape)
        if inside and eqn.op.name in ("set_window", "add_window"):
            found.append(eqn.operands[1].shape)
        for region in eqn.regions:
            found += parts_in_loops(region, inside or eqn.op.name == "for")
    return found


@pytest.mark.parametrize("f", [sweeps, nested, planes], ids=lambda f: f.__name__)
def test_loops_read_rows(f: Callable[..., Any]) -> None:
    A = matrix(60, 50)
    for g in (f, jad.grad(lambda A: np.sum(f(A) ** 2))):
        found = parts_in_loops(parse(jad.jit(g).compile(A).ir))
        assert found and all(shape[-1] > 1 for shape in found)


@pytest.mark.parametrize("f", [few, rows_too], ids=lambda f: f.__name__)
def test_arrays_stay_as_they_are(f: Callable[..., Any]) -> None:
    assert (60, 1) in parts_in_loops(parse(jad.jit(f).compile(matrix(60, 50)).ir))


def test_a_write_that_is_read_back_is_its_update() -> None:
    fn = parse("""
    func @f(%A: f64[4,5], %u: f64[1,3], %k: i64) -> (f64[4,5], f64[1,3], f64[3,1], f64[1,3]) {
      %0: f64[4,5] = set_window %A, %u, %k, %k {step=(1, 1)}
      %1: f64[1,3] = window %0, %k, %k {step=(1, 1), shape=(1, 3)}
      %2: f64[3,1] = reshape %1 {shape=(3, 1)}
      %3: f64[1,3] = reshape %2 {shape=(1, 3)}
      return %0, %1, %2, %3
    }""")
    A, u = matrix(4, 5), np.arange(3.0).reshape(1, 3)
    better = optimize(fn)
    assert [eqn.op.name for eqn in better.eqns] == ["set_window", "reshape"]
    for found, expected in zip(evaluate(better, A, u, 1), evaluate(fn, A, u, 1), strict=True):
        np.testing.assert_array_equal(found, expected)
