"""Forward and reverse mode agree with each other and with differences, on random programs, to high orders."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings

from jitad import ops
from jitad.ad import adjoint, tangent
from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function, Loc, Value, const
from jitad.ir.op import REGISTRY, Op
from jitad.ir.types import BOOL, DTYPES, F32, type_of
from jitad.ir.verify import check
from jitad.opt import optimize
from tests.ad.derivatives import nested
from tests.ir.programs import F, arguments, program, programs, vector


def inner(xs: list, ys: list) -> float:
    return float(sum(np.sum(np.asarray(x) * y) for x, y in zip(xs, ys, strict=True)))


def magnitude(xs: list, ys: list) -> float:
    return float(sum(np.sum(np.abs(np.asarray(x) * y)) for x, y in zip(xs, ys, strict=True)))


def pushed(fn: Function, x: list, t: list) -> list:
    return evaluate(optimize(check(tangent(fn))), *x, *t)[len(fn.results) :]


def pulled(fn: Function, x: list, ct: list) -> list:
    return evaluate(optimize(check(adjoint(fn, results=False))), *x, *ct)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(programs())
def test_modes_agree(fn: Function) -> None:
    """⟨ct, J t⟩ = ⟨Jᵀ ct, t⟩ to rounding: no step size."""
    x, t = arguments(fn, 0), arguments(fn, 1)
    ct = arguments(fn.result_types, 2)
    dy, dx = pushed(fn, x, t), pulled(fn, x, ct)
    assume(all(np.isfinite(v).all() for v in dy))
    scale = magnitude(ct, dy) + magnitude(dx, t)
    assert abs(inner(ct, dy) - inner(dx, t)) <= 1e-12 * (1 + scale)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(programs(max_size=6))
def test_second_order_modes_agree(fn: Function) -> None:
    """The adjoint's own tangent and adjoint, in x and in ct together."""
    fn = optimize(adjoint(fn, results=False))
    x, t = arguments(fn, 0), arguments(fn, 1)
    ct = arguments(fn.result_types, 2)
    dy, dx = pushed(fn, x, t), pulled(fn, x, ct)
    assume(all(np.isfinite(v).all() for v in dy))
    scale = magnitude(ct, dy) + magnitude(dx, t)
    assert abs(inner(ct, dy) - inner(dx, t)) <= 1e-11 * (1 + scale)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(programs(max_size=6))
def test_tangents_are_differences(fn: Function) -> None:
    x, t = arguments(fn, 3), arguments(fn, 4)
    dy = pushed(fn, x, t)
    h = 1e-6
    ahead = evaluate(fn, *(a + h * b for a, b in zip(x, t)))
    behind = evaluate(fn, *(a - h * b for a, b in zip(x, t)))
    stops = any(eqn.op.name == "stop_gradient" for eqn in fn.eqns)
    assume(not stops and _same_branches(fn, x, t, h))
    for d, a, b in zip(dy, ahead, behind, strict=True):
        np.testing.assert_allclose(d, (a - b) / (2 * h), rtol=1e-4, atol=1e-5)


def _same_branches(fn: Function, x: list, t: list, h: float) -> bool:
    """Whether no comparison changes and no maximum ties on the way from x - h t to x + h t."""
    probes = [v for eqn in fn.eqns for v in eqn.results if v.type.dtype is BOOL]
    for eqn in fn.eqns:
        if eqn.op.name in ("maximum", "hypot"):
            return False
    probe = fn.replace(results=tuple(probes))
    sides = [evaluate(probe, *(a + s * h * b for a, b in zip(x, t))) for s in (-1, 1)]
    return all(np.array_equal(a, b) for a, b in zip(*sides))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_every_mix_of_modes_gives_the_same_derivative(order: int) -> None:
    """f = x³ · sin(x·y), as a scalar and as an array, to fourth order."""

    def f(x: Value, y: Value) -> Value:
        return x * x * x * ops.sin(x * y)

    def by_hand(x: float, y: float) -> float:
        sines = [np.sin, np.cos, lambda u: -np.sin(u), lambda u: -np.cos(u), np.sin]
        cubes = [x**3, 3 * x**2, 6 * x, 6.0, 0.0]
        ways = [[1, 1], [1, 2, 1], [1, 3, 3, 1], [1, 4, 6, 4, 1]][order - 1]
        return sum(c * cubes[k] * y ** (order - k) * sines[order - k](x * y) for k, c in enumerate(ways))

    x = np.array([0.3, -1.2, 2.0])
    for modes in product("ta", repeat=order):
        scalar = nested(program(f, F, F), "".join(modes))
        array = nested(program(f, vector(3), F), "".join(modes))
        np.testing.assert_allclose(evaluate(array, x, 1.7)[0], by_hand(x, 1.7), rtol=1e-10)
        np.testing.assert_allclose(evaluate(scalar, 0.3, 1.7)[0], by_hand(0.3, 1.7), rtol=1e-10)


