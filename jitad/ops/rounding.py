"""Rounding, and division with a whole quotient: NumPy's conventions for signs and zero divisors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value, const
from ..ir.op import Op, Sample
from .arithmetic import mul, neg, sign
from .elementwise import elementwise, intrinsic, kind
from .sampling import EXTREMES, binary, lazily, unary

HALVES = (*EXTREMES, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 4503599627370497.5)


def _rounding(name: str, doc: str, llvm: str, reference: Any) -> Op:
    return elementwise(
        name,
        f"{doc}; derivative 0",
        scalar=intrinsic(llvm),
        reference=reference,
        samples=unary(edges=HALVES),
    )


floor = _rounding("floor", "largest whole number ≤ x", "llvm.floor", np.floor)
ceil = _rounding("ceil", "smallest whole number ≥ x", "llvm.ceil", np.ceil)
trunc = _rounding("trunc", "x without its fraction", "llvm.trunc", np.trunc)
rint = _rounding("rint", "nearest whole number, halves to even", "llvm.rint", np.rint)


def _emit_floor_divide(e: Any, eqn: Eqn, x: Any, y: Any) -> Any:
    k = kind(eqn)
    if k == "f":
        return _emit_float_quotient(e, x, y)
    zero, divides = e.const(0, y), e.icmp("eq", y, e.const(0, y))
    if k == "u":
        return e.select(divides, zero, e.op("udiv", x, e.select(divides, e.const(1, y), y)))
    quotient, rest = _emit_signed(e, eqn, x, y)
    return e.select(
        divides, zero, e.select(_opposite(e, rest, y), e.op("sub", quotient, e.const(1, x)), quotient)
    )


def _emit_remainder(e: Any, eqn: Eqn, x: Any, y: Any) -> Any:
    k = kind(eqn)
    if k == "f":
        return _emit_float_remainder(e, x, y)
    zero, divides = e.const(0, y), e.icmp("eq", y, e.const(0, y))
    if k == "u":
        return e.select(divides, zero, e.op("urem", x, e.select(divides, e.const(1, y), y)))
    _, rest = _emit_signed(e, eqn, x, y)
    return e.select(divides, zero, e.select(_opposite(e, rest, y), e.op("add", rest, y), rest))


def _emit_signed(e: Any, eqn: Eqn, x: Any, y: Any) -> tuple[Any, Any]:
    """Truncated quotient and rest. A divisor that would trap (0, or -1 of the least integer) becomes 1:
    for the second that is the wrapped result."""
    least = e.const(-(2 ** (8 * eqn.result.dtype.itemsize - 1)), x)
    overflows = e.op("and", e.icmp("eq", x, least), e.icmp("eq", y, e.const(-1, y)))
    traps = e.op("or", overflows, e.icmp("eq", y, e.const(0, y)))
    divisor = e.select(traps, e.const(1, y), y)
    quotient = e.op("sdiv", x, divisor)
    return quotient, e.op("sub", x, e.op("mul", quotient, divisor))


def _opposite(e: Any, rest: Any, y: Any) -> Any:
    """Whether the integer `rest` is not 0 and has the other sign than `y`."""
    zero = e.const(0, y)
    differ = e.icmp("slt", e.op("xor", rest, y), zero)
    return e.op("and", differ, e.icmp("ne", rest, zero))


def _emit_float_rest(e: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """C's fmod(x, y), and whether it is not 0 and has the other sign than y."""
    rest, zero = e.libm("fmod", x, y), e.const(0.0, y)
    differ = e.op("xor", e.fcmp("olt", y, zero), e.fcmp("olt", rest, zero))
    return rest, e.op("and", differ, e.fcmp("une", rest, zero))


def _emit_float_remainder(e: Any, x: Any, y: Any) -> Any:
    rest, moves = _emit_float_rest(e, x, y)
    zero = e.const(0.0, y)
    signed = e.select(e.fcmp("oeq", rest, zero), e.intrinsic("llvm.copysign", zero, y), rest)
    out = e.select(moves, e.op("fadd", rest, y), signed)
    return e.select(e.fcmp("oeq", y, zero), rest, out)


def _emit_float_quotient(e: Any, x: Any, y: Any) -> Any:
    """⌊x / y⌋ by way of the remainder, which is exact, as NumPy's `npy_floor_divide` does it."""
    rest, moves = _emit_float_rest(e, x, y)
    zero, one = e.const(0.0, y), e.const(1.0, y)
    ratio = e.op("fdiv", x, y)
    near = e.op("fdiv", e.op("fsub", x, rest), y)
    near = e.select(moves, e.op("fsub", near, one), near)
    down = e.intrinsic("llvm.floor", near)
    up = e.fcmp("ogt", e.op("fsub", near, down), e.const(0.5, y))
    whole = e.select(up, e.op("fadd", down, one), down)
    out = e.select(e.fcmp("oeq", near, zero), e.intrinsic("llvm.copysign", zero, ratio), whole)
    return e.select(e.fcmp("oeq", y, zero), ratio, out)


@lazily
def _least_integers() -> Iterable[Sample]:
    pairs = [(-128, -1), (-128, 0), (-128, 1), (-128, 3), (127, -1), (-7, 2), (7, -2), (-7, -2), (0, 0)]
    x, y = (np.array(column, np.int8) for column in zip(*pairs))
    least = np.iinfo(np.int64).min
    wide = np.array([least, least, least]), np.array([-1, 0, 7])
    return Sample((x, y), differentiable=False), Sample(wide, differentiable=False)


floor_divide = elementwise(
    "floor_divide",
    "⌊x / y⌋; of integers 0 for y = 0, and wrapping; derivative 0",
    arity=2,
    dtypes="fiu",
    scalar=_emit_floor_divide,
    reference=np.floor_divide,
    samples=binary((-9.0, 9.0), (0.7, 2.0), "fi") + _least_integers(),
    cost=15,
)

remainder = elementwise(
    "remainder",
    "x - y·⌊x / y⌋, with the sign of y; of integers 0 for y = 0; derivatives 1 and -⌊x / y⌋",
    arity=2,
    dtypes="fiu",
    partials=lambda x, y, out: (1, lambda t: neg(mul(t, floor_divide(x, y)))),
    scalar=_emit_remainder,
    reference=np.remainder,
    samples=binary((-9.0, 9.0), (0.7, 2.0), "fi") + _least_integers(),
    cost=15,
)


def _one_signed(y: Value) -> Value:
    """1 with the sign of y."""
    return copysign(const(1, y.dtype), y)


copysign = elementwise(
    "copysign",
    "|x| with the sign of y; derivative 0 in x at 0, and in y",
    arity=2,
    partials=lambda x, y, out: (lambda t: mul(t, mul(sign(x), _one_signed(y))), None),
    scalar=intrinsic("llvm.copysign"),
    reference=np.copysign,
    samples=binary(kinks=((0.0, 1.0), (0.0, -1.0))),
)
