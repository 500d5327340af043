"""Logic on bools, bit operations on integers, and predicates of floats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.op import Op, is_const
from .elementwise import elementwise, kind, predicate
from .sampling import Samples, binary, integers, unary


def _simplify(neutral: bool) -> Callable[..., Value | None]:
    def simplify(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
        x, y = operands
        if x.dtype.kind != "b":
            return None
        if is_const(y, neutral):
            return x
        return y if is_const(x, neutral) else None

    return simplify


def _bitwise(name: str, doc: str, reference: Any, neutral: bool) -> Op:
    return elementwise(
        name,
        doc,
        arity=2,
        dtypes="biu",
        scalar=lambda e, eqn, x, y: e.op(name, x, y),
        reference=reference,
        samples=binary(dtypes="ib"),
        simplify=_simplify(neutral),
    )


and_ = _bitwise("and", "x ∧ y of bools, bitwise of integers", np.bitwise_and, True)
or_ = _bitwise("or", "x ∨ y of bools, bitwise of integers", np.bitwise_or, False)
xor = _bitwise("xor", "x ≠ y of bools, bitwise exclusive or of integers", np.bitwise_xor, False)

not_ = elementwise(
    "not",
    "¬x of bools",
    dtypes="b",
    scalar=lambda e, eqn, x: e.op("xor", x, e.const(1, x)),
    reference=np.logical_not,
    samples=Samples(lambda: [s for s in unary(dtypes="b") if s.operands[0].dtype == bool]),
)

invert = elementwise(
    "invert",
    "all bits of an integer flipped",
    dtypes="iu",
    scalar=lambda e, eqn, x: e.op("xor", x, e.const(-1, x)),
    reference=np.invert,
    samples=Samples(lambda: [s for s in unary(dtypes="i") if s.operands[0].dtype.kind in "iu"]),
)


def _emit_shift_left(e: Any, eqn: Eqn, x: Any, y: Any) -> Any:
    zero = e.const(0, x)
    fits = e.icmp("ult", y, e.const(eqn.result.dtype.itemsize * 8, y))
    return e.select(fits, e.op("shl", x, e.select(fits, y, zero)), zero)


def _emit_shift_right(e: Any, eqn: Eqn, x: Any, y: Any) -> Any:
    bits = eqn.result.dtype.itemsize * 8
    fits = e.icmp("ult", y, e.const(bits, y))
    if kind(eqn) == "i":
        return e.op("ashr", x, e.select(fits, y, e.const(bits - 1, y)))
    zero = e.const(0, x)
    return e.select(fits, e.op("lshr", x, e.select(fits, y, zero)), zero)


def _shift(name: str, doc: str, emit: Any, reference: Any) -> Op:
    return elementwise(
        name,
        doc,
        arity=2,
        dtypes="iu",
        scalar=emit,
        reference=reference,
        samples=integers(2, unsigned=(0, 99)),
    )


shift_left = _shift(
    "shift_left", "x · 2**y; 0 when y is negative or not below the width", _emit_shift_left, np.left_shift
)
shift_right = _shift(
    "shift_right",
    "⌊x / 2**y⌋; 0 (-1 for negative x) when y is negative or not below the width",
    _emit_shift_right,
    np.right_shift,
)


def _emit_magnitude(relation: str) -> Callable[..., Any]:
    return lambda e, eqn, x: e.fcmp(relation, e.intrinsic("llvm.fabs", x), e.const(float("inf"), x))


def _emit_signbit(e: Any, eqn: Eqn, x: Any) -> Any:
    return e.fcmp("olt", e.intrinsic("llvm.copysign", e.const(1.0, x), x), e.const(0.0, x))


isnan = predicate(
    "isnan",
    "whether x is NaN",
    scalar=lambda e, eqn, x: e.fcmp("uno", x, x),
    reference=np.isnan,
    samples=unary(),
)
isinf = predicate(
    "isinf", "whether x is ±∞", scalar=_emit_magnitude("oeq"), reference=np.isinf, samples=unary()
)
isfinite = predicate(
    "isfinite",
    "whether x is neither infinite nor NaN",
    scalar=_emit_magnitude("olt"),
    reference=np.isfinite,
    samples=unary(),
)
signbit = predicate(
    "signbit",
    "whether x has the sign bit, as -0.0 has",
    scalar=_emit_signbit,
    reference=np.signbit,
    samples=unary(),
)
