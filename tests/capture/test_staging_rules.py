"""What is rolled and what is not, what happens how often, what explicit forms do, and what errors say."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

import jitad as jad
from jitad.api.config import interpreting

X = np.array([0.5, -1.0, 2.0, 0.25, -0.75])


def line_of(marker: str) -> str:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return f"test_staging_rules.py:{next(i for i, s in enumerate(lines, 1) if s.endswith('# ' + marker))}"


def decisions(f, *args) -> str:
    return jad.explain(f, *args)


# rolled or unrolled


def test_a_loop_with_a_list_is_unrolled_and_happens_as_often_as_in_python():
    seen = []

    def f(x):
        s = 0.0
        for i in range(4):
            seen.append(i)
            s = s + x[i] * i
        return s

    assert jad.jit(f)(X) == pytest.approx(f(X))
    assert seen == [0, 1, 2, 3] * 2
    text = decisions(f, X)
    assert "unrolled" in text
    assert "list" in text


def test_an_index_into_a_list_unrolls():
    weights = [0.1, 0.2, 0.3, 0.4]

    def f(x):
        s = 0.0
        for i in range(4):
            s += weights[i] * x[i]
        return s

    assert jad.jit(f)(X) == pytest.approx(f(X))
    assert "unrolled" in decisions(f, X)


def test_explain_names_what_a_loop_carries():
    def f(x):
        s = 0
        for v in x:  # carried
            s += v * v
        return s

    text = decisions(f, X)
    assert line_of("carried") in text
    assert "5 iterations" in text
    assert "s: f64" in text


def test_explain_says_what_a_loop_keeps_for_its_gradient():
    def f(x):
        s = x[0]
        for _ in range(1000):  # kept
            s = np.sin(s) + 0.1 * s
        return s

    def g(x, n):
        s = x[0]
        while s * n > 1.0:  # taped
            s = np.sin(s) * 0.5
        return s

    text = decisions(jad.grad(f), X)
    assert f"{line_of('kept')}: `for` keeps 8 bytes an iteration for the reverse sweep, 8000 in all" in text
    text = decisions(jad.grad(g), X, 2.0)
    assert f"{line_of('taped')}: `while` keeps 8 bytes an iteration" in text
    assert "keeps" not in decisions(jad.grad(lambda x: x.sum()), X)


def test_roll_raises_where_a_loop_cannot_be_rolled():
    names = ["a", "b"]

    def f(x):
        s = 0.0
        for i in jad.roll(range(2)):  # to roll
            s += x[i] * len(names[i])
        return s

    with pytest.raises(NotImplementedError, match=r"cannot be rolled.*number") as error:
        jad.jit(f)(X)
    assert line_of("to roll") in str(error.value)


def test_unroll_runs_the_iterations_in_python():
    def f(x):
        s = 0.0
        for i in jad.unroll(range(3)):
            assert type(i) is int
            s += x[i] * i
        return s

    assert jad.jit(f)(X) == pytest.approx(f(X))
    assert "for" not in [
        eqn.op.name for eqn in jad.jit(f)._version(jad.jit(f)._binder.bind((X,), {})).program.fn.eqns
    ]


@pytest.mark.parametrize("trips", [0, 1, 2, 7, 100])
def test_rolled_and_unrolled_loops_give_the_same_bits(trips):
    def body(x, s, k):
        return np.sin(s * x[1] + x[k % 5]) + s * 0.3

    def rolled(x):
        s = 0.1
        for k in jad.roll(range(trips)):
            s = body(x, s, k)
        return s

    def unrolled(x):
        s = 0.1
        for k in jad.unroll(range(trips)):
            s = body(x, s, k)
        return s

    a, da = jad.jit(jad.value_and_grad(rolled))(X)
    b, db = jad.jit(jad.value_and_grad(unrolled))(X)
    assert a == b
    tolerance = 0.0 if trips < 2 else 1e-13
    np.testing.assert_allclose(da, db, rtol=tolerance, atol=tolerance)


def test_python_numbers_stay_python_numbers_outside_the_traced_part():
    def f(x):
        n = 0
        for _ in range(3):
            n += 1
        s = 0.0
        for i in range(n):
            s += x[i]
        return s * np.zeros(n).size

    assert jad.jit(f)(X) == pytest.approx(f(X))


def test_an_integer_counted_in_a_rolled_loop_can_still_be_a_size():
    def f(x):
        n, s = 0, 0.0
        for v in x:
            s += v
            n += 1
        return s + np.ones(n)

    np.testing.assert_allclose(jad.jit(f)(X), f(X))


@pytest.mark.parametrize("start", [0, 0.0, True, np.inf, np.float32(1), np.int64(2), -np.inf])
def test_carried_numbers_start_as_any_number(start):
    def f(x):
        s = start
        for v in x:
            s = np.minimum(s, v) if start == np.inf else s + v
        return s

    assert jad.jit(f)(X) == pytest.approx(float(f(X)))


def test_single_precision_stays():
    def f(x):
        s = 0.0
        for v in x:
            s += v * 0.5
        return s

    x = X.astype(np.float32)
    out = jad.jit(f)(x)
    assert out.dtype == np.float32
    assert out == pytest.approx(f(x), rel=1e-6)


# names bound in a branch or loop


def test_a_name_bound_in_one_branch_is_an_error_with_both_lines():
    def f(x):
        if x[0] > 0:
            y = x[1]  # bound
        return y  # read

    with pytest.raises(UnboundLocalError, match="'y'") as error:
        jad.jit(f)(X)
    text = str(error.value)
    assert line_of("read").split(":")[1] in text
    assert line_of("bound").split(":")[1] in text


def test_a_name_bound_in_a_loop_that_may_not_run():
    def f(x, n):
        for i in range(n):
            y = x[i]
        return y

    with pytest.raises(UnboundLocalError, match="'y'"):
        jad.jit(f)(X, np.int64(3))
    jitted = jad.jit(f)
    assert jitted(X, 3) == f(X, 3)  # a Python int is compiled in where the program needs it
    with pytest.raises(UnboundLocalError, match="'y'"):
        jitted(X, 0)

    def g(x):
        for i in range(3):
            y = x[i]
        return y + i

    assert jad.jit(g)(X) == g(X)


def test_branches_that_differ_in_shape_name_the_variable():
    def f(x):
        if x[0] > 0:  # differ
            y = x
        else:
            y = x[:2]
        return y

    with pytest.raises(TypeError, match=r"y is f64\[5\] in one branch and f64\[2\]") as error:
        jad.jit(f)(X)
    assert line_of("differ") in str(error.value)


def test_an_effect_in_a_branch_is_an_error():
    seen = []

    def f(x):
        if x[0] > 0:
            seen.append(1)  # effect
        return x

    with pytest.raises(NotImplementedError, match="known only when the program runs"):
        jad.jit(f)(X)
    assert seen == []


# indices


def test_an_index_outside_raises_from_native_code():
    def f(x, k):
        return x[k] * 2  # outside

    g = jad.jit(f)
    assert g(X, -5) == 1.0
    for k in (5, -6):
        with pytest.raises(IndexError, match="out of") as error:
            g(X, k)
        assert line_of("outside") in str(error.value)


def test_an_index_outside_in_a_loop_stops_it():
    def f(x, n):
        y = np.zeros(5)
        for i in range(n):
            y[i] = x[i]  # in the loop
        return y

    g = jad.jit(f)
    np.testing.assert_array_equal(g(X, 5), X)
    with pytest.raises(IndexError) as error:
        g(X, 6)
    assert line_of("in the loop") in str(error.value)


def test_the_second_operand_of_and_is_evaluated_only_where_the_first_holds():
    def f(x):
        i = 0
        while i < 5 and x[i] < 1.0:
            i += 1
        return i

    assert jad.jit(f)(X) == 2
    assert jad.jit(f)(-np.ones(5)) == 5


# assert


def test_an_assertion_on_a_traced_value_is_checked_when_it_runs():
    def f(x):
        assert x[0] > 0, "x must be positive"
        return x * 2

    g = jad.jit(f)
    np.testing.assert_array_equal(g(X), X * 2)
    with pytest.raises(AssertionError, match="x must be positive"):
        g(-X)
    with pytest.raises(AssertionError):
        jad.jit(jad.grad(lambda x: f(x).sum()))(-X)


def test_a_raise_under_a_traced_condition_happens_when_it_runs():
    def f(x):
        s = 0.0
        for v in x:
            if v < -0.9:
                raise ValueError("too small")  # raised
            elif v > 100:
                pass
            else:
                s += np.sqrt(v + 1.0)
        return s

    g = jad.jit(jad.value_and_grad(f))
    good = np.abs(X)
    assert g(good)[0] == pytest.approx(f(good))
    with pytest.raises(ValueError, match="too small") as error:
        g(X)
    assert line_of("raised") in str(error.value)

    class Odd(Exception):
        pass

    def h(x):
        if x[0] > 0:
            raise Odd("no")
        return x

    with pytest.raises(NotImplementedError, match="Odd is raised"):
        jad.jit(h)(X)


# captured names


SCALE = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
FACTOR = 2.0


def scaled(v, i):
    return v * SCALE[i] * FACTOR


def test_what_called_functions_read_is_not_stale(monkeypatch):
    def f(x):
        s = 0.0
        for i in range(5):
            s += scaled(x[i], i)
        return s

    g = jad.jit(f)
    assert g(X) == pytest.approx(f(X))
    SCALE[0] += 1.0
    assert g(X) == pytest.approx(f(X))
    SCALE[0] -= 1.0
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert g(X) == pytest.approx(f(X))


def test_attributes_read_in_a_loop_are_guarded():
    class Model:
        def __init__(self):
            self.alpha = 0.5

        def step(self, s, v):
            return s * self.alpha + v

    m = Model()

    def f(x):
        s = 0.0
        for v in x:
            s = m.step(s, v)
        return s

    g = jad.jit(f)
    assert g(X) == pytest.approx(f(X))
    m.alpha = 0.25
    assert g(X) == pytest.approx(f(X))


def test_hidden_inputs_reached_through_called_functions_raise():
    def noise(v):
        return v + random.random()

    def f(x):
        s = 0.0
        for v in x:
            s += noise(v)
        return s

    with pytest.raises(NotImplementedError, match="random"):
        jad.jit(f)(X)


# explicit forms


def test_cond_and_switch():
    f = jad.jit(lambda p, x: jad.cond(p > 0, lambda y: y * 2, lambda y: y - 1, x))
    assert f(1.0, 3.0) == 6.0
    assert f(-1.0, 3.0) == 2.0
    g = jad.jit(lambda k, x: jad.switch(k, [np.sin, lambda y: y * 2, np.cos], x))
    expected = [math.sin(0.5), math.sin(0.5), 1.0, math.cos(0.5), math.cos(0.5)]
    assert [g(k, 0.5) for k in (-3, 0, 1, 2, 9)] == pytest.approx(expected)
    assert jad.grad(lambda x: jad.cond(x > 0, np.sqrt, np.negative, x))(4.0) == 0.25


def test_while_and_fori_loop():
    f = jad.jit(lambda x: jad.while_loop(lambda v: v[0] > 1.0, lambda v: (v[0] * 0.5, v[1] + 1), (x, 0)))
    assert f(40.0) == (0.625, 6)
    g = jad.jit(lambda x, n: jad.fori_loop(0, n, lambda i, v: v * x + i, 1.0))
    assert g(2.0, 3) == 1.0 * 8 + 0 * 4 + 1 * 2 + 2
    assert jad.grad(lambda x: jad.fori_loop(0, 3, lambda i, v: v * x, 1.0))(2.0) == pytest.approx(12.0)
    assert jad.fori_loop(0, 3, lambda i, v: v + i, 0) == 3


@pytest.mark.parametrize("reverse", [False, True])
def test_scan(reverse):
    def f(x):
        return jad.scan(lambda c, v: (c + v, {"sum": c, "sin": np.sin(c + v)}), 0.0, x, reverse=reverse)

    carry, ys = jad.jit(f)(X)
    expected, zs = f(X)
    assert carry == pytest.approx(expected)
    np.testing.assert_allclose(ys["sum"], zs["sum"])
    np.testing.assert_allclose(ys["sin"], zs["sin"])
    jad.check_grads(lambda x: f(x)[1]["sin"] @ np.arange(5.0), (X,), order=2)


def test_scan_without_rows():
    out = jad.jit(lambda x: jad.scan(lambda c, _: (c * x, c), 1.0, length=4))(2.0)
    assert out[0] == 16.0
    np.testing.assert_array_equal(out[1], [1, 2, 4, 8])


# trips


@pytest.mark.parametrize("trips", [0, 1, 2, 10**6])
def test_loops_of_any_length_and_their_gradients(trips):
    """The closed form of s ← r s + c, and its derivative by r; the length is known only at run time."""

    def f(r, n):
        s = 1.0
        for _ in range(n):
            s = r * s + 0.5
        return s

    def g(r, n):
        s, k = 1.0, 0
        while k < n:
            s = r * s + 0.5
            k += 1
        return s

    r = 1.0 - 1e-3
    expected = r**trips + 0.5 * (1 - r**trips) / (1 - r)
    slope = trips * r ** max(trips - 1, 0) * (1 - 0.5 / (1 - r)) + 0.5 * (1 - r**trips) / (1 - r) ** 2
    for loop in (f, g) if trips < 10 or not interpreting() else ():
        value, derivative = jad.jit(jad.value_and_grad(loop))(r, trips)
        assert value == pytest.approx(expected, rel=1e-9)
        assert derivative == pytest.approx(slope, rel=1e-7, abs=1e-12)
