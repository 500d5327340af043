"""Programs with loops and branches, as text, with operands at which they are smooth."""

import numpy as np

POWERS = """
func @powers(%x: f64, %s: f64[4]) -> (f64, f64[4]) {
  %r: f64, %all: f64[4] = for 4, 1.0, %s {trips=4, carried=1, reverse=false}
    @body(%k: i64, %p: f64, %e: f64) -> (f64, f64) {
    %q: f64 = mul %p, %x
    %t: f64 = sin %e
    %u: f64 = mul %q, %t
    return %q, %u
  }
  return %r, %all
}
"""
BACKWARDS = POWERS.replace("reverse=false", "reverse=true")
NO_TRIP = """
func @none(%x: f64, %y: f64) -> f64 {
  %r: f64 = for 0, %x {trips=0, carried=1, reverse=false} @body(%k: i64, %p: f64) -> f64 {
    %q: f64 = mul %p, %y
    return %q
  }
  return %r
}
"""
COUNTED = """
func @counted(%n: i64, %x: f64, %y: f64) -> f64 {
  %r: f64 = for %n, %x {trips=-1, carried=1, reverse=false} @body(%k: i64, %p: f64) -> f64 {
    %s: f64 = sin %p
    %q: f64 = mul %s, %y
    return %q
  }
  return %r
}
"""
HALVE = """
func @halve(%x: f64, %f: f64) -> (f64, i64) {
  %y: f64, %n: i64 = while %x, 0 @test(%a: f64, %i: i64) -> bool {
    %c: bool = gt %a, 1.0
    return %c
  } @body(%a.1: f64, %i.1: i64) -> (f64, i64) {
    %g: f64 = mul %a.1, %f
    %h: f64 = sqrt %g
    %j: i64 = add %i.1, 1
    return %h, %j
  }
  return %y, %n
}
"""
CHOICE = """
func @choice(%x: f64, %y: f64[3]) -> f64[3] {
  %p: bool = gt %x, 0.0
  %z: f64[3] = cond %p @then() -> f64[3] {
    %a: f64 = sqrt %x
    %b: f64[3] = mul %y, %a
    %c: f64[3] = sin %b
    return %c
  } @otherwise() -> f64[3] {
    %d: f64[3] = mul %y, %y
    return %d
  }
  return %z
}
"""
RECURRENCE = """
func @recurrence(%x: f64[6], %a: f64) -> f64[6] {
  %y0: f64[6] = broadcast 0.0 {shape=(6,), axes=()}
  %first: f64 = gather %x, 0
  %y1: f64[6] = scatter_set %y0, %first, 0
  %y: f64[6] = for 5, %y1 {trips=5, carried=1, reverse=false} @body(%k: i64, %u: f64[6]) -> f64[6] {
    %i: i64 = add %k, 1
    %old: f64 = gather %u, %k
    %in: f64 = gather %x, %i
    %m: f64 = mul %old, %a
    %s: f64 = sin %m
    %t: f64 = add %s, %in
    %v: f64[6] = scatter_set %u, %t, %i
    return %v
  }
  return %y
}
"""
NESTED = """
func @nested(%A: f64[3,4], %w: f64[4]) -> (f64, f64[3,4]) {
  %s: f64, %B: f64[3,4] = for 3, 0.5, %A {trips=3, carried=2, reverse=false}
    @rows(%i: i64, %a: f64, %M: f64[3,4]) -> (f64, f64[3,4]) {
    %b: f64, %N: f64[3,4] = for 4, %a, %M {trips=4, carried=2, reverse=true}
      @columns(%j: i64, %c: f64, %O: f64[3,4]) -> (f64, f64[3,4]) {
      %x: f64 = gather %O, %i, %j
      %v: f64 = gather %w, %j
      %p: f64 = mul %x, %v
      %d: f64 = add %c, %p
      %e: f64 = sin %d
      %P: f64[3,4] = scatter_set %O, %e, %i, %j
      return %e, %P
    }
    return %b, %N
  }
  return %s, %B
}
"""
WHILE_IN_FOR = """
func @while_in_for(%x: f64[3], %f: f64) -> f64 {
  %s: f64 = for 3, 0.0, %x {trips=3, carried=1, reverse=false} @body(%k: i64, %t: f64, %e: f64) -> f64 {
    %y: f64 = while %e @test(%a: f64) -> bool {
      %c: bool = gt %a, 1.0
      return %c
    } @shrink(%b: f64) -> f64 {
      %g: f64 = mul %b, %f
      %h: f64 = sin %t
      %i: f64 = fma %h, 0.1, %g
      return %i
    }
    %u: f64 = fma %y, %y, %t
    return %u
  }
  return %s
}
"""
CHOICE_IN_WHILE = """
func @choice_in_while(%x: f64, %f: f64) -> f64 {
  %y: f64, %n: i64 = while %x, 0 @test(%a: f64, %i: i64) -> bool {
    %c: bool = gt %a, 1.0
    return %c
  } @body(%b: f64, %j: i64) -> (f64, i64) {
    %odd: i64 = remainder %j, 2
    %p: bool = eq %odd, 1
    %d: f64 = cond %p @then() -> f64 {
      %e: f64 = for %j, %b {trips=-1, carried=1, reverse=false} @inner(%k: i64, %g: f64) -> f64 {
        %h: f64 = mul %g, %f
        %l: f64 = sqrt %h
        return %l
      }
      return %e
    } @otherwise() -> f64 {
      %m: f64 = mul %b, %f
      return %m
    }
    %o: i64 = add %j, 1
    return %d, %o
  }
  return %y
}
"""
QUOTIENTS = """
func @quotients(%x: f64[40], %a: f64) -> f64 {
  %r: f64 = for 40, %a, %x {trips=40, carried=1, reverse=false} @body(%k: i64, %p: f64, %e: f64) -> f64 {
    %m: f64 = mul %p, %p
    %d: f64 = add %m, 2.0
    %q: f64 = div %p, %d
    %s: f64 = div %e, %d
    %t: f64 = add %q, %s
    return %t
  }
  return %r
}
"""
#: name → (text, operands)
PROGRAMS = {
    "quotients": (QUOTIENTS, (np.linspace(-1, 1, 40), 0.8)),
    "powers": (POWERS, (1.3, np.array([0.3, -0.7, 1.1, 0.2]))),
    "backwards": (BACKWARDS, (1.3, np.array([0.3, -0.7, 1.1, 0.2]))),
    "no_trip": (NO_TRIP, (1.3, 0.4)),
    "counted": (COUNTED, (5, 1.3, 0.9)),
    "counted_0": (COUNTED, (0, 1.3, 0.9)),
    "halve": (HALVE, (40.0, 0.6)),
    "halve_0": (HALVE, (0.4, 0.6)),
    "choice": (CHOICE, (0.7, np.array([0.3, -0.7, 1.1]))),
    "choice_else": (CHOICE, (-0.7, np.array([0.3, -0.7, 1.1]))),
    "recurrence": (RECURRENCE, (np.linspace(-1, 1, 6), 0.8)),
    "nested": (NESTED, (np.linspace(-1, 1, 12).reshape(3, 4), np.array([0.3, -0.7, 1.1, 0.2]))),
    "while_in_for": (WHILE_IN_FOR, (np.array([3.0, 0.5, 9.0]), 0.6)),
    "choice_in_while": (CHOICE_IN_WHILE, (50.0, 0.61)),
}
