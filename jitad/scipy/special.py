"""jitad.scipy.special: special functions; SciPy's own on concrete arrays, ours on traced ones."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import numpy as np
import scipy.special as scipy_special

from .. import ops
from ..capture.errors import TracedValueError
from ..capture.source import at, is_library_file, user_line
from ..capture.tracer import Traced, implements_method, known
from ..ir.graph import Value, const
from ..numpy.core import COVERAGE, surface, unsupported, wrapped
from ..numpy.elementwise import Elementwise, ufunc
from ..numpy.reductions import keep_axes
from ..numpy.values import as_value, axis_tuple, broadcast, common_dtype, common_shape, convert, floating

Kernel = Callable[..., Value]


def _like(x: Value, number: float) -> Value:
    """`number` as a constant of x's dtype."""
    return const(number, x.dtype)


def _logit(x: Value) -> Value:
    """log(x/(1-x)); near ½ by log1p of small numbers, where the quotient would lose digits."""
    middle = ops.lt(ops.abs(ops.sub(x, _like(x, 0.5))), _like(x, 0.15))
    s = ops.mul(ops.sub(ops.select(middle, x, _like(x, 0.5)), _like(x, 0.5)), _like(x, 2.0))
    y = ops.select(middle, _like(x, 0.25), x)
    return ops.select(
        middle, ops.sub(ops.log1p(s), ops.log1p(ops.neg(s))), ops.log(ops.div(y, ops.sub(_like(x, 1), y)))
    )


def _times_log(logarithm: Kernel, edge: float) -> Kernel:
    """x·log y, 0 at x = 0 for any y but NaN; the derivative in x there is log y if finite, else 0."""

    def kernel(x: Value, y: Value) -> Value:
        finite = ops.and_(ops.gt(y, _like(y, edge)), ops.lt(y, _like(y, np.inf)))
        dead = ops.and_(ops.eq(x, _like(x, 0)), ops.not_(ops.or_(finite, ops.isnan(y))))
        return ops.select(dead, _like(x, 0), ops.mul(x, logarithm(ops.select(dead, _like(y, 1), y))))

    return kernel


_xlogy, _xlog1py = _times_log(ops.log, 0.0), _times_log(ops.log1p, -1.0)


def _entr(x: Value) -> Value:
    """-x·log x; 0 at 0 and -∞ below."""
    positive = ops.gt(x, _like(x, 0))
    safe = ops.select(positive, x, _like(x, 1))
    other = ops.select(ops.eq(x, _like(x, 0)), _like(x, 0), ops.select(ops.isnan(x), x, _like(x, -np.inf)))
    return ops.select(positive, ops.neg(ops.mul(safe, ops.log(safe))), other)


def _log_ratio(a: Value, b: Value) -> Value:
    """log(a/b) of positive numbers: by log1p near 1, by a difference where the quotient leaves the floats."""
    ratio = ops.div(a, b)
    near = ops.and_(ops.gt(ratio, _like(a, 0.5)), ops.lt(ratio, _like(a, 2)))
    tiny = _like(a, float(np.finfo(a.dtype).tiny))
    plain = ops.and_(ops.gt(ratio, tiny), ops.lt(ratio, _like(a, np.inf)))
    close = ops.log1p(ops.div(ops.sub(a, ops.select(near, b, a)), b))
    return ops.select(near, close, ops.select(plain, ops.log(ratio), ops.sub(ops.log(a), ops.log(b))))


def _entropy(finite: Callable[[Value, Value], Value], at_zero: Callable[[Value], Value]) -> Kernel:
    """A relative entropy: `finite` for positive operands, `at_zero` of y for x = 0 ≤ y, else ∞; NaN stays."""

    def kernel(x: Value, y: Value) -> Value:
        inside = ops.and_(ops.gt(x, _like(x, 0)), ops.gt(y, _like(y, 0)))
        zero = ops.and_(ops.eq(x, _like(x, 0)), ops.ge(y, _like(y, 0)))
        nan = ops.or_(ops.isnan(x), ops.isnan(y))
        a, b = (ops.select(inside, v, _like(v, 1)) for v in (x, y))
        other = ops.select(zero, at_zero(y), ops.select(nan, _like(x, np.nan), _like(x, np.inf)))
        return ops.select(inside, finite(a, b), other)

    return kernel


_rel_entr = _entropy(lambda x, y: ops.mul(x, _log_ratio(x, y)), lambda y: _like(y, 0))
_kl_div = _entropy(lambda x, y: ops.add(ops.sub(ops.mul(x, ops.log(ops.div(x, y))), x), y), lambda y: y)


