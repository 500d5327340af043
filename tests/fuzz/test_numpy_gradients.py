"""Derivatives of random NumPy programs by the public API: one generator for each known class of mistakes."""

from __future__ import annotations

import numpy as np

import jitad as jad

from . import numpy_forms as forms
from .budget import programs
from .derivatives import Differences, agree, comparable, product, slack
from .numpy_programs import Growth, Script, quiet, scripts
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
    if all(np.asarray(x).dtype == np.float64 for x in (*xs, *tangents)):
        f = floats.function()
        noise = bounds(jad.jit(f), *xs)
        run = lambda *moved: [np.asarray(x) for x in quiet(f, *moved)]
        Differences(run, list(xs), list(ts), noise).check(tangents, forward.bounds)


def grammar(*groups: list[str], few: int = 35, size: int = 5):
    return scripts(groups=groups, smooth=True, few=few, size=size)


ALL_FORMS = [form for every in forms.FORMS.values() for form in every]


@programs(22, scripts(size=7))
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
