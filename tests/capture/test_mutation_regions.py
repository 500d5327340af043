"""What a region reads and writes of the arrays around it, and that it leaves nothing when abandoned."""

import numpy as np
import pytest

import jitad as jad
from jitad.capture.errors import EscapedTraceError
from jitad.capture.handles import assign, see
from jitad.capture.region import RegionTrace
from jitad.capture.trace import current_trace


def run(f, *args):
    with jad.disable_jit():
        return jad.jit(f)(*args)


def inlined(body, x, *more):
    """`body(x, …)` traced as a region that is then put where it stands, once."""
    with RegionTrace("loop") as region:
        body(x, *more)
    trace = region.outer
    env = {
        region.entry_value(h): see(h, trace) for h in region.handles() if region.entry_value(h) is not None
    }
    after = {id(h): region.final_value(h) for h in region.handles()}
    for eqn in region.builder.eqns:
        trace.builder.copy(eqn, env)
    for h in region.handles():
        if after[id(h)] is not None:
            trace.write(h, env.get(after[id(h)], after[id(h)]))


X = np.array([1.0, 2.0, 3.0, 4.0])


def test_writes_reach_the_handles_outside():
    def f(x):
        y = x.copy()
        row = y[1:3]

        def body(y, z):
            row[0] += 10
            y[0] = row[0] + z[3]
            z[:2] = row

        z = np.zeros_like(y)
        inlined(body, y, z)
        return y, row, z

    y, row, z = run(f, X)
    np.testing.assert_array_equal(y, [12, 12, 3, 4])
    np.testing.assert_array_equal(row, [12, 3])
    np.testing.assert_array_equal(z, [12, 3, 0, 0])


def test_nested_regions():
    def f(x):
        y = x * 1.0

        def outer(y):
            y[0] += 1
            inlined(inner, y)
            y[3] = y[2]

        def inner(y):
            y[2] = y[0] + y[1]

        inlined(outer, y)
        return y

    np.testing.assert_array_equal(run(f, X), [2, 2, 4, 4])


def test_what_is_read_and_written_is_known():
    seen = {}

    def f(x):
        y, z, n = x * 1.0, x * 2.0, x[0] * 3
        with RegionTrace("loop") as region:
            z[0] = y[1] * n
        seen["read"] = [h is y for h in region.handles() if region.entry_value(h) is not None]
        seen["written"] = [h is z for h in region.handles() if region.final_value(h) is not None]
        return x

    run(f, X)
    assert seen["read"].count(True) == 1 and len(seen["read"]) == 2
    assert seen["written"] == [False, True] or seen["written"] == [True]


def test_an_abandoned_region_leaves_nothing():
    def f(x):
        y = x * 1.0
        view = y[1:]
        with pytest.raises(ZeroDivisionError):
            with RegionTrace("loop"):
                y[0] = 100.0
                view[:] = 5.0
                kept.append(y * 2)
                raise ZeroDivisionError
        with pytest.raises(EscapedTraceError):
            kept[0] + 1
        return y, view + 1

    kept = []
    y, view = run(f, X)
    np.testing.assert_array_equal(y, X)
    np.testing.assert_array_equal(view, X[1:] + 1)


def test_views_are_read_anew_after_a_write():
    def f(x):
        y = x * 1.0
        view = y[::-1]
        first = view + 0.0

        def body(y):
            y[3] = -1.0
            y[0] = view[0]

        inlined(body, y)
        return first, view + 0.0

    first, view = run(f, X)
    np.testing.assert_array_equal(first, X[::-1])
    np.testing.assert_array_equal(view, [-1, 3, 2, -1])


def test_a_differentiated_function_leaves_arrays_around_it_alone():
    def f(x):
        y = x * 1.0

        def loss(v):
            with RegionTrace("loop"):
                y[0] = v[0]
            return np.sum(v)

        return jad.grad(loss)(x)

    with pytest.raises(NotImplementedError, match=r"test_mutation_regions.*leaves the arrays around it"):
        run(f, X)


def test_numbers_are_free_values():
    def f(x):
        s = np.sum(x)
        with RegionTrace("loop") as region:
            assert see(s, region) is s.value
            assign(y := x * s, (y + 1).value, current_trace())
        assert not region.written
        return s

    assert run(f, X) == 10.0