def _log_expit(x: Value) -> Value:
    """log of the logistic function, accurate at both ends."""
    return ops.neg(ops.logaddexp(_like(x, 0), ops.neg(x)))


def _ndtr(x: Value) -> Value:
    """Distribution function of the standard normal."""
    return ops.mul(ops.erfc(ops.mul(x, _like(x, -sqrt(0.5)))), _like(x, 0.5))


def _log_ndtr(x: Value) -> Value:
    """log ndtr: by log1p on the right, by the asymptotic series of erfc far on the left.

    Abramowitz and Stegun 26.2.12: _ndtr(x) = φ(x)/(-x) (1 - 1/x² + 3/x⁴ - 15/x⁶ + …).
    """
    right, left = ops.gt(x, _like(x, 1)), ops.lt(x, _like(x, -15 if x.dtype.itemsize == 8 else -10))
    upper = ops.log1p(ops.neg(_ndtr(ops.neg(ops.select(right, x, _like(x, 1))))))
    middle = ops.log(_ndtr(ops.select(ops.or_(right, left), _like(x, 0), x)))
    y = ops.select(left, x, _like(x, -20))
    r = ops.div(_like(x, 1), ops.mul(y, y))
    series = _like(x, 0)
    for term in (-34459425.0, 2027025.0, -135135.0, 10395.0, -945.0, 105.0, -15.0, 3.0, -1.0):
        series = ops.mul(r, ops.add(_like(x, term), series))
    lower = ops.sub(
        ops.mul(ops.mul(y, y), _like(x, -0.5)), ops.log(ops.mul(ops.neg(y), _like(x, sqrt(2 * pi))))
    )
    lower = ops.add(lower, ops.log1p(series))
    return ops.select(right, upper, ops.select(left, lower, middle))


def _betaln(a: Value, b: Value) -> Value:
    """log |B(a, b)|."""
    return ops.sub(ops.add(ops.gammaln(a), ops.gammaln(b)), ops.gammaln(ops.add(a, b)))


def _boxcox(x: Value, power: Value) -> Value:
    """(x**λ - 1)/λ, log x for λ = 0."""
    zero = ops.eq(power, _like(x, 0))
    safe = ops.select(zero, _like(x, 1), power)
    return ops.select(zero, ops.log(x), ops.div(ops.expm1(ops.mul(safe, ops.log(x))), safe))


def _huber(delta: Value, r: Value) -> Value:
    """r²/2 up to |r| = δ, a line beyond; ∞ for δ < 0."""
    size = ops.abs(r)
    inside = ops.le(size, delta)
    line = ops.mul(delta, ops.sub(size, ops.mul(delta, _like(r, 0.5))))
    value = ops.select(inside, ops.mul(ops.mul(r, r), _like(r, 0.5)), line)
    return ops.select(ops.lt(delta, _like(r, 0)), _like(r, np.inf), value)


def _pseudo_huber(delta: Value, r: Value) -> Value:
    """δ²(√(1 + (r/δ)²) - 1)."""
    u = ops.div(r, delta)
    square = ops.mul(u, u)
    root = ops.sqrt(ops.add(square, _like(r, 1)))
    return ops.mul(ops.mul(delta, delta), ops.div(square, ops.add(root, _like(r, 1))))


_TABLE: list[tuple[str, Any]] = [
    ("erf", ops.erf),
    ("erfc", ops.erfc),
    ("gammaln", ops.gammaln),
    ("psi", ops.digamma),
    ("expit", ops.expit),
    ("logit", _logit),
    ("xlogy", _xlogy),
    ("xlog1py", _xlog1py),
    ("entr", _entr),
    ("rel_entr", _rel_entr),
    ("kl_div", _kl_div),
    ("log_expit", _log_expit),
    ("ndtr", _ndtr),
    ("log_ndtr", _log_ndtr),
    ("betaln", _betaln),
    ("boxcox", _boxcox),
    ("huber", _huber),
    ("pseudo_huber", _pseudo_huber),
    ("exp2", ops.exp2),
    ("expm1", ops.expm1),
    ("log1p", ops.log1p),
    ("cbrt", ops.cbrt),
]

FUNCTIONS = {
    name: ufunc(Elementwise(name, getattr(scipy_special, name), kernel), public=f"special.{name}")
    for name, kernel in _TABLE
}
FUNCTIONS["digamma"] = FUNCTIONS["psi"]


