"""Elements that a loop leaves at their place become numbers, where they are proven to be alone there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad
from jitad.ir.graph import Eqn
from jitad.ir.text import parse


def inner(A: Any) -> Any:
    """The product never reads what the loop over k writes."""
    for i in range(len(A)):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[k, j]
    return A


def doubly(A: Any) -> Any:
    """One element, written in two loops."""
    for i in range(1, len(A)):
        for j in range(1, len(A)):
            A[0, 0] += A[i, j] * A[j, i]
    return A


def reader(A: Any) -> Any:
    """A[0, i] is the same for all j."""
    for i in range(len(A)):
        for j in range(1, len(A)):
            A[j, i] = A[j, i] * A[0, i]
    return A


def added(A: Any) -> Any:
    """Two places, one of which is written twice."""
    for k in range(2, len(A)):
        A[0, 0] += A[k, 0]
        A[1, 0] = A[0, 0] * A[k, 1]
        A[0, 0] = A[0, 0] + 1.0
    return A


def meets(A: Any) -> Any:
    """For k = j the product reads what is written."""
    for i in range(len(A)):
        for j in range(i):
            for k in range(j + 1):
                A[i, j] -= A[i, k] * A[k, j]
    return A


def from_the_end(A: Any) -> Any:
    """A[-1] is a row that the loop reaches."""
    for i in range(1, len(A)):
        A[-1, 0] += A[i, 0]
    return A


def whole(A: Any) -> Any:
    """The row is read as a whole."""
    for _ in range(len(A)):
        A[0, 0] = A[0, 0] + np.sum(A[:, 0])
    return A


def loops(eqns: tuple[Eqn, ...]) -> list[Eqn]:
    found = []
    for eqn in eqns:
        found += [eqn] if eqn.op.name == "for" else []
        for region in eqn.regions:
            found += loops(region.eqns)
    return found


def innermost(f: Callable[..., Any], A: np.ndarray) -> Eqn:
    """The innermost loop of the optimised program."""
    return loops(parse(jad.jit(f).compile(A).ir).eqns)[-1]


def matrix(n: int) -> np.ndarray:
    return np.random.default_rng(n).uniform(-0.5, 0.5, (n, n))


@pytest.mark.parametrize(
    "f", [inner, doubly, reader, added, meets, from_the_end, whole], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("n", [1, 2, 20])
def test_values(f: Callable[..., Any], n: int) -> None:
    A = matrix(n)
    if n == 1 and f is added:
        return
    np.testing.assert_allclose(jad.jit(f)(A.copy()), f(A.copy()), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("f", [inner, doubly, added], ids=lambda f: f.__name__)
def test_no_array_is_carried(f: Callable[..., Any]) -> None:
    loop = innermost(f, matrix(40))
    assert all(not v.shape for v in loop.results)


@pytest.mark.parametrize("f", [meets, from_the_end, whole], ids=lambda f: f.__name__)
def test_what_may_meet_stays_in_memory(f: Callable[..., Any]) -> None:
    loop = innermost(f, matrix(40))
    assert any(v.shape for v in loop.results)


def test_what_is_read_at_one_place_is_read_before() -> None:
    loop = innermost(reader, matrix(40))
    (body,) = loop.regions
    assert [e.op.name for e in body.eqns].count("gather") == 1


def test_an_index_that_is_outside_fails_only_if_it_is_reached() -> None:
    def f(x: Any, k: int, m: int) -> Any:
        for i in range(m):
            x[k] += x[0] * i
        return x

    compiled = jad.jit(f)
    np.testing.assert_array_equal(compiled(np.ones(3), 7, 0), np.ones(3))
    with pytest.raises(IndexError):
        compiled(np.ones(3), 7, 1)
    np.testing.assert_array_equal(compiled(np.ones(3), 1, 3), [1.0, 4.0, 1.0])
