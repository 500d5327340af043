"""Tapes in machine code: growth, order, arrays as items, every way out frees them."""

import ctypes

import numpy as np
import pytest

import jitad.ops  # noqa: F401  declares the ops
from jitad.ir.evaluate import evaluate
from jitad.ir.text import parse
from jitad.ir.verify import check
from jitad.native import pool

from .native import compile_function, run

SCALARS = """
func @scalars(%n: i64, %m: i64, %x: f64) -> (f64, f64) {
  %t: tape[f64] = tape_new {dtype=f64, shape=()}
  %full: tape[f64], %last: f64 = for %n, %t, %x {trips=-1, carried=2, reverse=false}
    @body(%k: i64, %u: tape[f64], %p: f64) -> (tape[f64], f64) {
    %v: tape[f64] = push %u, %p
    %q: f64 = mul %p, 1.0078125
    return %v, %q
  }
  %empty: tape[f64], %s: f64 = for %m, %full, 0.0 {trips=-1, carried=2, reverse=true}
    @back(%j: i64, %w: tape[f64], %a: f64) -> (tape[f64], f64) {
    %o: f64, %rest: tape[f64] = pop %w
    %aa: f64 = mul %a, 0.5
    %b: f64 = add %aa, %o
    return %rest, %b
  }
  return %s, %last
}
"""


def agrees(text, *arguments):
    fn = check(parse(text))
    arrays = [np.asarray(a, p.dtype) for a, p in zip(arguments, fn.params, strict=True)]
    for x, y in zip(run(fn, *arrays), evaluate(fn, *arrays), strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    "n, m", [(0, 0), (0, 3), (1, 1), (5, 3), (5, 9), (512, 512), (513, 514), (2500, 2500)]
)
def test_items_come_back_in_reverse(n, m):
    agrees(SCALARS, n, m, 1.0)


ARRAYS = """
func @arrays(%n: i64, %x: f64[SIZE], %p: bool) -> (f64[SIZE], bool) {
  %t: tape[f64[SIZE]] = tape_new {dtype=f64, shape=(SIZE,)}
  %b: tape[bool] = tape_new {dtype=bool, shape=()}
  %full: tape[f64[SIZE]], %flags: tape[bool], %last: f64[SIZE], %q: bool = for %n, %t, %b, %x, %p
    {trips=-1, carried=4, reverse=false}
    @body(%k: i64, %u: tape[f64[SIZE]], %c: tape[bool], %y: f64[SIZE], %f: bool)
    -> (tape[f64[SIZE]], tape[bool], f64[SIZE], bool) {
    %v: tape[f64[SIZE]] = push %u, %y
    %d: tape[bool] = push %c, %f
    %z: f64[SIZE] = mul %y, 0.5
    %g: bool = not %f
    return %v, %d, %z, %g
  }
  %empty: tape[f64[SIZE]], %e2: tape[bool], %s: f64[SIZE], %any: bool = for %n, %full, %flags, %last, %q
    {trips=-1, carried=4, reverse=true}
    @back(%j: i64, %w: tape[f64[SIZE]], %h: tape[bool], %a: f64[SIZE], %i: bool)
    -> (tape[f64[SIZE]], tape[bool], f64[SIZE], bool) {
    %o: f64[SIZE], %rest: tape[f64[SIZE]] = pop %w
    %l: bool, %r2: tape[bool] = pop %h
    %t1: f64[SIZE] = mul %a, 0.25
    %t2: f64[SIZE] = add %t1, %o
    %m: bool = xor %i, %l
    return %rest, %r2, %t2, %m
  }
  return %s, %any
}
"""


@pytest.mark.parametrize("size", [0, 1, 3, 20, 700])
@pytest.mark.parametrize("n", [0, 1, 40])
def test_items_are_arrays(n, size):
    rng = np.random.default_rng(1)
    agrees(ARRAYS.replace("SIZE", str(size)), n, rng.normal(size=size), True)


