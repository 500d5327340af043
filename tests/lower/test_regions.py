"""Loops and branches in machine code, against the interpreter."""

import numpy as np
import pytest

from jitad import ops
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import const
from jitad.ir.text import parse
from jitad.ir.types import I64
from jitad.ir.verify import check

from .native import build, compile_function, run


def agrees(text, *arguments):
    """Native results equal the interpreter's, bit by bit."""
    fn = check(parse(text))
    arrays = [np.asarray(a, p.dtype) for a, p in zip(arguments, fn.params, strict=True)]
    found, expected = run(fn, *arrays), evaluate(fn, *arrays)
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(x, y)


POWERS = """
func @powers(%n: i64, %x: f64) -> (f64, i64) {
  %r: f64, %s: i64 = for %n, 1.0, 0 {trips=-1, carried=2, reverse=REVERSE}
    @body(%k: i64, %p: f64, %a: i64) -> (f64, i64) {
    %q: f64 = mul %p, %x
    %b: i64 = mul %a, 3
    %c: i64 = add %b, %k
    return %q, %c
  }
  return %r, %s
}
"""


@pytest.mark.parametrize("reverse", ["true", "false"])
@pytest.mark.parametrize("n", [-2, 0, 1, 2, 17])
def test_a_counted_loop_carries_scalars(n, reverse):
    agrees(POWERS.replace("REVERSE", reverse), n, 1.25)


@pytest.mark.parametrize("trips", [0, 1, 2, 17])
def test_a_loop_of_known_trips_carries_scalars(trips):
    text = POWERS.replace("for %n", f"for {trips}").replace("trips=-1", f"trips={trips}")
    agrees(text.replace("REVERSE", "false"), 0, 1.25)


COLLATZ = """
func @collatz(%n: i64) -> (i64, i64) {
  %y: i64, %steps: i64 = while %n, 0 @test(%a: i64, %i: i64) -> bool {
    %c: bool = gt %a, 1
    return %c
  } @body(%a.1: i64, %i.1: i64) -> (i64, i64) {
    %h: i64 = remainder %a.1, 2
    %odd: bool = eq %h, 1
    %next: i64 = cond %odd @then() -> i64 {
      %t: i64 = mul %a.1, 3
      %u: i64 = add %t, 1
      return %u
    } @otherwise() -> i64 {
      %v: i64 = floor_divide %a.1, 2
      return %v
    }
    %j: i64 = add %i.1, 1
    return %next, %j
  }
  return %y, %steps
}
"""


@pytest.mark.parametrize("n", [0, 1, 2, 27, 97])
def test_a_while_with_a_branch_inside(n):
    agrees(COLLATZ, n)


NESTED = """
func @nested(%n: i64, %m: i64, %x: f64, %v: f64[3]) -> (f64, f64[3]) {
  %r: f64, %w: f64[3] = for %n, %x, %v {trips=-1, carried=2, reverse=false}
    @outer(%i: i64, %a: f64, %b: f64[3]) -> (f64, f64[3]) {
    %im: i64 = add %m, %i
    %s: f64 = for %im, %a {trips=-1, carried=1, reverse=true} @inner(%j: i64, %c: f64) -> f64 {
      %f: f64 = convert %j {dtype=f64}
      %g: f64 = mul %c, 0.5
      %h: f64 = add %g, %f
      %p: bool = gt %h, 2.0
      %y: f64 = cond %p @then() -> f64 {
        %z: f64 = for 3, %h {trips=3, carried=1, reverse=false} @in(%l: i64, %q: f64) -> f64 {
          %o: f64 = mul %q, 0.25
          return %o
        }
        return %z
      } @else() -> f64 {
        %gg: f64 = gather %v, %i
        %hh: f64 = add %gg, %h
        return %hh
      }
      return %y
    }
    %bb: f64[3] = mul %b, %s
    return %s, %bb
  }
  return %r, %w
}
"""


@pytest.mark.parametrize("n, m", [(0, 3), (1, 0), (3, 1), (3, 9)])
def test_loops_in_branches_in_loops(n, m):
    agrees(NESTED, n, m, 3.0, [1.0, -2.0, 3.5])


