"""Elements that pass from one iteration to the next: carried as numbers; writes nobody reads: dropped."""

from __future__ import annotations

import numpy as np
import pytest

import jitad.ops  # noqa: F401  declares the ops
from jitad.ad import adjoint
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Eqn, Function
from jitad.ir.text import parse
from jitad.ir.verify import check
from jitad.opt import forward, optimize

#: write, read: indices as functions of the counter k
LOOP = """
func @loop(%y: f64[40], %x: f64[40], %m: i64) -> f64[40] {{
  %z: f64[40] = for {count}, %y {{trips={trips}, carried=1, reverse={reverse}}}
    @body(%k: i64, %u: f64[40]) -> f64[40] {{
    %w: i64 = {write}
    %r: i64 = {read}
    %a: f64 = gather %u, %r
    %b: f64 = gather %x, %w
    %c: f64 = sin %a
    %d: f64 = add %c, %b
    %v: f64[40] = scatter_set %u, %d, %w
    return %v
  }}
  return %z
}}
"""


def _loop(write: str, read: str, reverse: bool = False, trips: int = 30) -> Function:
    text = LOOP.format(
        write=write, read=read, reverse=str(reverse).lower(), trips=trips, count="%m" if trips < 0 else trips
    )
    return check(parse(text))


def _body(fn: Function) -> list[Eqn]:
    (loop,) = [e for e in fn.eqns if e.op.name == "for"]
    return list(loop.regions[0].eqns)


def _reads(fn: Function) -> int:
    return sum(e.op.name == "gather" for e in _body(fn))


ARGUMENTS = (np.linspace(-1, 1, 40), np.linspace(0, 2, 40), 25)


@pytest.mark.parametrize("trips", [30, -1])
@pytest.mark.parametrize(
    ("write", "read", "reverse", "carried"),
    [
        ("add %k, 2", "add %k, 1", False, True),
        ("add %k, 2", "add %k, 0", False, False),
        ("add %k, 1", "add %k, 1", False, False),
        ("add %k, 1", "add %k, 2", True, True),
        ("add %k, 1", "add %k, 2", False, False),
        ("mul %k, 1", "sub %k, 1", False, True),
        ("add %m, 3", "add %m, 3", False, True),
        ("sub 35, %k", "sub 36, %k", False, True),
        ("sub %k, 20", "sub %k, 21", False, True),
        ("add %k, 2", "mul %k, 1", False, False),
    ],
)
def test_reads_of_what_was_just_written_are_carried(
    write: str, read: str, reverse: bool, carried: bool, trips: int
) -> None:
    fn = _loop(write, read, reverse, trips)
    passed = check(forward(fn))
    assert _reads(passed) == (1 if carried else 2)
    for result in (passed, check(optimize(fn))):
        np.testing.assert_array_equal(evaluate(result, *ARGUMENTS)[0], evaluate(fn, *ARGUMENTS)[0])


def test_no_trip_reads_nothing() -> None:
    fn = _loop("add %k, 2", "add %k, 1", trips=-1)
    y, x, _ = ARGUMENTS
    np.testing.assert_array_equal(evaluate(optimize(fn), y, x, 0)[0], y)


BACK = """
func @back(%ct: f64[40]) -> f64 {{
  %z: f64[40], %s: f64 = for 30, %ct, 0.0 {{trips=30, carried=2, reverse={reverse}}}
    @body(%k: i64, %u: f64[40], %p: f64) -> (f64[40], f64) {{
    %w: i64 = add %k, {write}
    %r: i64 = add %k, {read}
    %a: f64 = gather %u, %r
    %h: f64 = mul %p, 0.5
    %b: f64 = add %a, %h
    %v: f64[40] = scatter_set %u, 0.0, %w
    return %v, %b
  }}
  return %s
}}
"""


@pytest.mark.parametrize(
    ("write", "read", "reverse", "dropped"),
    [(1, 1, "true", True), (1, 1, "false", True), (1, 3, "false", True), (3, 1, "false", False),
     (1, 3, "true", False), (3, 1, "true", True), (-5, -5, "false", False)],
)  # fmt: skip
def test_writes_that_nothing_reads_are_dropped(write: int, read: int, reverse: str, dropped: bool) -> None:
    fn = check(parse(BACK.format(write=write, read=read, reverse=reverse)))
    passed = check(optimize(fn))
    assert ("scatter_set" not in [e.op.name for e in _body(passed)]) is dropped
    x = np.linspace(-1, 1, 40)
    assert evaluate(passed, x) == evaluate(fn, x)


def test_the_gradient_of_a_recurrence_carries_its_cotangent_as_a_number() -> None:
    fn = optimize(adjoint(optimize(_loop("add %k, 2", "add %k, 1")), [True, True, False]))
    back = [e for e in fn.eqns if e.op.name == "for"][-1]
    assert any(not r.type.shape for r in back.results)
    y, x, m = ARGUMENTS
    ct = np.cos(np.arange(40.0))
    plain = adjoint(_loop("add %k, 2", "add %k, 1"), [True, True, False])
    for a, b in zip(evaluate(fn, y, x, m, ct), evaluate(plain, y, x, m, ct), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-16)
