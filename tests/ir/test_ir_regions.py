"""Loops, branches and tapes in the IR: text, verification, interpretation, copies."""

import numpy as np
import pytest

import jitad.ops  # noqa: F401  declares the ops
from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.text import parse, show
from jitad.ir.verify import VerifyError, check
from jitad.opt import optimize

POWERS = """
func @powers(%x: f64, %s: f64[4]) -> (f64, f64[4]) {
  %r: f64, %all: f64[4] = for 4, 1.0, %s {trips=4, carried=1, reverse=false}
    @body(%k: i64, %p: f64, %e: f64) -> (f64, f64) {
    %q: f64 = mul %p, %x
    %t: f64 = add %q, %e
    return %q, %t
  }
  return %r, %all
}
"""
HALVE = """
func @halve(%x: f64) -> (f64, i64) {
  %y: f64, %n: i64 = while %x, 0 @test(%a: f64, %i: i64) -> bool {
    %c: bool = gt %a, 1.0
    return %c
  } @body(%a.1: f64, %i.1: i64) -> (f64, i64) {
    %h: f64 = mul %a.1, 0.5
    %j: i64 = add %i.1, 1
    return %h, %j
  }
  return %y, %n
}
"""
CHOICE = """
func @choice(%x: f64) -> f64 {
  %p: bool = gt %x, 0.0
  %y: f64 = cond %p @then() -> f64 {
    %a: f64 = sqrt %x
    return %a
  } @otherwise() -> f64 {
    %b: f64 = neg %x
    return %b
  }
  return %y
}
"""
TAPED = """
func @taped(%n: i64, %x: f64) -> f64 {
  %t: tape[f64] = tape_new {dtype=f64, shape=()}
  %full: tape[f64], %last: f64 = for %n, %t, %x {trips=-1, carried=2, reverse=false}
    @body(%k: i64, %u: tape[f64], %p: f64) -> (tape[f64], f64) {
    %v: tape[f64] = push %u, %p
    %q: f64 = mul %p, 2.0
    return %v, %q
  }
  %empty: tape[f64], %s: f64 = for %n, %full, 0.0 {trips=-1, carried=2, reverse=true}
    @back(%j: i64, %w: tape[f64], %a: f64) -> (tape[f64], f64) {
    %o: f64, %rest: tape[f64] = pop %w
    %b: f64 = add %a, %o
    return %rest, %b
  }
  return %s
}
"""
PROGRAMS = {"powers": POWERS, "halve": HALVE, "choice": CHOICE, "taped": TAPED}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_with_regions_verify_and_print_as_they_parse(name: str) -> None:
    fn = check(parse(PROGRAMS[name]))
    assert show(parse(show(fn))) == show(fn)
    assert show(check(optimize(fn)))


def test_a_for_carries_and_collects() -> None:
    last, collected = evaluate(parse(POWERS), 3.0, np.arange(4.0))
    assert last == 81.0
    np.testing.assert_array_equal(collected, [3, 10, 29, 84])


def test_a_reversed_for_runs_from_the_last_row() -> None:
    fn = parse(POWERS.replace("reverse=false", "reverse=true"))
    np.testing.assert_array_equal(evaluate(fn, 3.0, np.arange(4.0))[1], [81, 28, 11, 6])


def test_a_while_runs_as_long_as_its_condition() -> None:
    assert evaluate(parse(HALVE), 40.0) == [0.625, 6]
    assert evaluate(parse(HALVE), 0.5) == [0.5, 0]


def test_only_the_branch_taken_runs() -> None:
    with np.errstate(all="raise"):
        assert evaluate(parse(CHOICE), 4.0) == [2.0]
        assert evaluate(parse(CHOICE), -4.0) == [4.0]


@pytest.mark.parametrize("n, total", [(0, 0.0), (1, 1.0), (5, 31.0)])
def test_a_tape_gives_back_what_was_pushed(n: int, total: float) -> None:
    assert evaluate(parse(TAPED), n, 1.0) == [total]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_function_with_regions_is_inlined_twice_with_values_of_its_own(name: str) -> None:
    fn = parse(PROGRAMS[name])
    b = Builder("twice")
    params = [b.param(t) for t in fn.param_types]
    with b:
        results = [*b.inline(fn, params), *b.inline(fn, params)]
    twice = check(b.finish(results))
    arguments = [3 if t.dtype.kind == "i" else np.ones(t.shape) for t in fn.param_types]
    once = evaluate(fn, *arguments)
    for x, y in zip(evaluate(twice, *arguments), [*once, *once], strict=True):
        np.testing.assert_array_equal(x, y)


def test_a_body_that_does_not_keep_the_carried_type_is_malformed() -> None:
    with pytest.raises(VerifyError, match="carries"):
        check(
            parse(
                POWERS.replace("return %q, %t", "return %k, %t").replace(
                    "@body(%k: i64, %p: f64, %e: f64) -> (f64, f64)",
                    "@body(%k: i64, %p: f64, %e: f64) -> (i64, f64)",
                )
            )
        )


def test_a_check_stays_and_raises() -> None:
    fn = optimize(
        check(
            parse("""
func @f(%x: f64) -> f64 {
  %p: bool = gt %x, 0.0
  check %p {error="ValueError", text="x must be positive"}
  return %x
}
""")
        )
    )
    assert evaluate(fn, 1.0) == [1.0]
    with pytest.raises(ValueError, match="positive"):
        evaluate(fn, -1.0)
