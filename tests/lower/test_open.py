"""Programs whose sizes are values, natively: beside the interpreter, and beside sizes that are known."""

from __future__ import annotations

import re

import numpy as np
import pytest

import jitad.ops
from jitad.ad import adjoint
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function
from jitad.ir.text import parse
from jitad.ir.verify import check
from jitad.lower import lower
from jitad.opt import contract, optimize

from .native import compile_function, run

assert jitad.ops

#: name → program; `%n` and `%m` are sizes. The sum of a product is not reordered, so bits can be compared.
PROGRAMS = {
    "elementwise": """func @f(%n: i64, %x: f64[%n], %y: f64[%n]) -> f64[%n] {
  %0: f64[%n] = mul %x, %y
  %1: f64[%n] = exp %0
  %2: f64[%n] = add %1, 1.0
  return %2
}""",
    "flat": """func @f(%n: i64, %m: i64, %x: f64[%n,%m]) -> f64[%n,%m] {
  %0: f64[%n,%m] = sin %x
  %1: f64[%n,%m] = mul %0, %x
  return %1
}""",
    "sum": """func @f(%n: i64, %x: f64[%n]) -> (f64, f64) {
  %0: f64 = sum %x {axes=(0,)}
  %1: f64[%n] = mul %x, %x
  %2: f64 = sum %1 {axes=(0,)}
  return %0, %2
}""",
    "single": """func @f(%n: i64, %x: f32[%n]) -> (f32, f32[%n]) {
  %0: f32 = sum %x {axes=(0,)}
  %1: f32[%n] = tanh %x
  return %0, %1
}""",
    "dot": """func @f(%n: i64, %x: f64[%n], %y: f64[%n]) -> f64 {
  %0: f64 = dot %x, %y {contract=((0,), (0,)), batch=((), ())}
  return %0
}""",
    "largest": """func @f(%n: i64, %x: f64[%n]) -> (f64, f64, bool) {
  %0: f64 = reduce_max %x {axes=(0,)}
  %1: f64 = reduce_min %x {axes=(0,)}
  %2: bool[%n] = gt %x, 0.5
  %3: bool = reduce_or %2 {axes=(0,)}
  return %0, %1, %3
}""",
    "rows": """func @f(%n: i64, %m: i64, %x: f64[%n,%m], %y: f64[%m]) -> (f64[%n,%m], f64[%n]) {
  %0: f64[%n,%m] = broadcast %y {shape=(%n, %m), axes=(1,)}
  %1: f64[%n,%m] = add %x, %0
  %2: f64[%n] = sum %1 {axes=(1,)}
  return %1, %2
}""",
    "outer": """func @f(%n: i64, %m: i64, %x: f64[%n], %y: f64[%m]) -> f64[%n,%m] {
  %0: f64[%n,%m] = dot %x, %y {contract=((), ()), batch=((), ())}
  return %0
}""",
    "products": """func @f(%n: i64, %m: i64, %x: f64[%n,%m], %y: f64[%m], %z: f64[%n])
  -> (f64[%n], f64[%m], f64[%m,%m]) {
  %0: f64[%n] = dot %x, %y {contract=((1,), (0,)), batch=((), ())}
  %1: f64[%m] = dot %z, %x {contract=((0,), (0,)), batch=((), ())}
  %2: f64[%m,%n] = transpose %x {axes=(1, 0)}
  %3: f64[%m,%m] = dot %2, %x {contract=((1,), (0,)), batch=((), ())}
  return %0, %1, %3
}""",
    "normal": """func @f(%n: i64, %m: i64, %x: f64[%n,%m], %y: f64[%m], %z: f64[%n]) -> (f64[%m], f64[%n]) {
  %0: f64[%n] = dot %x, %y {contract=((1,), (0,)), batch=((), ())}
  %1: f64[%n] = sub %0, %z
  %2: f64[%m] = dot %1, %x {contract=((0,), (0,)), batch=((), ())}
  return %2, %1
}""",
    "layers": """func @f(%n: i64, %m: i64, %x: f32[%n,%m], %w: f32[%m,1], %v: f32[%m,7])
  -> (f32[%n,1], f32[%n,7], f32[%m,%m]) {
  %0: f32[%n,1] = dot %x, %w {contract=((1,), (0,)), batch=((), ())}
  %1: f32[%n,7] = dot %x, %v {contract=((1,), (0,)), batch=((), ())}
  %2: f32[%m,%m] = dot %w, %w {contract=((1,), (1,)), batch=((), ())}
  return %0, %1, %2
}""",
    "pieces": """func @f(%n: i64, %x: f64[%n], %i: i64) -> f64[%n] {
  %k: i64 = sub %n, 1
  %h: i64 = maximum %k, 0
  %0: f64[%h] = slice %x {start=(1,), step=(1,), shape=(%h,)}
  %1: f64[%h] = slice %x {start=(0,), step=(1,), shape=(%h,)}
  %2: f64[%h] = sub %0, %1
  %3: f64[%n] = broadcast 0.0 {shape=(%n,), axes=()}
  %4: f64[%n] = set_at %3, %2 {start=(1,), step=(1,)}
  %5: f64[%n] = add_at %4, %2 {start=(0,), step=(1,)}
  return %5
}""",
    "flip": """func @f(%n: i64, %x: f64[%n]) -> f64[%n] {
  %l: i64 = sub %n, 1
  %0: f64[%n] = window %x, %l {step=(-1,), shape=(%n,)}
  %1: f64[%n] = mul %0, %x
  return %1
}""",
    "scan": """func @f(%n: i64, %m: i64, %x: f64[%n,%m]) -> (f64[%n,%m], f64[%n,%m], f64[%n,%m]) {
  %0: f64[%n,%m] = cumsum %x {axis=1, reverse=false}
  %1: f64[%n,%m] = cumsum %x {axis=0, reverse=false}
  %2: f64[%n,%m] = cumprod %x {axis=1, reverse=true}
  return %0, %1, %2
}""",
    "index": """func @f(%n: i64, %x: f64[%n], %idx: i64[%n]) -> (f64[%n], f64[%n]) {
  %0: f64[%n] = gather %x, %idx
  %1: f64[%n] = scatter_add %x, %0, %idx
  return %0, %1
}""",
    "numbers": """func @f(%n: i64, %x: f64[%n]) -> f64[%n] {
  %0: i64[%n] = iota {shape=(%n,), axis=0, dtype=i64}
  %1: f64[%n] = convert %0 {dtype=f64}
  %2: f64[%n] = add %1, %x
  return %2
}""",
    "smooth": """func @f(%n: i64, %x: f64[%n], %steps: i64) -> f64[%n] {
  %k: i64 = sub %n, 2
  %h: i64 = maximum %k, 0
  %y: f64[%n] = for %steps, %x {trips=-1, carried=1, reverse=false} @body(%t: i64, %p: f64[%n]) -> f64[%n] {
    %a: f64[%h] = slice %p {start=(0,), step=(1,), shape=(%h,)}
    %b: f64[%h] = slice %p {start=(2,), step=(1,), shape=(%h,)}
    %c: f64[%h] = add %a, %b
    %d: f64[%h] = mul %c, 0.5
    %q: f64[%n] = set_at %p, %d {start=(1,), step=(1,)}
    return %q
  }
  return %y
}""",
    "turns": """func @f(%n: i64, %x: f64[%n], %y: f64[%n], %steps: i64) -> (f64[%n], f64[%n]) {
  %a: f64[%n], %b: f64[%n] = for %steps, %x, %y {trips=-1, carried=2, reverse=false}
  @body(%t: i64, %p: f64[%n], %q: f64[%n]) -> (f64[%n], f64[%n]) {
    %r: f64[%n] = mul %p, 0.5
    return %q, %r
  }
  return %a, %b
}""",
    "branch": """func @f(%n: i64, %x: f64[%n], %c: f64) -> f64[%n] {
  %t: bool = gt %c, 0.0
  %y: f64[%n] = cond %t @then() -> f64[%n] {
    %0: f64[%n] = exp %x
    return %0
  } @else() -> f64[%n] {
    %1: f64[%n] = neg %x
    return %1
  }
  return %y
}""",
    "triangle": """func @f(%n: i64, %A: f64[%n,%n]) -> (f64[%n,%n], f64) {
  %B: f64[%n,%n], %s: f64 = for %n, %A, 0.0 {trips=-1, carried=2, reverse=false}
  @body(%k: i64, %C: f64[%n,%n], %p: f64) -> (f64[%n,%n], f64) {
    %r: f64[1,%k] = window %C, %k, 0 {step=(1, 1), shape=(1, %k)}
    %e: f64[1,%k] = sin %r
    %D: f64[%n,%n] = set_window %C, %e, %k, 0 {step=(1, 1)}
    %c: f64[%k,1] = window %D, 0, %k {step=(1, 1), shape=(%k, 1)}
    %v: f64[%k] = reshape %c {shape=(%k,)}
    %w: f64[%k] = reshape %e {shape=(%k,)}
    %d: f64 = dot %v, %w {contract=((0,), (0,)), batch=((), ())}
    %u: f64[%k,%k] = dot %v, %w {contract=((), ()), batch=((), ())}
    %E: f64[%n,%n] = add_window %D, %u, 0, 0 {step=(1, 1)}
    %q: f64 = add %p, %d
    return %E, %q
  }
  return %B, %s
}""",
}
SIZES = [0, 1, 2, 3, 7, 8, 9, 16, 17, 31, 100]
NEEDS_ELEMENTS = {"largest"}


