"""Exponentials, logarithms and roots."""

from __future__ import annotations

from math import log as ln

import numpy as np

from .arithmetic import div, mul
from .elementwise import elementwise, emitted, intrinsic
from .math import exponential, logarithm, roots
from .sampling import unary

LN2, LN10 = ln(2), ln(10)
POSITIVE = (0.2, 4.0)

exp = elementwise(
    "exp",
    "e**x",
    partials=lambda x, out: (out,),
    scalar=emitted(exponential.exp),
    reference=np.exp,
    samples=unary(),
    cost=15,
)

exp2 = elementwise(
    "exp2",
    "2**x",
    partials=lambda x, out: (lambda t: mul(t, mul(out, LN2)),),
    scalar=emitted(exponential.exp2),
    reference=np.exp2,
    samples=unary(),
    cost=15,
)

expm1 = elementwise(
    "expm1",
    "e**x - 1, accurate near 0",
    partials=lambda x, out: (lambda t: mul(t, out + 1.0),),
    scalar=emitted(exponential.expm1),
    reference=np.expm1,
    samples=unary(),
    cost=20,
)

log = elementwise(
    "log",
    "natural logarithm",
    partials=lambda x, out: (lambda t: div(t, x),),
    scalar=emitted(logarithm.log),
    reference=np.log,
    samples=unary(POSITIVE),
    cost=15,
)

log2 = elementwise(
    "log2",
    "logarithm to base 2",
    partials=lambda x, out: (lambda t: div(t, mul(x, LN2)),),
    scalar=emitted(logarithm.log2),
    reference=np.log2,
    samples=unary(POSITIVE),
    cost=15,
)

log10 = elementwise(
    "log10",
    "logarithm to base 10",
    partials=lambda x, out: (lambda t: div(t, mul(x, LN10)),),
    scalar=emitted(logarithm.log10),
    reference=np.log10,
    samples=unary(POSITIVE),
    cost=15,
)

log1p = elementwise(
    "log1p",
    "log(1 + x), accurate near 0",
    partials=lambda x, out: (lambda t: div(t, x + 1.0),),
    scalar=emitted(logarithm.log1p),
    reference=np.log1p,
    samples=unary((-0.7, 3.0)),
    cost=20,
)

sqrt = elementwise(
    "sqrt",
    "square root; derivative ∞ at 0",
    partials=lambda x, out: (lambda t: div(mul(t, 0.5), out),),
    scalar=intrinsic("llvm.sqrt"),
    reference=np.sqrt,
    samples=unary(POSITIVE),
    cost=6,
)

cbrt = elementwise(
    "cbrt",
    "real cube root; derivative ∞ at 0",
    partials=lambda x, out: (lambda t: div(t, mul(mul(out, out), 3.0)),),
    scalar=emitted(roots.cbrt),
    reference=np.cbrt,
    samples=unary(POSITIVE) + unary((-4.0, -0.2), edges=(-8.0,)),
    cost=20,
)