def test_only_active_parameters_get_cotangents() -> None:
    fn = program(lambda x, y, z: x * y + ops.sin(z), F, F, F)
    g = optimize(adjoint(fn, [True, False, False], results=False))
    assert [e.op.name for e in g.eqns] == ["mul"]
    assert g.result_types == (F,)
    t = optimize(tangent(fn, [False, False, True]))
    assert len(t.params) == 4
    assert evaluate(t, 1.0, 2.0, 0.0, 3.0) == [2.0, 3.0]


def test_unrelated_parameters_get_explicit_zeros() -> None:
    fn = program(lambda x, y: ops.sin(x), F, vector(2))
    _, dx, dy = evaluate(adjoint(fn), 0.0, np.ones(2), 5.0)
    assert dx == 5.0
    assert dy.tolist() == [0.0, 0.0]
    fn = program(lambda x, y: (y, ops.sin(x)), F, vector(2))
    assert evaluate(tangent(fn, [True, False]), 0.0, np.ones(2), 1.0)[2].tolist() == [0.0, 0.0]


def test_a_parameter_can_be_a_result_twice() -> None:
    fn = program(lambda x: (x, x * 2.0, x), F)
    assert evaluate(adjoint(fn, results=False), 1.0, 10.0, 100.0, 1000.0) == [1210.0]


def test_f32_stays_f32() -> None:
    f32 = type_of(F32)
    fn = program(lambda x: ops.exp(x) * x, f32)
    for g in (adjoint(fn), tangent(fn)):
        assert all(r.dtype == F32 for e in check(optimize(g)).eqns for r in e.results)


def test_derivatives_cross_conversions() -> None:
    fn = program(lambda x: ops.convert(ops.convert(x, dtype=F32) * const(3, F32), dtype=DTYPES["f64"]), F)
    assert evaluate(adjoint(fn), 0.5, 1.0) == [1.5, 3.0]


def test_integers_cut() -> None:
    """No derivative passes floor, a conversion to an integer, or stop_gradient."""

    def f(x: Value) -> Value:
        n = ops.convert(ops.convert(x, dtype=DTYPES["i64"]), dtype=DTYPES["f64"])
        return x * (n + ops.floor(x) + ops.stop_gradient(x))

    fn = program(f, F)
    assert evaluate(adjoint(fn), 2.5, 1.0) == [2.5 * 6.5, 6.5]
    assert evaluate(tangent(fn), 2.5, 1.0) == [2.5 * 6.5, 6.5]


def test_integer_parameters_have_no_derivative() -> None:
    i64 = type_of(DTYPES["i64"])
    fn = program(lambda x, n: x * ops.convert(n, dtype=DTYPES["f64"]), F, i64)
    assert adjoint(fn).result_types == (F, F)
    for mode in (adjoint, tangent):
        with pytest.raises(TypeError, match="parameter 1 is i64: only floats have derivatives"):
            mode(fn, [True, True])
        with pytest.raises(ValueError, match="2 parameters, `active` has 1"):
            mode(fn, [True])


