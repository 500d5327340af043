"""What the cases on loops share: one program for each tool, as columns of a table, and its first calls."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

import jitad as jad
from benchmarks.compare import Call, PythonCall, Tool, leaves, measure
from benchmarks.harness import OURS, Row, Target, ratio
from benchmarks.peers import peer
from benchmarks.tools import Argnums, jax_call, on_device

VALUE = f"{OURS} value"
HAND, HAND_VALUE = "Numba by hand", "Numba value"
JAX, ENZYME = "JAX", "Enzyme"

#: Enzyme compiles for a plain x86-64 processor unless told otherwise; with these it may fuse, as ours does.
ENZYME_FLAGS = ("-O3", "-ffp-contract=fast", "-target-feature", "+fma")

#: The limit of the first call less the run, in seconds, and beside JAX's.
COMPILE, COMPILE_BESIDE_JAX = 0.3, 0.3


def plain(f: Callable) -> Callable:
    """Stand in for Numba's `njit`: the hand-written functions, run by Python, say what is expected."""
    return f


@dataclass(frozen=True)
class Loop:
    """A program of plain Python loops, and how other tools are told the same.

    function   what a user writes, in NumPy and Python
    by_hand    `by_hand(jit)` returns the value, and value and gradient, as loops compiled by `jit`
    for_jax    `for_jax(jax)` returns the function in JAX's idiom; None: JAX has no reverse mode for it
    enzyme     C++ of `template <class O, class P> void f(O& out, const P& p)`, or nothing
    """

    work: str
    function: Callable
    arguments: tuple
    by_hand: Callable[[Callable], tuple[Callable, Callable]]
    for_jax: Callable[[ModuleType], Callable] | None = None
    argnums: Argnums = 0
    enzyme: str = ""
    rtol: float = 1e-9


def compiled_by_hand(loop: Loop, numba: ModuleType, which: int) -> Call:
    """Return the call of one hand-written function; division by zero does not raise."""

    def jit(f: Callable) -> Callable:
        return numba.njit(f, error_model="numpy")

    return PythonCall(loop.by_hand(jit)[which], *loop.arguments)


def enzyme_call(loop: Loop) -> Call:
    """Return the call of Enzyme's gradient of C++ code, compiled and called through JAX."""
    jax = peer("jax")
    from enzyme_ad.jax import cpp_call

    shape = jax.core.ShapedArray([1], np.float64)

    def value(p: Any) -> Any:
        return cpp_call(p, out_shapes=[shape], source=loop.enzyme, fn="f", argv=ENZYME_FLAGS)[0][0]

    return jax_call(jax, jax.value_and_grad(value), loop.arguments)


def tools(loop: Loop) -> list[Tool]:
    """Return all columns of a loop."""
    both, value = jad.value_and_grad(loop.function, argnums=loop.argnums), jad.jit(loop.function)
    found = [
        Tool(OURS, lambda: PythonCall(both, *loop.arguments)),
        Tool(VALUE, lambda: PythonCall(value, *loop.arguments), leading=1, compared=False),
        Tool(HAND, lambda numba: compiled_by_hand(loop, numba, 1), "numba"),
        Tool(HAND_VALUE, lambda numba: compiled_by_hand(loop, numba, 0), "numba", leading=1, compared=False),
    ]
    if loop.for_jax is not None:
        found.append(Tool(JAX, lambda jax: jax_call(jax, jax_gradient(loop, jax), loop.arguments), "jax"))
    if loop.enzyme:
        found.append(Tool(ENZYME, lambda _: enzyme_call(loop), "enzyme_ad"))
    return found


def jax_gradient(loop: Loop, jax: ModuleType) -> Callable:
    """Return JAX's value and gradient, not yet compiled."""
    assert loop.for_jax is not None
    return jax.value_and_grad(loop.for_jax(jax), argnums=loop.argnums)


def expected(loop: Loop) -> tuple[np.ndarray, ...]:
    """Return value and gradients by the hand-written loops, run by Python."""
    return leaves(loop.by_hand(plain)[1](*loop.arguments))


def row(loop: Loop) -> Row:
    """Check every tool against the hand-written derivative, then time value and gradient."""
    return measure(loop.work, tools(loop), expected(loop), loop.rtol, counted=True)


def beside_hand(found: Row, limit: float) -> Target:
    """Return the target for value and gradient beside the hand-written ones."""
    text = f"{found.work}, beside derivatives by hand"
    return Target(text, ratio(found.cells[OURS], found.cells[HAND]), limit, "×")


def beside_jax(found: Row, limit: float) -> Target:
    """Return the target for value and gradient beside JAX's."""
    return Target(f"{found.work}, beside JAX", ratio(found.cells[OURS], found.cells[JAX]), limit, "×")


def fresh(f: Callable) -> Callable:
    """Return a copy of a function with a code object of its own: new to every cache."""
    return FunctionType(f.__code__.replace(), f.__globals__, f.__name__, f.__defaults__, f.__closure__)


def less_run(make: Callable[[], Callable[[], Any]], times: int = 3) -> float:
    """Return the median seconds that the first call of what `make()` returns takes more than its next."""
    found = []
    for _ in range(times):
        call, seconds = make(), []
        for _ in range(3):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
        found.append(seconds[0] - min(seconds))
    return statistics.median(found)


def our_compile_time(loop: Loop) -> float:
    """Return seconds of our first call, rewriting and tracing included, less the run."""

    def make() -> Callable[[], Any]:
        both = jad.value_and_grad(fresh(loop.function), argnums=loop.argnums)
        return lambda: both(*loop.arguments)

    return less_run(make)


def jax_compile_time(loop: Loop) -> float:
    """Return seconds of JAX's first call, less the run."""
    jax = peer("jax")
    assert jax is not None
    held = on_device(jax, loop.arguments)

    def make() -> Callable[[], Any]:
        compiled = jax.jit(jax_gradient(loop, jax))
        return lambda: jax.block_until_ready(compiled(*held))

    return less_run(make)
