"""The fusion plan, costs, remarks and profiles."""

import re

import numpy as np
import pytest

import jitad as jad


def rms(x, w):
    y = np.exp(x) * w
    return np.sqrt(np.mean(y * y))


def steps(x, n):
    for _ in range(n):
        x[1:-1] += 0.25 * (x[2:] - 2 * x[1:-1] + x[:-2])
    return x.sum()


X = np.linspace(0.0, 1.0, 10_000)
FIRST = rms.__code__.co_firstlineno


@pytest.fixture(scope="module")
def value():
    return jad.inspect(rms, X, 2.0)


def test_one_fused_nest_computes_the_mean(value):
    (nest,) = [n for n in value.nests if n.kind == "nest"]
    assert nest.space == (10_000,)
    assert {"exp", "mul"} <= {eqn.op.name for eqn, _ in nest.eqns}
    assert [loc.line - FIRST for loc in nest.locs] == [1, 2]
    assert nest.nbytes == X.nbytes and not nest.writes
    assert nest.flops == sum(times * eqn.op.cost for eqn, times in nest.eqns) > 10_000
    assert nest.intensity == pytest.approx(nest.flops / nest.nbytes)


def test_plan_names_nests_lines_and_costs(value):
    text = value.plan.text
    assert re.search(r"#\d nest over 10000, lines \d+, \d+\n", text)
    assert "80 kB" in text and "flop/B" in text
    nest = next(line for line in value.plan.lines if "nest over" in line.text)
    assert value.equations[nest.eqn].op.name in ("sum", "dot")


def test_plan_of_a_loop_shows_what_is_inside_and_what_is_in_place():
    seen = jad.inspect(steps, X, 40)
    loop = next(n for n in seen.nests if n.kind == "loop")
    inner = [n for n in seen.nests if n.outer is loop]
    assert loop.depth == 0 and inner and all(n.depth == 1 for n in inner)
    assert "loop, 40 trips" in seen.plan.text or "loop, trips known when it runs" in seen.plan.text


def test_buffers_have_places_and_sizes():
    seen = jad.inspect(lambda a, b: np.linalg.norm((a @ b) @ b), np.eye(50), np.eye(50))
    assert re.search(r"buffer at \d+, 20 kB: %\d", seen.plan.text)
    assert "product by BLAS over 50 × 50" in seen.plan.text
    (product, *_) = [n for n in seen.nests if n.kind == "blas"]
    assert product.flops >= 2 * 50**3


def test_remarks_say_what_the_instructions_are(value):
    said = {line.loc.line - FIRST: line.text for line in value.remarks.lines}
    assert "vectors of" in said[1] or "on vectors of" in said[1]
    assert "square root" in said[2]


def test_remarks_of_calls_and_single_numbers():
    def recurrence(x):
        for _ in range(1000):
            x = np.cosh(x) / 3.0
        return x

    text = jad.inspect(recurrence, 0.5).remarks.text
    assert "one number at a time" in text and "division" in text


def test_profile_divides_the_time_among_lines(value):
    profile = value.profile()
    assert {loc.line - FIRST for loc in profile.lines} <= {1, 2}
    assert 0 < sum(profile.lines.values()) and profile.total > 0 and profile.calls >= 3
    heavy = max(profile.lines, key=profile.lines.get)
    assert heavy.line == FIRST + 1  # the exponentials
    assert "y = np.exp(x) * w" in str(profile)


def test_profile_of_a_gradient_with_loops():
    seen = jad.inspect(lambda x: steps(np.sin(x), 30) ** 2, X, mode="value_and_grad")
    profile = seen.profile(repeat=5)
    assert profile.calls == 5
    loops = [n for n in profile.nests if n.kind == "loop"]
    assert len(loops) == 2 and all(profile.nests[n] > 0 for n in loops)
    first = steps.__code__.co_firstlineno
    assert max(profile.lines, key=profile.lines.get).line == first + 2


def test_short_steps_of_called_functions_have_no_timer():
    def force(x):
        return np.sin(x[1:]) - np.sin(x[:-1])

    def run(x, n):
        for _ in range(n):
            for _ in range(4):
                x[1:] += 0.1 * force(x)
        return np.sum(x)

    seen = jad.inspect(run, np.linspace(0.0, 1.0, 40), 100, mode="grad")
    assert all(n.outer is None for n in seen.profile(repeat=2).nests)


def test_profile_leaves_arguments_alone_that_the_function_writes():
    x = X**2
    seen = jad.inspect(steps, x, 3)
    seen.profile(repeat=2)
    assert np.array_equal(x, X**2)


def test_profile_of_numbers_in_registers_is_estimated():
    def f(x, y):
        z = np.exp(x) * y
        return z + 1.0

    profile = jad.inspect(f, 0.5, 2.0).profile(repeat=2)
    first = f.__code__.co_firstlineno
    assert not profile.nests and sum(profile.lines.values()) == pytest.approx(profile.total)
    assert max(profile.lines, key=profile.lines.get).line == first + 1
    assert "divided by estimated work" in repr(profile)


def test_profile_refuses_other_types_and_counts(value):
    with pytest.raises(TypeError, match="was inspected for x: f64"):
        value.profile(np.float32(1.0), 2.0)
    with pytest.raises(ValueError, match="repeat is a positive number of calls, not 0"):
        value.profile(repeat=0)
