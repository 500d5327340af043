"""Reductions: folds over one or several axes, which the result no longer has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from math import inf
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.op import Op, Sample
from ..ir.types import IRTypeError, Type
from .arithmetic import div
from .compare import gt, lt
from .convert import convert
from .elementwise import kind, quiet
from .extremum import emit_max, emit_min
from .logic import not_
from .lowering import Reduce
from .sampling import bools, lazily, points
from .select import masked
from .shape import broadcast

Shape = tuple[int, ...]


def infer_reduction(name: str, dtypes: str, needs_elements: bool = False) -> Callable[..., Type]:
    """The infer rule: `axes` are dropped."""

    def infer(x: Type, *, axes: Shape) -> Type:
        if not axes or any(b <= a for a, b in pairwise(axes)):
            raise IRTypeError(f"{name}: axes {axes} are not a non-empty increasing tuple")
        for a in axes:
            if not 0 <= a < x.ndim:
                raise IRTypeError(f"{name}: axis {a} is outside {x}, which has {x.ndim} axes")
        if x.dtype.kind not in dtypes:
            raise IRTypeError(f"{name}: {x} has the wrong dtype")
        out = x.with_shape(tuple(n for a, n in enumerate(x.shape) if a not in axes))
        if needs_elements and not x.dims and out.size and not x.size:
            raise IRTypeError(f"{name}: {x} has no elements along axes {axes}, and {name} no identity")
        return out

    return infer


def spread(y: Value, x: Value, axes: Shape) -> Value:
    """The reduced `y` repeated along `axes`, to the shape of `x`."""
    kept = tuple(a for a in range(x.ndim) if a not in axes)
    return broadcast(y, shape=x.shape, axes=kept)


@lazily
def reduction_samples(*others: Sample, empty: bool = True, dtypes: str = "fi") -> Iterable[Sample]:
    shapes: list[tuple[Shape, Shape]] = [
        ((5,), (0,)),
        ((3, 4), (0,)),
        ((3, 4), (1,)),
        ((3, 4), (0, 1)),
        ((2, 3, 4), (0, 2)),
        ((2, 3, 4), (1,)),
        ((1,), (0,)),
        ((0, 3), (1,)),
    ]
    if empty:
        shapes += [((0,), (0,)), ((0, 3), (0,))]
    out = [Sample((points(s),), {"axes": axes}) for s, axes in shapes] if "f" in dtypes else []
    if "f" in dtypes:
        out += [Sample((points((3, 4), dtype="f32"),), {"axes": (1,)})]
        out += [Sample((np.array([1.0, np.nan, 2.0]),), {"axes": (0,)}, False)]
        out += [Sample((np.array([1.0, np.inf, -np.inf]),), {"axes": (0,)}, False)]
    if "i" in dtypes:
        out += [
            Sample((points((3, 4), (0, 9) if t[0] == "u" else (-9, 9), t),), {"axes": (1,)}, False)
            for t in ("i64", "i32", "i8", "u64", "u8")
        ]
    if "b" in dtypes:
        out += [Sample((bools(s),), {"axes": axes}, False) for s, axes in shapes]
    return out + list(others)


def fold(name: str) -> Callable[..., Any]:
    return lambda e, eqn, acc, x: e.op("f" + name if kind(eqn) == "f" else name, acc, x)


def same_dtype(ufunc: Any) -> Callable[..., Any]:
    return quiet(lambda x, *, axes: ufunc.reduce(np.asarray(x), axis=tuple(axes), dtype=np.asarray(x).dtype))


def _tangent_sum(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    (t,) = tangents
    return None if t is None else sum(t, **eqn.attrs)


sum = Op(
    "sum",
    "sum over axes; sum of f64[m,n] with axes=(1,) is f64[m]; 0 for no elements",
    infer=infer_reduction("sum", "fiu"),
    reference=same_dtype(np.add),
    tangent=_tangent_sum,
    adjoint=lambda eqn, ct: [spread(ct, eqn.operands[0], eqn.attrs["axes"])],
    lowering=Reduce(lambda dtype: 0, fold("add")),
    samples=reduction_samples(),
)


# Largest and smallest element: ties share the derivative equally. `worse` is false for a NaN on either
# side, so that with a NaN in the operand every element counts as attaining the (NaN) result.


def _attained(eqn: Eqn, worse: Op) -> tuple[Value, Value]:
    """Where the operand attains the result, and in how many places."""
    (x,) = eqn.operands
    axes = eqn.attrs["axes"]
    where = not_(worse(x, spread(eqn.result, x, axes)))
    return where, sum(convert(where, dtype=x.dtype), axes=axes)


def _extreme(
    name: str, doc: str, reference: Any, worse: Op, combine: Any, least: Callable[[Any], float]
) -> Op:
    def tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
        (t,) = tangents
        if t is None:
            return None
        where, count = _attained(eqn, worse)
        return div(sum(masked(where, t), axes=eqn.attrs["axes"]), count)

    def adjoint(eqn: Eqn, ct: Value) -> list[Value]:
        where, count = _attained(eqn, worse)
        return [masked(where, spread(div(ct, count), eqn.operands[0], eqn.attrs["axes"]))]

    return Op(
        name,
        doc,
        infer=infer_reduction(name, "fiu", needs_elements=True),
        reference=quiet(lambda x, *, axes: reference(np.asarray(x), axis=tuple(axes))),
        tangent=tangent,
        adjoint=adjoint,
        lowering=Reduce(least, combine),
        samples=reduction_samples(
            Sample((np.array([2.0, 5.0, 5.0, 1.0]),), {"axes": (0,)}, False), empty=False
        ),
    )


reduce_max = _extreme(
    "reduce_max",
    "largest element over axes, NaN if there is one; ties share the derivative equally",
    np.max,
    lt,
    emit_max,
    lambda dtype: -inf if dtype.kind == "f" else int(np.iinfo(dtype).min),
)

reduce_min = _extreme(
    "reduce_min",
    "smallest element over axes, NaN if there is one; ties share the derivative equally",
    np.min,
    gt,
    emit_min,
    lambda dtype: inf if dtype.kind == "f" else int(np.iinfo(dtype).max),
)


def _logical(name: str, doc: str, reference: Any, identity: bool, instruction: str) -> Op:
    return Op(
        name,
        doc,
        infer=infer_reduction(name, "b"),
        reference=lambda x, *, axes: reference(np.asarray(x), axis=tuple(axes)),
        tangent=None,
        adjoint=None,
        lowering=Reduce(lambda dtype: identity, lambda e, eqn, acc, x: e.op(instruction, acc, x)),
        samples=reduction_samples(dtypes="b"),
        differentiable=False,
    )


reduce_and = _logical("reduce_and", "whether all are true over axes", np.all, True, "and")
reduce_or = _logical("reduce_or", "whether any is true over axes", np.any, False, "or")
