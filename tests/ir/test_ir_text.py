"""Printing and parsing: each program reads back as it was, and errors say where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitad import ops
from jitad.ir.graph import Const, Eqn, Function, Loc, Value, const
from jitad.ir.op import REGISTRY
from jitad.ir.same import same
from jitad.ir.text import IRSyntaxError, parse, show
from jitad.ir.types import BOOL, DTYPES, F32, F64, I64, type_of
from tests.ir.programs import F, program, programs, vector


@settings(max_examples=60, deadline=None, derandomize=True)
@given(programs())
def test_random_programs_read_back(fn: Function) -> None:
    for lines in (False, True):
        text = show(fn, lines=lines)
        again = parse(text)
        assert same(again, fn)
        assert show(again, lines=lines) == text


def test_samples_of_every_op_read_back() -> None:
    for op in REGISTRY.values():
        for s in op.samples:
            types = [type_of(np.asarray(x).dtype, np.shape(x)) for x in s.operands]
            fn = program(lambda *xs, op=op, s=s: op(*xs, **s.attrs), *types, names="x" * len(types))
            assert same(parse(show(fn)), fn), op.name


CONSTANTS = [
    (2.0, F64, "2.0"),
    (-0.0, F64, "-0.0"),
    (0.1, F64, "0.1"),
    (1e300, F64, "1e+300"),
    (5e-324, F64, "5e-324"),
    (np.inf, F64, "inf"),
    (-np.inf, F64, "-inf"),
    (np.nan, F64, "nan"),
    (0.1, F32, "0.1:f32"),
    (np.nan, F32, "nan:f32"),
    (3, I64, "3"),
    (-7, DTYPES["i8"], "-7:i8"),
    (2**64 - 1, DTYPES["u64"], "18446744073709551615:u64"),
    (True, BOOL, "true"),
    (False, BOOL, "false"),
    ([1.0, -0.0, np.nan], F64, "dense<f64[3]: 1.0, -0.0, nan>"),
    ([[True], [False]], BOOL, "dense<bool[2,1]: true, false>"),
    (np.zeros((0, 3)), F32, "dense<f32[0,3]: >"),
]


@pytest.mark.parametrize("data, dtype, text", CONSTANTS, ids=[c[2] for c in CONSTANTS])
def test_constants_are_exact(data, dtype, text) -> None:
    fn = Function("f", (), (), (const(data, dtype),))
    assert f"return {text}\n" in show(fn)
    assert same(parse(show(fn)), fn)


@given(st.integers(0, 2**64 - 1))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_every_bit_pattern_of_a_float_reads_back(bits: int) -> None:
    """NaN payloads and signs too."""
    x = np.uint64(bits).view(np.float64)
    y = np.uint32(bits & 0xFFFFFFFF).view(np.float32)
    special = np.uint64(0x7FF0000000000000 | bits >> 12 | 1).view(np.float64)
    fn = Function("f", (), (), tuple(Const(z, type_of(z.dtype)) for z in (x, y, special)))
    assert same(parse(show(fn)), fn)


def test_long_array_constants_are_printed_as_bytes() -> None:
    x = np.random.default_rng(0).normal(size=(4, 5))
    fn = Function("f", (), (), (const(x),))
    assert "dense<f64[4,5]: 0x" in show(fn)
    assert same(parse(show(fn)), fn)


def test_names_are_unique_and_hints_are_kept() -> None:
    fn = Function("f", tuple(Value(F, hint) for hint in ("x", "x", "", "x", "a b", "0", "")), (), ())
    text = show(fn)
    assert text.startswith("func @f(%x: f64, %x.1: f64, %0: f64, %x.2: f64, %a_b: f64, %_0: f64, %1: f64)")
    assert [p.hint for p in parse(text).params] == ["x", "x", "", "x", "a_b", "_0", ""]


def test_lines_and_origins_are_printed_on_request() -> None:
    x, y, z = Value(F, "x"), Value(F), Value(F)
    eqns = (
        Eqn(ops.sin, (x,), {}, (y,), Loc("a file.py", 12)),
        Eqn(ops.cos, (y,), {}, (z,), Loc("b.py", 3), (), "adjoint"),
    )
    fn = Function("f", (x,), eqns, (z,), Loc("b.py", 1))
    assert ";" not in show(fn)
    text = show(fn, lines=True)
    assert "%0: f64 = sin %x  ; a file.py:12\n" in text
    assert "%1: f64 = cos %0  ; b.py:3 (adjoint)\n" in text
    again = parse(text)
    assert [(e.loc, e.origin) for e in again.eqns] == [(e.loc, e.origin) for e in eqns]
    assert again.loc == fn.loc


def test_regions_are_nested_blocks() -> None:
    """The grammar has its place for regions; `sin` stands in for an op with two of them."""
    x, y, z, out = (Value(F, h) for h in ("x", "y", "z", "out"))
    first = Function("body", (y,), (Eqn(ops.add, (x, y), {}, (z,), Loc("b.py", 2)),), (z,))
    second = Function("cond", (), (), (const(True),))
    fn = Function("f", (x,), (Eqn(ops.sin, (x,), {"n": 3}, (out,), Loc("b.py", 1), (first, second)),), (out,))
    text = show(fn)
    assert text == (
        "func @f(%x: f64) -> f64 {\n"
        "  %out: f64 = sin %x {n=3} @body(%y: f64) -> f64 {\n"
        "    %z: f64 = add %x, %y\n"
        "    return %z\n"
        "  } @cond() -> bool {\n"
        "    return true\n"
        "  }\n"
        "  return %out\n"
        "}\n"
    )
    assert same(parse(text), fn)
    assert same(parse(show(fn, lines=True)), fn)
    assert parse(show(fn, lines=True)).eqns[0].loc == Loc("b.py", 1)


def test_several_results_and_attributes_of_every_kind() -> None:
    x, a, b = Value(vector(3), "x"), Value(F, "a"), Value(type_of(I64), "b")
    attrs = {"t": (1, (2,), ()), "f": -0.0, "s": 'a "b"', "d": F32, "n": None, "y": True, "e": 1e-9, "i": -3}
    fn = Function("<lambda>", (x,), (Eqn(ops.sin, (x,), attrs, (a, b)),), (b, a, x))
    text = show(fn)
    assert "%a: f64, %b: i64 = sin %x {t=(1, (2,), ()), f=-0.0" in text
    assert same(parse(text), fn)
    assert parse(text).name == "<lambda>"
    assert np.signbit(parse(text).eqns[0].attrs["f"])


WRONG = {
    "func @f() -> f64 {\n  return %x\n}": "line 2, column 10: %x is not defined here",
    "func @f() -> () {\n  %0: f64 = sine 1.0\n  return\n}": "line 2, column 13: no op is called 'sine'",
    "func @f(%x: f64, %x: f64) -> () {\n  return\n}": "line 1, column 18: %x is defined twice",
    "func @f(%x: f64) -> () {\n  %x: f64 = sin %x\n  return\n}": "%x is defined twice",
    "func @f(%x: f16) -> () {\n  return\n}": "'f16' is no dtype of the IR",
    "func @f(%x: f64) -> f64[2] {\n  return %x\n}": "@f declares results f64[2], returns f64",
    "func @f() -> () {\n  return\n": "expected '}', found 'the end of the text'",
    "func @f() -> () {\n  return\n} }": "expected the end of the text, found '}'",
    "func @f() -> i8 {\n  return 300:i8\n}": "'300' is no i8",
    "func @f() -> f64 {\n  return dense<f64[3]: 1.0, 2.0>\n}": "2 elements for f64[3]",
    "func @f() -> f64 {\n  return ?\n}": "line 2, column 10: unexpected '?'",
}


@pytest.mark.parametrize("text", WRONG)
def test_syntax_errors_say_where(text: str) -> None:
    with pytest.raises(IRSyntaxError) as e:
        parse(text)
    assert WRONG[text] in str(e.value)


def test_same_tells_programs_apart() -> None:
    def two(f, g) -> bool:
        return same(program(f, F, F), program(g, F, F))

    assert two(lambda x, y: x * y, lambda x, y: x * y)
    assert not two(lambda x, y: x * y, lambda x, y: y * x)
    assert not two(lambda x, y: x * y, lambda x, y: x + y)
    assert not two(lambda x, y: x * 0.0, lambda x, y: x * -0.0)
    assert not two(lambda x, y: (x, y), lambda x, y: x)
    assert not two(
        lambda x, y: ops.broadcast(x, shape=(2,), axes=()), lambda x, y: ops.broadcast(x, shape=(3,), axes=())
    )
    assert not same(program(lambda x: x, F), program(lambda x: x, vector(2)))