@surface(scipy_special.polygamma, name="special.polygamma")
def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of digamma, for one static order n ≥ 0."""
    if not isinstance(n, (int, np.integer)):
        unsupported(f"polygamma of order {n!r}", "the order must be a Python int")
    v = floating(as_value(x))
    return wrapped(ops.polygamma(v, n=int(n)) if n else ops.digamma(v))


def _reduced_max(v: Value, axes: tuple[int, ...]) -> Value:
    """The shift of exponents: the largest element over axes, 0 if infinite; a constant to derivatives."""
    top = ops.reduce_max(ops.stop_gradient(v), axes=axes)
    return ops.select(ops.isfinite(top), top, _like(v, 0))


def _spread(y: Value, v: Value, axes: tuple[int, ...]) -> Value:
    return broadcast(keep_axes(y, v.type.shape, axes, True), v.type.shape)


@surface(scipy_special.logsumexp, name="special.logsumexp")
def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """log Σ b·exp(a) over axes, shifted by the largest element; -∞ for an empty or zero sum."""
    v = floating(as_value(a))
    weights = None if b is None else as_value(b)
    if weights is not None:
        dtype = common_dtype([v, weights])
        shape = common_shape([v.type.shape, weights.type.shape])
        v, weights = (broadcast(convert(w, dtype), shape) for w in (v, weights))
    shape = v.type.shape
    axes = axis_tuple(axis, len(shape))
    total, top = _exp_sum(v, weights, axes)
    sign = ops.sign(total)
    total = ops.abs(total) if return_sign else total
    empty = ops.eq(total, _like(v, 0))
    out = ops.add(ops.log(ops.select(empty, _like(v, 1), total)), top)
    out = ops.select(empty, _like(v, -np.inf), out)
    out = wrapped(keep_axes(out, shape, axes, keepdims))
    return (out, wrapped(keep_axes(sign, shape, axes, keepdims))) if return_sign else out


def _exp_sum(v: Value, weights: Value | None, axes: tuple[int, ...]) -> tuple[Value, Value]:
    """Σ w·exp(v - top) and top."""
    if weights is not None:  # an infinite or NaN element with weight 0 adds nothing
        v = ops.select(ops.eq(weights, _like(v, 0)), _like(v, -np.inf), v)
    if not axes or not v.type.size:
        e = ops.exp(v)
        e = e if weights is None else ops.mul(weights, e)
        return ops.sum(e, axes=axes) if axes else e, _like(v, 0)
    top = _reduced_max(v, axes)
    e = ops.exp(ops.sub(v, _spread(top, v, axes)))
    e = e if weights is None else ops.mul(weights, e)
    return ops.sum(e, axes=axes), top


def _exponentials(x: Any, axis: Any) -> tuple[Value, Value, tuple[int, ...]]:
    """Shifted operand, its exponentials, and the axes."""
    v = floating(as_value(x))
    axes = axis_tuple(axis, v.type.ndim)
    if axes and v.type.size:
        v = ops.sub(v, _spread(_reduced_max(v, axes), v, axes))
    return v, ops.exp(v), axes


@surface(scipy_special.softmax, name="special.softmax")
def softmax(x: Any, axis: Any = None) -> Any:
    """exp(x)/Σ exp(x) over axes, without overflow."""
    v, e, axes = _exponentials(x, axis)
    total = _spread(ops.sum(e, axes=axes), v, axes) if axes else e
    return wrapped(ops.div(e, total))


@surface(scipy_special.log_softmax, name="special.log_softmax")
def log_softmax(x: Any, axis: Any = None) -> Any:
    """log softmax: x - log Σ exp(x) over axes, without overflow or cancellation."""
    v, e, axes = _exponentials(x, axis)
    total = _spread(ops.sum(e, axes=axes), v, axes) if axes else e
    return wrapped(ops.sub(v, ops.log(total)))


def _called() -> str:
    """The name of the library function that the user's code called."""
    frame = sys._getframe(2)
    name = ""
    while frame is not None and is_library_file(frame.f_code.co_filename):
        name, frame = frame.f_code.co_name, frame.f_back  # type: ignore[assignment]
    return name


_plain_array = Traced.__array__


@implements_method("__array__")
def _numbers(x: Traced, dtype: Any = None, copy: bool | None = None) -> Any:
    """The array of a traced value that depends on no argument; else the error, which names our function."""
    name = _called()
    if f"special.{name}" in COVERAGE and known(x) is None:
        raise TracedValueError(
            f"scipy.special.{name} needs the numbers of {x!r}{at(user_line())}, which are not known while "
            f"tracing; use jitad.scipy.special.{name}"
        )
    return _plain_array(x, dtype, copy)


def __getattr__(name: str) -> Any:
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    return getattr(scipy_special, name)


def __dir__() -> list[str]:
    return sorted({*dir(scipy_special), *FUNCTIONS})


__all__ = ["log_softmax", "logsumexp", "polygamma", "softmax"]
