"""check_grads accepts right derivatives and rejects wrong ones, in each mode and at each order."""

import numpy as np
import pytest

import jitad as jad

A = np.array([0.3, 0.7, 1.1])


@pytest.mark.parametrize("modes", [("fwd",), ("rev",), ("fwd", "rev")], ids="-".join)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_right_derivatives_pass(order, modes):
    jad.check_grads(lambda x, y: (np.sin(x) * y, {"s": np.sum(x**3) / y}), (A, 2.0), order=order, modes=modes)


def test_trees_and_integers():
    jad.check_grads(lambda p, n: p["w"] * p["k"] + n, ({"w": A, "k": np.arange(3)}, 2), order=2)


def test_float32():
    jad.check_grads(lambda x: np.sum(np.tanh(x) ** 2), (A.astype(np.float32),), order=2)


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_wrong_first_derivatives_fail(mode):
    wrong = lambda x: x * jad.stop_gradient(x)
    with pytest.raises(AssertionError, match=rf"derivatives disagree \({mode}\)"):
        jad.check_grads(wrong, (A,), modes=(mode,))


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_wrong_second_derivatives_fail(mode):
    # Its value is 0 and so is its derivative 2 (x - stop(x)); the derivative of that is 2, in place of 0.
    wrong = lambda x: np.sum((x - jad.stop_gradient(x)) ** 2)
    jad.check_grads(wrong, (A,), order=1, modes=(mode,))
    with pytest.raises(AssertionError, match=rf"{mode} of {mode}|\({mode}, {mode}\)"):
        jad.check_grads(wrong, (A,), order=2, modes=(mode,))


def test_options_are_checked():
    with pytest.raises(ValueError, match="modes are 'fwd' and 'rev'"):
        jad.check_grads(np.sin, (1.0,), modes=("forward",))
    with pytest.raises(ValueError, match="order must be at least 1"):
        jad.check_grads(np.sin, (1.0,), order=0)
