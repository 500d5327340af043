"""Elements named by index arrays: gather, and its mirror images that scatter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value, const
from ..ir.op import Op, Sample, Scatter
from ..ir.types import I64, IRTypeError, Type, is_int, result_shape
from .compare import eq
from .lowering import Gather, ScatterInto
from .sampling import lazily, points
from .select import masked
from .shape import broadcast, iota, reshape, zeros

Shape = tuple[int, ...]


def _selected(name: str, x: Type, idx: tuple[Type, ...]) -> Shape:
    """The shape of what `idx` names in `x`."""
    if not 1 <= len(idx) <= x.ndim:
        raise IRTypeError(f"{name}: {len(idx)} index arrays for {x}, which has {x.ndim} axes")
    for i in idx:
        if i.dtype != I64:
            raise IRTypeError(f"{name}: an index array is {i}, not i64")
    return result_shape(name, idx) + x.shape[len(idx) :]


def _tangent_gather(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    return None if tangents[0] is None else gather(tangents[0], *eqn.operands[1:])


def _adjoint_gather(eqn: Eqn, ct: Value) -> list[Any]:
    _, *idx = eqn.operands
    return [Scatter(lambda base: scatter_add(base, ct, *idx)), *[None] * len(idx)]


def _cases() -> tuple[tuple[Shape, tuple[Any, ...]], ...]:
    one = np.array([1, 0, -1, 1])
    return (
        ((5,), (one,)),
        ((5,), (np.int64(2),)),
        ((3, 4), (one,)),
        ((3, 4), (np.array([[0, 2], [-1, 2]]), np.array([[3, -4], [0, 0]]))),
        ((3, 4), (np.array([0, 2, 1]), np.int64(-1))),
        ((3, 4), (np.int64(1), np.int64(2))),
        ((2, 3, 4), (np.array([1, 1]), np.array([0, 2]))),
        ((1,), (np.array([0]),)),
        ((3,), (np.array([], np.int64),)),
        ((0, 3), (np.array([], np.int64),)),
        ((2, 0), (np.array([1, 0]),)),
    )


@lazily
def _samples(writes: bool) -> Iterable[Sample]:
    out = []
    for shape, idx in _cases():
        for t in ("f64", "f32", "i64") if shape == (3, 4) else ("f64",):
            found = np.broadcast_shapes(*[np.shape(i) for i in idx]) + shape[len(idx) :]
            update = (points(found, dtype=t, phase=1),) if writes else ()
            out.append(Sample((points(shape, dtype=t), *update, *idx), differentiable=t[0] == "f"))
    return out


gather = Op(
    "gather",
    "x[idx0, idx1, …]: index arrays of one shape for the first axes; a negative index counts from the end",
    infer=lambda x, *idx: x.with_shape(_selected("gather", x, idx)),
    reference=lambda x, *idx: np.asarray(x)[(*idx, ...)].copy(),
    tangent=_tangent_gather,
    adjoint=_adjoint_gather,
    lowering=Gather(),
    samples=_samples(writes=False),
    cost=2,
)


def _infer_write(name: str) -> Any:
    def infer(base: Type, update: Type, *idx: Type) -> Type:
        expected = base.with_shape(_selected(name, base, idx))
        if update.dtype != expected.dtype or update.shape != expected.shape:
            raise IRTypeError(f"{name}: the update is {update}, the place for it in {base} is {expected}")
        return base

    return infer


def _added(base: Any, update: Any, *idx: Any) -> Any:
    out = np.array(base)
    np.add.at(out, tuple(idx), update)
    return out


def _written(base: Any, update: Any, *idx: Any) -> Any:
    out = np.array(base)
    out[tuple(idx)] = update
    return out


def _tangent_write(op: Any) -> Any:
    """The tangent rule of an op that is linear in base and update together."""

    def tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
        base, update, *idx = eqn.operands
        tb, tu = tangents[:2]
        if tb is None and tu is None:
            return None
        return op()(zeros(base.type) if tb is None else tb, zeros(update.type) if tu is None else tu, *idx)

    return tangent


scatter_add: Op = Op(
    "scatter_add",
    "base with the update added at the places that `gather` would read; repeated indices accumulate",
    infer=_infer_write("scatter_add"),
    reference=_added,
    tangent=_tangent_write(lambda: scatter_add),
    adjoint=lambda eqn, ct: [ct, gather(ct, *eqn.operands[2:]), *[None] * (len(eqn.operands) - 2)],
    lowering=ScatterInto(add=True),
    samples=_samples(writes=True),
    cost=2,
)


def _adjoint_set(eqn: Eqn, ct: Value) -> list[Value | None]:
    """What was stored is read from the cotangent before its place is cleared: neither needs a copy."""
    base, update, *idx = eqn.operands
    found = gather(ct, *idx)
    kept = scatter_set(ct, zeros(update.type), *idx)
    winners = _winners(base, idx)
    if winners is not None:
        axes = tuple(range(winners.ndim))
        found = masked(broadcast(winners, shape=found.shape, axes=axes), found)
    return [kept, found, *[None] * len(idx)]


def _winners(base: Value, idx: list[Value]) -> Value | None:
    """Which of the places that `idx` names keep what was stored there, the last of equal ones; None: all."""
    shape = result_shape("scatter_set", tuple(i.type for i in idx))
    if not shape or all(is_int(n) and n <= 1 for n in shape):
        return None
    size = 1
    for n in shape:
        size *= n
    order = reshape(iota(shape=(size,), axis=0, dtype=I64), shape=shape)
    nobody = broadcast(const(-1, I64), shape=base.shape[: len(idx)], axes=())
    return eq(gather(scatter_set(nobody, order, *idx), *idx), order)


scatter_set: Op = Op(
    "scatter_set",
    "base with the update stored at the places that `gather` would read; the last of repeated indices wins",
    infer=_infer_write("scatter_set"),
    reference=_written,
    tangent=_tangent_write(lambda: scatter_set),
    adjoint=_adjoint_set,
    lowering=ScatterInto(add=False),
    samples=_samples(writes=True),
    cost=2,
)
