"""Reading and writing a part of an array that starts where values of the program say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ir.graph import Const, Eqn, Value
from ..ir.op import Op, Sample, Scatter
from ..ir.types import I64, IRTypeError, Type, is_int, type_of
from .index import add_at, check_region, region, set_at, slice
from .lowering import Window, WindowInto
from .sampling import lazily, points
from .writes import adjoint_add, adjoint_set, infer_write, tangent_write, written

Shape = tuple[Any, ...]

# The elements `start[d] + step[d]·k` of each axis d, for 0 ≤ k < shape[d]. All of them exist: whoever makes
# the equation has proved it, or has put a `check` before it.


def _check(name: str, x: Type, *starts: Type, step: Shape, shape: Shape) -> None:
    if not len(starts) == len(step) == len(shape) == x.ndim:
        raise IRTypeError(f"{name}: {len(starts)} starts, step {step} and shape {shape} do not fit {x}")
    for t in starts:
        if t is not type_of(I64):
            raise IRTypeError(f"{name}: a start is {t}, not i64")
    for by, n, length in zip(step, shape, x.shape):
        if by == 0 or (is_int(n) and (n < 0 or (is_int(length) and n > length))):
            raise IRTypeError(f"{name}: an axis of {x} read in steps of {by}, {n} times")


def _infer_window(x: Type, *starts: Type, step: Shape, shape: Shape) -> Type:
    _check("window", x, *starts, step=step, shape=shape)
    return x.with_shape(tuple(shape))


def _place(x: Any, *starts: Any, step: Shape, shape: Shape) -> Any:
    """The NumPy index; IndexError where an element is not in `x`."""
    at = tuple(int(s) for s in starts)
    try:
        check_region("window", type_of(np.asarray(x).dtype, np.shape(x)), at, step, shape)
    except IRTypeError as e:
        if all(shape):
            raise IndexError(str(e)) from None
    return (*region(at, step, shape), ...)


def _read(x: Any, *starts: Any, step: Shape, shape: Shape) -> Any:
    return np.asarray(x)[_place(x, *starts, step=step, shape=shape)].copy()


def _tangent_window(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    return None if tangents[0] is None else window(tangents[0], *eqn.operands[1:], **eqn.attrs)


def _adjoint_window(eqn: Eqn, ct: Value) -> list[Any]:
    _, *starts = eqn.operands
    step = eqn.attrs["step"]
    return [Scatter(lambda base: add_window(base, ct, *starts, step=step)), *[None] * len(starts)]


def _numbers(starts: tuple[Value, ...]) -> Shape | None:
    """The starts as ints, if all are constants."""
    if all(isinstance(s, Const) for s in starts):
        return tuple(int(s.data) for s in starts)  # type: ignore[attr-defined]
    return None


def _simplify_window(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    x, *starts = operands
    at = _numbers(tuple(starts))
    return None if at is None else slice(x, start=at, **attrs)


def _cases() -> tuple[tuple[Shape, Shape, Shape, Shape], ...]:
    return (
        ((5,), (1,), (1,), (3,)),
        ((5,), (4,), (-2,), (3,)),
        ((5,), (2,), (1,), (0,)),
        ((3, 4), (1, 0), (1, 2), (1, 2)),
        ((3, 4), (2, 3), (-1, -1), (3, 4)),
        ((1,), (0,), (1,), (1,)),
        ((0, 3), (0, 1), (1, 1), (0, 2)),
    )


@lazily
def _samples(writes: bool) -> Iterable[Sample]:
    out = []
    for base, at, step, shape in _cases():
        starts = tuple(np.int64(a) for a in at)
        attrs = {"step": step} if writes else {"step": step, "shape": shape}
        for t in ("f64", "f32", "i64") if base == (3, 4) else ("f64",):
            update = (points(shape, dtype=t, phase=1),) if writes else ()
            out.append(Sample((points(base, dtype=t), *update, *starts), attrs, t[0] == "f"))
    return out


window: Op = Op(
    "window",
    "elements starts[d] + step[d]·k of each axis d, shape[d] of them, all of which must exist; "
    "operands: the array, a start an axis",
    infer=_infer_window,
    reference=_read,
    tangent=_tangent_window,
    adjoint=_adjoint_window,
    lowering=Window(),
    samples=_samples(writes=False),
    simplify=_simplify_window,
    cost=0,
)


def _simplify_write(op: Any) -> Any:
    def simplify(operands: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
        base, update, *starts = operands
        at = _numbers(tuple(starts))
        return None if at is None else op(base, update, start=at, **attrs)

    return simplify


set_window: Op = Op(
    "set_window",
    "base with the elements that `window` would read replaced by the update; operands: base, update, starts",
    infer=infer_write("set_window", _check),
    reference=written(_place, add=False),
    tangent=tangent_write(lambda: set_window),
    adjoint=adjoint_set(lambda: set_window, window),
    lowering=WindowInto(add=False),
    samples=_samples(writes=True),
    simplify=_simplify_write(set_at),
)

add_window: Op = Op(
    "add_window",
    "base with the update added to the elements that `window` would read; operands: base, update, starts",
    infer=infer_write("add_window", _check),
    reference=written(_place, add=True),
    tangent=tangent_write(lambda: add_window),
    adjoint=adjoint_add(window),
    lowering=WindowInto(add=True),
    samples=_samples(writes=True),
    simplify=_simplify_write(add_at),
)

__all__ = ["add_window", "set_window", "window"]
