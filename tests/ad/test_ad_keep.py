"""Keep or recompute: the cut is the cheapest there is, and the two parts together are the whole."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitad import ops
from jitad.ad import adjoint, split, tangent
from jitad.ad.keep import work
from jitad.ir import mincut
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function, Value
from jitad.ir.mincut import min_cut
from jitad.ir.verify import check
from jitad.opt import optimize
from tests.ir.programs import F, arguments, program, programs, vector


@pytest.mark.parametrize("mode", [adjoint, tangent])
@settings(max_examples=80, deadline=None, derandomize=True)
@given(fn=programs())
def test_the_parts_are_the_whole(mode, fn: Function) -> None:
    whole = optimize(mode(fn))
    n = len(fn.params)
    parts = split(whole, n)
    check(parts.forward)
    check(parts.backward)
    x = arguments(whole, 5)
    early = evaluate(parts.forward, *x[:n])
    results, residuals = early[: sum(parts.known)], early[sum(parts.known) :]
    assert len(residuals) == parts.residuals
    late = evaluate(parts.backward, *residuals, *x[n:])
    got = [results.pop(0) if k else late.pop(0) for k in parts.known]
    for a, b in zip(evaluate(whole, *x), got, strict=True):
        np.testing.assert_array_equal(a, b)


def names(fn: Function) -> list[str]:
    return [e.op.name for e in fn.eqns]


def test_dear_values_are_kept_and_cheap_ones_recomputed() -> None:
    def f(x: Value, y: Value) -> Value:
        return ops.exp(ops.sin(x) * ops.log(y))

    parts = split(optimize(adjoint(program(f, vector(1000), vector(1000)))), 2)
    assert not {"sin", "exp", "log", "cos"} & set(names(parts.backward))

    def cheap(x: Value, y: Value) -> Value:
        u = x + y
        v = x - y
        return u * v * (u + 2.0) * (v * 3.0)

    parts = split(optimize(adjoint(program(cheap, vector(1000), vector(1000)))), 2)
    assert parts.residuals == 2  # x + y and x - y, and none of their products


def test_one_scalar_is_kept_for_a_long_reduction() -> None:
    """A norm is kept; the array that it was summed from is not summed again."""

    def norm(x: Value) -> Value:
        return ops.sqrt(ops.sum(x * x, axes=(0,)))

    parts = split(optimize(adjoint(program(norm, vector(1000)))), 1)
    assert [p.shape for p in parts.backward.params[: parts.residuals]] == [(1000,), ()]
    assert "sum" not in names(parts.backward)


def test_nothing_crosses_when_nothing_is_needed() -> None:
    parts = split(optimize(adjoint(program(lambda x: x + x, vector(3)))), 1)
    assert parts.residuals == 0
    assert parts.known == (True, False)


def test_work_counts_what_is_read_and_each_product() -> None:
    fn = program(lambda x: ops.sum(x, axes=(0,)), vector(50))
    assert work(fn.eqns[0]) == 50 * ops.sum.cost
    matrix = vector(1).with_shape

    def dot(x: Value, y: Value) -> Value:
        return ops.dot(x, y, contract=((1,), (0,)), batch=((), ()))

    fn = program(dot, matrix((3, 5)), matrix((5, 7)))
    assert work(fn.eqns[0]) == pytest.approx(3 * 5 * 7 * ops.dot.cost)


# The cut itself, on small random graphs, beside all possible choices.


@st.composite
def networks(draw: st.DrawFn) -> tuple:
    n = draw(st.integers(1, 8))
    nodes = list(range(n))
    edges = [(u, v) for v in nodes for u in range(v) if draw(st.booleans())]
    cost = st.integers(0, 20)
    store = [draw(cost) for _ in nodes]
    again = [draw(cost) for _ in nodes]
    inputs = {v for v in nodes if not any(w == v for _, w in edges)}
    available = {v for v in inputs if draw(st.booleans())} | {0}
    needed = [v for v in nodes if draw(st.booleans())]
    return nodes, edges, store, again, available, needed


def cost_of(kept: set, nodes, edges, store, again, available, needed) -> float:
    """What keeping exactly `kept` costs; infinite if something needed cannot be had."""
    total = float(sum(store[v] for v in kept))
    wanted = set(needed) - kept
    for v in reversed(nodes):
        if v in wanted:
            if v in available:
                return np.inf
            total += again[v]
            wanted |= {u for u, w in edges if w == v} - kept
    return total


@settings(max_examples=150, deadline=None, derandomize=True)
@given(networks())
def test_the_cut_is_the_cheapest(network: tuple) -> None:
    nodes, edges, store, again, available, needed = network
    kept = min_cut(nodes, edges, store.__getitem__, again.__getitem__, available, needed)
    choices = chain.from_iterable(combinations(nodes, k) for k in range(len(nodes) + 1))
    best = min(cost_of(set(c), *network) for c in choices)
    assert cost_of(kept, *network) == best


@settings(max_examples=80, deadline=None, derandomize=True)
@given(networks())
def test_the_greedy_choice_is_valid(network: tuple) -> None:
    nodes, edges, store, again, available, needed = network
    limit, mincut.EXACT_LIMIT = mincut.EXACT_LIMIT, 0
    try:
        kept = min_cut(nodes, edges, store.__getitem__, again.__getitem__, available, needed)
    finally:
        mincut.EXACT_LIMIT = limit
    assert np.isfinite(cost_of(kept, *network))
    assert cost_of(kept, *network) <= sum(store)


def test_infinite_costs_forbid() -> None:
    edges = [(0, 1), (1, 2)]
    store = {0: 5.0, 1: np.inf, 2: 100.0}.__getitem__
    assert min_cut([0, 1, 2], edges, store, {1: 1.0, 2: 1.0}.__getitem__, [0], [2]) == {0}
    assert min_cut([0, 1, 2], edges, store, {1: np.inf, 2: 1.0}.__getitem__, [0], [2]) == {2}


def test_equal_costs_keep_what_is_needed_itself() -> None:
    assert min_cut([0, 1], [(0, 1)], lambda v: 4.0, lambda v: 0.0, [0], [1]) == {1}


def test_long_programs_are_split_in_linear_time() -> None:
    def f(x: Value, a: Value) -> Value:
        for _ in range(3000):
            x = ops.sin(x) * a
        return x

    whole = optimize(adjoint(program(f, F, F)))
    parts = split(whole, 2)
    assert 0 < parts.residuals < len(whole.eqns)
    check(parts.backward)