def _program(text: str) -> Function:
    return contract(check(optimize(check(parse(text)))))


def _known(text: str, n: int, m: int) -> Function:
    """The program with numbers for the sizes that are parameters."""
    head = re.sub(r"%[nm]: i64, ", "", text)
    numbers = head.replace("%n", str(n)).replace("%m", str(m))
    return contract(check(optimize(check(parse(_shaped(numbers, n))))))


def _shaped(text: str, n: int) -> str:
    """Sizes that the program computes from the others, as numbers."""
    for name, size in (("%h", max(n - (2 if "%steps" in text else 1), 0)),):
        text = re.sub(rf"(?<![\w%]){name}(?!:)(?=[\],)])", str(size), text)
    return text


def _inputs(fn: Function, n: int, m: int) -> list[np.ndarray]:
    rng = np.random.default_rng(n + 1000 * m)
    sizes = {"n": n, "m": m, "steps": 3, "i": 0, "k": 0}
    out = []
    for p in fn.params:
        shape = tuple(d if isinstance(d, int) else sizes[d.hint] for d in p.type.shape)
        if p.dtype.kind == "i" and not shape:
            out.append(np.int64(sizes[p.hint]))
        elif p.dtype.kind == "i":
            out.append(rng.integers(-n, n, shape) if n else np.zeros(shape, np.int64))
        else:
            out.append(rng.standard_normal(shape).astype(p.dtype))
    return out


