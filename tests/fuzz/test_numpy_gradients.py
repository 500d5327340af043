"""Derivatives of random NumPy programs by the public API: one generator for each known class of mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import assume, reject
from hypothesis import strategies as st

import jitad as jad

from . import numpy_forms as forms
from .budget import programs
from .derivatives import Differences, agree, comparable, finite_alike, product, slack
from .draws import Draw
from .numpy_programs import Growth, Missing, Script, quiet, scripts
from .numpy_runs import Floats, bounds, pullback, pushforward


def check(script: Script) -> None:
    """Forward = reverse = differences; native = interpreter; grad = pullback of the weights."""
    floats = Floats(script)
    if not floats.kept:
        return
    xs, ts, cts = tuple(floats.given), floats.directions(1), floats.cotangents(2)
    push, pull = pushforward(floats), pullback(floats)
    forward, back = bounds(push, xs, ts), bounds(pull, xs, cts)
    tangents, gradients = push(xs, ts), pull(xs, cts)
    forward.check(list(map(np.asarray, tangents)), "native tangent")
    back.check(list(map(np.asarray, gradients)), "native adjoint")
    if comparable(forward, back):
        a, b = product(cts, tangents), product(ts, gradients)
        agree(a, b, slack(cts, forward) + slack(ts, back), "forward and reverse")
    else:
        finite_alike(lambda at: push(tuple(at), ts), lambda at: pull(tuple(at), cts), list(xs))
    if all(np.asarray(x).dtype == np.float64 for x in (*xs, *tangents)):
        f = floats.function()
        noise = bounds(jad.jit(f), *xs)
        run = lambda *moved: [np.asarray(x) for x in quiet(f, *moved)]
        Differences(run, list(xs), list(ts), noise).check(tangents, forward.bounds)


def grammar(*groups: list[str], few: int = 35, size: int = 5):
    return scripts(groups=groups, smooth=True, few=few, size=size)


ALL_FORMS = [form for every in forms.FORMS.values() for form in every]


@programs(18, scripts(size=7))
def test_anything(script: Script) -> None:
    check(script)


@programs(8, grammar(forms.INDEXING, forms.INDEXING, forms.SMOOTH))
def test_repeated_indices(script: Script) -> None:
    check(script)


@programs(8, grammar(forms.KINKS, forms.KINKS, forms.SMOOTH, few=80))
def test_kinks_ties_and_equalities(script: Script) -> None:
    check(script)


@programs(8, grammar(forms.WHERE, forms.WHERE, forms.WHERE, forms.SMOOTH, few=20))
def test_constant_and_infinite_branches(script: Script) -> None:
    check(script)


@programs(8, grammar(forms.RANGES, forms.RANGES, forms.RANGES, forms.SMOOTH, size=9))
def test_views_of_views(script: Script) -> None:
    check(script)


@programs(6, grammar(forms.REDUCTIONS, forms.REDUCTIONS, forms.RANGES, forms.SMOOTH))
def test_reductions(script: Script) -> None:
    check(script)


@programs(6, grammar(ALL_FORMS, ALL_FORMS, size=4))
def test_functions_methods_and_operators(script: Script) -> None:
    check(script)


@st.composite
def pairs(draw: Callable[[Any], Any]) -> tuple[Script, Script]:
    """Two ways to write one operation on the same operands."""
    d = Draw(draw)
    g = Growth(d, few=False, smooth=True)
    g.grow(d.int(0, 2), (forms.SMOOTH, forms.RANGES))
    every = d.pick(list(forms.FORMS.values()))
    first = d.int(0, len(every) - 1)
    second = (first + d.int(1, len(every) - 1)) % len(every)
    chosen: dict[str, str] = {}
    try:
        written = [g.fill(every[k], chosen) for k in (first, second)]
    except Missing:
        reject()
    assume(all(g.value(text) is not None for text in written))
    scripts = []
    for text in written:
        scripts.append(Script(g.source([*g.lines, f"return {text}"]), g.arguments, g.outside))
    return scripts[0], scripts[1]


@programs(8, pairs())
def test_forms_of_one_operation_agree(pair: tuple[Script, Script]) -> None:
    """The same value and the same gradient, however it is written."""
    one, two = map(Floats, pair)
    xs, cts = tuple(one.given), one.cotangents(3)
    assume(one.kept and [np.shape(ct) for ct in cts] == [np.shape(ct) for ct in two.cotangents(3)])
    for make, arguments in ((lambda f: jad.jit(f.function()), xs), (pullback, (xs, cts))):
        a, b = make(one), make(two)
        want, allowed = bounds(a, *arguments), bounds(b, *arguments)
        want.bounds = [2 * (x + y) for x, y in zip(want.bounds, allowed.bounds)]
        want.stable = [x & y for x, y in zip(want.stable, allowed.stable)]
        want.check(list(map(np.asarray, b(*arguments))), "the other form")


@programs(6, grammar(forms.SMOOTH, forms.SMOOTH, forms.RANGES, forms.REDUCTIONS, forms.KINKS, size=4))
def test_second_order(script: Script) -> None:
    """u·∂²f·t as the tangent of the gradient and as the gradient of the tangent."""
    floats = Floats(script)
    assume(floats.kept)
    f, xs, weights = floats.function(), tuple(floats.given), floats.cotangents(6)
    ts, us = floats.directions(4), floats.directions(5)
    numbers = tuple(range(len(xs)))

    def loss(*xs):
        return sum(np.sum(w * y) for w, y in zip(weights, f(*xs)))

    def along(*xs):
        return jad.jvp(loss, xs, ts)[1]

    runs = (
        (jad.jit(lambda xs, ts: jad.jvp(jad.grad(loss, argnums=numbers), xs, ts)[1]), (xs, ts)),
        (jad.jit(lambda xs: jad.grad(along, argnums=numbers)(*xs)), (xs,)),
    )
    found = [(bounds(run, *arguments), run(*arguments)) for run, arguments in runs]
    for want, got in found:
        want.check(list(map(np.asarray, got)), "native")
    if comparable(*(want for want, _ in found)):
        (one, a), (two, b) = found
        agree(product(us, a), product(us, b), slack(us, one) + slack(us, two), "second order")