def test_reads_of_elements_share_one_buffer() -> None:
    """The adjoint of n reads of single elements forms one array of zeros, not n."""
    n = 50

    def f(x: Value) -> Value:
        total = const(0.0)
        for k in range(n):
            e = ops.slice(x, start=(k,), step=(1,), shape=(1,))
            total = total + ops.reshape(ops.sin(e), shape=())
        return total

    fn = program(f, vector(n))
    g = optimize(adjoint(fn, results=False))
    full = [e for e in g.eqns if e.result.shape == (n,)]
    assert sum(e.op.name == "broadcast" for e in full) == 1
    assert sum(e.op.name == "add_at" for e in full) == n
    x = np.linspace(0, 1, n)
    np.testing.assert_array_equal(evaluate(g, x, 1.0)[0], np.cos(x))


def test_gathers_accumulate_repeated_indices() -> None:
    idx = const(np.array([2, 0, 2, -1]))
    fn = program(lambda x: ops.gather(x, idx) * ops.gather(x, idx) + ops.gather(x, idx), vector(4))
    x = np.array([1.0, 2.0, 3.0, 4.0])
    (g,) = evaluate(optimize(adjoint(fn, results=False)), x, np.ones(4))
    assert g.tolist() == [3.0, 0.0, 14.0, 9.0]


def test_lines_and_origins_follow() -> None:
    fn = program(lambda x: ops.sin(x) * x, F)
    for mode, origin in ((adjoint, "adjoint"), (tangent, "tangent")):
        g = mode(fn)
        assert {e.loc for e in g.eqns} == {Loc("model.py", 1)}
        assert {e.origin for e in g.eqns} == {"", origin}
        assert {e.origin for e in tangent(g).eqns} == {"", origin, "tangent"}


@pytest.fixture
def ruleless() -> Op:
    op = Op(
        "ruleless",
        "an op that varies and has no rules",
        infer=lambda x: x,
        reference=lambda x: x,
        tangent=None,
        adjoint=None,
        lowering=None,
        samples=(),
    )
    yield op
    del REGISTRY["ruleless"]


def test_a_missing_rule_is_an_error_with_the_line(ruleless: Op) -> None:
    fn = program(lambda x: ruleless(x) * x, F)
    with pytest.raises(NotImplementedError, match=r"ruleless has no adjoint rule\n  from       model.py:1"):
        adjoint(fn)
    with pytest.raises(NotImplementedError, match=r"ruleless has no tangent rule\n  from       model.py:1"):
        tangent(fn)
    unused = program(lambda x: (ruleless(x), x * x)[1], F)
    assert evaluate(adjoint(unused), 3.0, 1.0) == [9.0, 6.0]


def test_cost_is_linear_in_the_program() -> None:
    """3000 steps of x = sin(x)·a + b give nine equations a step in the adjoint, and no recursion."""

    def chain(n: int) -> Function:
        def f(x: Value, a: Value, b: Value) -> Value:
            for _ in range(n):
                x = ops.sin(x) * a + b
            return x

        return program(f, F, F, F)

    sizes = [len(optimize(adjoint(chain(n))).eqns) for n in (100, 200, 3000)]
    assert sizes[1] - sizes[0] == 900
    assert sizes[2] - sizes[0] == 900 * 29


@pytest.fixture
def doubling() -> Op:
    """An op with a region: twice what the region returns; the region reads values from around it."""
    op = Op(
        "doubling",
        "twice the result of its region",
        infer=lambda *types, regions: regions[0].results[0].type,
        reference=lambda *xs, regions: 2.0 * regions[0](*xs)[0],
        tangent=lambda eqn, ts: ts[-1] * 2.0,
        adjoint=lambda eqn, ct: [None] * len(eqn.operands) + [ct * 2.0],
        lowering=None,
        samples=(),
    )
    yield op
    del REGISTRY["doubling"]


def test_rules_of_ops_with_regions_see_what_the_regions_read(doubling: Op) -> None:
    b = Builder("f")
    x = b.param(F, "x")
    with b:
        y = x * 3.0
        out = b.emit(doubling, (), {}, (Function("body", (), (), (y,)),))
        fn = b.finish([out])
    assert evaluate(check(fn), 5.0) == [30.0]
    for mode in (adjoint, tangent):
        assert evaluate(optimize(check(mode(fn))), 5.0, 1.0) == [30.0, 6.0]
