"""The verifier accepts what the builder makes and names value, equation and line of what is malformed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from jitad import ops
from jitad.ir.graph import Const, Eqn, Function, Loc, Value, const
from jitad.ir.text import parse
from jitad.ir.types import BOOL, F64, type_of
from jitad.ir.verify import VerifyError, check
from tests.ir.programs import F, programs, vector


@settings(max_examples=40, deadline=None, derandomize=True)
@given(programs())
def test_random_programs_are_well_formed(fn: Function) -> None:
    assert check(fn) is fn


def function(*eqns: Eqn, params: tuple[Value, ...] = (), results: tuple[Value, ...] = ()) -> Function:
    return Function("loss", params, eqns, results)


def sine(x: Value, y: Value, line: int = 14) -> Eqn:
    return Eqn(ops.sin, (x,), {}, (y,), Loc("model.py", line))


def read_before_definition() -> Function:
    x, y, z = Value(F, "x"), Value(F), Value(F)
    return function(sine(y, z), sine(x, y), params=(x,), results=(z,))


def defined_twice() -> Function:
    x, y = Value(F, "x"), Value(F, "y")
    return function(sine(x, y), sine(y, y), params=(x,))


def defined_twice_as_parameter() -> Function:
    x = Value(F, "x")
    return function(params=(x, x))


def read_outside_its_region() -> Function:
    x, y, z, out = (Value(F, h) for h in ("x", "y", "z", "out"))
    region = Function("body", (y,), (sine(y, z),), (z,))
    return function(Eqn(ops.sin, (x,), {}, (out,), None, (region,)), sine(z, Value(F)), params=(x,))


def result_undefined() -> Function:
    return function(results=(Value(F, "lost"),))


def wrong_type() -> Function:
    x = Value(vector(3), "x")
    return function(sine(x, Value(F)), params=(x,))


def wrong_operand() -> Function:
    x = Value(type_of(BOOL), "x")
    return function(sine(x, Value(F)), params=(x,))


def wrong_attribute() -> Function:
    x = Value(vector(3), "x")
    return function(Eqn(ops.sum, (x,), {"axes": (2,)}, (Value(F),), Loc("model.py", 14)), params=(x,))


def attribute_missing() -> Function:
    x = Value(vector(3), "x")
    return function(Eqn(ops.sum, (x,), {}, (Value(F),)), params=(x,))


def attribute_not_hashable() -> Function:
    x = Value(vector(3), "x")
    return function(Eqn(ops.sum, (x,), {"axes": [0]}, (Value(F),)), params=(x,))


def constant_of_another_type() -> Function:
    return function(results=(Const(np.float32(1), F),))


def constant_that_can_be_written() -> Function:
    return function(results=(Const(np.zeros(3), vector(3)),))


def constant_defined() -> Function:
    return function(sine(const(1.0), const(2.0)))


MALFORMED: dict[Callable[[], Function], str] = {
    read_before_definition: "operand 0 of sin, %1: f64, is read before it is defined",
    defined_twice: "result 0 of sin, %y, is defined twice",
    defined_twice_as_parameter: "parameter 1, %x, is defined twice",
    read_outside_its_region: "operand 0 of sin, %z: f64, is read outside the region that defines it",
    result_undefined: "result 0, %lost: f64, is read before it is defined",
    wrong_type: "sin: gives f64[3], the equation says f64",
    wrong_operand: "sin: takes floats, got bool",
    wrong_attribute: "sum: axis 2 is outside f64[3], which has 1 axes",
    attribute_missing: "missing 1 required keyword-only argument: 'axes'",
    attribute_not_hashable: "sum: attribute axes is not hashable: [0]",
    constant_of_another_type: "result 0 is a constant of float32[] that says f64",
    constant_that_can_be_written: "result 0 is a constant array that can still be written, f64[3]",
    constant_defined: "result 0 of sin is a constant, 2.0",
}


@pytest.mark.parametrize("make", MALFORMED, ids=lambda make: make.__name__)
def test_malformed_programs_are_refused(make: Callable[[], Function]) -> None:
    with pytest.raises(VerifyError) as e:
        check(make())
    assert MALFORMED[make] in str(e.value)
    assert "in @loss" in str(e.value)


def test_the_message_shows_the_equation_its_line_and_five_around_it() -> None:
    values = [Value(F, "x"), *(Value(F) for _ in range(20))]
    eqns = [sine(a, b, line) for line, (a, b) in enumerate(pairwise(values), 1)]
    eqns[9] = Eqn(ops.sin, (Value(F, "stray"),), {}, (values[10],), Loc("model.py", 10))
    with pytest.raises(VerifyError) as e:
        check(Function("loss", (values[0],), tuple(eqns), (values[-1],)))
    lines = str(e.value).splitlines()
    assert lines[:3] == [
        "operand 0 of sin, %stray: f64, is read before it is defined",
        "  in @loss:  %9: f64 = sin %stray",
        "  from       model.py:10",
    ]
    assert lines[3:] == [
        *(f"    %{k}: f64 = sin %{k - 1}" for k in range(4, 9)),
        "  > %9: f64 = sin %stray",
        *(f"    %{k}: f64 = sin %{k - 1}" for k in range(10, 15)),
    ]


def test_types_as_written_in_text_are_inferred_again() -> None:
    fn = parse("func @f(%x: f64[3]) -> f64 {\n  %0: f64 = sum %x {axes=()}\n  return %0\n}")
    with pytest.raises(VerifyError, match="sum: axes"):
        check(fn)
    fn = parse("func @f(%x: f64[3]) -> f64[3] {\n  %0: f64[3] = add %x, 1.0:f32\n  return %0\n}")
    with pytest.raises(VerifyError, match="differ in dtype"):
        check(fn)
    assert F64 == const(1.0).dtype
