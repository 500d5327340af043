"""Loops, branches and mutation of plain Python: what NumPy gives, natively and interpreted; derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from programs import PROGRAMS

import jitad as jad
from jitad.capture.trees import flatten

#: `bisect` is a step function of where it starts, `collatz` one of an integer.
SMOOTH = sorted(PROGRAMS.keys() - {"collatz", "bisect"})


def _leaves(tree: object) -> list[np.ndarray]:
    return [np.asarray(x) for x in flatten(tree)[0]]


def _equal(found: object, expected: object, tolerance: float = 1e-13) -> None:
    for a, b in zip(_leaves(found), _leaves(expected), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", PROGRAMS)
def test_native_and_interpreted_programs_are_numpys(name: str) -> None:
    f, args = PROGRAMS[name]
    expected = f(*args)
    _equal(jad.jit(f)(*args), expected)
    with jad.disable_jit():
        _equal(jad.jit(f)(*args), expected)


def _loss(f):
    def loss(*args):
        total = 0.0
        out = f(*args)
        for k, x in enumerate(out if isinstance(out, tuple) else (out,)):
            total = total + np.sum(np.cos(np.arange(1.0, np.size(x) + 1).reshape(np.shape(x)) + k) * x)
        return total

    return loss


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_agree_with_differences(name: str) -> None:
    f, args = PROGRAMS[name]
    integers = [i for i, x in enumerate(args) if isinstance(x, int)]
    jad.check_grads(_loss(f), args, order=1, static_argnums=integers)
