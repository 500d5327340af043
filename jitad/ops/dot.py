"""dot: products summed over pairs of axes, per index of paired batch axes. Its adjoints are dots."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.op import Op, Sample
from ..ir.types import IRTypeError, Type
from .arithmetic import add, mul
from .lowering import Dot
from .sampling import points
from .shape import inverse, permute

Axes = tuple[int, ...]
Pairs = tuple[Axes, Axes]


def free_axes(ndim: int, contract: Axes, batch: Axes) -> Axes:
    """The axes that are neither contracted nor batch axes."""
    return tuple(a for a in range(ndim) if a not in contract and a not in batch)


def _infer(x: Type, y: Type, *, contract: Pairs, batch: Pairs) -> Type:
    if x.dtype != y.dtype or x.dtype.kind not in "fiu":
        raise IRTypeError(f"dot: operands {x}, {y} are not numbers of one dtype")
    for t, k in ((x, 0), (y, 1)):
        named = contract[k] + batch[k]
        if len(set(named)) != len(named) or any(not 0 <= a < t.ndim for a in named):
            raise IRTypeError(
                f"dot: contract {contract[k]} and batch {batch[k]} do not name axes of {t} once"
            )
    for what, (left, right) in (("contract", contract), ("batch", batch)):
        if [x.shape[a] for a in left] != [y.shape[a] for a in right]:
            raise IRTypeError(f"dot: {what} axes {left} of {x} and {right} of {y} differ in length")
    shape = tuple(x.shape[a] for a in batch[0])
    for t, k in ((x, 0), (y, 1)):
        shape += tuple(t.shape[a] for a in free_axes(t.ndim, contract[k], batch[k]))
    return x.with_shape(shape)


def _reference(x: Any, y: Any, *, contract: Pairs, batch: Pairs) -> Any:
    x, y = np.asarray(x), np.asarray(y)
    left, right = free_axes(x.ndim, contract[0], batch[0]), free_axes(y.ndim, contract[1], batch[1])
    batches = tuple(x.shape[a] for a in batch[0])
    rows, columns = tuple(x.shape[a] for a in left), tuple(y.shape[a] for a in right)
    inner = prod(x.shape[a] for a in contract[0])
    a = x.transpose(batch[0] + left + contract[0]).reshape(*batches, prod(rows), inner)
    b = y.transpose(batch[1] + contract[1] + right).reshape(*batches, inner, prod(columns))
    with np.errstate(all="ignore"):
        return np.matmul(a, b).reshape(batches + rows + columns)


def _tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    x, y = eqn.operands
    tx, ty = tangents
    terms = [dot(tx, y, **eqn.attrs)] if tx is not None else []
    terms += [dot(x, ty, **eqn.attrs)] if ty is not None else []
    return None if not terms else terms[0] if len(terms) == 1 else add(*terms)


def _adjoint(eqn: Eqn, ct: Value) -> list[Value | None]:
    """ct has the batch axes, then x's free axes, then y's; contract it with the other operand's free axes.

    A product of an array with itself, as X.T @ X, is symmetric: one product with ct and its mirror image.
    """
    x, y = eqn.operands
    (cx, cy), (bx, by) = eqn.attrs["contract"], eqn.attrs["batch"]
    fx, fy = free_axes(x.ndim, cx, bx), free_axes(y.ndim, cy, by)
    nb, nx = len(bx), len(fx)
    batch, of_x, of_y = tuple(range(nb)), tuple(range(nb, nb + nx)), tuple(range(nb + nx, ct.ndim))
    square = x is y and cx == cy and bx == by
    if square:
        ct = add(ct, permute(ct, batch + of_y + of_x))
    # Axes of the products: batch, free axes of ct, the other operand's contracted axes in ascending order.
    x_axes = bx + fx + tuple(cx[cy.index(a)] for a in sorted(cy))
    y_axes = by + tuple(cy[cx.index(a)] for a in sorted(cx)) + fy
    of: list[Value | None] = [None, None]
    if not square or y_axes != tuple(range(y.ndim)):
        of[0] = permute(dot(ct, y, contract=(of_y, fy), batch=(batch, by)), inverse(x_axes))
    if not square or of[0] is None:
        of[1] = permute(dot(x, ct, contract=(fx, of_x), batch=(bx, batch)), inverse(y_axes))
    return of


def _simplify(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    """A multiple of an array, as the adjoint of an inner product has, is computed where it is read."""
    x, y = operands
    return mul(x, y) if not x.ndim or not y.ndim else None


def _sample(x: Axes, y: Axes, contract: Pairs, batch: Pairs = ((), ()), dtype: str = "f64") -> Sample:
    attrs = {"contract": contract, "batch": batch}
    return Sample((points(x, dtype=dtype), points(y, dtype=dtype, phase=1)), attrs, dtype[0] == "f")


dot = Op(
    "dot",
    "Σ x·y over the paired axes `contract`; result axes: `batch` pairs, x's others, y's others",
    infer=_infer,
    reference=_reference,
    tangent=_tangent,
    adjoint=_adjoint,
    simplify=_simplify,
    lowering=Dot(),
    samples=(
        _sample((5,), (5,), ((0,), (0,))),
        _sample((3, 4), (4, 2), ((1,), (0,))),
        _sample((3, 4), (4,), ((1,), (0,))),
        _sample((4,), (4, 3), ((0,), (0,))),
        _sample((3, 4), (2, 4), ((1,), (1,))),
        _sample((3,), (2,), ((), ())),
        _sample((), (3,), ((), ())),
        _sample((2, 3, 4), (2, 4, 5), ((2,), (1,)), ((0,), (0,))),
        _sample((3, 2, 4), (5, 4, 2), ((2,), (1,)), ((1,), (2,))),
        _sample((2, 3, 4), (4, 3, 5), ((1, 2), (1, 0))),
        _sample((2, 3, 4, 2), (3, 2, 5, 4), ((3, 2), (1, 3)), ((1,), (0,))),
        _sample((2, 3), (2, 3), ((), ()), ((0, 1), (0, 1))),
        _sample((1, 1), (1, 1), ((1,), (0,))),
        _sample((3, 0), (0, 2), ((1,), (0,))),
        _sample((0, 3), (3, 2), ((1,), (0,))),
        _sample((3, 4), (4, 2), ((1,), (0,)), dtype="f32"),
        _sample((3, 4), (4, 2), ((1,), (0,)), dtype="i64"),
        _sample((3, 4), (4, 2), ((1,), (0,)), dtype="i32"),
    ),
    cost=2,
)