NESTED = """
func @nested(%n: i64, %x: f64) -> f64 {
  %r: f64 = for %n, %x {trips=-1, carried=1, reverse=false} @outer(%k: i64, %a: f64) -> f64 {
    %t: tape[f64] = tape_new {dtype=f64, shape=()}
    %full: tape[f64], %m: f64 = while %t, %a
      @test(%t0: tape[f64], %b: f64) -> bool {
      %c: bool = lt %b, 1000.0
      return %c
    } @body(%u: tape[f64], %d: f64) -> (tape[f64], f64) {
      %v: tape[f64] = push %u, %d
      %e: f64 = mul %d, 1.5
      return %v, %e
    }
    %odd: i64 = remainder %k, 2
    %p: bool = eq %odd, 0
    %s: f64 = cond %p @then() -> f64 {
      %l: f64, %rest: tape[f64] = pop %full
      %l2: f64, %rest2: tape[f64] = pop %rest
      %both: f64 = sub %l, %l2
      return %both
    } @else() -> f64 {
      return %a
    }
    return %s
  }
  return %r
}
"""


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_tapes_are_made_in_loops_and_left_by_branches(n):
    agrees(NESTED, n, 3.0)


FAILS = SCALARS.replace(
    "%q: f64 = mul %p, 1.0078125",
    """%ok: bool = lt %p, 1e6
    check %ok {error="ValueError", text="too large"}
    %q: f64 = mul %p, 1.0078125""",
)


def test_a_failure_ends_a_loop_at_once():
    low, call = compile_function(check(parse(FAILS)))
    assert call(np.int64(100), np.int64(100), np.float64(1))[0] == 0
    status, _ = call(np.int64(2**62), np.int64(0), np.float64(1))
    assert low.messages[status][1] == "too large"
    with pytest.raises(ValueError, match="too large"):
        evaluate(parse(FAILS), 2**62, 0, 1.0)


class Heap:
    """resize and release that count, and that can run out."""

    def __init__(self, most: int = 10**9) -> None:
        kinds = {
            "resize": ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64),
            "release": ctypes.CFUNCTYPE(None, ctypes.c_void_p),
        }
        real_resize, real_release = (kind(pool.address(name)) for name, kind in kinds.items())
        self.blocks, self.grown = 0, 0

        def resize(block, size):
            if size > most:
                return None
            self.blocks += block is None
            self.grown += block is not None
            return real_resize(block, size)

        def release(block):
            self.blocks -= block is not None
            real_release(block)

        self._kept = [kind(f) for kind, f in zip(kinds.values(), (resize, release))]
        self.symbols = {
            f"jitad.{name}": ctypes.cast(f, ctypes.c_void_p).value for name, f in zip(kinds, self._kept)
        }


HEAPS = {
    "all popped": (SCALARS, (5000, 5000, 1.0)),
    "some popped": (SCALARS, (5000, 10, 1.0)),
    "arrays": (ARRAYS.replace("SIZE", "700"), (40, np.ones(700), True)),
    "left by branches": (NESTED, (7, 3.0)),
    "failed": (FAILS, (2**62, 0, 1.0)),
}


@pytest.mark.parametrize("name", HEAPS)
def test_every_way_out_frees_all_tapes(name):
    text, arguments = HEAPS[name]
    heap = Heap()
    fn = check(parse(text))
    _, call = compile_function(fn, symbols=heap.symbols)
    status, _ = call(*(np.asarray(a, p.dtype) for a, p in zip(arguments, fn.params, strict=True)))
    assert (status != 0) == (name == "failed")
    assert heap.blocks == 0
    assert (heap.grown > 0) == (name != "left by branches")


def test_a_tape_that_finds_no_memory_is_a_status():
    heap = Heap(most=2**20)
    low, call = compile_function(check(parse(SCALARS)), symbols=heap.symbols)
    assert call(np.int64(2**14), np.int64(0), np.float64(1))[0] == 0
    status, _ = call(np.int64(2**40), np.int64(0), np.float64(1))
    kind, text, _ = low.messages[status]
    assert kind is MemoryError and "{bytes} bytes on the tape" in text
    asked = ctypes.CFUNCTYPE(ctypes.c_int64)(call.module.address(f"{low.symbol}.asked"))
    assert asked() == 2**21
    assert heap.blocks == 0
