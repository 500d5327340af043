"""Tapes under a budget: the bits of the run without one, and the fewest steps computed again."""

import functools

import numpy as np
import pytest

import jitad as jad
from jitad.ad import binomial, schedules
from jitad.ad.kept import Schedule
from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.op import lookup
from jitad.ir.types import I64, type_of

X, W = np.linspace(0.1, 1.0, 20), np.linspace(1.0, 2.0, 20)


@functools.cache
def fewest(steps, states):
    """The least number of advances, by trying every place for the next state."""
    if steps == 1:
        return 0
    if states == 1:
        return steps * (steps - 1) // 2
    return min(m + fewest(steps - m, states - 1) + fewest(m, states) for m in range(1, steps))


def by_split(steps, states):
    if steps == 1:
        return 0
    if states == 1:
        return steps * (steps - 1) // 2
    m = binomial.split(steps, states)
    return m + by_split(steps - m, states - 1) + by_split(m, states)


@pytest.mark.parametrize("states", [1, 2, 3, 5, 40])
def test_the_schedule_is_optimal(states):
    for steps in range(1, 41):
        assert binomial.advances(steps, states) == fewest(steps, states) == by_split(steps, states)
        times = binomial.repetitions(steps, states)
        assert (
            binomial.longest(states, times) >= steps > (binomial.longest(states, times - 1) if times else 0)
        )


def test_the_program_splits_as_the_formula():
    b = Builder("split")
    steps, states = b.param(type_of(I64)), b.param(type_of(I64))
    with b:
        found = binomial.emit_split(steps, states)
    fn = b.finish([found])
    for n in (2, 3, 7, 30, 100):
        for s in (1, 2, 3, 4, 50, 1000):
            assert int(evaluate(fn, n, s)[0]) == binomial.split(n, s)


def static(x, w):
    for _ in range(101):
        x = np.sin(x * w) + 0.1 * x
    return np.sum(W * x)


def counted(x, w, n):
    for i in range(n):
        x = np.sin(x * w) + 0.1 * x * i / (1 + n)
    return np.sum(W * x)


def until(x, w):
    k = 0
    while k < 57 and x[0] > -10.0:
        x = np.sin(x * w) + 0.1 * x
        k += 1
    return np.sum(W * x)


def in_place(x, w, n):
    a = np.outer(x, w)
    log = np.zeros(500)
    for i in range(n):
        a[i % 20, 1:] += np.sin(a[(i + 3) % 20, :-1]) * w[1:]
        log[i] = a[0, 0] * a[3, 4]
    return np.sum(a * a) + np.sum(log)


def nested(x, w, n):
    for _ in range(n):
        y = x * 0.5
        for j in range(30):
            y = np.sin(y * w) + 0.01 * j
        if x[0] > 0.2:
            x = y + 0.1 * x
        else:
            k = 0
            while k < n:
                x = np.cos(x + w * y)
                k += 1
    return np.sum(W * x)


def mixed(x, w, n):
    z, m, flag = np.zeros(20, np.float32), 3, True
    for i in range(n):
        z = np.sin(z + x.astype(np.float32)) * np.float32(0.9)
        x = x + 0.01 * np.cos(z.astype(np.float64) * m) * w
        m = (m * 5 + i) % 17
        flag = not flag
        if flag:
            x = x * 0.99
    return np.sum(W * x) + m


def backwards(x, w):
    rows = np.outer(np.arange(1.0, 91.0), w)
    for row in rows[::-1]:
        x = np.sin(x + row) + 0.2 * x * row[0]
    for i in reversed(range(64)):
        x = x * w + np.sqrt(i + 1.0)
        x = x / (1.0 + np.sum(x * x))
    return np.sum(W * x)


def two(x, w, n):
    return counted(x, w, n) * static(x, w) + until(np.cos(x), w)


def checked(x, w, n):
    for i in range(n):
        assert x[0] < 100.0
        x = np.sin(x * w[i % 20]) + x
    return np.sum(x)


PROGRAMS = {
    "static": (static, ()),
    "none": (counted, (0,)),
    "one": (counted, (1,)),
    "few": (counted, (7,)),
    "many": (counted, (300,)),
    "until": (until, ()),
    "in place": (in_place, (45,)),
    "nested": (nested, (9,)),
    "mixed": (mixed, (70,)),
    "backwards": (backwards, ()),
    "two": (two, (40,)),
    "checked": (checked, (50,)),
}


def bits(tree):
    return [np.asarray(x).tobytes() for x in (tree[0], *tree[1])]


@pytest.mark.parametrize("nbytes", [12_000, 80_000])
@pytest.mark.parametrize("name", PROGRAMS)
def test_results_have_the_bits_of_those_without_a_budget(name, nbytes):
    f, more = PROGRAMS[name]
    plain = jad.value_and_grad(f, (0, 1))(X, W, *more)
    bounded = jad.value_and_grad(f, (0, 1), tape_budget=nbytes)
    assert bits(bounded(X, W, *more)) == bits(plain)
    assert bits(bounded(X, W, *more)) == bits(plain)