STACKS = """
func @stacks(%x: f64, %s: f64[T], %m: f64[T,20]) -> (f64, f64[T], f64[T,20], f64[20]) {
  %r: f64, %z: f64[20], %all: f64[T], %rows: f64[T,20] = for T, %x, %m0, %s, %m
    {trips=T, carried=2, reverse=REVERSE}
    @body(%k: i64, %p: f64, %acc: f64[20], %e: f64, %row: f64[20]) -> (f64, f64[20], f64, f64[20]) {
    %q: f64 = mul %p, %x
    %t: f64 = add %q, %e
    %sc: f64[20] = mul %row, %t
    %acc2: f64[20] = add %acc, %sc
    return %t, %acc2, %q, %acc2
  }
  %o: f64[20] = add %z, 1.0
  return %r, %all, %rows, %o
}
""".replace("  %r: f64, %z", "  %m0: f64[20] = broadcast 2.0 {axes=(), shape=(20,)}\n  %r: f64, %z")


@pytest.mark.parametrize("reverse", ["true", "false"])
@pytest.mark.parametrize("trips", [0, 1, 2, 5, 40])
def test_rows_are_read_and_collected(trips, reverse):
    rng = np.random.default_rng(3)
    text = STACKS.replace("REVERSE", reverse).replace("T,", f"{trips},").replace("=T", f"={trips}")
    text = text.replace("T]", f"{trips}]").replace("for T", f"for {trips}")
    agrees(text, 0.5, rng.normal(size=trips), rng.normal(size=(trips, 20)))


SWEEP = """
func @sweep(%a: f64[6,7], %sweeps: i64) -> f64[6,7] {
  %r: f64[6,7] = for %sweeps, %a {trips=-1, carried=1, reverse=false}
    @sweep(%t: i64, %A: f64[6,7]) -> f64[6,7] {
    %B: f64[6,7] = for 4, %A {trips=4, carried=1, reverse=false} @rows(%i: i64, %C: f64[6,7]) -> f64[6,7] {
      %i1: i64 = add %i, 1
      %i2: i64 = add %i, 2
      %D: f64[6,7] = for 5, %C {trips=5, carried=1, reverse=false} @cells(%j: i64, %E: f64[6,7]) -> f64[6,7] {
        %j1: i64 = add %j, 1
        %j2: i64 = add %j, 2
        %x0: f64 = gather %E, %i, %j1
        %x1: f64 = gather %E, %i1, %j
        %x2: f64 = gather %E, %i1, %j2
        %x3: f64 = gather %E, %i2, %j1
        %s0: f64 = add %x0, %x1
        %s1: f64 = add %x2, %x3
        %s: f64 = add %s0, %s1
        %m: f64 = mul %s, 0.25
        %F: f64[6,7] = scatter_set %E, %m, %i1, %j1
        return %F
      }
      return %D
    }
    return %B
  }
  return %r
}
"""


@pytest.mark.parametrize("sweeps", [0, 1, 3])
def test_an_array_is_updated_element_by_element(sweeps):
    agrees(SWEEP, np.random.default_rng(0).normal(size=(6, 7)), sweeps)


def test_an_update_in_place_copies_nothing():
    low, _ = compile_function(parse(SWEEP))
    assert low.llvm.count("call void @llvm.memcpy") == 1  # the argument, once
    assert low.workspace_bytes == 0


STENCIL = """
func @stencil(%a: f64[50], %n: i64) -> (f64[50], f64) {
  %r: f64[50], %s: f64 = for %n, %a, 0.0 {trips=-1, carried=2, reverse=false}
    @body(%k: i64, %u: f64[50], %t: f64) -> (f64[50], f64) {
    %l: f64[48] = slice %u {start=(0,), step=(1,), shape=(48,)}
    %r1: f64[48] = slice %u {start=(2,), step=(1,), shape=(48,)}
    %sum: f64[48] = add %l, %r1
    %half: f64[48] = mul %sum, 0.5
    %v: f64[50] = set_at %u, %half {start=(1,), step=(1,)}
    %e: f64 = gather %v, %k
    %tt: f64 = add %t, %e
    return %v, %tt
  }
  return %r, %s
}
"""


@pytest.mark.parametrize("n", [0, 1, 2, 3, 30])
def test_an_array_is_computed_from_its_neighbours(n):
    agrees(STENCIL, np.random.default_rng(0).normal(size=50), n)


SWAPPED = """
func @swapped(%a: f64[30], %b: f64[30], %n: i64) -> (f64[30], f64[30], f64[30]) {
  %b2: f64[30] = mul %b, 2.0
  %x: f64[30], %y: f64[30], %z: f64[30] = for %n, %a, %b2, %a {trips=-1, carried=3, reverse=false}
    @body(%k: i64, %u: f64[30], %v: f64[30], %w: f64[30]) -> (f64[30], f64[30], f64[30]) {
    %ww: f64[30] = add %w, %u
    return %v, %u, %ww
  }
  return %x, %y, %z
}
"""


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_arrays_change_places(n):
    rng = np.random.default_rng(0)
    agrees(SWAPPED, rng.normal(size=30), rng.normal(size=30), n)


