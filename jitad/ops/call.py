"""Calls: a function of the program, compiled once, that several equations run."""

from __future__ import annotations

from typing import Any

from ..ir.evaluate import run
from ..ir.graph import Function
from ..ir.op import Op
from ..ir.types import IRTypeError, Type
from .lowering import CallOp


def _infer(*operands: Type, function: Function) -> tuple[Type, ...]:
    if operands != function.param_types:
        given, wanted = (", ".join(map(str, types)) for types in (operands, function.param_types))
        raise IRTypeError(f"call: @{function.name} is given ({given}) where it takes ({wanted})")
    return function.result_types


def _run(*operands: Any, function: Function) -> tuple[Any, ...]:
    return tuple(run(function, operands))


call: Op = Op(
    "call",
    "the results of `function`, a function of the program that reads nothing but its parameters",
    infer=_infer,
    reference=_run,
    tangent=None,
    adjoint=None,
    lowering=CallOp(),
    samples=(),
)
