"""Positions of extreme elements; int64, without derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..ir.graph import Eqn
from ..ir.op import Op, Sample
from ..ir.types import I64, IRTypeError, Type
from .elementwise import kind
from .lowering import ArgReduce
from .sampling import bools, lazily, points


def _infer(name: str) -> Callable[..., Type]:
    def infer(x: Type, *, axis: int) -> Type:
        if not 0 <= axis < x.ndim:
            raise IRTypeError(f"{name}: axis {axis} is outside {x}, which has {x.ndim} axes")
        out = x.with_shape(x.shape[:axis] + x.shape[axis + 1 :]).with_dtype(I64)
        if not x.dims and out.size and not x.size:
            raise IRTypeError(f"{name}: {x} has no elements along axis {axis}")
        return out

    return infer


def _better(relation: str) -> Callable[..., Any]:
    """Whether x is beyond the best so far; the first NaN is beyond everything."""

    def better(e: Any, eqn: Eqn, x: Any, best: Any) -> Any:
        k = kind(eqn)
        if k == "f":
            return e.op("and", e.fcmp("u" + relation, x, best), e.fcmp("ord", best, best))
        return e.icmp(("s" if k == "i" else "u") + relation, x, best)

    return better


@lazily
def _samples() -> Iterable[Sample]:
    cases = [
        (points((5,)), 0),
        (points((3, 4)), 0),
        (points((3, 4)), 1),
        (points((2, 3, 4)), 1),
        (points((1,)), 0),
        (points((0, 3)), 1),
        (points((3, 4), dtype="f32"), 1),
        (points((3, 4), (-9, 9), "i64"), 0),
        (points((3, 4), (0, 9), "u8"), 1),
        (bools((5,)), 0),
        (np.array([2.0, 5.0, 5.0, 1.0, 1.0]), 0),
        (np.array([2.0, np.nan, np.inf, np.nan, -np.inf]), 0),
    ]
    return [Sample((x,), {"axis": axis}, False) for x, axis in cases]


def _position(name: str, doc: str, reference: Any, relation: str) -> Op:
    return Op(
        name,
        f"index of the {doc} element along an axis: the first of equal ones, the first NaN if there is one",
        infer=_infer(name),
        reference=lambda x, *, axis: np.asarray(reference(x, axis=axis), np.int64),
        tangent=None,
        adjoint=None,
        lowering=ArgReduce(_better(relation)),
        samples=_samples(),
        differentiable=False,
    )


argmax = _position("argmax", "largest", np.argmax, "gt")
argmin = _position("argmin", "smallest", np.argmin, "lt")