BRANCHES = """
func @branches(%a: f64[40], %n: i64, %i: i64) -> f64[40] {
  %r: f64[40] = for %n, %a {trips=-1, carried=1, reverse=false} @body(%k: i64, %u: f64[40]) -> f64[40] {
    %x: f64 = gather %u, %k
    %p: bool = gt %x, 0.0
    %v: f64[40] = cond %p @then() -> f64[40] {
      %y: f64 = mul %x, 2.0
      %w: f64[40] = scatter_set %u, %y, %i
      return %w
    } @otherwise() -> f64[40] {
      return %u
    }
    return %v
  }
  return %r
}
"""


@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_a_branch_updates_or_passes_on(n):
    agrees(BRANCHES, np.random.default_rng(0).normal(size=40), n, 7)
    assert compile_function(parse(BRANCHES))[0].llvm.count("call void @llvm.memcpy") == 1


READ_LATER = """
func @later(%a: f64[40], %n: i64) -> (f64[40], f64) {
  %r: f64[40], %s: f64 = for %n, %a, 0.0 {trips=-1, carried=2, reverse=false}
    @body(%k: i64, %u: f64[40], %t: f64) -> (f64[40], f64) {
    %w: f64[40] = scatter_set %u, %t, %k
    %d: f64[40] = sub %w, %u
    %e: f64 = sum %d {axes=(0,)}
    %f: f64 = add %t, %e
    return %w, %f
  }
  return %r, %s
}
"""


@pytest.mark.parametrize("n", [0, 1, 5])
def test_an_array_that_is_read_after_its_update_keeps_its_old_value(n):
    agrees(READ_LATER, np.random.default_rng(0).integers(-9, 9, size=40).astype(float), n)


ROWS = """
func @rows(%a: f64[9,30], %n: i64) -> (f64[9,30], f64) {
  %r: f64[9,30], %s: f64 = for %n, %a, 0.0 {trips=-1, carried=2, reverse=false}
    @body(%k: i64, %u: f64[9,30], %t: f64) -> (f64[9,30], f64) {
    %j: i64 = mul %k, -2
    %row: f64[30] = gather %u, %j
    %half: f64[30] = mul %row, 0.5
    %v: f64[9,30] = scatter_set %u, %half, %j
    %next: f64[30] = gather %v, %k
    %e: f64 = sum %next {axes=(0,)}
    %tt: f64 = add %t, %e
    return %v, %tt
  }
  return %r, %s
}
"""


@pytest.mark.parametrize("n", [0, 1, 4, 5])
def test_rows_are_changed_in_place(n):
    agrees(ROWS, np.random.default_rng(0).integers(-9, 9, (9, 30)).astype(float), n)
    low, call = compile_function(parse(ROWS))
    assert low.llvm.count("call void @llvm.memcpy") == 1
    assert "load <8 x double>" in low.llvm
    status, _ = call(np.zeros((9, 30)), np.int64(6))
    assert low.messages[status][0] is IndexError


def test_indices_that_are_known_to_be_inside_are_not_checked():
    low, _ = compile_function(parse(SWEEP))
    assert not low.messages
    low, _ = compile_function(parse(SWEEP.replace("add %i, 2", "add %i, 3")))
    assert [kind for kind, *_ in low.messages.values()] == [IndexError]


def test_long_chains_of_integers_need_no_recursion():
    def program(i, x):
        for _ in range(3000):
            i = ops.add(i, const(1, I64))
        return ops.gather(x, ops.remainder(i, const(5, I64)))

    fn = build(program, np.int64(0), np.zeros(5))
    assert not compile_function(fn)[0].messages
    np.testing.assert_array_equal(run(fn, np.int64(4), np.arange(5.0)), [4.0])


MIXED = """
func @mixed(%a: f64[7,30], %n: i64) -> f64[30] {
  %z: f64[30] = broadcast 0.0 {axes=(), shape=(30,)}
  %r: f64[30] = for %n, %z {trips=-1, carried=1, reverse=false} @body(%k: i64, %u: f64[30]) -> f64[30] {
    %row: f64[30] = gather %a, %k
    %half: f64[30] = mul %u, 0.5
    %v: f64[30] = add %half, %row
    return %v
  }
  return %r
}
"""


@pytest.mark.parametrize("n", [0, 1, 7])
def test_a_map_beside_a_row_works_in_place(n):
    agrees(MIXED, np.random.default_rng(0).normal(size=(7, 30)), n)
    assert compile_function(parse(MIXED))[0].workspace_bytes == 0
