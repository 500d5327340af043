"""Calls of one function many times: shared where that is safe, and the numbers of Python always."""

from __future__ import annotations

import time

import numpy as np
import pytest
from call_programs import PROGRAMS, step

import jitad as jad
from jitad.capture.run import capture
from jitad.ir.calls import called


def traced(f, arguments):
    """The program as it was traced, before anything is inlined."""
    found = []
    from jitad import pipeline

    def keep(*args):
        found.append(capture(*args))
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "capture", keep)
        jad.jit(f)(*arguments)
    return found[0].fn


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_are_pythons(name):
    f, arguments, _ = PROGRAMS[name]
    np.testing.assert_allclose(jad.jit(f)(*arguments), f(*arguments), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", PROGRAMS)
def test_shared_where_it_can_be(name):
    f, arguments, shared = PROGRAMS[name]
    assert {g.name for g in called(traced(f, arguments))} == set(shared.split())


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients(name):
    f, arguments, _ = PROGRAMS[name]
    jad.check_grads(f, arguments, order=1)


@pytest.mark.parametrize("name", ["a_chain", "arrays", "recursion", "branches_inside", "gradients_inside"])
def test_second_order(name):
    f, arguments, _ = PROGRAMS[name]
    jad.check_grads(f, arguments, order=2)


def test_a_list_is_appended_to_as_often_as_in_python():
    seen = []

    def noting(x):
        seen.append(1)
        return step(x, 0.5)

    def f(x):
        for _ in jad.unroll(range(7)):
            x = noting(x)
        return x

    np.testing.assert_allclose(jad.jit(f)(0.3), f(0.3), rtol=1e-12)
    assert len(seen) == 14


def test_calls_after_an_exception_are_traced():
    def risky(x, n):
        if n == 3:
            raise KeyError(n)
        return step(x, 0.5) * n

    def f(x):
        for k in jad.unroll(range(6)):
            try:
                x = risky(x, k)
            except KeyError:
                x = x + 1.0
            x = risky(x, 1)
        return x

    np.testing.assert_allclose(jad.jit(f)(0.3), f(0.3), rtol=1e-12)


def test_recursion_whose_end_depends_on_the_data_says_so():
    def halve(x):
        if x < 1.0:
            return x
        return halve(x / 2)

    with pytest.raises(RecursionError, match=r"halve calls itself \(.*test_calls.py:\d+\).*while_loop"):
        jad.jit(halve)(10.0)


def test_so_does_recursion_through_another_function():
    def even(x):
        return x if x < 1.0 else odd(x - 1)

    def odd(x):
        return 2 * even(x - 1)

    with pytest.raises(RecursionError, match="known only when the program runs"):
        jad.grad(even)(10.0)


def test_deep_static_recursion_names_the_bound():
    def power(x, n):
        return x if n == 0 else x * power(x, n - 1)

    assert jad.grad(power, static_argnums=1)(1.01, 60) == pytest.approx(61 * 1.01**60)
    start = time.perf_counter()
    with pytest.raises(RecursionError, match=r"power calls itself .* 150 calls deep .* the bounds are"):
        jad.grad(power, static_argnums=1)(1.01, 5000)
    assert time.perf_counter() - start < 20


def test_wide_static_recursion_names_the_bound(monkeypatch):
    from jitad.capture import calls

    monkeypatch.setattr(calls, "MOST_EQUATIONS", 500)

    def tree(x, n, path):
        if n == 0:
            return step(x, 0.1 * path)
        return tree(x, n - 1, 2 * path) + tree(x, n - 1, 2 * path + 1)

    with pytest.raises(RecursionError, match=r"into \d+ equations"):
        jad.jit(tree, static_argnums=(1, 2))(0.3, 10, 1)


def test_repeated_recursion_takes_linear_time():
    def fib(x, n):
        return x if n < 2 else fib(np.sin(x), n - 1) + fib(np.cos(x), n - 2)

    fn = traced(lambda x: fib(x, 20), (0.3,))
    assert sum(len(f.eqns) for f in called(fn)) < 400
    np.testing.assert_allclose(jad.jit(fib, static_argnums=1)(0.3, 16), fib(0.3, 16), rtol=1e-12)
