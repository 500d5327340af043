"""Where a cotangent is zero because a `where` did not take the branch: how such a mask moves backwards.

A mask is a bool value of the cotangent's shape, or of rank 0; False says: zero here, whatever the partial
derivatives say. A value without a mask is one about which nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ir.graph import Eqn, Value, const
from ..ir.op import lookup

Rule = Callable[[Eqn, Value, int], Value | None]


def masked(mask: Value, ct: Value) -> Value:
    """`ct` where the mask holds, else 0: also for an infinite or NaN `ct`."""
    return lookup("select")(mask, ct, const(0, ct.dtype))


def narrowed(mask: Value, operand: Value) -> Value:
    """The mask of a cotangent that is summed to rank 0 if `operand` has rank 0."""
    if operand.type.shape or not mask.type.shape:
        return mask
    return lookup("reduce_or")(mask, axes=tuple(range(mask.ndim)))


def through(eqn: Eqn, mask: Value, k: int) -> Value | None:
    """The mask of operand `k`'s cotangent, given that of the result; None: no longer known.

    A mask of rank 0 says that the whole cotangent is zero, and so says it of every operand's.
    """
    if not mask.type.shape:
        return mask
    rule = _RULES.get(eqn.op.name)
    if rule is None:
        return None
    return rule(eqn, mask, k)


def _reshape(eqn: Eqn, mask: Value, k: int) -> Value:
    return lookup("reshape")(mask, shape=eqn.operands[0].shape)


def _transpose(eqn: Eqn, mask: Value, k: int) -> Value:
    axes = eqn.attrs["axes"]
    back = [0] * len(axes)
    for i, axis in enumerate(axes):
        back[axis] = i
    return lookup("transpose")(mask, axes=tuple(back))


def _broadcast(eqn: Eqn, mask: Value, k: int) -> Value:
    kept = eqn.attrs["axes"]
    summed = tuple(d for d in range(mask.ndim) if d not in kept)
    return lookup("reduce_or")(mask, axes=summed) if summed else mask


def _reduction(eqn: Eqn, mask: Value, k: int) -> Value:
    x = eqn.operands[0]
    axes = tuple(d for d in range(x.ndim) if d not in eqn.attrs["axes"])
    return lookup("broadcast")(mask, shape=x.shape, axes=axes)


def _slice(eqn: Eqn, mask: Value, k: int) -> Value:
    none = lookup("broadcast")(const(False), shape=eqn.operands[0].shape, axes=())
    return lookup("set_at")(none, mask, start=eqn.attrs["start"], step=eqn.attrs["step"])


def _written(eqn: Eqn, mask: Value, k: int) -> Value:
    if k == 0:
        return mask
    return lookup("slice")(
        mask, start=eqn.attrs["start"], step=eqn.attrs["step"], shape=eqn.operands[1].shape
    )


def _concatenate(eqn: Eqn, mask: Value, k: int) -> Value:
    axis = eqn.attrs["axis"]
    x = eqn.operands[k]
    start = [0] * x.ndim
    start[axis] = sum(v.shape[axis] for v in eqn.operands[:k])
    return lookup("slice")(mask, start=tuple(start), step=(1,) * x.ndim, shape=x.shape)


def _gather(eqn: Eqn, mask: Value, k: int) -> None:
    return None


#: Ops that only move or add elements: a cotangent of exact zeros gives exact zeros. A mask of rank ≥ 1 passes
#: these, if its rule can say how, besides the elementwise ops; any other op drops it.
MOVES: dict[str, Rule] = {
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "sum": _reduction,
    "slice": _slice,
    "set_at": _written,
    "add_at": _written,
    "concatenate": _concatenate,
    "gather": _gather,
}
_RULES: dict[str, Rule] = {
    **MOVES,
    "prod": _reduction,
    "reduce_max": _reduction,
    "reduce_min": _reduction,
}
