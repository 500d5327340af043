"""select, the branch-free `where`, and what derivative rules build from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ir.graph import Const, Eqn, Value, const
from ..ir.op import Op, Sample
from ..ir.types import BOOL, IRTypeError, Type, result_shape
from .elementwise import broadcast_to, elementwise
from .sampling import PAIRS, bools, lazily, points


def _infer(*types: Type) -> Type:
    if len(types) != 3:
        raise IRTypeError(f"select: takes a condition and two branches, got {len(types)} operands")
    cond, x, y = types
    if cond.dtype != BOOL:
        raise IRTypeError(f"select: the condition is {cond}, not bool")
    if x.dtype != y.dtype:
        raise IRTypeError(f"select: the branches {x} and {y} differ in dtype")
    return x.with_shape(result_shape("select", types))


def _tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    _, tx, ty = tangents
    if tx is None and ty is None:
        return None
    zero = const(0, eqn.result.dtype)
    out = select(eqn.operands[0], zero if tx is None else tx, zero if ty is None else ty)
    return broadcast_to(out, eqn.result.type)


def _simplify(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    cond, x, y = operands
    if isinstance(cond, Const) and cond.is_scalar:
        x = y = x if cond.data else y
    return broadcast_to(x, _infer(*[v.type for v in operands])) if x is y else None


@lazily
def _samples() -> Iterable[Sample]:
    out = [Sample((bools(s), points(s), points(t, phase=1))) for s, t in PAIRS if s]
    out += [Sample((bools((3, 4)), points(()), points((), phase=1)))]
    out += [Sample((np.True_, points((5,)), points((5,), phase=1)))]
    out += [Sample((bools((5,)), points((5,), dtype=d), points((), dtype=d, phase=1))) for d in ("f32",)]
    out += [
        Sample((bools((5,)), points((5,), dtype=d), points((5,), dtype=d, phase=1)), differentiable=False)
        for d in ("i64", "i32", "u8")
    ]
    out += [Sample((bools((5,)), bools((5,), 1), bools((5,), 2)), differentiable=False)]
    return out


select: Op = elementwise(
    "select",
    "x where the condition holds, y elsewhere; the branch not taken contributes exactly 0 to derivatives",
    infer=_infer,
    partials=lambda c, x, y, out: (None, lambda t: masked(c, t), lambda t: select(c, zero(t), t)),
    tangent=_tangent,
    scalar=lambda e, eqn, c, x, y: e.select(c, x, y),
    reference=lambda c, x, y: np.where(c, x, y),
    samples=_samples(),
    singular=False,
    simplify=_simplify,
)


def zero(t: Value) -> Value:
    """The scalar constant 0 of `t`'s dtype."""
    return const(0, t.dtype)


def masked(cond: Value, t: Value) -> Value:
    """`t` where `cond` holds, else 0: unlike a product, also for an infinite or NaN `t`."""
    return select(cond, t, zero(t))


def unless(cond: Value, t: Value) -> Value:
    """0 where `cond` holds, else `t`."""
    return select(cond, zero(t), t)
