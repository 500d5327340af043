"""Reading and writing a strided region of an array."""

from __future__ import annotations

from builtins import slice as Slice
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.op import Op, Sample, Scatter
from ..ir.types import IRTypeError, Type, is_int
from .lowering import Piece, Piecewise, View
from .sampling import lazily, points
from .writes import adjoint_add, adjoint_set, infer_write, tangent_write, written

Shape = tuple[int, ...]


def region(start: Shape, step: Shape, shape: Shape) -> tuple[Slice, ...]:
    """The NumPy index of the elements `start[d] + step[d]*k, 0 ≤ k < shape[d]`."""
    out = []
    for lo, by, n in zip(start, step, shape):
        stop = lo + by * n
        out.append(Slice(lo, None if stop < 0 else stop, by) if n else Slice(0, 0))
    return tuple(out)


def check_region(name: str, x: Type, start: Shape, step: Shape, shape: Shape) -> None:
    """IRTypeError unless the region lies inside `x`, as far as its dimensions are known."""
    if not len(start) == len(step) == len(shape) == x.ndim:
        raise IRTypeError(f"{name}: start {start}, step {step} and shape {shape} do not fit the rank of {x}")
    for d, (lo, by, n, length) in enumerate(zip(start, step, shape, x.shape)):
        if by == 0 or (is_int(n) and n < 0):
            raise IRTypeError(f"{name}: axis {d} of {x} read in steps of {by}, {n} times")
        if not (is_int(n) and is_int(length)):  # known when it runs: who makes the equation has proved it
            continue
        last = lo + by * (n - 1)
        if n and not (0 <= lo < length and 0 <= last < length):
            raise IRTypeError(f"{name}: elements {lo} … {last} of axis {d} are outside {x}")


# slice, and its mirror images


def _infer_slice(x: Type, *, start: Shape, step: Shape, shape: Shape) -> Type:
    check_region("slice", x, start, step, shape)
    return x.with_shape(tuple(shape))


def _read(x: Any, *, start: Shape, step: Shape, shape: Shape) -> Any:
    key: Any = (*region(start, step, shape), ...)  # the ellipsis makes rank 0 an array too
    return np.asarray(x)[key].copy()


def _tangent_slice(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    (t,) = tangents
    return None if t is None else slice(t, **eqn.attrs)


def _adjoint_slice(eqn: Eqn, ct: Value) -> list[Scatter]:
    start, step = eqn.attrs["start"], eqn.attrs["step"]
    return [Scatter(lambda base: add_at(base, ct, start=start, step=step))]


def _simplify_slice(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    (x,) = operands
    forward = all(by == 1 or (is_int(n) and n <= 1) for by, n in zip(attrs["step"], attrs["shape"]))
    return x if tuple(attrs["shape"]) == x.shape and forward else None


def _at(start: Shape, step: Shape, shape: Shape | None = None) -> dict[str, Shape]:
    return {"start": start, "step": step} if shape is None else {"start": start, "step": step, "shape": shape}


slice = Op(
    "slice",
    "elements start[d] + step[d]·k of each axis d, shape[d] of them; steps may be negative",
    infer=_infer_slice,
    reference=_read,
    tangent=_tangent_slice,
    adjoint=_adjoint_slice,
    lowering=View(
        lambda eqn, index: tuple(
            i.affine(by, lo) for i, by, lo in zip(index, eqn.attrs["step"], eqn.attrs["start"])
        )
    ),
    samples=(
        Sample((points((5,)),), _at((1,), (2,), (2,))),
        Sample((points((5,)),), _at((4,), (-1,), (5,))),
        Sample((points((5,)),), _at((3,), (-2,), (2,))),
        Sample((points((3, 4)),), _at((1, 0), (1, 1), (2, 4))),
        Sample((points((3, 4)),), _at((2, 3), (-1, -3), (3, 2))),
        Sample((points((3, 4)),), _at((0, 0), (1, 1), (0, 4))),
        Sample((points((1,)),), _at((0,), (1,), (1,))),
        Sample((points(()),), _at((), (), ())),
        Sample((points((0,)),), _at((0,), (1,), (0,))),
        Sample((points((5,), dtype="f32"),), _at((1,), (1,), (3,))),
        Sample((points((5,), (-9, 9), "i64"),), _at((1,), (1,), (3,)), False),
    ),
    simplify=_simplify_slice,
    cost=0,
)


def _place(base: Any, *, start: Shape, step: Shape, shape: Shape) -> tuple[Slice, ...]:
    return region(start, step, shape)


def _pieces(add: bool) -> Any:
    def pieces(eqn: Eqn) -> list[Piece]:
        base, update = eqn.operands
        whole = Piece(0, (0,) * base.ndim, (1,) * base.ndim, base.shape)
        return [Piece(1, eqn.attrs["start"], eqn.attrs["step"], update.shape, add=add), whole]

    return Piecewise(pieces)


@lazily
def _write_samples() -> Iterable[Sample]:
    cases = (
        ((5,), (2,), (1,), (2,)),
        ((5,), (5,), (4,), (-1,)),
        ((3, 4), (2, 2), (0, 3), (2, -2)),
        ((3, 4), (0, 4), (0, 0), (1, 1)),
        ((1,), (1,), (0,), (1,)),
        ((), (), (), ()),
        ((0, 3), (0, 3), (0, 0), (1, 1)),
    )
    out = [Sample((points(b), points(u, phase=1)), _at(lo, by)) for b, u, lo, by in cases]
    for t, smooth in (("f32", True), ("i64", False)):
        out.append(Sample((points((5,), dtype=t), points((2,), dtype=t, phase=1)), _at((1,), (2,)), smooth))
    return out


set_at: Op = Op(
    "set_at",
    "base with the region at `start`, `step` of the update's shape replaced by the update",
    infer=infer_write("set_at", check_region),
    reference=written(_place, add=False),
    tangent=tangent_write(lambda: set_at),
    adjoint=adjoint_set(lambda: set_at, slice),
    lowering=_pieces(add=False),
    samples=_write_samples(),
)

add_at: Op = Op(
    "add_at",
    "base with the update added to the region at `start`, `step` of the update's shape",
    infer=infer_write("add_at", check_region),
    reference=written(_place, add=True),
    tangent=tangent_write(lambda: add_at),
    adjoint=adjoint_add(slice),
    lowering=_pieces(add=True),
    samples=_write_samples(),
)
