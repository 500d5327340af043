"""Rules that ops share which write a part of an array, at numbers or at values of the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.types import IRTypeError, Type
from .shape import zeros

# Operands are the base, the update, and what says where beside the attributes. `read` is the op that reads
# such a part, and `place` its index in NumPy; both take the part's shape by name.


def infer_write(name: str, check: Callable[..., None]) -> Callable[..., Type]:
    """The type of the result: `check(name, base, *where, shape=…, **attrs)` refuses parts that do not fit."""

    def infer(base: Type, update: Type, *where: Type, **attrs: Any) -> Type:
        if base.dtype != update.dtype:
            raise IRTypeError(f"{name}: base {base} and update {update} differ in dtype")
        check(name, base, *where, shape=update.shape, **attrs)
        return base

    return infer


def written(place: Callable[..., Any], add: bool) -> Callable[..., np.ndarray]:
    """The reference of an op that stores or adds."""

    def reference(base: Any, update: Any, *where: Any, **attrs: Any) -> np.ndarray:
        out = np.array(base)
        key = place(base, *where, shape=np.shape(update), **attrs)
        out[key] = out[key] + update if add else update
        return out

    return reference


def tangent_write(op: Callable[[], Any]) -> Callable[..., Value | None]:
    """Both are linear in base and update together."""

    def tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
        base, update, *where = eqn.operands
        tb, tu = tangents[:2]
        if tb is None and tu is None:
            return None
        tb, tu = zeros(base.type) if tb is None else tb, zeros(update.type) if tu is None else tu
        return op()(tb, tu, *where, **eqn.attrs)

    return tangent


def adjoint_set(op: Callable[[], Any], read: Any) -> Callable[..., list[Value | None]]:
    """What was stored is read from the cotangent before its place is cleared: neither needs a copy."""

    def adjoint(eqn: Eqn, ct: Value) -> list[Value | None]:
        _, update, *where = eqn.operands
        stored = read(ct, *where, shape=update.shape, **eqn.attrs)
        return [op()(ct, zeros(update.type), *where, **eqn.attrs), stored, *[None] * len(where)]

    return adjoint


def adjoint_add(read: Any) -> Callable[..., list[Value | None]]:
    def adjoint(eqn: Eqn, ct: Value) -> list[Value | None]:
        _, update, *where = eqn.operands
        return [ct, read(ct, *where, shape=update.shape, **eqn.attrs), *[None] * len(where)]

    return adjoint
