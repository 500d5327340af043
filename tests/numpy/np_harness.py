"""Run a function traced, through the interpreter and native code, and beside NumPy."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import jitad.numpy
import jitad.scipy.special
from jitad.ad.adjoint import adjoint
from jitad.ad.tangent import tangent
from jitad.capture.trace import Trace
from jitad.capture.tracer import Traced, lift
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function
from jitad.ir.types import type_of


def trace(f: Any, *args: Any) -> tuple[Function, list[Any], Any, list[Any]]:
    """The function that `f` records on arguments like these; hidden inputs; its result; its traced leaves."""
    with Trace("f") as t:
        params = []
        for a in args:
            array = np.asarray(a)
            p = t.param(type_of(array.dtype, array.shape))
            params.append(Traced(p, t, type(a) in (bool, int, float)))
        out = f(*params)
        leaves = [lift(x).value for x in flat(out) if isinstance(x, Traced)]
    fn = t.finish_root(leaves)
    return fn, [i.array for i in t.captures.inputs], out, leaves


def flat(out: Any) -> list[Any]:
    """The leaves of nested tuples and lists."""
    if isinstance(out, (tuple, list)):
        return [x for item in out for x in flat(item)]
    return [out]


def run(f: Any, *args: Any) -> list[Any]:
    """The leaves of `f(*args)`, traced ones computed by the interpreter."""
    fn, hidden, out, _ = trace(f, *args)
    found = iter(evaluate(fn, *args, *hidden))
    return [next(found) if isinstance(x, Traced) else x for x in flat(out)]


def quiet(f: Any, *args: Any) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return f(*args)


def check_same(f: Any, *args: Any, rtol: float = 1e-13, expected: Any = None) -> None:
    """`f` traced gives NumPy's value, dtype and shape on the same arguments."""
    want = flat(quiet(f, *args) if expected is None else expected)
    got = quiet(run, f, *args)
    assert len(got) == len(want)
    for g, w in zip(got, want):
        g, w = np.asarray(g), np.asarray(w)
        assert g.shape == w.shape
        assert g.dtype == w.dtype
        loose = 3e-5 if w.dtype == np.float32 else rtol
        np.testing.assert_allclose(g, w, rtol=loose, atol=loose)


def check_derivatives(f: Any, *args: Any, rtol: float = 2e-6, h: float = 1e-6) -> None:
    """Tangents agree with central differences, and adjoints with tangents, in a random direction."""
    fn, hidden, _, _ = trace(f, *args)
    arrays = [np.asarray(a) for a in args]
    active = [a.dtype.kind == "f" for a in arrays] + [False] * len(hidden)
    rng = np.random.default_rng(5)
    ts = [rng.standard_normal(a.shape) for a, on in zip(arrays, active) if on]
    n = len(fn.results)
    tangents = evaluate(tangent(fn, active), *arrays, *hidden, *ts)[n:]
    shifted = lambda s: _shifted(fn, arrays, hidden, active, ts, s)
    floats = [r.type.is_float for r in fn.results]
    differences = [(b - a) / (2 * h) for a, b, on in zip(shifted(-h), shifted(h), floats) if on]
    for t, d in zip(tangents, differences, strict=True):
        np.testing.assert_allclose(t, d, rtol=rtol, atol=rtol * max(1.0, float(np.max(np.abs(d), initial=0))))
    cts = [rng.standard_normal(t.shape) for t in tangents]
    found = evaluate(adjoint(fn, active, results=False), *arrays, *hidden, *cts)
    left = sum(float(np.sum(c * t)) for c, t in zip(cts, tangents))
    right = sum(float(np.sum(g * t)) for g, t in zip(found, ts))
    np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-10)


def _shifted(fn: Function, arrays: list, hidden: list, active: list, ts: list, s: float) -> list[Any]:
    steps = iter(ts)
    moved = [a + s * next(steps) if on else a for a, on in zip(arrays, active)]
    return evaluate(fn, *moved, *hidden)


jnp = jitad.numpy
