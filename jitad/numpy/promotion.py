"""NumPy 2 promotion: the dtypes in which a ufunc runs, with Python numbers giving way."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..capture.tracer import Traced, lift
from ..ir.graph import Const, Value, const
from ..ir.types import DTYPES, F64, Type, is_supported, type_of
from .core import NoValue, wrapped
from .values import as_value, canonical, convert

#: What promotion and broadcasting need to know of an operand: its type, or `int`/`float` for a Python number.
Key = Any

_WEAK = {"f": float, "i": int, "u": int}
_F64 = type_of(F64)
_SCALARS = {dtype: type_of(dtype) for dtype in DTYPES.values()}


def normal(x: Any) -> Any:
    """An operand as a Traced of the innermost trace, or as a Python int or float."""
    cls = x.__class__
    if cls is float or cls is int:
        return x
    if cls is np.float64:
        return wrapped(Const(x, _F64))
    if isinstance(x, (list, tuple)):
        return wrapped(as_value(x))
    if isinstance(x, (int, float)) and not isinstance(x, (bool, np.generic)):
        return float(x) if isinstance(x, float) else int(x)
    return lift(x)


def key_of(x: Any) -> Key:
    """The key of a normal operand."""
    if x.__class__ is Traced:
        return _WEAK.get(x.dtype.kind, x.type) if x.weak else x.type
    return x.__class__


def promoted(key: Key) -> Any:
    """What NumPy's dtype resolution takes for a key: a dtype, or `int`/`float`."""
    return key.dtype if key.__class__ is Type else key


@cache
def loop_dtypes(ufunc: np.ufunc, operands: tuple[Any, ...], dtype: np.dtype | None = None) -> tuple:
    """The dtypes of the loop that `ufunc` runs for operands of these dtypes (or `int`, `float`).

    dtype   that of the result, as the ufunc's `dtype=` argument forces it
    Raises TypeError where NumPy has no loop, or one in a dtype that the IR lacks.
    """
    if all(o is int or o is float for o in operands):
        operands = tuple(map(np.dtype, operands))  # NumPy compares Python ints in a loop of objects
    outs = (None,) * ufunc.nout
    forced: Any = {} if dtype is None else {"signature": (None,) * ufunc.nin + (dtype,) * ufunc.nout}
    found = ufunc.resolve_dtypes((*operands, *outs), **forced)
    if ufunc.nout == 1 and found[-1].kind == "b":
        found = tuple(np.dtype(float) if d == np.float16 else d for d in found)  # signbit of int8
    for d in found:
        if not is_supported(d):
            given = ", ".join(getattr(o, "name", getattr(o, "__name__", str(o))) for o in operands)
            raise TypeError(
                f"for {given} NumPy's {ufunc.__name__} computes in {d}, which is not supported; "
                "convert with .astype(np.float64) first"
            )
    return tuple(canonical(d) for d in found)


def result_dtype(*operands: Any) -> np.dtype:
    """NumPy's `result_type` of normal operands, Python numbers weak."""
    return _result_dtype(tuple(promoted(key_of(x)) for x in operands))


@cache
def _result_dtype(operands: tuple[Any, ...]) -> np.dtype:
    return canonical(np.result_type(*[0 if o is int else 0.0 if o is float else o for o in operands]))


def cast(x: Any, dtype: np.dtype) -> Value:
    """A normal operand as an IR value of `dtype`; OverflowError for a Python int that does not fit."""
    if x.__class__ is Traced:
        return convert(x.value, dtype)
    return number(x, dtype) if dtype.kind == "f" else const(x, dtype)


def number(x: float, dtype: np.dtype) -> Const:
    """A Python number as a constant of a floating dtype; beyond f32 it is infinite."""
    if dtype.itemsize == 8:
        return Const(np.float64(x), _SCALARS[dtype])
    with np.errstate(all="ignore"):
        return Const(dtype.type(x), _SCALARS[dtype])


def dtype_argument(dtype: Any) -> np.dtype | None:
    """A `dtype=` argument: None when it was not given."""
    return None if dtype is None or dtype is NoValue else canonical(dtype)


__all__ = [
    "cast",
    "dtype_argument",
    "key_of",
    "loop_dtypes",
    "normal",
    "number",
    "promoted",
    "result_dtype",
]
