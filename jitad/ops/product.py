"""prod: its derivative by the product of all other elements, which needs no division and stands zeros."""

from __future__ import annotations

from math import prod as size_of

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.op import Op, Sample
from .arithmetic import mul
from .lowering import Reduce
from .reduce import fold, infer_reduction, reduction_samples, same_dtype, spread, sum
from .scan import cumprod, shifted
from .shape import inverse, permute, reshape

Shape = tuple[int, ...]


def _others(x: Value, axes: Shape) -> Value:
    """For each element the product of all others along `axes`: those before it times those after it."""
    if len(axes) == 1:
        return _others_along(x, axes[0])
    order = tuple(a for a in range(x.ndim) if a not in axes) + axes
    kept = tuple(x.shape[a] for a in order[: x.ndim - len(axes)])
    last_first = permute(x, order)
    flat = reshape(last_first, shape=(*kept, size_of(x.shape[a] for a in axes)))
    return permute(reshape(_others_along(flat, len(kept)), shape=last_first.shape), inverse(order))


def _others_along(x: Value, axis: int) -> Value:
    before = shifted(cumprod(x, axis=axis, reverse=False), 1.0, axis, reverse=False)
    after = shifted(cumprod(x, axis=axis, reverse=True), 1.0, axis, reverse=True)
    return mul(before, after)


def _tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    (x,), (t,) = eqn.operands, tangents
    axes = eqn.attrs["axes"]
    return None if t is None else sum(mul(t, _others(x, axes)), axes=axes)


def _adjoint(eqn: Eqn, ct: Value) -> list[Value]:
    (x,) = eqn.operands
    axes = eqn.attrs["axes"]
    return [mul(spread(ct, x, axes), _others(x, axes))]


prod = Op(
    "prod",
    "product over axes; 1 for no elements",
    infer=infer_reduction("prod", "fiu"),
    reference=same_dtype(np.multiply),
    tangent=_tangent,
    adjoint=_adjoint,
    lowering=Reduce(lambda dtype: 1, fold("mul")),
    samples=reduction_samples(
        Sample((np.array([2.0, 0.0, 3.0]),), {"axes": (0,)}),
        Sample((np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]]),), {"axes": (1,)}),
        Sample((np.array([[2.0, 1.5, 3.0], [0.0, 4.0, 5.0]]),), {"axes": (0, 1)}),
    ),
)
