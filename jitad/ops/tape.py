"""What loops keep for their reverse sweeps: tapes, which grow, and rows that are not full."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.op import Op
from ..ir.types import IRTypeError, Shape, Type, tape_of, type_of
from .index import slice as part
from .lowering import Part, TapeOp
from .shape import zeros


class Stack(NamedTuple):
    """What a tape is to the interpreter: what an empty one gives, and the items, `(last, before)` or None."""

    zero: Any
    items: tuple[Any, Any] | None = None

    def push(self, x: Any) -> Stack:
        return Stack(self.zero, (x, self.items))

    def pop(self) -> tuple[Any, Stack]:
        if self.items is None:
            return self.zero, self
        last, before = self.items
        return last, Stack(self.zero, before)


def _item(name: str, tape: Type) -> Type:
    if tape.item is None:
        raise IRTypeError(f"{name}: {tape} is no tape")
    return tape.item


def _infer_new(*, dtype: np.dtype, shape: tuple[int, ...]) -> Type:
    return tape_of(type_of(dtype, shape))


tape_new: Op = Op(
    "tape_new",
    "an empty tape",
    infer=_infer_new,
    reference=lambda *, dtype, shape: (Stack(np.zeros(shape, dtype)),),
    tangent=None,
    adjoint=lambda eqn, ct: [],
    lowering=TapeOp(),
    samples=(),
)


def _infer_push(tape: Type, x: Type) -> Type:
    item = _item("push", tape)
    if item is not x:
        raise IRTypeError(f"push: {x} on a {tape}")
    return tape


def _tangent_push(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    if all(t is None for t in tangents):
        return None
    tape, x = eqn.operands
    t_tape, t_x = tangents
    return push(
        new_tape(_item("push", tape.type)) if t_tape is None else t_tape,
        zeros(x.type) if t_x is None else t_x,
    )


push: Op = Op(
    "push",
    "the tape with one more item",
    infer=_infer_push,
    reference=lambda tape, x: (tape.push(x),),
    tangent=_tangent_push,
    adjoint=lambda eqn, ct: list(reversed(pop(ct))),
    lowering=TapeOp(),
    samples=(),
)


def _infer_pop(tape: Type) -> tuple[Type, Type]:
    return _item("pop", tape), tape


def _tangent_pop(eqn: Eqn, tangents: list[Value | None]) -> Any:
    (t,) = tangents
    return (None, None) if t is None else pop(t)


def _adjoint_pop(eqn: Eqn, cts: tuple[Value | None, Value | None]) -> list[Value]:
    x, tape = cts
    item = _item("pop", eqn.operands[0].type)
    return [push(new_tape(item) if tape is None else tape, zeros(item) if x is None else x)]


pop: Op = Op(
    "pop",
    "the last item of a tape, and the tape before it; zeros, and the empty tape, of an empty one",
    infer=_infer_pop,
    reference=lambda tape: tape.pop(),
    tangent=_tangent_pop,
    adjoint=_adjoint_pop,
    lowering=TapeOp(),
    samples=(),
)


def _infer_roomy(x: Type, *, shape: Shape) -> Type:
    if len(shape) != len(x.shape):
        raise IRTypeError(f"roomy: {x} in an array of shape {shape}")
    return x.with_shape(shape)


def _run_roomy(x: Any, *, shape: tuple[int, ...]) -> tuple[Any, ...]:
    out = np.zeros(shape, x.dtype)
    out[tuple(map(slice, x.shape))] = x
    return (out,)


roomy: Op = Op(
    "roomy",
    "an array of some shape that begins with the operand; what else is in it has no meaning",
    infer=_infer_roomy,
    reference=_run_roomy,
    tangent=lambda eqn, tangents: roomy(tangents[0], **eqn.attrs),
    adjoint=lambda eqn, ct: [first_of(ct, eqn.operands[0].shape)],
    lowering=Part(),
    samples=(),
)


def first_of(x: Value, shape: Shape) -> Value:
    """The beginning of an array."""
    return part(x, start=(0,) * len(shape), step=(1,) * len(shape), shape=shape)


def new_tape(item: Type) -> Value:
    """An empty tape for such items, in the current builder."""
    return tape_new(dtype=item.dtype, shape=item.shape)
