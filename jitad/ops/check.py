"""A condition that a program must meet when it runs: `assert` on traced values, sizes, bounds."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ..ir.graph import Loc
from ..ir.op import Op
from ..ir.types import BOOL, IRTypeError, Type, type_of
from .lowering import Check

#: What may be raised, by the name in the attribute.
EXCEPTIONS = (
    "ArithmeticError",
    "AssertionError",
    "FloatingPointError",
    "IndexError",
    "KeyError",
    "OverflowError",
    "RuntimeError",
    "TypeError",
    "ValueError",
    "ZeroDivisionError",
)


def _infer(holds: Type, *, error: str, text: str) -> tuple[Type, ...]:
    if holds is not type_of(BOOL):
        raise IRTypeError(f"check: the condition is {holds}, not bool")
    if error not in EXCEPTIONS:
        raise IRTypeError(f"check: {error} is none of {', '.join(EXCEPTIONS)}")
    return ()


def exception_of(name: str) -> type[Exception]:
    """The exception class of an attribute `error`."""
    return getattr(builtins, name)


def _run(holds: Any, *, error: str, text: str, loc: Loc | None = None) -> tuple[Any, ...]:
    if not bool(np.asarray(holds)):
        raise exception_of(error)(text if loc is None else f"{text}\n  from {loc}")
    return ()


check: Op = Op(
    "check",
    "no result; raises `error` with `text` unless the operand is true",
    infer=_infer,
    reference=_run,
    tangent=None,
    adjoint=None,
    lowering=Check(),
    samples=(),
    differentiable=False,
    effect=True,
)
