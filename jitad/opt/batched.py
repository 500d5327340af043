"""Equations of a loop's body done for all iterations at once: on arrays with one axis more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..ir.builder import current
from ..ir.graph import Eqn, Value
from ..ir.op import lookup

Shape = tuple[Any, ...]


class Refused(Exception):
    """An equation has no form for all iterations at once."""


class Batch(NamedTuple):
    """A value of the body for all iterations; `axis` is the one they run along, None: all have the same."""

    value: Value
    axis: int | None = None

    @property
    def shape(self) -> Shape:
        """What it is in one iteration."""
        return tuple(n for a, n in enumerate(self.value.shape) if a != self.axis)

    @property
    def ndim(self) -> int:
        return self.value.ndim - (self.axis is not None)


def moved(x: Batch, axis: int) -> Value:
    """The array with the iterations along that axis."""
    assert x.axis is not None
    rest = [a for a in range(x.value.ndim) if a != x.axis]
    order = (*rest[:axis], x.axis, *rest[axis:])
    return x.value if axis == x.axis else lookup("transpose")(x.value, axes=order)


def spread(x: Batch, shape: Shape, axis: int, n: Any) -> Value:
    """The array of that shape in each of n iterations, which run along that axis."""
    if x.axis is not None and x.ndim == len(shape):
        return moved(x, axis)
    full = (*shape[:axis], n, *shape[axis:])
    if x.axis is not None:
        axes: tuple[int, ...] = (axis,)
    else:
        axes = tuple(a for a in range(len(full)) if a != axis) if x.ndim else ()
    return lookup("broadcast")(x.value, shape=full, axes=axes)


def reshaped(v: Value, shape: Shape) -> Value:
    """The array with axes of length 1 added or dropped; what added or dropped others is skipped."""
    for eqn in reversed(current().eqns):
        if eqn.results[0] is v:
            v = eqn.operands[0] if eqn.op.name == "reshape" else v
            break
    return v if v.shape == tuple(shape) else lookup("reshape")(v, shape=tuple(shape))


def elementwise(op: Any, xs: Sequence[Batch], shape: Shape, n: Any, attrs: dict[str, Any]) -> Batch:
    """An elementwise op; where only numbers differ from one iteration to the next, these run last."""
    axis = next((x.axis for x in xs if x.axis is not None and x.ndim == len(shape)), len(shape))
    values = [x.value if x.axis is None and not x.ndim else spread(x, shape, axis, n) for x in xs]
    return Batch(op(*values, **attrs), axis)


def batched(eqn: Eqn, xs: Sequence[Batch], n: Any) -> Batch:
    """The equation for n iterations, some of whose operands differ from one to the next.

    Raises Refused where there is no rule.
    """
    if eqn.op.elementwise:
        return elementwise(eqn.op, xs, eqn.results[0].shape, n, eqn.attrs)
    if eqn.op.name not in RULES:
        raise Refused
    return RULES[eqn.op.name](eqn, xs, n)


def _shifted(axes: Sequence[int], axis: int | None) -> tuple[int, ...]:
    """Axes of one iteration as axes of the array."""
    return tuple(a if axis is None or a < axis else a + 1 for a in axes)


def _reshape(eqn: Eqn, xs: Sequence[Batch], n: Any) -> Batch:
    """Only axes of length 1 come or go: the iterations stay where they are among the others."""
    (x,) = xs
    new = tuple(eqn.attrs["shape"])
    if [m for m in x.shape if m != 1] != [m for m in new if m != 1]:
        raise Refused
    before = sum(m != 1 for m in x.shape[: x.axis])
    axis = 0
    while before:
        before -= new[axis] != 1
        axis += 1
    return Batch(reshaped(x.value, (*new[:axis], n, *new[axis:])), axis)


def _transpose(eqn: Eqn, xs: Sequence[Batch], n: Any) -> Batch:
    (x,) = xs
    assert x.axis is not None
    order = _shifted(eqn.attrs["axes"], x.axis)
    axes = (*order[: x.axis], x.axis, *order[x.axis :])
    return Batch(lookup("transpose")(x.value, axes=axes), x.axis)


def _broadcast(eqn: Eqn, xs: Sequence[Batch], n: Any) -> Batch:
    (x,) = xs
    shape, axes = tuple(eqn.attrs["shape"]), tuple(eqn.attrs["axes"])
    assert x.axis is not None
    axis = axes[x.axis] if x.axis < len(axes) else len(shape)
    new = (*axes[: x.axis], axis, *(a + 1 for a in axes[x.axis :]))
    return Batch(lookup("broadcast")(x.value, shape=(*shape[:axis], n, *shape[axis:]), axes=new), axis)


def _sum(eqn: Eqn, xs: Sequence[Batch], n: Any) -> Batch:
    (x,) = xs
    assert x.axis is not None
    axes = _shifted(eqn.attrs["axes"], x.axis)
    return Batch(lookup("sum")(x.value, axes=axes), x.axis - sum(a < x.axis for a in axes))


def _dot(eqn: Eqn, xs: Sequence[Batch], n: Any) -> Batch:
    """The iterations are a free axis of one operand, or a batch axis of both."""
    x, y = xs
    (cx, cy), (bx, by) = eqn.attrs["contract"], eqn.attrs["batch"]
    if not cx and not bx and not (x.ndim and y.ndim):
        return elementwise(lookup("mul"), xs, eqn.results[0].shape, n, {})
    contract = _shifted(cx, x.axis), _shifted(cy, y.axis)
    bx, by = _shifted(bx, x.axis), _shifted(by, y.axis)
    if x.axis is not None and y.axis is not None:
        both = ((x.axis, *bx), (y.axis, *by))
        return Batch(lookup("dot")(x.value, y.value, contract=contract, batch=both), 0)
    paired = (*contract[0], *bx), (*contract[1], *by)
    free = [(v, a) for v, axes in zip(xs, paired) for a in range(v.value.ndim) if a not in axes]
    axis = len(bx) + next(i for i, (v, a) in enumerate(free) if v.axis == a)
    return Batch(lookup("dot")(x.value, y.value, contract=contract, batch=(bx, by)), axis)


RULES: dict[str, Callable[[Eqn, Sequence[Batch], Any], Batch]] = {
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "sum": _sum,
    "dot": _dot,
}
