"""Random programs with loops, to run and to differentiate: what refuses them, and what NumPy cannot run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from jitad.capture.trees import flatten

from .budget import note
from .loop_forms import GROUPS
from .loop_programs import arguments, function

#: What is known only at run time and must be refused, by a part of the error.
REFUSALS = (
    "may be another one",
    "which also makes",
    "that existed before",
    "made before",
    "may run no time at all",
    "cannot be rolled into one of the program",
)


class Case(NamedTuple):
    """A program, its text, and arguments of which the last is an integer."""

    f: Callable[..., Any]
    text: str
    arguments: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"{self.text}\n{self.arguments}"


def cases(*groups: str) -> st.SearchStrategy[Case]:
    """Programs of statements of these groups, or of all."""

    def make(rng: Random) -> Case:
        f, text = function(rng, groups or tuple(GROUPS))
        return Case(f, text, arguments(rng))

    return st.builds(make, st.randoms(use_true_random=False))


@contextmanager
def rolled() -> Iterator[None]:
    """Short loops stay loops: they are not unrolled in the IR."""
    flatten = sys.modules["jitad.opt.flatten"]
    before = flatten.MOST_TRIPS
    flatten.MOST_TRIPS = 1
    try:
        yield
    finally:
        flatten.MOST_TRIPS = before


def copies(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(a.copy() if isinstance(a, np.ndarray) else a for a in arguments)


def leaves(tree: Any) -> list[np.ndarray]:
    return [np.asarray(x) for x in flatten(tree)[0]]


def numpys(case: Case, arguments: tuple[Any, ...]) -> list[np.ndarray]:
    """What NumPy gives, writing into `arguments`; programs on which it raises are left out."""
    try:
        return leaves(case.f(*arguments))
    except (ValueError, IndexError, TypeError, UnboundLocalError, FloatingPointError):
        note("programs with loops on which NumPy raises")
        assume(False)
        raise


def unless_refused(run: Callable[[], Any]) -> Any:
    """What `run` returns, or None if the program must be refused."""
    try:
        return run()
    except (NotImplementedError, UnboundLocalError) as error:
        if not any(part in str(error) for part in REFUSALS):
            raise
        note("programs with loops refused: what happens is known only at run time")
        return None


def same(found: list[np.ndarray], expected: list[np.ndarray], what: str, tolerance: float = 1e-11) -> None:
    """Assert equality up to the rounding of some dozens of operations on numbers about 1."""
    assert len(found) == len(expected), what
    for x, y in zip(found, expected):
        assert x.shape == y.shape, f"{what}: {x.shape} where {y.shape} is expected"
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance, err_msg=what)
        note("numbers compared", x.size)
