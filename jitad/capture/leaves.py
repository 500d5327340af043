"""What a leaf of an argument is: array, NumPy scalar or Python number, and which IR type it has."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..ir.graph import Value
from ..ir.named import named
from ..ir.types import BOOL, F64, I64, Type, is_supported, type_of
from .traced import Traced

#: Sizes of arguments that are values of the program are at least this; smaller ones are compiled in: an axis
#: of length 1 broadcasts, one of length 0 is empty.
LEAST = 2


class LeafType(NamedTuple):
    """The IR type of an argument leaf.

    kind   "array", "scalar" (NumPy's) or "python"; the last is weakly typed
    value  of a Python number: what it is, where that is compiled in, or the size that it equals, a value of
           the program; None: any
    """

    type: Type
    kind: str
    value: Any = None

    @property
    def sizes(self) -> tuple[Value, ...]:
        """The sizes of arguments that are values of the program and that this leaf has."""
        return (self.value,) if isinstance(self.value, Value) else self.type.dims

    @property
    def weak(self) -> bool:
        return self.kind == "python"


_PYTHON = {
    float: LeafType(type_of(F64), "python"),
    int: LeafType(type_of(I64), "python"),
    bool: LeafType(type_of(BOOL), "python"),
}


def leaf_key(x: Any) -> Any:
    """What the specialisation depends on, cheaply: equal keys and shapes have equal leaf types."""
    cls = x.__class__
    if cls is np.ndarray:
        return x.dtype, x.ndim
    if cls is int and not -(1 << 63) <= x < 1 << 63:
        return OverflowError
    return (cls, x.dtype, x.ndim) if isinstance(x, np.ndarray) else cls


def leaf_type(x: Any, name: str) -> LeafType:
    """The type of the argument leaf called `name`.

    Raises NotImplementedError for complex numbers, OverflowError for Python ints beyond int64 and TypeError
    for other dtypes and objects; all name the argument and say what to do.
    """
    known = _PYTHON.get(x.__class__)
    if known is not None:
        if leaf_key(x) is OverflowError:
            raise OverflowError(named("argument-type", f"argument {name} = {x} is outside int64"))
        return known
    if isinstance(x, (np.matrix, np.ma.MaskedArray)):
        raise TypeError(
            named(
                "argument-type",
                f"argument {name} is a {type(x).__name__}; pass an ndarray: np.asarray({name})",
            )
        )
    if isinstance(x, (np.ndarray, np.generic)):
        dtype = x.dtype.newbyteorder("=")
        if not is_supported(dtype):
            _refuse(dtype, name)
        return LeafType(type_of(dtype, x.shape), "array" if isinstance(x, np.ndarray) else "scalar")
    if isinstance(x, Traced):
        return LeafType(x.type, "python" if x.weak else "array")
    if isinstance(x, complex):
        raise NotImplementedError(
            named("argument-type", f"argument {name} is complex; complex numbers are not supported yet")
        )
    raise TypeError(
        named(
            "argument-type",
            f"argument {name} is a {type(x).__qualname__}, not an array or number; convert it, or make "
            "the argument static: static_argnums or static_argnames",
        )
    )


def _refuse(dtype: np.dtype, name: str) -> None:
    if dtype.kind == "c":
        raise NotImplementedError(
            named(
                "argument-type", f"argument {name} has dtype {dtype}; complex numbers are not supported yet"
            )
        )
    remedy = f"convert it: {name}.astype(np.float{32 if dtype.itemsize < 4 else 64})"
    if dtype.kind not in "fO":
        remedy = "pass numbers (np.float64, np.int64 …) instead"
    raise TypeError(
        named("argument-type", f"argument {name} has dtype {dtype}, which is not supported; {remedy}")
    )
