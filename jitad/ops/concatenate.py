"""Arrays put one after another along an axis."""

from __future__ import annotations

from builtins import sum as total
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.op import Op, Sample
from ..ir.types import IRTypeError, Type, is_int
from .index import slice
from .lowering import Piece, Piecewise
from .sampling import lazily, points
from .shape import zeros


def _infer(*xs: Type, axis: int) -> Type:
    if not xs:
        raise IRTypeError("concatenate: needs at least one operand")
    first = xs[0]
    if not 0 <= axis < first.ndim:
        raise IRTypeError(f"concatenate: axis {axis} is outside {first}, which has {first.ndim} axes")
    others = lambda x: (x.dtype, x.ndim, x.shape[:axis], x.shape[axis + 1 :])
    for x in xs:
        if others(x) != others(first):
            raise IRTypeError(f"concatenate: {first} and {x} differ elsewhere than in axis {axis}")
    for x in xs:
        if not is_int(x.shape[axis]):
            raise IRTypeError(f"concatenate: the length of {x} along axis {axis} is a value of the program")
    return first.with_shape((*first.shape[:axis], total(x.shape[axis] for x in xs), *first.shape[axis + 1 :]))


def _starts(eqn: Eqn) -> list[tuple[int, ...]]:
    """Where each operand begins in the result."""
    axis = eqn.attrs["axis"]
    offsets = accumulate((x.shape[axis] for x in eqn.operands[:-1]), initial=0)
    return [tuple(at if d == axis else 0 for d in range(eqn.result.ndim)) for at in offsets]


def _pieces(eqn: Eqn) -> list[Piece]:
    ones = (1,) * eqn.result.ndim
    return [Piece(k, at, ones, x.shape) for k, (at, x) in enumerate(zip(_starts(eqn), eqn.operands))]


def _tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    if all(t is None for t in tangents):
        return None
    ts = [zeros(x.type) if t is None else t for t, x in zip(tangents, eqn.operands)]
    return concatenate(*ts, **eqn.attrs)


def _adjoint(eqn: Eqn, ct: Value) -> list[Value]:
    ones = (1,) * ct.ndim
    return [slice(ct, start=at, step=ones, shape=x.shape) for at, x in zip(_starts(eqn), eqn.operands)]


@lazily
def _samples() -> Iterable[Sample]:
    cases: tuple[tuple[int, tuple[tuple[int, ...], ...]], ...] = (
        (0, ((5,), (2,))),
        (0, ((3, 4), (1, 4), (0, 4))),
        (1, ((3, 4), (3, 1))),
        (0, ((1,),)),
        (0, ((0,), (0,))),
        (1, ((2, 1, 3), (2, 2, 3))),
    )
    out = [
        Sample(tuple(points(s, phase=k) for k, s in enumerate(shapes)), {"axis": a}) for a, shapes in cases
    ]
    for t, smooth in (("f32", True), ("i64", False)):
        out.append(Sample((points((3,), dtype=t), points((2,), dtype=t, phase=1)), {"axis": 0}, smooth))
    return out


def _reference(*xs: Any, axis: int) -> Any:
    return np.concatenate(xs, axis=axis)


concatenate = Op(
    "concatenate",
    "operands one after another along an axis, alike in all others",
    infer=_infer,
    reference=_reference,
    tangent=_tangent,
    adjoint=_adjoint,
    lowering=Piecewise(_pieces),
    samples=_samples(),
    simplify=lambda operands, attrs: operands[0] if len(operands) == 1 else None,
    cost=0,
)