@pytest.mark.parametrize("name", PROGRAMS)
def test_native_code_agrees_with_the_interpreter(name):
    fn = _program(PROGRAMS[name])
    for n in SIZES[1 if name in NEEDS_ELEMENTS else 0 :]:
        arrays = _inputs(fn, n, 5 if n != 17 else 40)
        for found, wanted in zip(run(fn, *arrays), evaluate(fn, *arrays), strict=True):
            assert found.shape == np.shape(wanted)
            np.testing.assert_allclose(
                found, wanted, rtol=2e-5 if found.dtype == np.float32 else 1e-12, atol=1e-12
            )


@pytest.mark.parametrize(
    "name", ["elementwise", "flat", "sum", "dot", "largest", "scan", "outer", "numbers", "branch"]
)
def test_sizes_that_are_values_give_the_same_bits(name):
    fn = _program(PROGRAMS[name])
    for n in (1, 7, 8, 9, 31, 100, 4100, 5000):
        if name == "dot" and n <= 16:  # registers, term by term
            continue
        m = 5
        arrays = _inputs(fn, n, m)
        known = _known(PROGRAMS[name], n, m)
        given = [a for a, p in zip(arrays, fn.params) if p.hint not in ("n", "m")]
        for found, wanted in zip(run(fn, *arrays), run(known, *given), strict=True):
            assert found.tobytes() == wanted.tobytes()


