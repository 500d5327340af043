"""The order of axes: arrays around batched products have the batch axes first; the numbers agree."""

from __future__ import annotations

from itertools import permutations

import pytest

from jitad import ops
from jitad.ad import adjoint
from jitad.ir.graph import Function, Value
from jitad.opt import arrange, optimize
from tests.opt.opt_programs import agree, build

N, K, D = 11, 3, 4


def shapes(fn: Function, name: str) -> set[tuple[int, ...]]:
    return {eqn.results[0].shape for eqn in fn.eqns if eqn.op.name == name}


def mixture(order: tuple[int, ...]):
    """A weighted sum over squares of factors times differences, axes (n, k, d) in some order."""
    n, k, d = (order.index(a) for a in range(3))
    shape = tuple((N, K, D)[a] for a in order)

    def spread(v: Value, *axes: int) -> Value:
        if list(axes) != sorted(axes):
            v, axes = ops.transpose(v, axes=(1, 0)), axes[::-1]
        return ops.broadcast(v, shape=shape, axes=axes)

    def make(x: Value, means: Value, q: Value) -> Value:
        away = ops.sub(spread(x, n, d), spread(means, k, d))
        y = ops.dot(q, away, contract=((2,), (d,)), batch=((0,), (k,)))  # [K, D, …]
        rest = [a for a in range(3) if a not in (k, d)]
        at = {k: 0, d: 1, rest[0]: 2}
        y = ops.transpose(y, axes=tuple(at[a] for a in range(3)))
        square = ops.sum(y * y + ops.sin(away), axes=(d,))
        total = ops.reduce_max(ops.exp(ops.neg(square)), axes=(k if k < d else k - 1,))
        return ops.sum(ops.log(total), axes=(0,))

    return make


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_any_order_of_axes(order: tuple[int, ...]) -> None:
    fn = optimize(build(mixture(order), (N, D), (K, D), (K, D, D), origin=""))
    whole = optimize(adjoint(fn))
    for program in (fn, whole):
        out = arrange(program)
        agree(program, out)
        if order[0] != 1:  # the batch axis was not first
            assert shapes(out, "sub") == {(K, D, N)} or program is whole
            assert (K, D, N) in shapes(out, "dot")
            assert (N, K) not in shapes(out, "exp")


def test_a_product_with_its_operands_exchanged() -> None:
    def make(x: Value, q: Value) -> Value:
        y = ops.dot(x, q, contract=((2,), (1,)), batch=((1,), (0,)))  # [K, N, D]
        z = ops.transpose(y, axes=(1, 0, 2)) * ops.exp(x)
        return ops.sum(z, axes=(0, 2))

    def spread(x: Value, q: Value) -> Value:
        return make(ops.sin(ops.broadcast(x, shape=(N, K, D), axes=(0, 2))), q)

    fn = build(spread, (N, D), (K, D, D), origin="")
    out = arrange(fn)
    agree(fn, out)
    assert shapes(out, "dot") == {(K, D, N)}


def test_several_batch_axes_and_several_free_ones() -> None:
    def make(x: Value, y: Value) -> Value:
        x = ops.sin(ops.broadcast(x, shape=(2, 3, 4, 5, 6), axes=(0, 1, 2, 3)))
        z = ops.dot(x, ops.cos(y), contract=((0,), (2,)), batch=((3, 1), (0, 3)))  # [5, 3, (4, 6), 7]
        return ops.sum(z * z, axes=(1, 2))

    fn = build(make, (2, 3, 4, 5), (5, 7, 2, 3), origin="")
    out = arrange(fn)
    agree(fn, out)
    assert (5, 3, 2, 4, 6) in shapes(out, "sin")


def test_parameters_and_results_keep_their_order() -> None:
    def make(x: Value, q: Value) -> list[Value]:
        y = ops.exp(x)  # a result: its order is given
        return [y, ops.dot(y, q, contract=((2,), (1,)), batch=((1,), (0,)))]

    fn = build(make, (N, K, D), (K, D, D), origin="")
    assert arrange(fn) is fn


def test_without_batched_products_nothing_changes() -> None:
    fn = build(lambda x: ops.sum(ops.exp(x), axes=(0,)), (N, K), origin="")
    assert arrange(fn) is fn
