"""Binomial checkpointing: which states to keep so that a chain of steps runs back with the least repetition.

Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 12; Algorithm 799 (revolve), ACM TOMS 26, 2000.
"""

from __future__ import annotations

from math import comb

from ..ir.graph import Value
from .structures import i64, op, while_


def longest(states: int, times: int) -> int:
    """How many steps can run back with so many states kept, that before the first step included, if each
    is advanced at most so many times.
    """
    return comb(states + times, states)


def repetitions(steps: int, states: int) -> int:
    """How often some step is advanced at most."""
    times = 0
    while longest(states, times) < steps:
        times += 1
    return times


def advances(steps: int, states: int) -> int:
    """The least number of steps that are advanced before steps run back, each from the state before it."""
    times = repetitions(steps, states)
    return times * steps - comb(states + times, times - 1) if times else 0


def split(steps: int, states: int) -> int:
    """After how many of two or more steps the next state is kept; `states`: that kept first included."""
    times = repetitions(steps, states)
    return min(longest(states, times - 1), steps - longest(states - 1, times - 1))


def emit_split(steps: Value, states: Value) -> Value:
    """`split` of i64 values, in the current builder."""
    states = op("minimum", states, steps)

    def wider(reach: Value, times: Value) -> list[Value]:
        times = op("add", times, 1)
        return [op("floor_divide", op("mul", reach, op("add", states, times)), times), times]

    reach, times = while_([i64(1), i64(0)], lambda reach, _: op("lt", reach, steps), wider)
    before = op("floor_divide", op("mul", reach, times), op("add", states, times))
    inner = op("floor_divide", op("mul", before, states), op("sub", op("add", states, times), 1))
    return op("minimum", before, op("sub", steps, inner))
