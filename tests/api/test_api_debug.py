"""debug_nan names the operation that made the NaN of a result, its line, its inputs and its iterations."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import jitad as jad
from jitad.api.config import interpreting
from jitad.ir.evaluate import evaluate
from jitad.ir.text import parse


def line_of(f, offset: int) -> str:
    return f"{__file__}:{f.__code__.co_firstlineno + offset}"


def failed(f, *args) -> str:
    with pytest.raises(FloatingPointError) as caught:
        f(*args)
    return str(caught.value)


def test_the_first_operation_is_named():
    def f(x, w):
        y = np.exp(x)
        z = y / w
        return np.sum(z - z)

    x, w = np.ones(4), np.array([1.0, 2.0, 0.0, 3.0])
    assert jad.debug_nan(f)(x, x) == 0.0
    text = failed(jad.debug_nan(f), x, w)
    assert text.startswith("div made 1 inf in f64[4], the first, inf, at [2] [debug-nan]")
    assert f"{line_of(f, 2)} (forward)" in text
    assert "z = y / w" in text
    assert "input w: f64[4] = [1. 2. 0. 3.], at [2]: 0.0" in text


def test_a_branch_not_taken_is_no_error():
    def f(x):
        y = np.where(x > 0, np.log(x), 0.0)  # -inf where it is not taken
        inverse = 1.0 / (1.0 / x)  # passes through infinity
        return np.sum(y) + np.sum(inverse)

    x = np.array([0.0, 1.0, 2.0])
    assert jad.debug_nan(f)(x) == np.log(2.0) + 3.0
    assert np.isfinite(jad.debug_nan(jad.grad(lambda x: np.sum(np.where(x > 0, np.log(x), 0.0))))(x)).all()

    def g(x):
        return f(x) / np.sum(x - x)

    text = failed(jad.debug_nan(g), x)
    assert text.startswith("div made 1 inf in f64")
    assert line_of(g, 1) in text
    masked = failed(jad.debug_nan(f, always=True), x)
    assert masked.startswith("log made 1 inf")
    assert line_of(f, 1) in masked


def test_in_the_adjoint():
    def f(x):
        return np.sum(np.sqrt(x))

    x = np.array([1.0, 0.0, 4.0])
    assert jad.debug_nan(f)(x) == 3.0
    text = failed(jad.debug_nan(jad.grad(f)), x)
    assert "(adjoint)" in text and line_of(f, 1) in text and "made 1 inf in f64[3]" in text
    _, pullback = jad.vjp(f, x)
    text = failed(jad.debug_nan(lambda: pullback(1.0)))
    assert line_of(f, 1) in text
    with pytest.raises(FloatingPointError, match=r"\(tangent\)"):
        jad.debug_nan(lambda x: jad.jvp(f, (x,), (np.ones(3),)))(x)


def test_iterations_of_loops_are_told():
    def f(x):
        total = 0.0
        for i in range(20):
            for j in range(20):
                total = total + x / (np.abs(i - 7.0) + np.abs(j - 11.0))
        return total

    text = failed(jad.debug_nan(f), 1.0)
    assert (
        f"in iteration 11 of the loop at {line_of(f, 3)}\n  in iteration 7 of the loop at {line_of(f, 2)}"
        in text
    )
    text = failed(jad.debug_nan(jad.grad(f)), 1.0)
    assert "iteration 11" in text and "iteration 7" in text


def test_of_many_iterations_the_one_that_shows():
    def f(x):
        total = 0.0
        for i in range(100):
            term = np.log(x - i)  # NaN from i = 51 on; -inf at 50
            total = total + np.where((i < 50) | (i > 80), 0.0 * i, term) + np.where(i > 80, term, 0.0)
        return total

    text = failed(jad.debug_nan(f), 50.0)
    assert f"in iteration 50 of the loop at {line_of(f, 2)}" in text

    def g(x):
        total = 0.0
        for i in range(100):
            term = np.log(x - i)
            total = total + np.where(i < 80, 0.0 * i, term)
        return total

    text = failed(jad.debug_nan(g), 50.0)
    assert f"in iteration 80 of the loop at {line_of(g, 2)}" in text
    assert "log made 1 NaN" in text


def test_while_loops_and_branches():
    def f(x, n):
        k = 0.0
        while k < n:
            k = k + 1.0
            if k > 5.0:
                x = x / (k - 8.0)
            else:
                x = x * 1.5
        return x

    text = failed(jad.debug_nan(f), 1.0, 20.0)
    assert "div made 1 inf" in text
    assert f"in iteration 7 of the loop at {line_of(f, 2)}" in text
    assert "iteration 7" in failed(jad.debug_nan(jad.grad(f)), 1.0, 20.0)


def _inverse(x, k):
    y = x
    for _ in range(30):
        y = np.sin(y) + x * k
    return y / (k - 3.0)


def test_functions_that_are_called():
    def f(x):
        for k in range(40):
            x = _inverse(x, x.sum() * 0 + k)
        return x.sum()

    text = failed(jad.debug_nan(f), np.ones(30))
    assert line_of(_inverse, 4) in text
    assert "iteration 3 of the loop" in text


def test_sizes_that_are_values():
    @jad.jit
    def f(x):
        return np.sum(1.0 / x)

    debugged = jad.debug_nan(f)
    for n in range(3, 8):
        x = np.arange(1.0, n)
        assert debugged(x) == pytest.approx(np.sum(1.0 / x))
    assert f.cache_info().traces < 4
    assert "at [1]" in failed(debugged, np.array([1.0, 0.0, 2.0, 4.0]))


def test_what_arguments_have_is_no_news():
    f = jad.debug_nan(lambda x: x * 2.0)
    assert np.isnan(f(np.array([1.0, np.nan]))[1])
    assert f(np.inf) == np.inf
    assert "made 1 NaN" in failed(jad.debug_nan(lambda x: x - x), np.inf)
    g = jad.debug_nan(lambda x, w: x / w)
    assert np.isnan(g(np.array([np.nan]), np.array([0.0]))[0])
    assert "div made 1 inf" in failed(g, np.array([np.nan, 1.0]), np.array([1.0, 0.0]))


def test_arguments_that_are_written():
    def f(x):
        x[1:] = x[:-1] / x[1:]

    x = np.array([1.0, 2.0, 0.0])
    text = failed(jad.debug_nan(f), x)
    assert "[1. 2.]" in text and "[2. 0.]" in text
    out = np.array([1.0, 0.0])
    assert "[1. 0.]" in failed(lambda: jad.debug_nan(lambda x: 1.0 / x)(out, out=out))


def test_prints_are_not_repeated(capsys):
    def f(x):
        jad.print("x = {}", x)
        return 1.0 / x

    failed(jad.debug_nan(f), 0.0)
    assert capsys.readouterr().out == "x = 0.0\n"


def test_the_environment_switches_it_on():
    code = "import jitad as jad, numpy as np\n"
    code += "f = jad.jit(lambda x: np.log(x))\nfor x in (1., 2., 3., -1.):\n    f(x)\n"
    for value, fails in (("1", True), ("0", False), ("", False)):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={"JITAD_DEBUG_NAN": value, "PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
        )
        assert (run.returncode != 0) is fails
        assert ("FloatingPointError: log made 1 NaN in f64" in run.stderr) is fails


def test_native_entries_are_back_afterwards():
    f = jad.jit(lambda x: x * 2.0)
    jad.debug_nan(f)(1.0)
    f(1.0)
    assert interpreting() or f._entry is not None
    assert np.isinf(jad.jit(lambda x: 1.0 / x)(0.0))


def test_what_is_replaced_may_not_hang():
    """A loop that ends because of an infinity would not end with the number that replaces it."""

    def f(x):
        while x < 1e308:
            x = np.where(x > 100.0, 1.0 / (x - x), x * 2.0)
        return x

    assert "div made 1 inf" in failed(jad.debug_nan(f), 1.0)


def test_bad_input():
    with pytest.raises(TypeError, match="expected a function"):
        jad.debug_nan(3)


def test_evaluation_alone_is_not_watched():
    fn = parse("func @f(%x: f64) -> f64 {\n  %0: f64 = log %x\n  return %0\n}\n")
    assert np.isnan(evaluate(fn, -1.0)[0])
