"""Traced values that leave their trace, threads, and what is left after exceptions."""

import re
import threading
from pathlib import Path

import numpy as np
import pytest

import jitad as jad
from jitad.capture.gate import GATE
from jitad.capture.trace import stack
from jitad.ir import builder

X = np.array([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "use",
    [
        lambda v: v + 1, np.sin, lambda v: X * v, lambda v: jad.jit(lambda x: x * v)(X), float, bool, list,
        np.asarray, lambda v: np.concatenate([v, v]), jad.jit(lambda x: x), lambda v: v[0], lambda v: v == v,
        lambda v: v.sum(), lambda v: range(v), lambda v: jad.grad(np.sum)(v),
    ],
)  # fmt: skip
def test_a_value_of_a_finished_trace(use):
    kept = []

    def keep(x):
        kept.append(x * 2)
        return x

    line = keep.__code__.co_firstlineno + 1
    jad.jit(keep)(X)
    text = rf"the traced f64\[3\], made at .*{Path(__file__).name}:{line}, escaped from the trace of keep"
    with pytest.raises(jad.EscapedTraceError, match=text):
        use(kept[0])


def test_a_value_of_a_finished_inner_trace():
    def f(x):
        kept = []

        def inner(y):
            kept.append(y * x)
            return y * x

        jad.grad(inner)(2.0)
        return kept[0] * 2

    with pytest.raises(jad.EscapedTraceError, match="escaped from the trace of inner"):
        jad.jit(f)(3.0)


def test_a_value_of_another_thread():
    seen = []

    def f(x):
        def work():
            try:
                jad.jit(lambda y: y * x)(1.0)
            except jad.EscapedTraceError as error:
                seen.append(str(error))

        t = threading.Thread(target=work)
        t.start()
        t.join()
        return x

    jad.jit(f)(2.0)
    assert re.search("belongs to the trace of f .*open in another thread", seen[0])


def test_exceptions_leave_nothing_behind():
    for f in (lambda x: 1 / 0, lambda x: jad.grad(lambda y: [][0])(x), lambda x: np.ones(2) + np.ones(3) * x):
        open_before, gate_before = len(stack()), GATE["open"]
        with pytest.raises((ZeroDivisionError, IndexError, ValueError)):
            jad.grad(f)(2.0)
        assert len(stack()) == open_before == 0
        assert GATE["open"] == gate_before
        with pytest.raises(RuntimeError, match="no IR builder is open"):
            builder.current()
    assert jad.grad(lambda x: x**2)(3.0) == 6.0


def test_is_traced():
    seen = []

    def f(x, n):
        seen.append((jad.is_traced(x), jad.is_traced(n), jad.is_traced(X), jad.is_traced(np.sin(2.0))))
        return x

    jad.jit(f, static_argnums=1)(2.0, 3)
    assert seen == [(True, False, True, False)]
    assert not jad.is_traced(X)


def test_values_of_outer_traces_become_parameters():
    program = jad.jit(lambda x, y: jad.grad(lambda a: a * y * x)(x)).compile(2.0, 3.0)
    assert program(2.0, 3.0) == 6.0
    assert program.ir.count("mul") == 1
