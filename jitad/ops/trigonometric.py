"""Trigonometric and hyperbolic functions and their inverses; angles in radians."""

from __future__ import annotations

import numpy as np

from ..ir.graph import Value
from ..ir.op import Op
from .arithmetic import add, div, mul, neg, sub
from .compare import eq
from .elementwise import elementwise, emitted
from .exponential import sqrt
from .math import hyperbolic, inverse_hyperbolic, inverse_trigonometric, roots, sinh_cosh, trigonometric
from .sampling import binary, unary
from .select import unless

INSIDE = (-0.9, 0.9)

sin = elementwise(
    "sin",
    "sine",
    partials=lambda x, out: (cos(x),),
    scalar=emitted(trigonometric.sin),
    reference=np.sin,
    samples=unary(),
    cost=20,
)

cos: Op = elementwise(
    "cos",
    "cosine",
    partials=lambda x, out: (lambda t: neg(mul(t, sin(x))),),
    scalar=emitted(trigonometric.cos),
    reference=np.cos,
    samples=unary(),
    cost=20,
)

tan = elementwise(
    "tan",
    "tangent",
    partials=lambda x, out: (lambda t: mul(t, out * out + 1.0),),
    scalar=emitted(trigonometric.tan),
    reference=np.tan,
    samples=unary((-1.2, 1.2)),
    cost=30,
)

arcsin = elementwise(
    "arcsin",
    "inverse sine, in -π/2 … π/2",
    partials=lambda x, out: (lambda t: div(t, _leg(x)),),
    scalar=emitted(inverse_trigonometric.arcsin),
    reference=np.arcsin,
    samples=unary(INSIDE),
    cost=25,
)

arccos = elementwise(
    "arccos",
    "inverse cosine, in 0 … π",
    partials=lambda x, out: (lambda t: neg(div(t, _leg(x))),),
    scalar=emitted(inverse_trigonometric.arccos),
    reference=np.arccos,
    samples=unary(INSIDE),
    cost=25,
)


def _leg(x: Value) -> Value:
    """√(1 - x²), without the cancellation near ±1."""
    return sqrt(mul(sub(1.0, x), add(x, 1.0)))


arctan = elementwise(
    "arctan",
    "inverse tangent, in -π/2 … π/2",
    partials=lambda x, out: (lambda t: div(t, x * x + 1.0),),
    scalar=emitted(inverse_trigonometric.arctan),
    reference=np.arctan,
    samples=unary(),
    cost=25,
)

sinh = elementwise(
    "sinh",
    "hyperbolic sine",
    partials=lambda x, out: (cosh(x),),
    scalar=emitted(sinh_cosh.sinh),
    reference=np.sinh,
    samples=unary(),
    cost=25,
)

cosh: Op = elementwise(
    "cosh",
    "hyperbolic cosine",
    partials=lambda x, out: (sinh(x),),
    scalar=emitted(sinh_cosh.cosh),
    reference=np.cosh,
    samples=unary(),
    cost=25,
)

tanh = elementwise(
    "tanh",
    "hyperbolic tangent",
    partials=lambda x, out: (lambda t: mul(t, 1.0 - out * out),),
    scalar=emitted(hyperbolic.tanh),
    reference=np.tanh,
    samples=unary(),
    cost=25,
)

arcsinh = elementwise(
    "arcsinh",
    "inverse hyperbolic sine",
    partials=lambda x, out: (lambda t: div(t, sqrt(x * x + 1.0)),),
    scalar=emitted(inverse_hyperbolic.arcsinh),
    reference=np.arcsinh,
    samples=unary(),
    cost=30,
)

arccosh = elementwise(
    "arccosh",
    "inverse hyperbolic cosine; NaN below 1",
    # Two roots: one of the product would be real below -1 too.
    partials=lambda x, out: (lambda t: div(t, sqrt(x - 1.0) * sqrt(x + 1.0)),),
    scalar=emitted(inverse_hyperbolic.arccosh),
    reference=np.arccosh,
    samples=unary((1.2, 4.0)),
    cost=30,
)

arctanh = elementwise(
    "arctanh",
    "inverse hyperbolic tangent; ±∞ at ±1",
    partials=lambda x, out: (lambda t: div(t, (1.0 - x) * (1.0 + x)),),
    scalar=emitted(inverse_hyperbolic.arctanh),
    reference=np.arctanh,
    samples=unary(INSIDE),
    cost=30,
)

# Both derivatives divide by the radius in steps, which neither overflows nor loses small arguments.

hypot = elementwise(
    "hypot",
    "√(x² + y²) without overflow; derivative 0 at (0, 0)",
    arity=2,
    partials=lambda x, y, out: (
        lambda t: unless(eq(out, 0.0), mul(t, div(x, out))),
        lambda t: unless(eq(out, 0.0), mul(t, div(y, out))),
    ),
    scalar=emitted(roots.hypot),
    reference=np.hypot,
    samples=binary(kinks=((0.0, 0.0),)),
    cost=20,
)


def _over_radius(t: Value, numerator: Value, y: Value, x: Value) -> Value:
    """t·numerator/(x² + y²), 0 at the origin."""
    r = hypot(y, x)
    return unless(eq(r, 0.0), mul(t, div(div(numerator, r), r)))


arctan2 = elementwise(
    "arctan2",
    "the angle of the point (y, x) by its quadrant, operands in this order; derivative 0 at (0, 0)",
    arity=2,
    partials=lambda y, x, out: (
        lambda t: _over_radius(t, x, y, x),
        lambda t: neg(_over_radius(t, y, y, x)),
    ),
    scalar=emitted(inverse_trigonometric.arctan2),
    reference=np.arctan2,
    samples=binary(kinks=((0.0, 0.0), (0.0, -1.0))),
    cost=35,
)
