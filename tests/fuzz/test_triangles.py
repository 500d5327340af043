"""Reading again what is still in memory gives the derivative that keeping it gives; so do differences."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

import jitad as jad

from .budget import programs
from .loop_runs import rolled
from .triangles import arguments, function

adjoint = importlib.import_module("jitad.ad.adjoint")


class Case(NamedTuple):
    """A program, its text, and a matrix, a vector and an integer for it."""

    f: Callable[..., Any]
    text: str
    arguments: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"{self.text}\n{self.arguments}"


def _case(rng: Random) -> Case:
    return Case(*function(rng), arguments(rng))


CASES = st.builds(_case, st.randoms(use_true_random=False))


def loss_of(case: Case) -> Callable[..., Any]:
    """A weighted sum of the results, which are finite."""
    A, x, m = case.arguments
    try:
        out = case.f(A.copy(), x.copy(), m)
    except IndexError:
        assume(False)
    assume(all(np.isfinite(r).all() and abs(r).max() < 1e3 for r in out))
    weights = [np.cos(1.0 + np.arange(r.size) + n).reshape(r.shape) for n, r in enumerate(out)]
    return lambda A, x: sum(np.sum(w * r) for w, r in zip(weights, case.f(A * 1.0, x * 1.0, m)))


def same(a: Any, b: Any, tolerance: float) -> None:
    for p, q in zip(a, b, strict=True):
        np.testing.assert_allclose(p, q, rtol=tolerance, atol=tolerance)


@programs(40, CASES)
def test_reading_again_is_keeping(case: Case) -> None:
    loss, (A, x, _) = loss_of(case), case.arguments
    with jad.disable_jit(), rolled():
        read = jad.grad(loss, argnums=(0, 1))(A, x)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(adjoint, "Memory", lambda fn: None)
            kept = jad.grad(loss, argnums=(0, 1))(A, x)
    same(read, kept, 1e-9)


@programs(8, CASES)
def test_native_nests(case: Case) -> None:
    """Native = forward = second order's inner derivative."""
    loss, (A, x, _) = loss_of(case), case.arguments
    t = np.cos(np.arange(A.size)).reshape(A.shape), np.sin(np.arange(x.size))
    gradient = jad.grad(loss, argnums=(0, 1))
    found = gradient(A, x)
    along = sum(np.sum(p * q) for p, q in zip(found, t))
    np.testing.assert_allclose(jad.jvp(loss, (A, x), t)[1], along, rtol=1e-8, atol=1e-8)
    one = jad.jvp(gradient, (A, x), t)[1]
    two = jad.grad(lambda A, x: sum(np.sum(p * q) for p, q in zip(gradient(A, x), t)), argnums=(0, 1))(A, x)
    same(one, two, 1e-8)