def test_long_sums_are_folded_in_blocks():
    fn = _program(PROGRAMS["sum"])
    for n in (4096, 8192, 262144, 262145, 300000, 2**20 + 3):
        x = np.random.default_rng(n).standard_normal(n)
        known = _known(PROGRAMS["sum"], n, 0)
        for found, wanted in zip(run(fn, np.int64(n), x), run(known, x)):
            assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize(
    "name",
    [
        "elementwise",
        "sum",
        "rows",
        "products",
        "pieces",
        "smooth",
        "turns",
        "branch",
        "triangle",
        "flip",
        "scan",
    ],
)
def test_adjoints(name):
    fn = check(optimize(check(adjoint(_program(PROGRAMS[name])))))
    for n in (0, 1, 2, 9, 33):
        arrays = _inputs(fn, n, 4)
        for found, wanted in zip(run(fn, *arrays), evaluate(fn, *arrays), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_what_a_loop_hands_on_may_be_made_in_sizes_that_only_its_body_knows() -> None:
    fn = check(
        parse("""func @f(%x: f64[64]) -> f64[64] {
  %y: f64[64], %z: i64 = for 3, %x, 32 {trips=3, carried=2, reverse=false} @body(%k: i64, %p: f64[64], %h: i64) -> (f64[64], i64) {
    %w: i64 = floor_divide 64, %h
    %a: f64[%h,%w] = reshape %p {shape=(%h, %w)}
    %t: f64[%w,%h] = transpose %a {axes=(1, 0)}
    %c: f64[64] = reshape %t {shape=(64,)}
    %g: i64 = floor_divide %h, 2
    return %c, %g
  }
  return %y
}""")  # noqa: E501
    )
    x = np.random.default_rng(0).standard_normal(64)
    (found,) = run(fn, x)
    assert found.tobytes() == evaluate(fn, x)[0].tobytes()


def test_rows_that_are_updated_from_themselves_are_not_copied():
    fn = _program("""func @f(%A: f64[64,64], %x: f64[64]) -> f64[64,64] {
  %B: f64[64,64] = for 64, %A {trips=64, carried=1, reverse=false}
  @body(%k: i64, %C: f64[64,64]) -> f64[64,64] {
    %r: f64[1,%k] = window %C, %k, 0 {step=(1, 1), shape=(1, %k)}
    %v: f64[%k] = reshape %r {shape=(%k,)}
    %p: f64[%k] = slice %x {start=(0,), step=(1,), shape=(%k,)}
    %w: f64[%k] = mul %v, %p
    %u: f64[1,%k] = reshape %w {shape=(1, %k)}
    %D: f64[64,64] = set_window %C, %u, %k, 0 {step=(1, 1)}
    return %D
  }
  return %B
}""")
    assert lower(fn, "jitad.test.rows").workspace_bytes < 64 * 64 * 8
    A, x = np.random.default_rng(0).standard_normal((64, 64)), np.arange(64.0)
    np.testing.assert_array_equal(run(fn, A, x)[0], evaluate(fn, A, x)[0])


def test_sizes_whose_bytes_wrap_around_are_refused():
    fn = _program("""func @f(%n: i64, %x: f64[4]) -> f64 {
  %a: f64[%n] = broadcast 1.0 {shape=(%n,), axes=()}
  %b: f64[%n] = cumsum %a {axis=0, reverse=false}
  %c: f64[4] = slice %b {start=(0,), step=(1,), shape=(4,)}
  %d: f64[4] = mul %c, %x
  %e: f64 = sum %d {axes=(0,)}
  return %e
}""")
    x = np.ones(4)
    assert run(fn, np.int64(9), x)[0] == 10.0
    status, _ = compile_function(fn)[1](np.int64(2**61), x)
    assert status != 0
