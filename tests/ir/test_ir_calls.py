"""Functions that a program calls: text, verification, interpretation, comparison."""

import numpy as np
import pytest

import jitad.ops  # noqa: F401  declares the ops
from jitad.ir.calls import called, map_called
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import callee
from jitad.ir.same import same
from jitad.ir.text import IRSyntaxError, parse, show
from jitad.ir.verify import VerifyError, check
from jitad.opt import optimize

TWICE = """
func @twice(%x: f64, %p: f64) -> f64 {
  %0: f64 = call %x, %p {function=@step}
  %1: f64 = call %0, 0.5 {function=@step}
  return %1
}
func @step(%x: f64, %p: f64) -> f64 {
  %0: f64 = call %x {function=@square}
  %1: f64 = mul %0, %p
  return %1
}
func @square(%x: f64) -> f64 {
  %0: f64 = mul %x, %x
  return %0
}
"""


def test_text_round_trip():
    fn = check(parse(TWICE))
    assert show(fn) == TWICE.lstrip()
    assert show(parse(show(fn))) == show(fn)


def test_calls_of_a_function_share_it():
    fn = parse(TWICE)
    first, second = fn.eqns
    assert callee(first) is callee(second)
    assert [f.name for f in called(fn)] == ["square", "step"]


def test_functions_of_one_name_are_told_apart():
    fn = parse(TWICE)
    other = parse(TWICE.replace("@square", "@step.1"))
    assert same(fn, other)
    shown = show(map_called(fn, lambda f: f.replace(name="step"), "renamed"))
    assert "@step.1(" in shown and same(parse(shown), fn)


def test_other_callees_are_other_programs():
    assert not same(parse(TWICE), parse(TWICE.replace("mul %x, %x", "add %x, %x")))


def test_values():
    assert evaluate(parse(TWICE), 3.0, 2.0) == [(9.0 * 2.0) ** 2 * 0.5]


def test_errors_inside_name_the_inner_line_once():
    fn = parse(
        "func @f(%x: f64[2]) -> f64 {\n  %0: f64 = call %x {function=@g}  ; a.py:1\n  return %0\n}\n"
        "func @g(%x: f64[2]) -> f64 {\n  %0: f64 = gather %x, 5  ; a.py:9\n  return %0\n}\n"
    )
    with pytest.raises(IndexError) as error:
        evaluate(fn, np.zeros(2))
    assert str(error.value).count("from a.py:9") == 1 and "a.py:1\n" not in str(error.value)


@pytest.mark.parametrize(
    "text, message",
    [
        (TWICE.replace("call %0, 0.5", "call %0"), "takes"),
        (TWICE.replace("%1: f64 = mul %0, %p\n", "%1: f64 = mul %0, %q\n"), "not defined"),
        (TWICE.replace("function=@square", "function=@cube"), "no function is called @cube"),
        (TWICE.replace("func @square(", "func @step("), "defined twice"),
    ],
)
def test_malformed(text, message):
    with pytest.raises((VerifyError, IRSyntaxError), match=message):
        check(parse(text))


def test_callees_read_only_their_parameters():
    fn = parse(TWICE)
    (first, _) = fn.eqns
    open_ = callee(first).replace(params=callee(first).params[:1])
    first.attrs["function"] = open_
    with pytest.raises(VerifyError, match="before it is defined"):
        check(fn)


def test_optimised_once():
    fn = optimize(parse(TWICE))
    first, second = fn.eqns
    assert callee(first) is callee(second)
    again = optimize(fn)
    assert callee(again.eqns[0]) is callee(first)
