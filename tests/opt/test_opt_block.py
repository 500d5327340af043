"""Blocking: loops over batch items that collect only what is read elsewhere; the numbers agree."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from jitad import ops
from jitad.ad import adjoint
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Eqn, Function, Value, const
from jitad.ir.verify import check
from jitad.opt import arrange, block, contract, optimize
from tests.lower.native import run
from tests.opt.opt_programs import agree, build
from tests.opt.test_opt_layout import D, K, N, mixture

module = sys.modules[block.__module__]


@pytest.fixture(autouse=True)
def small_arrays_are_large(monkeypatch):
    """Block arrays of a few numbers."""
    monkeypatch.setattr(module, "LARGE_BYTES", 8 * K * D * N)
    monkeypatch.setattr(module, "MIN_ITEMS", 2)
    monkeypatch.setattr(module, "MIN_ROW", 1)


def loops(fn: Function) -> list[Eqn]:
    return [eqn for eqn in fn.eqns if eqn.op.name == "for"]


def batched(x: Value, y: Value) -> Value:
    return ops.dot(x, y, contract=((2,), (1,)), batch=((0,), (0,)))


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_a_mixture_and_its_gradient(order: tuple[int, ...]) -> None:
    fn = optimize(build(mixture(order), (N, D), (K, D), (K, D, D), origin=""))
    for program, count in ((fn, 1), (optimize(adjoint(fn)), 2)):
        out = check(block(arrange(program)))
        assert len(loops(out)) == count
        agree(program, out)
        arrays = [np.random.default_rng(k).normal(size=p.shape) for k, p in enumerate(program.params)]
        for a, b in zip(run(contract(out), *arrays), evaluate(program, *arrays), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)


def test_only_what_is_read_elsewhere_is_collected() -> None:
    def make(x: Value, q: Value) -> Value:
        away = ops.sin(ops.broadcast(x, shape=(K, D, N), axes=(0, 1)))
        y = batched(q, away)
        return ops.sum(ops.sum(y * y, axes=(1,)), axes=(0,))

    fn = build(make, (K, D), (K, D, D), origin="")
    (loop,) = loops(block(fn))
    assert [r.shape for r in loop.results] == [(K, N)]
    agree(fn, block(fn))


def test_cheap_arrays_are_computed_again_and_dear_ones_kept() -> None:
    def make(dear: bool):
        def inner(x: Value, m: Value, q: Value) -> Value:
            away = ops.broadcast(x, shape=(K, D, N), axes=(1, 2)) - ops.broadcast(
                m, shape=(K, D, N), axes=(0, 1)
            )
            away = ops.exp(away) if dear else away
            top = ops.reduce_max(ops.sum(batched(q, away), axes=(1,)), axes=(0,))  # waits for every item
            spread = ops.broadcast(top, shape=(K, D, N), axes=(2,))
            return ops.sum(batched(q, away * spread), axes=(1, 2))

        return inner

    for dear in (False, True):
        fn = build(make(dear), (D, N), (K, D), (K, D, D), origin="")
        out = block(fn)
        first, second = loops(out)
        assert ((K, D, N) in [r.shape for r in first.results]) == dear
        assert len(second.regions[0].eqns) > 2
        agree(fn, out)


@pytest.mark.parametrize(
    "terms, readers, kept", [(D, 1, False), (D - 1, 1, True), (D, 2, True), (2 * D, 2, False)]
)
def test_products_of_few_terms_are_computed_again(monkeypatch, terms: int, readers: int, kept: bool) -> None:
    monkeypatch.setattr(module, "TERMS", terms)

    def make(x: Value, q: Value) -> Value:
        y = batched(q, ops.broadcast(x, shape=(K, D, N), axes=(0, 1)) * 2.0) + 1.0
        total = ops.sum(y, axes=(1,))
        for _ in range(readers):  # each waits for every item
            spread = ops.broadcast(ops.reduce_max(total, axes=(0,)), shape=(K, D, N), axes=(2,))
            total = ops.sum(batched(q, y * spread), axes=(1,))
        return total

    fn = build(make, (K, D), (K, D, D), origin="")
    out = block(fn)
    first, *others = loops(out)
    assert len(others) == readers
    assert ((K, D, N) in [r.shape for r in first.results]) == kept
    agree(fn, out)
    arrays = [np.random.default_rng(k).normal(size=p.shape) for k, p in enumerate(fn.params)]
    np.testing.assert_allclose(run(contract(out), *arrays)[0], evaluate(fn, *arrays)[0], rtol=1e-10)


def test_what_a_loop_computed_from_its_products_is_collected_for_the_next_one() -> None:
    def make(x: Value, q: Value) -> list[Value]:
        y = batched(q, ops.exp(x))
        row = ops.sum(y, axes=(1,))
        total = ops.sum(row, axes=(0,))
        z = ops.exp(x) * ops.broadcast(row, shape=(K, D, N), axes=(0, 2))
        z = z + ops.broadcast(total, shape=(K, D, N), axes=(2,))
        return [ops.sum(batched(q, z) * y, axes=(0, 1, 2)), y, ops.reshape(z, shape=(K, D * N))]

    fn = build(make, (K, D, N), (K, D, D), origin="")
    agree(fn, block(fn))


def test_reshapes_transposes_and_further_batch_axes() -> None:
    def make(x: Value, q: Value) -> Value:
        x = ops.reshape(ops.cos(x), shape=(K, 2, D // 2 * N, 1))
        x = ops.reshape(ops.transpose(x, axes=(0, 1, 3, 2)), shape=(K, 2, D // 2, N))
        y = ops.dot(q, x, contract=((3,), (2,)), batch=((0, 1), (0, 1)))
        return ops.reduce_max(ops.abs(y), axes=(1, 3))

    fn = build(make, (K, D, N), (K, 2, 5, D // 2), origin="")
    out = block(fn)
    assert len(loops(out)) == 1
    agree(fn, out)


@pytest.mark.parametrize("k, d", [(3, 4), (4, 3), (4, 4)])
def test_large_arrays_spread_over_the_batch_axis_are_read_whole(monkeypatch, k: int, d: int) -> None:
    monkeypatch.setattr(module, "LARGE_BYTES", 8 * d * N)
    shape = (k, d, N)

    def make(x: Value, p: Value, q: Value) -> list[Value]:
        rows = ops.sum(batched(p, ops.broadcast(x, shape=(d, d, N), axes=(0, 2)) * 2.0), axes=(1,))
        moved = x + 1.0  # beside products over its own axis 0
        away = ops.broadcast(moved, shape=shape, axes=(1, 2)) + 0.5
        top = ops.reduce_max(ops.sum(batched(q, away), axes=(1,)), axes=(0,))
        y = batched(q, away * ops.broadcast(top, shape=shape, axes=(2,)))
        return [ops.sum(y * away, axes=(1,)), ops.sum(moved * rows, axes=(0,))]

    fn = build(make, (d, N), (d, d, d), (k, d, d), origin="")
    out = check(block(fn))
    assert sorted(loop.attrs["trips"] for loop in loops(out)) == sorted([d, k, k])
    agree(fn, out)


def test_small_arrays_and_other_programs_stay(monkeypatch) -> None:
    fn = build(lambda x, q: ops.sum(batched(q, x), axes=(1,)), (K, D, N), (K, D, D), origin="")
    monkeypatch.setattr(module, "LARGE_BYTES", 2**20)
    assert block(fn) is fn
    plain = build(lambda x: ops.exp(x), (K, D, N), origin="")
    assert block(plain) is plain


def test_constant_arrays_and_parameters_are_read_item_by_item() -> None:
    weights = const(np.random.default_rng(9).normal(size=(K, D, N)))

    def make(x: Value, q: Value) -> Value:
        return ops.sum(batched(q, x * weights) * x, axes=(1, 2))

    fn = build(make, (K, D, N), (K, D, D), origin="")
    out = block(fn)
    assert len(loops(out)) == 1
    arrays = [np.random.default_rng(k).normal(size=p.shape) for k, p in enumerate(fn.params)]
    np.testing.assert_allclose(run(contract(out), *arrays)[0], evaluate(fn, *arrays)[0], rtol=1e-12)


def test_products_whose_arrays_are_all_given_or_returned_stay() -> None:
    fn = build(batched, (K, D, D), (K, D, N), origin="")
    assert block(fn) is fn
