"""Elementwise ops: one tuple of partial derivatives gives both derivative rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ..ir.graph import Const, Eqn, Value
from ..ir.op import REGISTRY, Op, Sample
from ..ir.types import BOOL, IRTypeError, Type, result_shape
from .lowering import Scalar

KINDS = {"f": "floats", "fiu": "numbers", "iu": "integers", "b": "bools", "biu": "bools or integers"}


def elementwise(
    name: str,
    doc: str,
    *,
    reference: Callable[..., Any],
    scalar: Callable[..., Any],
    samples: Sequence[Sample],
    partials: Callable[..., tuple[Any, ...]] | None = None,
    tangent: Callable[[Eqn, list[Value | None]], Value | None] | None = None,
    arity: int = 1,
    dtypes: str = "f",
    result: np.dtype | None = None,
    infer: Callable[..., Type] | None = None,
    cost: float = 1,
    singular: bool = True,
    simplify: Callable[..., Value | None] | None = None,
) -> Op:
    """Declare an op that computes each element of its result from the operands' elements there.

    partials   (*operands, out, **attrs) → one derivative an operand: a Value to multiply by, 1 or -1, a
               function that multiplies its argument by the derivative, or None (zero). Without partials the
               op has no derivative
    scalar     `emit(e, eqn, *xs)`, see `lowering.Scalar`
    tangent    a rule to use instead of the sum of the products, when it takes fewer operations
    dtypes     letters of `dtype.kind` that are accepted; `result` is the result's dtype if not theirs
    singular   False promises that no partial is infinite or NaN whatever the operands
    """
    differentiable = partials is not None
    return Op(
        name,
        doc,
        infer=infer or infer_elementwise(name, arity, dtypes, result),
        reference=quiet(reference),
        tangent=tangent or (tangent_of(partials) if partials else None),
        adjoint=adjoint_of(partials) if partials else None,
        lowering=Scalar(scalar),
        samples=samples,
        simplify=simplify,
        cost=cost,
        differentiable=differentiable,
        singular=differentiable and singular,
        elementwise=True,
    )


def infer_elementwise(
    name: str, arity: int, dtypes: str, result: np.dtype | None = None
) -> Callable[..., Type]:
    """The infer rule: `arity` operands of one dtype, whose kind is in `dtypes`, and one shape or rank 0."""

    def infer(*types: Type, **_: Any) -> Type:
        first = types[0]
        if len(types) != arity:
            raise IRTypeError(f"{name}: takes {arity} operands, got {len(types)}")
        for t in types:
            if t.dtype != first.dtype:
                raise IRTypeError(f"{name}: operands {', '.join(map(str, types))} differ in dtype")
        if first.dtype.kind not in dtypes:
            raise IRTypeError(f"{name}: takes {KINDS.get(dtypes, dtypes)}, got {first}")
        shape = result_shape(name, types)
        out = first if shape == first.shape else first.with_shape(shape)
        return out if result is None else out.with_dtype(result)

    return infer


def predicate(name: str, doc: str, *, dtypes: str = "f", arity: int = 1, **rules: Any) -> Op:
    """An elementwise op with a bool result, hence without derivative."""
    return elementwise(name, doc, dtypes=dtypes, arity=arity, result=BOOL, **rules)


def quiet(reference: Callable[..., Any]) -> Callable[..., Any]:
    """`reference` without NumPy's floating-point warnings."""

    @wraps(reference)
    def run(*operands: Any, **attrs: Any) -> Any:
        with np.errstate(all="ignore"):
            return reference(*operands, **attrs)

    return run


def tangent_of(partials: Callable[..., tuple[Any, ...]]) -> Callable[[Eqn, list[Value | None]], Value | None]:
    """The tangent rule Σ tᵢ·∂ᵢ."""

    def tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
        total: Value | None = None
        for t, p in zip(tangents, partials(*eqn.operands, eqn.result, **eqn.attrs)):
            if t is None or p is None:
                continue
            if total is None:
                total = times(t, p)
            elif p.__class__ is int and p == -1:
                total = REGISTRY["sub"](total, t)
            else:
                total = REGISTRY["add"](total, times(t, p))
        return None if total is None else broadcast_to(total, eqn.result.type)

    return tangent


def adjoint_of(partials: Callable[..., tuple[Any, ...]]) -> Callable[[Eqn, Value], list[Value | None]]:
    """The adjoint rule ct·∂ᵢ, summed where operand i has rank 0; nothing for constants and integers."""

    def adjoint(eqn: Eqn, ct: Value) -> list[Value | None]:
        parts = partials(*eqn.operands, eqn.result, **eqn.attrs)
        return [
            None if p is None or isinstance(x, Const) or not x.type.is_float else unbroadcast(times(ct, p), x)
            for x, p in zip(eqn.operands, parts)
        ]

    return adjoint


def times(t: Value, partial: Any) -> Value:
    """A tangent or cotangent times one entry of `partials`."""
    if isinstance(partial, Value):
        return REGISTRY["mul"](t, partial)
    if partial.__class__ is int:
        return t if partial == 1 else REGISTRY["neg"](t)
    return partial(t)


def unbroadcast(ct: Value, operand: Value) -> Value:
    """`ct` summed to a scalar if `operand` is one: the transpose of the implicit broadcast."""
    if operand.shape or not ct.shape:
        return ct
    return REGISTRY["sum"](ct, axes=tuple(range(ct.ndim)))


def broadcast_to(x: Value, type: Type) -> Value:
    """The scalar `x` repeated to the shape of `type`; `x` itself if it has that shape."""
    return x if x.shape == type.shape else REGISTRY["broadcast"](x, shape=type.shape, axes=())


# Scalar lowerings that are one call.


def intrinsic(name: str) -> Callable[..., Any]:
    """Emit LLVM's intrinsic `name`."""
    return lambda e, eqn, *xs: e.intrinsic(name, *xs)


def libm(name: str) -> Callable[..., Any]:
    """Emit a call of libm's `name`."""
    return lambda e, eqn, *xs: e.libm(name, *xs)


def emitted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Emit a function of `ops/math`, which takes the emitter and the operands."""
    return lambda e, eqn, *xs: function(e, *xs)


def special(name: str) -> Callable[..., Any]:
    """Emit a call of `scipy.special.cython_special`'s `name`."""
    return lambda e, eqn, *xs: e.special(name, *xs)


def kind(eqn: Eqn) -> str:
    """The dtype kind of the operands: "f", "i", "u" or "b"."""
    return eqn.operands[-1].dtype.kind
