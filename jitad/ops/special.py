"""Special functions: error function, gamma family, logistic function."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
import scipy.special as scipy_special

from ..ir.graph import Const, Value
from ..ir.op import Op
from .arithmetic import mul, neg, sub
from .compare import eq
from .elementwise import elementwise, emitted
from .exponential import exp
from .logic import and_, isinf
from .math import error_function, gamma, hyperbolic, logarithm
from .polygamma import emit_polygamma
from .sampling import binary, unary
from .select import unless

SLOPE = 2 / pi**0.5  # of erf at 0
SUBNORMAL = 1e-310
GAMMA_EDGES = (0.0, 1.0, 2.0, -0.5, -2.5, -1.0, -3.0, SUBNORMAL, 1e-5, 30.0, 1e5, np.inf, -np.inf, np.nan)


def _bell(x: Value) -> Value:
    """The derivative of erf."""
    return mul(exp(neg(mul(x, x))), SLOPE)


erf = elementwise(
    "erf",
    "error function 2/√π ∫₀ˣ exp(-s²) ds",
    partials=lambda x, out: (_bell(x),),
    scalar=emitted(error_function.erf),
    reference=scipy_special.erf,
    samples=unary(),
    cost=25,
)

erfc = elementwise(
    "erfc",
    "1 - erf x, accurate for large x",
    partials=lambda x, out: (lambda t: neg(mul(t, _bell(x))),),
    scalar=emitted(error_function.erfc),
    reference=scipy_special.erfc,
    samples=unary(),
    cost=30,
)

gammaln = elementwise(
    "gammaln",
    "log |Γ(x)|",
    partials=lambda x, out: (digamma(x),),
    scalar=emitted(gamma.gammaln),
    reference=scipy_special.gammaln,
    # SciPy's is infinite for subnormal arguments already.
    samples=unary((0.5, 4.0), edges=tuple(v for v in GAMMA_EDGES if v != SUBNORMAL)),
    cost=40,
)

digamma: Op = elementwise(
    "digamma",
    "Γ′(x)/Γ(x)",
    partials=lambda x, out: (polygamma(x, n=1),),
    scalar=emitted(gamma.digamma),
    reference=scipy_special.psi,
    samples=unary((0.5, 4.0), edges=GAMMA_EDGES),
    cost=40,
)


def _polygamma(x: Any, *, n: int) -> Any:
    return np.asarray(scipy_special.polygamma(n, x)).astype(np.asarray(x).dtype)


polygamma: Op = elementwise(
    "polygamma",
    "the n-th derivative of digamma, n ≥ 1",
    partials=lambda x, out, *, n: (polygamma(x, n=n + 1),),
    scalar=emit_polygamma,
    reference=_polygamma,
    samples=(
        unary((0.5, 4.0), edges=GAMMA_EDGES, n=1)
        + unary((0.5, 4.0), edges=GAMMA_EDGES, n=2)
        + unary((-3.8, -3.2), edges=(-0.25,), n=1)
    ),
    cost=100,
)


expit = elementwise(
    "expit",
    "logistic function 1/(1 + exp(-x))",
    partials=lambda x, out: (lambda t: mul(t, mul(out, 1.0 - out)),),
    scalar=emitted(hyperbolic.expit),
    reference=scipy_special.expit,
    samples=unary(edges=(0.0, -0.0, 40.0, -40.0, -700.0, 800.0, -800.0, np.inf, -np.inf, np.nan)),
    cost=20,
)


def _share(x: Value, y: Value) -> Value:
    """exp(x)/(exp(x) + exp(y)) from the exact difference; one half where both are the same infinity."""
    if any(isinstance(v, Const) and v.is_scalar and np.isfinite(v.data) for v in (x, y)):
        return expit(sub(x, y))
    return expit(unless(and_(eq(x, y), isinf(x)), sub(x, y)))


logaddexp = elementwise(
    "logaddexp",
    "log(exp(x) + exp(y)) without overflow",
    arity=2,
    partials=lambda x, y, out: (lambda t: mul(t, _share(x, y)), lambda t: mul(t, _share(y, x))),
    scalar=emitted(logarithm.logaddexp),
    reference=np.logaddexp,
    samples=binary(edges=(0.0, 1.0, -1.0, 800.0, -800.0, 1e300, np.inf, -np.inf, np.nan)),
    cost=40,
)
