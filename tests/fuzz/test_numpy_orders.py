"""Derivatives of order one to four of random scalar functions, where powers are zero and branches meet.

The oracle is mpmath's Taylor series of the same text at sixty digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import mul
from types import SimpleNamespace
from typing import Any

import mpmath
from hypothesis import strategies as st

import jitad as jad

from .budget import programs
from .draws import Draw
from .numpy_programs import Script
from .numpy_runs import bounds

POINTS = (0.0, 1.0, 2.0, -1.0, 0.5)
LEAVES = ("x", "x", "x", "2.0", "(x - {at})", "(x * x)", "0.5")
#: Analytic wherever their operands are real.
NODES = (
    "({a} + {b})", "({a} * {b})", "({a} - {b})", "({a} ** {n})", "np.power({a}, {n})", "np.square({a})",
    "({a} * {a} * {b})", "np.sin({a})", "np.cos({a})", "np.exp(np.sin({a}))", "np.sinh(np.sin({a}))",
    "np.cosh(np.sin({a}))", "np.tanh({a})", "np.arctan({a})", "np.arcsinh({a})", "np.expm1(np.sin({a}))",
    "np.log1p({a} ** 2)", "np.sqrt(1 + {a} ** 2)", "(1 / (2 + np.cos({a})))", "np.logaddexp({a}, {b})",
    "special.erf({a})", "special.expit({a})", "np.hypot({a}, 1.5)", "np.prod(np.stack([{a}, {b}, {a}]))",
    "np.cumprod(np.stack([{a}, {b}]))[-1]", "np.where(x == {at}, {a}, {a})",
    "np.where(x > {at}, {a} * {b}, {b} * {a})", "np.sum(np.stack([{a}, {b}]) ** 3)",
    "np.dot(np.stack([{a}, {b}]), np.stack([{b}, {a}]))", "np.arctan2({a}, 2 + {b} ** 2)",
    "(2.0 ** np.sin({a}))", "(-{a})", "np.float64(3) * {a}", "np.linalg.norm(np.stack([{a}, 1.0 + {a} * 0]))",
)  # fmt: skip


class _Vector(list):
    """What little of arrays the templates need, for mpmath's numbers."""

    def __pow__(self, n: int) -> _Vector:
        return _Vector(x**n for x in self)


def _norm(xs: list[Any]) -> Any:
    return mpmath.sqrt(sum(x * x for x in xs))


SAME = "sin cos exp sinh cosh tanh expm1 log1p sqrt hypot".split()
EXACT = {
    "np": SimpleNamespace(
        **{name: getattr(mpmath, name) for name in SAME},
        arctan=mpmath.atan,
        arcsinh=mpmath.asinh,
        arctan2=mpmath.atan2,
        power=pow,
        square=lambda a: a * a,
        logaddexp=lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
        stack=_Vector,
        prod=lambda xs: reduce(mul, xs),
        cumprod=lambda xs: [reduce(mul, xs[: k + 1]) for k in range(len(xs))],
        sum=sum,
        dot=lambda xs, ys: sum(x * y for x, y in zip(xs, ys)),
        where=lambda c, a, b: a if c else b,
        float64=mpmath.mpf,
        linalg=SimpleNamespace(norm=_norm),
    ),
    "special": SimpleNamespace(erf=mpmath.erf, expit=lambda a: 1 / (1 + mpmath.exp(-a))),
}

#: One more derivative of a function of one number.
ONCE: dict[str, Callable[[Any], Any]] = {
    "grad": jad.grad,
    "derivative": jad.derivative,
    "jvp": lambda f: lambda x: jad.jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: jad.vjp(f, x)[1](1.0)[0],
}


@dataclass
class Scalar:
    """A function of x as text, a point, and by which transformations it is differentiated."""

    text: str
    at: float
    modes: tuple[str, ...]


def _expression(d: Draw, depth: int) -> str:
    if depth == 0:
        return d.pick(LEAVES)
    template = d.pick(NODES)
    parts = {
        "a": _expression(d, d.int(0, depth - 1)),
        "b": _expression(d, d.int(0, depth - 1)) if "{b}" in template else "",
        "n": d.pick((2, 3, 1, 0, 4)),
        "at": "{at}",
    }
    return template.format(**parts)


@st.composite
def scalars(draw: Callable[[Any], Any]) -> Scalar:
    d = Draw(draw)
    at = d.pick(POINTS)
    text = _expression(d, d.int(1, 3)).replace("{at}", repr(at))
    return Scalar(text, at, tuple(d.pick(tuple(ONCE)) for _ in range(d.int(1, 4))))


@programs(12, scalars().filter(lambda case: "x" in case.text))
def test_orders_one_to_four(case: Scalar) -> None:
    f = Script(f"def f(x):\n    return {case.text} + 0 * x\n", []).function()
    with mpmath.workdps(60):
        g = eval(f"lambda x: {case.text} + 0 * x", EXACT)
        exact = mpmath.taylor(g, mpmath.mpf(case.at), len(case.modes))
        want = [float(c * mpmath.factorial(k)) for k, c in enumerate(exact)]
    derived = f
    for k, mode in enumerate(case.modes, 1):
        derived = ONCE[mode](derived)
        found, bound = jad.jit(derived)(case.at), bounds(jad.jit(derived), case.at)
        off = bound.bounds[0] + 1e-13 * max(map(abs, want))
        assert abs(found - want[k]) <= off, f"order {k}: {found!r}, mpmath says {want[k]!r} (± {off:.2g})"