@pytest.mark.parametrize("name", ["few", "until", "nested", "mixed"])
def test_the_interpreter_runs_the_schedules(name):
    f, more = PROGRAMS[name]
    more = tuple(min(n, 5) for n in more)
    with jad.disable_jit():
        plain = jad.value_and_grad(f, (0, 1))(X, W, *more)
        bounded = jad.value_and_grad(f, (0, 1), tape_budget=12_000)(X, W, *more)
    assert bits(bounded) == bits(plain)


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_derivatives(name):
    f, more = PROGRAMS[name]
    more = tuple(min(n, 20) for n in more)

    def along(x, w):
        return np.sum(W * jad.grad(f)(x, w, *more))

    expected = jad.grad(along, (0, 1))(X, W)
    forward = jad.jvp(lambda x: jad.grad(f)(x, W, *more), (X,), (W,))[1]
    with jad.tape_budget(20_000):
        found = jad.grad(along, (0, 1))(X, W)
        pushed = jad.jvp(lambda x: jad.grad(f)(x, W, *more), (X,), (W,))[1]
    for a, b in zip((*found, pushed), (*expected, forward)):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def rounding(x, n):
    for _ in range(n):
        x = np.sin(x) + np.rint(4 * x)
    return x


@pytest.mark.parametrize("chunk", [1, 3])
@pytest.mark.parametrize("n, states", [(1, 1), (2, 1), (9, 1), (10, 2), (35, 3), (36, 3), (57, 5), (12, 20)])
def test_as_many_steps_run_as_the_binomial_formula_says(n, states, chunk, monkeypatch):
    """The first sweep, the advances, and each step once with its tape."""
    rint, count = lookup("rint"), 0
    reference = rint.reference

    def counting(x):
        nonlocal count
        count += 1
        return reference(x)

    schedule = Schedule(state=16, snapshots=states, chunk=chunk, peak=0, again=-1)
    monkeypatch.setattr(schedules, "open_ended", lambda *_: schedule)
    object.__setattr__(rint, "reference", counting)
    try:
        with jad.disable_jit():
            jad.value_and_grad(rounding, tape_budget=1000)(0.3, n)
    finally:
        object.__setattr__(rint, "reference", reference)
    chunks = -(-n // chunk)
    assert count == 2 * n + chunk * binomial.advances(chunks, states)


def test_a_budget_that_is_too_small_names_the_line_and_what_is_needed():
    with pytest.raises(
        ValueError,
        match=r"budget of 100 bytes leaves 100 for the loop at .*test_budget.py:\d+.* at least \d{3}",
    ):
        jad.grad(static, tape_budget=100)(X, W)
    with pytest.raises(ValueError, match="leaves 100 for"), jad.tape_budget(100):
        jad.grad(static)(X, W)
    for wrong in (-1, 2.5, "1 MB", True):
        with pytest.raises(ValueError, match="number of bytes"):
            jad.grad(static, tape_budget=wrong)


def test_the_context_is_part_of_what_versions_are_kept_by():
    g = jad.grad(static)
    plain = g(X, W)
    for nbytes in (9_000, 12_000, None):
        with jad.tape_budget(nbytes):
            assert g(X, W).tobytes() == plain.tobytes()
            assert g(X, W).tobytes() == plain.tobytes()
    assert g.cache_info().versions == 3

    @jad.tape_budget(9_000)
    def train(x):
        return g(x, W)

    assert train(X).tobytes() == plain.tobytes()
    assert g.cache_info().versions == 3


def test_pullbacks_are_bounded_too():
    def states(x, n):
        for _ in range(n):
            x = np.sin(x * W) + 0.1 * x
        return x

    _, plain = jad.vjp(states, X, 200, static_argnums=1)
    _, bounded = jad.vjp(states, X, 200, static_argnums=1, tape_budget=9_000)
    assert plain(W)[0].tobytes() == bounded(W)[0].tobytes()


def test_explain_says_what_is_kept_and_how_often_iterations_run():
    text = jad.explain(jad.grad(static, tape_budget=9_000), X, W)
    said = (
        "`for` keeps 160 bytes an iteration for the reverse sweep, 16160 in all; under the tape budget 3200"
    )
    assert f"{said} (in chunks): 10 states of 160 bytes, 10 iterations taped at a time; an iteration" in text
    text = jad.explain(jad.grad(static, tape_budget=1_000), X, W)
    assert "(binomial): " in text and "runs forwards" in text
    text = jad.explain(jad.grad(until, tape_budget=9_000), X, W)
    assert "`while` keeps 160 bytes an iteration for the reverse sweep; under the tape budget at most" in text
    assert "under" not in jad.explain(jad.grad(static, tape_budget=10**6), X, W)
