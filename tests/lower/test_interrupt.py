"""Signals while a loop runs natively."""

import os
import signal
import threading

import numpy as np
import pytest

import jitad
from jitad.ir.text import parse
from jitad.native import interrupt

from .native import compile_function

ENDLESS = """
func @endless(%x: f64) -> f64 {
  %y: f64 = while %x @test(%a: f64) -> bool {
    %c: bool = lt %a, 2.0
    return %c
  } @body(%b: f64) -> f64 {
    %t: tape[f64] = tape_new {dtype=f64, shape=()}
    %tt: tape[f64] = push %t, %b
    %s: f64 = BODY %b
    %z: f64, %r: tape[f64] = pop %tt
    %e: f64 = mul %s, %z
    return %e
  }
  return %y
}
"""
NESTED = ENDLESS.replace(
    "BODY %b",
    """for 3, %b {trips=3, carried=1, reverse=false} @in(%k: i64, %o: f64) -> f64 {
      %i: f64 = while %o @t(%u: f64) -> bool {
        %d: bool = gt %u, 1.0
        return %d
      } @b(%w: f64) -> f64 {
        return %w
      }
      return %i
    }""",
)


class Stop(Exception):
    """What a handler raises."""


@pytest.mark.parametrize("text", [ENDLESS.replace("BODY", "abs"), NESTED])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, Stop])
def test_a_signal_stops_an_endless_loop(text, kind):
    _, call = compile_function(parse(text))

    def handler(number, frame):
        raise kind("from the handler")

    def send():
        os.kill(os.getpid(), signal.SIGINT)

    old = signal.signal(signal.SIGINT, handler)
    try:
        threading.Timer(0.1, send).start()
        status, _ = call(np.float64(1.0))
        assert status == interrupt.INTERRUPTED
        with pytest.raises(kind, match="from the handler"):
            interrupt.reraise()
    finally:
        signal.signal(signal.SIGINT, old)


def test_a_handler_that_returns_lets_the_loop_go_on():
    text = ENDLESS.replace("BODY", "abs").replace("lt %a, 2.0", "lt %a, 1e300")
    text = text.replace("mul %s, %z", "add %s, 1e-8").replace("lt %a, 1e300", "lt %a, 1.2")
    _, call = compile_function(parse(text))
    seen = []
    old = signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        status, (y,) = call(np.float64(1.0))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert status == 0 and y >= 1.2
    assert len(seen) > 1


def test_a_compiled_function_raises_what_the_handler_raised():
    @jitad.jit
    def f(x):
        while x < 2.0:
            x = x * 0.999 + 0.001
        return x

    def handler(number, frame):
        raise Stop("from the handler")

    assert f(3.0) == 3.0  # compiled
    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Stop, match="from the handler"):
            f(1.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert f(4.0) == 4.0


def test_an_element_written_in_place_counts_as_one():
    @jitad.jit
    def f(x):
        y = x.copy()
        for i in range(1000):
            y[i] = 2.0 * y[i]
        return y

    assert "jitad.poll" not in f.compile(np.zeros(10**6)).llvm


def test_an_array_computed_each_trip_counts_in_full():
    @jitad.jit
    def f(x):
        for _ in range(1000):
            x = 0.5 * (x + x[::-1])
        return x

    assert "jitad.poll" in f.compile(np.zeros(10**6)).llvm
