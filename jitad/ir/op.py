"""Op: the record of one primitive's rules, and the registry of all primitives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .builder import current
from .graph import Const, Eqn, Value, const
from .types import Type

REGISTRY: dict[str, Op] = {}


@dataclass(frozen=True)
class Sample:
    """Operands (arrays) and attributes at which an op is tested.

    differentiable   False at points where central differences mean nothing (kinks)
    """

    operands: tuple[Any, ...]
    attrs: dict[str, Any] = field(default_factory=dict)
    differentiable: bool = True


@dataclass(frozen=True, eq=False)
class Op:
    """One primitive: everything the passes know about it.

    infer      operand types and attributes → result type (or tuple of types); raises IRTypeError
    reference  the same on NumPy arrays; the interpreter runs it
    tangent    (eqn, tangents) → tangent of the result (tuple if several); a tangent None is a symbolic zero
    adjoint    (eqn, ct) → per operand a contribution to its cotangent: Value, Scatter or None.
               `ct` is the cotangent of the single result (a tuple, None for zero, if there are several)
    lowering   how it becomes code (see `ops/lowering.py`)
    samples    where it is tested
    simplify   (operands, attrs) → an equivalent Value, or None when there is nothing simpler
    cost       arithmetic of one element in units of an addition; ≥ 10 counts as dear
    differentiable  False: results never carry a derivative (comparisons, floor, argmax …)
    singular   a partial can be infinite or NaN: the adjoint selects it by the mask of a `where`
    effect     it does something beside giving results (it can fail): never dropped; `reference` is told the
               user's line, as `loc`

    An op with regions: `infer` and `reference` get them as the keyword `regions` (to `reference` they are
    functions of arrays), and derivative rules have one entry for each of `graph.reads(eqn)`: the operands,
    then what the regions read from around them.
    """

    name: str
    doc: str
    infer: Callable[..., Any]
    reference: Callable[..., Any]
    tangent: Callable[[Eqn, list[Value | None]], Any] | None
    adjoint: Callable[[Eqn, Any], list[Any]] | None
    lowering: Any
    samples: Sequence[Sample]
    simplify: Callable[..., Value | None] | None = None
    cost: float = 1
    differentiable: bool = True
    singular: bool = False
    elementwise: bool = False
    effect: bool = False

    def __post_init__(self) -> None:
        if self.name in REGISTRY:
            raise ValueError(f"the op {self.name!r} is declared twice")
        REGISTRY[self.name] = self

    def __call__(self, *operands: Any, **attrs: Any) -> Any:
        """Add an equation to the current builder; Python numbers take the dtype of the first Value."""
        return current().emit(self, coerce(operands), attrs)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


class Scatter:
    """A cotangent contribution to part of an operand: `add_to(base)` accumulates it in place."""

    __slots__ = ("add_to",)

    def __init__(self, add_to: Callable[[Value], Value]) -> None:
        self.add_to = add_to


def coerce(operands: tuple[Any, ...]) -> tuple[Value, ...]:
    """Operands as Values: numbers become constants of the first Value's dtype."""
    for v in operands:
        if v.__class__ is not Value and not isinstance(v, Value):
            break
    else:
        return operands
    dtype = next(v.dtype for v in operands if isinstance(v, Value))
    return tuple(v if isinstance(v, Value) else const(v, dtype) for v in operands)


def lookup(name: str) -> Op:
    """The op called `name`; KeyError if none is declared."""
    return REGISTRY[name]


def is_const(v: Value, data: Any = None) -> bool:
    """Whether `v` is a scalar constant (equal to `data`, if given; 0.0 is not -0.0)."""
    if not isinstance(v, Const) or v.type.shape:
        return False
    if data is None:
        return True
    return bool(v.data == data) and bool(np.signbit(v.data) == np.signbit(v.dtype.type(data)))


def _binary(name: str, swapped: bool = False) -> Callable[[Value, Any], Value]:
    if swapped:
        return lambda x, y: REGISTRY[name](const(y, x.dtype), x)
    return lambda x, y: REGISTRY[name](x, y)


# Operators on values find their ops here, so that rules read like the formulas they are.
for _method, _name in (("add", "add"), ("sub", "sub"), ("mul", "mul"), ("truediv", "div"), ("pow", "power")):
    setattr(Value, f"__{_method}__", _binary(_name))
    setattr(Value, f"__r{_method}__", _binary(_name, swapped=True))
Value.__neg__ = lambda x: REGISTRY["neg"](x)  # type: ignore[operator]


def same_type(*types: Type, **_: Any) -> Type:
    """infer rule of unary ops that keep the type."""
    return types[0]
