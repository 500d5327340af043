"""Each program natively beside NumPy's own run, its gradient beside differences, forward beside reverse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jitad as jad

from . import ALL, PENDING, PROGRAMS, UNROLLED
from .program import Program, copies, loss, results

#: Step of the central differences, and the error that it leaves on programs of this size.
STEP, TOLERANCE = 1e-5, 1e-6


def leaves(program: Program, returned: Any) -> list[np.ndarray]:
    """Return the gradient as one array for each differentiated argument."""
    return [np.asarray(g) for g in results(returned)]


def moved(program: Program, arguments: tuple, directions: list, step: float) -> tuple:
    """Return the arguments, the differentiated ones moved along their directions."""
    found = list(copies(arguments))
    for i, direction in zip(program.wrt, directions):
        found[i] = found[i] + step * direction
    return tuple(found)


def directions(program: Program, arguments: tuple) -> list[list]:
    """Return random directions of all differentiated arguments, and some along one entry of one of them."""
    rng = np.random.default_rng(3)
    shapes = [np.shape(arguments[i]) for i in program.wrt]
    found = [[rng.standard_normal(s) for s in shapes] for _ in range(3)]
    for place in range(min(len(shapes), 4)):
        single = [np.zeros(s) for s in shapes]
        single[place].flat[rng.integers(single[place].size)] = 1.0
        found.append(single)
    return found


def inner(gradient: list, direction: list) -> float:
    return float(sum(np.sum(g * d) for g, d in zip(gradient, direction)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_written_arguments_are_numpys(name: str) -> None:
    program = PROGRAMS[name]
    native = jad.jit(program.f)
    for seed in (0, 1):
        arguments = program.arguments(seed=seed)
        ours, theirs = copies(arguments), copies(arguments)
        found, expected = results(native(*ours)), results(program.f(*theirs))
        for f, e in zip((*found, *ours), (*expected, *theirs), strict=True):
            np.testing.assert_allclose(f, e, rtol=1e-11, atol=1e-12)
            assert np.asarray(f).dtype == np.asarray(e).dtype


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_are_central_differences_and_forward_agrees(name: str) -> None:
    program = PROGRAMS[name]
    f = loss(program, program.weights(program.arguments()))
    value_and_grad = jad.value_and_grad(f, argnums=program.wrt)
    for seed in (0, 1):
        arguments = program.arguments(seed=seed)
        kept = copies(arguments)
        value, returned = value_and_grad(*arguments)
        assert all(np.array_equal(a, k) for a, k in zip(arguments, kept)), "an argument was changed"
        np.testing.assert_allclose(value, f(*copies(arguments)), rtol=1e-11)
        gradient = leaves(program, returned)
        for direction in directions(program, arguments):
            up, down = (f(*moved(program, arguments, direction, s)) for s in (STEP, -STEP))
            slope, scale = (
                inner(gradient, direction),
                inner([abs(g) for g in gradient], [abs(d) for d in direction]),
            )
            np.testing.assert_allclose(
                slope, (up - down) / (2 * STEP), rtol=TOLERANCE, atol=TOLERANCE * scale
            )
        slope = tangent(program, f, arguments, directions(program, arguments)[0])
        np.testing.assert_allclose(slope, inner(gradient, directions(program, arguments)[0]), rtol=1e-9)


def tangent(program: Program, f: Any, arguments: tuple, direction: list) -> Any:
    """Return the derivative along a direction, forward."""

    def of_differentiated(*given: Any) -> Any:
        every = list(copies(arguments))
        for i, x in zip(program.wrt, given):
            every[i] = x
        return f(*every)

    along = tuple(d if d.shape else float(d) for d in map(np.asarray, direction))
    return jad.jvp(of_differentiated, tuple(arguments[i] for i in program.wrt), along)[1]


@pytest.mark.parametrize("name", PENDING)
def test_what_is_pending_says_so(name: str) -> None:
    kind, text = PENDING[name]
    with pytest.raises(kind, match=text):
        jad.jit(ALL[name].f)(*ALL[name].arguments())


@pytest.mark.parametrize("name", PROGRAMS)
def test_loops_are_rolled(name: str) -> None:
    program = PROGRAMS[name]
    told = jad.explain(program.f, *program.arguments())
    assert ("unrolled" in told) == (name in UNROLLED), told
