"""A proof that constraints have no integer solution is never wrong, and is found where loops need it."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from jitad.opt.polyhedron import Linear, is_empty, number, symbol

I, J, K, L = (symbol(v) for v in "ijkl")


def less(a: Linear, b: Linear) -> Linear:
    return b.plus(a, -1).shifted(-1)


def test_bounds_that_contradict() -> None:
    assert is_empty([], [less(I, J), less(J, K), less(K, I)])
    assert not is_empty([], [less(I, J), less(J, K)])
    assert is_empty([], [number(-1)])
    assert not is_empty([], [])


def test_equations_without_integer_solutions() -> None:
    assert is_empty([I.times(2).plus(J.times(-4)).shifted(1)], [])
    assert not is_empty([I.times(2).plus(J.times(-3)).shifted(1)], [])


def test_bounds_are_rounded() -> None:
    """3 ≤ 2i ≤ 3 has the solution 1.5 only."""
    assert is_empty([], [I.times(2).shifted(-3), I.times(-2).shifted(3)])


def test_the_triangle_of_a_factorisation() -> None:
    """A[i, k] with k < j ≤ i is not what a later iteration (i, j') or (i', j') writes."""
    i, j = symbol("i'"), symbol("j'")
    inside = [I, J, K, less(K, J), less(J, I), j, less(j, i)]
    assert is_empty([I.plus(i, -1), K.plus(j, -1)], [*inside, less(J, j)])
    assert is_empty([I.plus(i, -1), K.plus(j, -1)], [*inside, less(I, i)])
    assert not is_empty([I.plus(i, -1), K.plus(j, -1)], [*inside, less(j, J)])


@pytest.mark.parametrize("seed", range(300))
def test_against_all_points_of_a_box(seed: int) -> None:
    rng = Random(seed)
    names = "ijkl"[: rng.randint(1, 4)]
    low, high = -2, 3

    def row() -> Linear:
        terms = {v: n for v in names if (n := rng.choice((-3, -2, -1, -1, 0, 0, 1, 1, 2, 3)))}
        return Linear(terms, rng.randint(-6, 4))

    zeros = [row() for _ in range(rng.randint(0, 2))]
    rows = [row() for _ in range(rng.randint(0, 5))]
    box = [symbol(v).shifted(-low) for v in names] + [symbol(v).times(-1).shifted(high) for v in names]

    def at(r: Linear, point: dict[str, int]) -> int:
        return r.offset + sum(n * point[v] for v, n in r.terms.items())

    points = (dict(zip(names, p)) for p in product(range(low, high + 1), repeat=len(names)))
    found = any(all(at(z, p) == 0 for z in zeros) and all(at(r, p) >= 0 for r in rows) for p in points)
    if is_empty(zeros, [*rows, *box]):
        assert not found
    elif not found and len(names) == 1:
        pytest.fail("one symbol is decided exactly")
