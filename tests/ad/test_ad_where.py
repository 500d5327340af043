"""A branch that a `where` did not take contributes exactly 0: to any order, in any mix of modes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from jitad import ops
from jitad.ad import adjoint
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Value, const
from jitad.opt import optimize
from tests.ad.derivatives import nested
from tests.ir.programs import F, program, vector

MODES = ["".join(m) for order in (1, 2, 3) for m in product("ta", repeat=order)]


def where(cond: Value, x: Value, otherwise: float = 0.0) -> Value:
    return ops.select(cond, x, const(otherwise))


def positive(x: Value) -> Value:
    return ops.gt(x, 0.0)


def power_derivatives(p: float) -> Callable[[float, int], float]:
    return lambda x, n: float(np.prod([p - k for k in range(n)])) * x ** (p - n)


def nothing(x: float, n: int) -> float:
    return 0.0


def exp_derivatives(x: float, n: int) -> float:
    return float(np.exp(x))


def log_derivatives(x: float, n: int) -> float:
    return power_derivatives(-1.0)(x, n - 1)


def entropy_derivatives(x: float, n: int) -> float:
    return float(np.log(x) + 1) if n == 1 else log_derivatives(x, n - 1)


def arcsin_derivatives(x: float, n: int) -> float:
    u = 1 - x * x
    return float([u**-0.5, x * u**-1.5, (1 + 2 * x * x) * u**-2.5][n - 1])


#: name → (f, its nth derivative where the branch is taken, points there, points of the branch not taken)
CASES: dict[str, tuple[Callable[[Value], Value], Callable[[float, int], float], list[float], list[float]]] = {
    "sqrt": (lambda x: where(positive(x), ops.sqrt(x)), power_derivatives(0.5), [4.0], [0.0, -1.0]),
    "log": (lambda x: where(positive(x), ops.log(x)), log_derivatives, [2.0], [0.0, -1.0]),
    "division": (lambda x: where(ops.ne(x, 0.0), 1.0 / x), power_derivatives(-1.0), [2.0, -0.5], [0.0, -0.0]),
    "power": (lambda x: where(positive(x), x**1.5), power_derivatives(1.5), [2.0], [0.0, -1.0]),
    "negative power": (lambda x: where(positive(x), x**-1.5), power_derivatives(-1.5), [2.0], [0.0, -1.0]),
    "arcsin": (
        lambda x: where(ops.lt(ops.abs(x), 1.0), ops.arcsin(x)),
        arcsin_derivatives,
        [0.5],
        [1.0, -1.0, 3.0],
    ),
    "x log x": (lambda x: where(positive(x), x * ops.log(x)), entropy_derivatives, [2.0], [0.0, -1.0]),
    "the other branch": (
        lambda x: ops.select(ops.le(x, 0.0), const(0.0), ops.log(x)),
        log_derivatives,
        [2.0],
        [0.0, -1.0],
    ),
    "nested": (
        lambda x: where(ops.ge(x, 0.0), where(positive(x), ops.sqrt(x))),
        power_derivatives(0.5),
        [4.0],
        [0.0, -1.0],
    ),
    "chain": (
        lambda x: where(positive(x), ops.exp(ops.log(ops.sqrt(x * x) * 1.0))),
        lambda x, n: 1.0 if n == 1 else 0.0,
        [2.0],
        [0.0, -1.0],
    ),
    "overflow": (lambda x: where(ops.lt(x, 500.0), ops.exp(x)), exp_derivatives, [1.0], [1000.0, np.inf]),
    "a product with an infinity": (
        lambda x: where(ops.ne(x, 0.0), x * (x * (1.0 / x))),
        lambda x, n: 1.0 if n == 1 else 0.0,
        [2.0],
        [0.0],
    ),
    "through views": (
        lambda x: ops.reshape(
            where(positive(x), ops.log(ops.reshape(ops.broadcast(x, shape=(1, 1), axes=()), shape=()))),
            shape=(),
        ),
        log_derivatives,
        [2.0],
        [0.0, -1.0],
    ),
    "nothing taken": (lambda x: where(ops.lt(x, x), ops.log(x)), nothing, [2.0], [0.0, -1.0]),
}


@pytest.mark.parametrize("modes", MODES)
@pytest.mark.parametrize("name", CASES)
def test_branches_not_taken_contribute_nothing(name: str, modes: str) -> None:
    f, want, taken, others = CASES[name]
    fn = nested(program(f, F), modes)
    for x in others:
        assert evaluate(fn, x) == [0.0], f"at {x}"
    for x in taken:
        np.testing.assert_allclose(evaluate(fn, x)[0], want(x, len(modes)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("modes", MODES)
@pytest.mark.parametrize("name", [name for name in CASES if name != "through views"])
def test_arrays_mix_both_branches(name: str, modes: str) -> None:
    f, want, taken, others = CASES[name]
    x = np.array([*taken, *others, *taken])
    fn = nested(program(f, vector(x.size)), modes)
    zeros = [0.0] * len(others)
    expected = [want(y, len(modes)) for y in taken]
    np.testing.assert_allclose(evaluate(fn, x)[0], [*expected, *zeros, *expected], rtol=1e-12, atol=1e-12)


def gradient(f: Callable[..., Value], *types: Any) -> Callable[..., list[Any]]:
    fn = optimize(adjoint(program(f, *types), results=False))
    return lambda *xs: evaluate(fn, *xs, 1.0)


def total(x: Value) -> Value:
    return ops.sum(x, axes=tuple(range(x.ndim)))


def test_an_infinity_on_the_branch_taken_stays() -> None:
    """The guard follows the mask; it does not test for zeros or infinities."""
    root = program(lambda x: where(ops.ge(x, 0.0), ops.sqrt(x)), F)
    for mode in "ta":
        assert evaluate(nested(root, mode), 0.0) == [np.inf]
        assert evaluate(nested(root, mode), -1.0) == [0.0]


def test_a_scalar_operand_sums_only_what_is_taken() -> None:
    """d/ds Σ where(v > 0, v/s, 0) at s = 0: nothing is taken, so 0 and not NaN."""
    g = gradient(lambda v, s: total(where(positive(v), v / s)), vector(3), F)
    dv, ds = g(np.array([-1.0, 0.0, -2.0]), 0.0)
    assert dv.tolist() == [0.0, 0.0, 0.0]
    assert ds == 0.0
    g = gradient(lambda v, s: total(where(positive(v), ops.log(v * s))), vector(3), F)
    dv, ds = g(np.array([-1.0, 4.0, 0.0]), 0.5)
    assert dv.tolist() == [0.0, 0.25, 0.0]
    assert ds == 2.0


def test_the_mask_reaches_a_norm_through_its_sum() -> None:
    """x/|x| guarded at 0, with a scalar norm, and row by row with a broadcast one."""

    def unit(x: Value) -> Value:
        norm = ops.sqrt(total(x * x))
        return total(where(ops.ne(x, 0.0), x / norm))

    assert gradient(unit, vector(3))(np.zeros(3))[0].tolist() == [0.0, 0.0, 0.0]

    def rows(x: Value) -> Value:
        norm = ops.sqrt(ops.sum(x * x, axes=(1,)))
        wide = ops.broadcast(norm, shape=x.shape, axes=(0,))
        return total(where(ops.gt(wide, 0.0), x / wide))

    fn = optimize(adjoint(program(rows, vector(2).with_shape((2, 2))), results=False))
    (g,) = evaluate(fn, np.array([[3.0, 4.0], [0.0, 0.0]]), 1.0)
    np.testing.assert_allclose(g, [[1 / 5 - 7 * 3 / 125, 1 / 5 - 7 * 4 / 125], [0.0, 0.0]], rtol=1e-12)


@pytest.mark.parametrize(
    "move",
    [
        lambda x: ops.transpose(x, axes=(1, 0)),
        lambda x: ops.reshape(x, shape=(2, 2)),
        lambda x: ops.slice(x, start=(1, 0), step=(-1, 1), shape=(2, 2)),
        lambda x: ops.concatenate(ops.slice(x, start=(0, 0), step=(1, 1), shape=(2, 1)), x, axis=1),
        lambda x: ops.set_at(x, const(np.ones((1, 2))), start=(0, 0), step=(1, 1)),
        lambda x: ops.add_at(
            x, ops.slice(x, start=(0, 0), step=(1, 1), shape=(1, 2)), start=(1, 0), step=(1, 1)
        ),
        lambda x: ops.broadcast(x, shape=(2, 3, 2), axes=(0, 2)),
        lambda x: ops.sum(x, axes=(1,)),
        lambda x: ops.prod(x, axes=(0,)),
        lambda x: ops.reduce_max(x, axes=(1,)),
    ],
)
def test_masks_pass_ops_that_move_elements(move: Callable[[Value], Value]) -> None:
    """sqrt of zeros, moved, then masked everywhere: no 0·∞ comes back."""

    def f(x: Value) -> Value:
        moved = move(ops.sqrt(x))
        return total(where(ops.gt(moved, 100.0), moved * moved))

    fn = optimize(adjoint(program(f, vector(2).with_shape((2, 2))), results=False))
    (g,) = evaluate(fn, np.zeros((2, 2)), 1.0)
    assert g.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_scalar_condition_guards_everything_behind_it() -> None:
    """Also products and scans, which a mask of elements cannot pass."""

    def f(x: Value, on: Value) -> Value:
        y = ops.sqrt(x)
        y = ops.dot(ops.cumsum(y, axis=0, reverse=False), y, contract=((0,), (0,)), batch=((), ()))
        return where(ops.gt(on, 0.0), y)

    fn = optimize(adjoint(program(f, vector(3), F), [True, False], results=False))
    assert evaluate(fn, np.zeros(3), -1.0, 1.0)[0].tolist() == [0.0, 0.0, 0.0]


def test_two_branches_of_one_condition_add_up() -> None:
    """where(c, log x, log(-x)): each branch is NaN where the other is taken."""
    fn = program(lambda x: ops.select(positive(x), ops.log(x), ops.log(-x)), vector(2))
    for modes in MODES:
        want = [power_derivatives(-1.0)(x, len(modes) - 1) for x in (2.0, -4.0)]
        np.testing.assert_allclose(evaluate(nested(fn, modes), np.array([2.0, -4.0]))[0], want, rtol=1e-12)
