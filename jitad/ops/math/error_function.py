"""erf and erfc: a polynomial near 0, exp(-x²) times a smooth function beyond."""

from __future__ import annotations

from typing import Any

import numpy as np

from .coefficients_error_function import (
    ERF,
    ERF_CENTRE,
    ERF_F32,
    ERF_LAST_F32,
    ERF_SCALE_F32,
    ERF_TAIL,
)
from .exponential import exp
from .polynomial import even_odd, fma


def erf(e: Any, x: Any) -> Any:
    """erf x, ≤ 1 ULP."""
    return e.function("erf", _erf_f32 if e.single(x) else _erf, x)


def _erf(e: Any, x: Any) -> Any:
    """x + x·p(x² - 1) up to 1, then 1 - exp(-x²)·q; the exponential is also the derivative's.

    In powers of x² - 1 the rounding errors of p are least near 1, where they count most.
    """
    size, one = e.intrinsic("llvm.fabs", x), e.const(1.0, x)
    near = fma(e, x, even_odd(e, fma(e, x, x, e.const(-1.0, x)), ERF), x)
    q = even_odd(e, mobius(e, least(e, size, 6.0), ERF_CENTRE), ERF_TAIL)
    far = fma(e, e.fneg(exp(e, e.fneg(e.op("fmul", x, x)))), q, one)
    return e.select(e.fcmp("olt", size, one), near, e.intrinsic("llvm.copysign", far, x))


def _erf_f32(e: Any, x: Any) -> Any:
    """x·p(x²) in double arithmetic, which has the digits that the alternating terms lose."""
    size = least(e, e.intrinsic("llvm.fabs", x), ERF_LAST_F32)
    wide = e.cast("fpext", e.intrinsic("llvm.copysign", size, x), np.float64)
    t = fma(e, e.op("fmul", wide, e.const(ERF_SCALE_F32, wide)), wide, e.const(-1.0, wide))
    return e.cast("fptrunc", e.op("fmul", wide, even_odd(e, t, ERF_F32)), np.float32)


def mobius(e: Any, x: Any, k: float) -> Any:
    """(x - k)/(x + k)."""
    centre = e.const(k, x)
    return e.op("fdiv", e.op("fsub", x, centre), e.op("fadd", x, centre))


def least(e: Any, x: Any, bound: float) -> Any:
    """min(x, bound); NaN stays."""
    limit = e.const(bound, x)
    return e.select(e.fcmp("ogt", x, limit), limit, x)
