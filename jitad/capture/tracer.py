"""Operands: how anything array-like becomes a traced value of the innermost trace, and an op its equation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ir.graph import Const, Value, const
from ..ir.named import named
from ..ir.types import F64, I64, type_of
from .arrays import array_type, refuse_dtype
from .errors import EscapedTraceError
from .handles import see
from .known import known
from .source import at, user_line
from .trace import Trace, current_trace, stack
from .traced import (
    IMPLEMENTATIONS,
    METHODS,
    Traced,
    defined_at,
    escaped,
    implements,
    implements_method,
    is_traced,
)

_F64, _I64, _BOOL = type_of(F64), type_of(I64), type_of(np.bool_)


def wrap(value: Value, weak: bool = False) -> Traced:
    """`value`, of the innermost open trace, as a traced array."""
    return Traced(value, current_trace(), weak)


def call(op: Any, *operands: Any, weak: bool = False, **attrs: Any) -> Any:
    """Append `op` to the innermost trace under the user's current line; a tuple if it has several results.

    Operands are IR values of that trace or anything `lift` takes; `weak` marks the result as a Python number.
    """
    trace = stack()[-1]
    builder = trace.builder
    values = tuple(
        [
            x.value
            if x.__class__ is Traced and x.home is trace
            else (x if isinstance(x, Value) else lift(x).value)
            for x in operands
        ]
    )
    builder.loc = user_line()
    out = builder.emit(op, values, attrs)
    if out.__class__ is Value:
        return Traced(out, trace, weak)
    return tuple([Traced(v, trace, weak) for v in out])


def lift(x: Any) -> Traced:
    """`x` as a traced value of the innermost open trace.

    x  traced value of this or of an enclosing trace, Python number (weakly typed), NumPy scalar or array,
       or a list or tuple of concrete numbers. Arrays from outside the traced function become hidden inputs,
       read at each call; arrays made inside become constants.

    Raises EscapedTraceError for a value of a finished trace, NotImplementedError for complex numbers,
    TypeError for other dtypes and objects.
    """
    cls = x.__class__
    if cls is Traced:
        trace = current_trace()
        return x if x.home is trace else Traced(import_value(x, trace), trace, x.weak)
    if cls is float:
        return Traced(Const(np.float64(x), _F64), current_trace(), True)
    if cls is bool:
        return Traced(Const(np.bool_(x), _BOOL), current_trace(), True)
    if cls is int:
        return Traced(Const(_int64(x), _I64), current_trace(), True)
    if isinstance(x, np.ndarray):
        return _lift_array(x)
    if isinstance(x, np.generic):
        if array_type(x).dtype.kind in "fiub":  # type: ignore[arg-type]
            return Traced(const(x), current_trace())
    if isinstance(x, (list, tuple)):
        return Traced(_constant_of(np.asarray(x)), current_trace())
    if isinstance(x, Traced):
        return Traced(import_value(x, current_trace()), current_trace(), x.weak)
    if isinstance(x, complex):
        refuse_dtype(np.dtype(complex))
    if isinstance(x, (int, float)):
        return lift(float(x) if isinstance(x, float) else int(x))
    if hasattr(cls, "not_an_array"):
        raise NotImplementedError(named("open-size", f"{x.not_an_array()}{at(user_line())}"))
    raise TypeError(
        named(
            "argument-type",
            f"a {type(x).__module__}.{type(x).__qualname__} is not an array or number{at(user_line())}",
        )
    )


def _int64(x: int) -> np.int64:
    try:
        return np.int64(x)
    except OverflowError:
        raise OverflowError(
            named("argument-type", f"the Python int {x} is outside int64{at(user_line())}")
        ) from None


def _constant_of(array: np.ndarray) -> Const:
    array_type(array)
    return const(array, array.dtype.newbyteorder("="))


def _lift_array(x: np.ndarray) -> Traced:
    """An array: a parameter of the outermost trace, imported here."""
    if isinstance(x, (np.matrix, np.ma.MaskedArray)):
        raise TypeError(
            named(
                "argument-type",
                f"{type(x).__name__} is not supported; convert with np.asarray{at(user_line())}",
            )
        )
    trace = current_trace()
    root = trace.root
    if x.size == 0:
        return Traced(_constant_of(x), trace)
    value = root.captures.meet(x, root.builder, user_line(3))
    return Traced(trace.bring(value, root), trace)


def import_value(x: Traced, trace: Trace) -> Value:
    """The value in `trace`, the innermost one, of `x`, which belongs to it or an enclosing one."""
    if x.home is not trace and (not x.home.is_open or x.home not in stack()):
        raise EscapedTraceError(escaped(x))
    return see(x, trace)


__all__ = [
    "IMPLEMENTATIONS",
    "METHODS",
    "Traced",
    "call",
    "defined_at",
    "escaped",
    "implements",
    "implements_method",
    "import_value",
    "is_traced",
    "known",
    "lift",
    "wrap",
]
