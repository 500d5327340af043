"""Derived sums move into products; the user's own stay; the numbers agree."""

from __future__ import annotations

import numpy as np
import pytest

from jitad import ops
from jitad.ad import adjoint
from jitad.ir.graph import Eqn, Function, Value
from jitad.opt import dce, move_sums, optimize, simplify
from tests.opt.opt_programs import agree, build


def dots(fn: Function) -> list[tuple[int, ...]]:
    """The shape of the result of each product that is needed."""
    return [eqn.results[0].shape for eqn in dce(fn).eqns if eqn.op.name == "dot"]


def matmul(a: Value, b: Value) -> Value:
    return ops.dot(a, b, contract=((a.ndim - 1,), (0,)), batch=((), ()))


@pytest.mark.parametrize("axes, shape", [((0,), (5,)), ((1,), (7,)), ((0, 1), ())])
def test_a_sum_over_free_axes_is_a_smaller_product(axes: tuple[int, ...], shape: tuple[int, ...]) -> None:
    fn = build(lambda a, b: ops.sum(matmul(a, b), axes=axes), (7, 3), (3, 5))
    out = move_sums(fn)
    assert dots(out) == [shape]
    agree(fn, out)


def test_several_free_axes_of_both_operands() -> None:
    def make(a: Value, b: Value) -> Value:
        c = ops.dot(a, b, contract=((2,), (1,)), batch=((1,), (3,)))  # [2, (4, 5), (3, 7)]
        return ops.sum(c, axes=(1, 3))

    fn = build(make, (4, 2, 6, 5), (3, 6, 7, 2))
    assert dots(move_sums(fn)) == [(2, 5, 7)]
    agree(fn, move_sums(fn))


def test_through_transposition_negation_sums_and_constant_factors() -> None:
    def make(a: Value, b: Value, c: Value, w: Value) -> Value:
        product = ops.transpose(ops.dot(a, b, contract=((1,), (1,)), batch=((0,), (0,))), axes=(2, 0, 1))
        scaled = c * ops.broadcast(w, shape=(6, 2, 3), axes=(1, 2))
        return ops.sum(ops.neg(ops.sub(product * 2.0, scaled)), axes=(0,))

    fn = build(make, (2, 5, 3), (2, 5, 6), (6, 2, 3), (2, 3))
    out = move_sums(fn)
    assert dots(out) == [(2, 3)]
    agree(fn, out)


@pytest.mark.parametrize("why", ["primal", "read again", "batch axis", "factor", "integers"])
def test_sums_that_stay(why: str) -> None:
    def make(a: Value, b: Value, c: Value) -> list[Value]:
        if why == "integers":
            a, b = ops.convert(a, dtype=np.dtype("i8")), ops.convert(b, dtype=np.dtype("i8"))
        batched = ops.dot(a, b, contract=((2,), (1,)), batch=((0,), (0,)))
        if why == "factor":
            batched = batched * c
        out = ops.sum(batched, axes=(0,) if why == "batch axis" else (1,))
        return [out, batched] if why == "read again" else [out]

    fn = build(make, (2, 3, 4), (2, 4, 5), (2, 3, 5), origin="" if why == "primal" else "adjoint")
    assert move_sums(fn) is fn or dots(move_sums(fn)) == dots(fn)


def test_the_shift_of_a_linear_map_needs_no_product_over_the_points() -> None:
    """d/dm of Σ w·(A (x - m))² over n points: one product for the value, and one with a single column."""

    def make(x: Value, m: Value, a: Value) -> Value:
        y = ops.dot(a, x - ops.broadcast(m, shape=(50, 4), axes=(1,)), contract=((1,), (1,)), batch=((), ()))
        return ops.sum(ops.sin(y) * y, axes=(0, 1))

    whole = adjoint(build(make, (50, 4), (4,), (4, 4), origin=""), (False, True, False), results=False)
    out = optimize(whole)
    assert dots(out) == [(4, 50), (4,)]
    agree(whole, out)
    assert dots(simplify(whole))[1:] != [(4,)]


def test_a_sum_that_a_region_reads_stays() -> None:
    fn = build(lambda a, b: ops.sum(matmul(a, b), axes=(0,)), (7, 3), (3, 5))
    (total,) = fn.results
    inner = build(lambda c: c, (5,))
    inside = inner.replace(params=(), results=(total,), eqns=())
    holder = Eqn(fn.eqns[0].op, (), {}, (Value(total.type),), None, (inside,))
    whole = fn.replace(eqns=(*fn.eqns, holder), results=holder.results)
    assert move_sums(whole).eqns == whole.eqns
