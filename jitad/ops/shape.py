"""Shape: ops that move elements and change none. Their transposes are again of this kind, or sums."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value, const
from ..ir.op import REGISTRY, Op, Sample
from ..ir.types import IRTypeError, Type, is_int, type_of
from .lowering import Iota, Reshape, View
from .sampling import bools, points

Shape = tuple[int, ...]


def zeros(type: Type) -> Value:
    """An array of zeros of this type."""
    zero = const(0, type.dtype)
    return broadcast(zero, shape=type.shape, axes=()) if type.shape else zero


def _linear(op: Any) -> Any:
    """The tangent rule of a linear op of one operand: the op itself."""

    def tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
        (t,) = tangents
        return None if t is None else op()(t, **eqn.attrs)

    return tangent


# broadcast


def _infer_broadcast(x: Type, *, shape: Shape, axes: Shape) -> Type:
    if len(axes) != x.ndim or any(b <= a for a, b in pairwise(axes)):
        raise IRTypeError(f"broadcast: axes {axes} do not place the {x.ndim} axes of {x} in increasing order")
    if any(not 0 <= a < len(shape) or shape[a] != n for a, n in zip(axes, x.shape)):
        raise IRTypeError(f"broadcast: axes {axes} of shape {shape} do not have the lengths of {x}")
    return x.with_shape(tuple(shape))


def _broadcast(x: Any, *, shape: Shape, axes: Shape) -> Any:
    x = np.asarray(x)
    lengths = [1] * len(shape)
    for a, n in zip(axes, x.shape):
        lengths[a] = n
    return np.broadcast_to(x.reshape(lengths), shape).copy()


def _adjoint_broadcast(eqn: Eqn, ct: Value) -> list[Value]:
    new = tuple(a for a in range(ct.ndim) if a not in eqn.attrs["axes"])
    return [REGISTRY["sum"](ct, axes=new) if new else ct]


broadcast: Op = Op(
    "broadcast",
    "operand axis i becomes result axis axes[i]; the result is constant along its other axes",
    infer=_infer_broadcast,
    reference=_broadcast,
    tangent=_linear(lambda: broadcast),
    adjoint=_adjoint_broadcast,
    lowering=View(lambda eqn, index: tuple(index[a] for a in eqn.attrs["axes"])),
    samples=(
        Sample((points(()),), {"shape": (3, 4), "axes": ()}),
        Sample((points((3,)),), {"shape": (3, 4), "axes": (0,)}),
        Sample((points((4,)),), {"shape": (3, 4), "axes": (1,)}),
        Sample((points((2, 3)),), {"shape": (2, 4, 3, 1), "axes": (0, 2)}),
        Sample((points((3,), dtype="f32"),), {"shape": (2, 3), "axes": (1,)}),
        Sample((points((0,)),), {"shape": (2, 0), "axes": (1,)}),
        Sample((points((3,)),), {"shape": (0, 3), "axes": (1,)}),
        Sample((points((1,)),), {"shape": (1,), "axes": (0,)}),
        Sample((points((3,), (-9, 9), "i64"),), {"shape": (3, 2), "axes": (0,)}, False),
        Sample((bools((3,)),), {"shape": (3, 2), "axes": (0,)}, False),
    ),
    simplify=lambda operands, attrs: operands[0] if operands[0].shape == tuple(attrs["shape"]) else None,
    cost=0,
)


# reshape


def _infer_reshape(x: Type, *, shape: Shape) -> Type:
    if any(is_int(n) and n < 0 for n in shape):
        raise IRTypeError(f"reshape: shape {tuple(shape)}")
    if not x.dims and all(map(is_int, shape)) and prod(shape) != x.size:
        raise IRTypeError(f"reshape: {x} has {x.size} elements, shape {tuple(shape)} has {prod(shape)}")
    return x.with_shape(tuple(shape))


reshape: Op = Op(
    "reshape",
    "the same elements, in C order, in another shape",
    infer=_infer_reshape,
    reference=lambda x, *, shape: np.reshape(x, shape).copy(),
    tangent=_linear(lambda: reshape),
    adjoint=lambda eqn, ct: [reshape(ct, shape=eqn.operands[0].shape)],
    lowering=Reshape(),
    samples=(
        Sample((points((3, 4)),), {"shape": (12,)}),
        Sample((points((12,)),), {"shape": (2, 3, 2)}),
        Sample((points(()),), {"shape": (1, 1)}),
        Sample((points((1,)),), {"shape": ()}),
        Sample((points((0, 3)),), {"shape": (2, 0)}),
        Sample((points((3, 4), dtype="f32"),), {"shape": (4, 3)}),
        Sample((points((3, 4), (-9, 9), "i32"),), {"shape": (4, 3)}, False),
    ),
    simplify=lambda operands, attrs: operands[0] if operands[0].shape == tuple(attrs["shape"]) else None,
    cost=0,
)


# transpose


def _infer_transpose(x: Type, *, axes: Shape) -> Type:
    if sorted(axes) != list(range(x.ndim)):
        raise IRTypeError(f"transpose: axes {axes} are no permutation of the axes of {x}")
    return x.with_shape(tuple(x.shape[a] for a in axes))


def inverse(axes: Shape) -> Shape:
    """The inverse permutation."""
    out = [0] * len(axes)
    for i, a in enumerate(axes):
        out[a] = i
    return tuple(out)


def permute(x: Value, axes: Shape) -> Value:
    """`transpose`, or `x` itself when nothing moves."""
    return x if axes == tuple(range(len(axes))) else transpose(x, axes=axes)


transpose: Op = Op(
    "transpose",
    "axes permuted: result axis i is operand axis axes[i]",
    infer=_infer_transpose,
    reference=lambda x, *, axes: np.transpose(x, axes).copy(),
    tangent=_linear(lambda: transpose),
    adjoint=lambda eqn, ct: [transpose(ct, axes=inverse(eqn.attrs["axes"]))],
    lowering=View(lambda eqn, index: tuple(index[i] for i in inverse(eqn.attrs["axes"]))),
    samples=(
        Sample((points((3, 4)),), {"axes": (1, 0)}),
        Sample((points((2, 3, 4)),), {"axes": (2, 0, 1)}),
        Sample((points((5,)),), {"axes": (0,)}),
        Sample((points(()),), {"axes": ()}),
        Sample((points((0, 3)),), {"axes": (1, 0)}),
        Sample((points((3, 4), dtype="f32"),), {"axes": (1, 0)}),
        Sample((points((3, 4), (-9, 9), "i64"),), {"axes": (1, 0)}, False),
    ),
    simplify=lambda operands, attrs: (
        operands[0] if tuple(attrs["axes"]) == tuple(range(operands[0].ndim)) else None
    ),
    cost=0,
)


# iota


def _infer_iota(*, shape: Shape, axis: int, dtype: Any) -> Type:
    if not 0 <= axis < len(shape):
        raise IRTypeError(f"iota: axis {axis} is outside shape {tuple(shape)}")
    return type_of(dtype, shape)


def _iota(*, shape: Shape, axis: int, dtype: Any) -> Any:
    counts = np.arange(shape[axis]).astype(dtype)
    return _broadcast(counts, shape=shape, axes=(axis,))


iota = Op(
    "iota",
    "the index along an axis, as an array; no operands",
    infer=_infer_iota,
    reference=_iota,
    tangent=None,
    adjoint=None,
    lowering=Iota(),
    samples=tuple(
        Sample((), {"shape": shape, "axis": axis, "dtype": np.dtype(dtype)}, False)
        for shape, axis, dtype in (
            ((5,), 0, "f8"),
            ((3, 4), 1, "i8"),
            ((3, 4), 0, "f4"),
            ((1,), 0, "i4"),
            ((0,), 0, "f8"),
            ((0, 3), 1, "u1"),
        )
    ),
    differentiable=False,
)
