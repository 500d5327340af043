"""Which calls stay calls, and chains of calls that become loops."""

import numpy as np
import pytest

from jitad import ops
from jitad.ir.builder import Builder
from jitad.ir.calls import called
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import const
from jitad.ir.types import F64, type_of
from jitad.ir.verify import check
from jitad.opt import inline, roll
from tests.lower.native import build


def body(length):
    """A function (x, p) → x after so many sines, and their sum."""

    def make(x, p):
        total = p
        for _ in range(length):
            x = ops.sin(x) * p
            total = total + x
        return x, total

    return build(make, np.zeros(()), np.zeros(()))


def chain(function, calls, feed=lambda k, x, p: (x, p), use=lambda x, totals: (x,)):
    b = Builder("chain")
    x, p = b.param(type_of(F64), "x"), b.param(type_of(F64), "p")
    totals = []
    with b:
        for k in range(calls):
            x, total = ops.call(*feed(k, x, p), function=function)
            totals.append(total)
        results = use(x, totals)
    return check(b.finish(list(results)))


def sum_of(x, totals):
    out = totals[0]
    for t in totals[1:]:
        out = out + t
    return x, out


def loops(fn):
    return [eqn.attrs["trips"] for eqn in fn.eqns if eqn.op.name == "for"]


@pytest.mark.parametrize(
    "length, calls, stays", [(2, 20, False), (30, 1, False), (30, 3, False), (60, 20, True)]
)
def test_few_equations_are_inlined(length, calls, stays):
    fn = chain(body(length), calls)
    assert bool(called(inline(fn))) == stays
    assert evaluate(inline(fn), 0.4, 0.9) == evaluate(fn, 0.4, 0.9)


@pytest.mark.parametrize(
    "feed, use",
    [
        (lambda k, x, p: (x, p), lambda x, totals: (x,)),
        (lambda k, x, p: (x, p), lambda x, totals: (x, totals[-1])),
        (lambda k, x, p: (x, p), sum_of),
        (lambda k, x, p: (x, p), lambda x, totals: (x, totals[3], totals[-1], x)),
        (lambda k, x, p: (x, 0.1 * k + 0.5), sum_of),
        (lambda k, x, p: (x, x) if k else (x, p), lambda x, totals: (x,)),
    ],
)
def test_chains_are_loops(feed, use):
    fn = chain(body(4), 12, lambda k, x, p: tuple(map(_value, feed(k, x, p))), use)
    rolled = check(roll(fn))
    assert loops(rolled) and sum(loops(rolled)) >= 11, rolled
    np.testing.assert_array_equal(evaluate(rolled, 0.4, 0.9), evaluate(fn, 0.4, 0.9))


def _value(v):
    return const(v, F64) if isinstance(v, float) else v


def test_short_chains_stay():
    assert loops(roll(chain(body(4), 7))) == []


def test_a_chain_ends_where_an_operand_changes():
    def feed(k, x, p):
        return (x, p) if k < 10 else (x, x)

    rolled = check(roll(chain(body(4), 20, feed)))
    assert loops(rolled) == [10, 10] or loops(rolled) == [10, 9]


def test_equations_between_the_calls_come_after_the_loop():
    b = Builder("f")
    x = b.param(type_of(F64), "x")
    function, seen = body(4), []
    with b:
        for _ in range(9):
            x, total = ops.call(x, x, function=function)
            seen.append(ops.exp(total))
        out = seen[0]
        for s in seen[1:]:
            out = out * s
    fn = check(b.finish([x, out]))
    rolled = check(roll(fn))
    assert loops(rolled) == [9]
    np.testing.assert_array_equal(evaluate(rolled, 0.4), evaluate(fn, 0.4))
