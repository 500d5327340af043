"""Optimisation through loops and branches: what is dead goes, what is invariant moves out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jitad as jad
import jitad.ops
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function
from jitad.ir.text import parse
from jitad.ir.verify import check
from jitad.opt import flatten, hoist, optimize, postpone, simplify

sys.path.append(str(Path(__file__).parents[1] / "ad"))
from region_programs import PROGRAMS

LONG = """
func @long(%x: f64, %A: f64[2000]) -> f64 {
  %a: f64, %b: f64, %c: f64[2000] = for 1000, 0.0, %x, %A {trips=1000, carried=3, reverse=false}
    @body(%k: i64, %p: f64, %q: f64, %B: f64[2000]) -> (f64, f64, f64[2000]) {
    %s: f64 = sin %x
    %e: f64 = gather %B, %k
    %f: f64 = mul %e, %s
    %g: f64 = add %p, %f
    %h: f64 = mul %q, 2.0
    return %g, %h, %B
  }
  return %a
}
"""


def _names(fn: Function) -> list[str]:
    return [eqn.op.name for eqn in fn.eqns]


@pytest.mark.parametrize("name", PROGRAMS)
def test_optimised_programs_give_the_same_bits(name: str) -> None:
    text, xs = PROGRAMS[name]
    fn = parse(text)
    for passed in (flatten(fn), hoist(fn), optimize(fn), postpone(fn)):
        for a, b in zip(evaluate(check(passed), *xs), evaluate(fn, *xs), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_loop_loses_what_is_dead_unchanged_or_invariant() -> None:
    fn = check(optimize(parse(LONG)))
    assert _names(fn) == ["sin", "for"]
    loop = fn.eqns[1]
    assert len(loop.results) == 1
    assert _names(loop.regions[0]) == ["gather", "mul", "add"]
    x, A = 0.3, np.linspace(0, 1, 2000)
    np.testing.assert_array_equal(evaluate(fn, x, A), evaluate(parse(LONG), x, A))


def test_what_can_fail_stays_in_its_loop() -> None:
    text = LONG.replace("gather %B, %k", "gather %A, 5")
    assert "gather" in _names(check(hoist(parse(text))).eqns[-1].regions[0])


def before(A: Any, x: Any) -> Any:
    """Where the loop over j does not run, A[i + 1] is no row."""
    for i in range(len(A)):
        for _ in range(i + 1, len(A)):
            x[i] += np.sum(A[i + 1, :i])
    return x


def shorter(A: Any, x: Any) -> Any:
    """Where the loop over j does not run, the part has a negative size."""
    for i in range(len(A)):
        for j in range(i - 30):
            x[j] += np.sum(np.exp(A[i, : i - 30]) * x[j])
    return x


def known(A: Any, x: Any) -> Any:
    """The part exists whether the loop over j runs or not."""
    for i in range(len(A)):
        for j in range(i):
            x[j] += np.sum(A[i, :i])
    return x


@pytest.mark.parametrize("f, stays", [(before, True), (shorter, True), (known, False)])
def test_parts_that_may_not_exist_stay_in_their_loop(f: Callable[..., Any], stays: bool) -> None:
    A, x = np.sin(np.arange(3600.0)).reshape(60, 60) / 60, np.ones(60)
    outer = parse(jad.jit(f).compile(A, x).ir).eqns[0].regions[0]
    inner = next(eqn for eqn in outer.eqns if eqn.regions)
    assert ("window" in _names(inner.regions[0])) == stays
    np.testing.assert_allclose(jad.jit(f)(A, x.copy()), f(A, x.copy()), rtol=1e-12)


def test_a_decided_branch_is_inlined() -> None:
    text, _ = PROGRAMS["choice"]
    fn = optimize(parse(text.replace("gt %x, 0.0", "gt 1.0, 0.0")))
    assert _names(fn) == ["sqrt", "mul", "sin"]


def test_short_loops_over_small_values_are_unrolled_and_long_ones_are_not() -> None:
    assert "for" not in _names(optimize(parse(PROGRAMS["powers"][0])))
    assert "for" in _names(optimize(parse(LONG)))


SHARED = """
func @f(%x: f64[2]) -> (f64[1], f64) {
  %n: i64 = sub 2, 1
  %a: f64[1] = slice %x {start=(1,), step=(1,), shape=(1,)}
  %b: f64[1] = sin %a
  %c: f64[%n] = slice %x {start=(1,), step=(1,), shape=(%n,)}
  %d: f64[%n] = cos %c
  %s: f64 = sum %d {axes=(0,)}
  return %b, %s
}
"""

CHOSEN = """
func @f(%x: f64[2]) -> f64 {
  %n: i64 = cond true {} @one() -> i64 {
    return 1
  } @two() -> i64 {
    return 2
  }
  %c: f64[%n] = cond true {} @first() -> f64[%n] {
    %a: f64[%n] = slice %x {start=(0,), step=(1,), shape=(%n,)}
    return %a
  } @last() -> f64[%n] {
    %b: f64[%n] = slice %x {start=(1,), step=(1,), shape=(%n,)}
    return %b
  }
  %d: f64[%n] = cos %c
  %s: f64 = sum %d {axes=(0,)}
  return %s
}
"""


@pytest.mark.parametrize("optimized", [simplify, flatten, optimize])
@pytest.mark.parametrize("text", [SHARED, CHOSEN])
def test_what_replaces_an_array_is_read_though_its_size_became_known(text: str, optimized: Callable) -> None:
    fn, x = check(parse(text)), np.array([0.25, 0.75])
    found, expected = evaluate(check(optimized(fn)), x), evaluate(fn, x)
    for f, e in zip(found, expected, strict=True):
        np.testing.assert_array_equal(f, e)
