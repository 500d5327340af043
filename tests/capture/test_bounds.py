"""What is proved of integers in nested loops holds for all of them, and what should be proved is."""

from __future__ import annotations

from random import Random

import pytest

from jitad import ops
from jitad.capture.bounds import at_most, count_loop, larger, nonnegative, smaller
from jitad.capture.integers import here, number
from jitad.capture.region import RegionTrace
from jitad.capture.trace import Trace
from jitad.ir.types import I64, type_of
from jitad.opt.affine import Form

INDEX = type_of(I64)


def test_bounds_of_triangular_loops_are_proved() -> None:
    with Trace("f") as trace:
        n = trace.param(INDEX, "n")
        with RegionTrace() as outer:
            i = outer.param(INDEX, "i")
            count_loop(outer, i, n)
            with RegionTrace() as inner:
                j = inner.param(INDEX, "j")
                count_loop(inner, j, i)
                integers = here()
                of_n, of_i, of_j = map(integers.form, (n, i, j))
                assert at_most(integers, of_j.plus(number(1)), of_i)
                assert at_most(integers, of_j.plus(number(2)), of_n)
                assert not at_most(integers, of_j.plus(number(3)), of_n)
                assert at_most(integers, of_i.plus(of_j, -1), of_n)
                half = integers.computed(ops.floor_divide, of_i, number(2))
                assert nonnegative(integers, half) and at_most(integers, half.times(2), of_i)
                assert smaller(integers, of_j, of_n) == of_j and larger(integers, of_j, of_i) == of_i
                assert integers.value(of_j.plus(of_n).plus(of_j, -1)) is n


@pytest.mark.parametrize("seed", range(30))
def test_what_is_proved_holds(seed: int) -> None:
    rng = Random(seed)
    bounds = [(rng.randint(1, 4), rng.choice((-1, 0, 1))) for _ in range(2)]
    with Trace("f") as trace:
        n = trace.param(INDEX, "n")
        with RegionTrace() as outer:
            i = outer.param(INDEX, "i")
            (by, offset), (inner_by, inner_offset) = bounds
            start = here().form(n).times(by).plus(number(offset))
            count_loop(outer, i, here().operand(start))
            with RegionTrace() as inner:
                j = inner.param(INDEX, "j")
                stop = here().form(i).times(inner_by).plus(number(inner_offset))
                count_loop(inner, j, here().operand(stop))
                integers = here()
                values = [n, i, j]
                least = integers.computed(ops.minimum, integers.form(j), integers.form(i).plus(number(1), -1))
                part = integers.computed(ops.floor_divide, integers.form(i), number(3))
                parts = [*map(integers.form, values), least, part]
                proved = 0
                for _ in range(60):
                    factors = [rng.choice((0, 0, 0, 1, -1, 2)) for _ in parts]
                    shift = rng.randint(-2, 4)
                    form = number(shift)
                    for f, p in zip(factors, parts):
                        form = form.plus(p.times(f))
                    if nonnegative(integers, form):
                        proved += 1
                        assert_holds(bounds, factors, shift, form)
                assert proved


def assert_holds(bounds: list[tuple[int, int]], factors: list[int], shift: int, form: Form) -> None:
    """The sum is never negative while the loops run."""
    (by, offset), (inner_by, inner_offset) = bounds
    for n in range(6):
        for i in range(by * n + offset):
            for j in range(inner_by * i + inner_offset):
                numbers = (n, i, j, min(j, i - 1), i // 3)
                assert shift + sum(f * x for f, x in zip(factors, numbers)) >= 0, (form, numbers)
