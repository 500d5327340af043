"""Powers, their derivatives at the edges, and small constant exponents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ir.graph import Const, Eqn, Value, const
from ..ir.op import Sample
from .arithmetic import div, mul, sub
from .compare import eq, gt
from .elementwise import broadcast_to, elementwise, kind
from .exponential import log
from .logic import and_
from .math.power import power as math_power
from .sampling import binary, lazily, points
from .select import unless

UNROLLED = 8  # constant whole exponents up to this become products


def _of_base(t: Value, x: Value, p: Value, out: Value) -> Value:
    """t·p·x**(p-1). The exponent -1 would make it 0·∞ at x = 0, p = 0, where it is 0.

    For a constant p < 0 that is t·p·out/x, also where out is ∞ or 0.
    """
    if isinstance(p, Const) and p.is_scalar:
        if p.data == 0:
            return mul(t, const(0, t.dtype))
        if p.data == 1:
            return t
        less = div(out, x) if p.data < 0 and _product(x, p) is None else _power(x, p.data - 1)
        slope = mul(less, const(p.data, p.dtype))
        return mul(t, slope)
    slope = mul(p, power(x, sub(p, 1.0)))
    return mul(t, unless(and_(eq(x, 0.0), eq(p, 0.0)), slope))


def _of_exponent(t: Value, x: Value, p: Value, out: Value) -> Value:
    """t·x**p·log x, with its limit 0 at x = 0, p > 0."""
    return mul(t, unless(and_(eq(x, 0.0), gt(p, 0.0)), mul(out, log(x))))


def _power(x: Value, p: Any) -> Value:
    """x**p for a constant p, by products where they are as good."""
    exponent = const(p, x.dtype)
    product = _product(x, exponent)
    return power(x, exponent) if product is None else product


def _product(x: Value, p: Const) -> Value | None:
    """x**p as a product, for a small whole p."""
    n = int(p.data) if np.isfinite(p.data) and abs(p.data) <= UNROLLED else None
    if n is None or n != p.data:
        return None
    if n == 0:
        return broadcast_to(const(1, x.dtype), x.type)
    if n > 0:
        return _repeated(x, n)
    # Powers of the reciprocal: unlike the reciprocal of the power they reach the subnormal numbers.
    return _repeated(div(1.0, x), -n) if x.type.is_float else None


def _repeated(x: Value, n: int) -> Value:
    """x**n, n ≥ 1, by repeated squaring."""
    if n == 1:
        return x
    half = _repeated(x, n // 2)
    square = mul(half, half)
    return mul(square, x) if n % 2 else square


def _simplify(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    x, p = operands
    return _product(x, p) if isinstance(p, Const) and p.is_scalar else None


def _emit(e: Any, eqn: Eqn, x: Any, p: Any) -> Any:
    return math_power(e, x, p) if kind(eqn) == "f" else _emit_whole(e, eqn, x, p)


def _emit_whole(e: Any, eqn: Eqn, x: Any, p: Any) -> Any:
    """Square and multiply over all bits of the exponent, without a branch; products wrap."""
    one, zero, out = e.const(1, x), e.const(0, x), e.const(1, x)
    for bit in range(eqn.result.dtype.itemsize * 8):
        shifted = e.op("lshr", p, e.const(bit, p))
        odd = e.icmp("ne", e.op("and", shifted, one), zero)
        out = e.select(odd, e.op("mul", out, x), out)
        x = e.op("mul", x, x)
    return out


@lazily
def _samples() -> Iterable[Sample]:
    kinks = tuple((x, p) for x in (0.0, -0.0) for p in (0.0, 0.5, 1.0, 2.0, 3.0, -1.0))
    out = list(binary((0.2, 3.0), (-2.0, 3.0), kinks=kinks))
    for t in ("i64", "i32", "u8"):
        for s in ((3, 4), (), (0,)):
            x = points(s, (0, 5) if t == "u8" else (-5, 5), t)
            out.append(Sample((x, points(s, (0, 5), t, 1)), differentiable=False))
    out.append(Sample((np.array([-2.0, -1.5, 3.0]), np.array([2.0, 3.0, -2.0])), differentiable=False))
    return out


power = elementwise(
    "power",
    "x to the power p: floats as C's pow, integers (p not negative) wrapping as NumPy's",
    arity=2,
    dtypes="fiu",
    partials=lambda x, p, out: (lambda t: _of_base(t, x, p, out), lambda t: _of_exponent(t, x, p, out)),
    scalar=_emit,
    reference=np.power,
    samples=_samples(),
    simplify=_simplify,
    cost=40,
)
