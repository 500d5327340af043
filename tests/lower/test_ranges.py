"""Intervals of integers contain every value that the interpreter computes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitad import ops
from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import const
from jitad.ir.types import F64, I64, type_of
from jitad.lower.blas import source
from jitad.lower.plan import Plan
from jitad.lower.ranges import EVERY, Interval, interval

BINARY = ("add", "sub", "mul", "minimum", "maximum", "floor_divide", "remainder", "and")
EXTREMES = st.sampled_from([0, 1, -1, 2, 5, 2**31, 2**62, -(2**62), 2**63 - 1, -(2**63)])
NUMBERS = st.one_of(EXTREMES, st.integers(-20, 20))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from((*BINARY, "neg", "abs", "const")), NUMBERS, NUMBERS), max_size=12),
    NUMBERS,
)
def test_an_interval_contains_its_values(steps, x):
    b = Builder("f")
    pool = [b.param(type_of(I64))]
    with b:
        pool.append(ops.remainder(pool[0], const(7, I64)))
        for name, i, j in steps:
            u, v = pool[i % len(pool)], pool[j % len(pool)]
            if name == "const":
                pool.append(ops.add(u, const(i, I64)))
            elif name in BINARY:
                pool.append(getattr(ops, "and_" if name == "and" else name)(u, v))
            else:
                pool.append(getattr(ops, name)(u))
    fn = b.finish(pool[1:])
    plan = Plan(fn, source)
    for v, found in zip(fn.results, evaluate(fn, np.int64(x)), strict=True):
        known = interval(plan, v)
        assert known.lo <= int(found) <= known.hi


def known_of(make, *types):
    b = Builder("f")
    params = [b.param(t) for t in types]
    with b:
        out = make(*params)
    return interval(Plan(b.finish([out]), source), out)


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda i, x: ops.remainder(i, const(5, I64)), Interval(0, 4)),
        (lambda i, x: ops.remainder(i, i), EVERY),
        (lambda i, x: ops.iota(shape=(9,), axis=0, dtype=I64), Interval(0, 8)),
        (lambda i, x: ops.argmax(x, axis=0), Interval(0, 29)),
        (lambda i, x: ops.convert(ops.gt(i, const(3, I64)), dtype=I64), Interval(0, 1)),
        (lambda i, x: ops.convert(x, dtype=I64), EVERY),
        (lambda i, x: ops.neg(ops.minimum(ops.maximum(i, const(2, I64)), const(9, I64))), Interval(-9, -2)),
        (lambda i, x: ops.add(ops.maximum(i, const(2, I64)), const(1, I64)), EVERY),
    ],
)
def test_what_is_known(make, expected):
    assert known_of(make, type_of(I64), type_of(F64, (30,))) == expected
