"""Types of IR values: a dtype and a shape, printed `f64[3,4]`."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import numpy as np

#: A dimension. Today an int; later also an index value of the program (see `docs/ir.md`).
Dim = int
Shape = tuple[Dim, ...]

_NAMES = {
    "float64": "f64",
    "float32": "f32",
    "int64": "i64",
    "int32": "i32",
    "int16": "i16",
    "int8": "i8",
    "uint64": "u64",
    "uint32": "u32",
    "uint16": "u16",
    "uint8": "u8",
    "bool": "bool",
}
DTYPES = {short: np.dtype(long) for long, short in _NAMES.items()}
_SHORT = {dtype: short for short, dtype in DTYPES.items()}

F64, F32, I64, I32, BOOL = (DTYPES[n] for n in ("f64", "f32", "i64", "i32", "bool"))


class IRTypeError(TypeError):
    """An operation was asked for on types that it does not take."""


def dtype_name(dtype: np.dtype) -> str:
    """The IR's short name of a dtype, `f64` for float64."""
    return _SHORT[dtype]


def is_supported(dtype: np.dtype) -> bool:
    """Whether values of `dtype` exist in the IR (native byte order assumed)."""
    return dtype in _SHORT


def is_float(dtype: np.dtype) -> bool:
    return dtype.kind == "f"


def is_integer(dtype: np.dtype) -> bool:
    return dtype.kind in "iu"


class Type:
    """An interned `dtype[shape]`, or `tape[item]`; equal types are the same object.

    item  of a tape, a stack that grows while a loop runs: the type of what is pushed. A tape has the dtype
          of its items and no shape; only `push`, `pop` and the ops with regions take one.
    """

    __slots__ = ("dtype", "shape", "ndim", "size", "item")

    dtype: np.dtype
    shape: Shape
    ndim: int
    size: int
    item: Type | None

    def __repr__(self) -> str:
        if self.item is not None:
            return f"tape[{self.item}]"
        dims = ",".join(map(str, self.shape))
        return f"{_SHORT[self.dtype]}[{dims}]" if self.shape else _SHORT[self.dtype]

    @property
    def is_float(self) -> bool:
        return self.dtype.kind == "f"

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def with_shape(self, shape: Shape) -> Type:
        return type_of(self.dtype, shape)

    def with_dtype(self, dtype: np.dtype) -> Type:
        return type_of(dtype, self.shape)

    def __reduce__(self) -> tuple[Any, ...]:
        return (tape_of, (self.item,)) if self.item is not None else (type_of, (self.dtype, self.shape))


@cache
def _intern(dtype: np.dtype, shape: Shape) -> Type:
    if dtype not in _SHORT:
        raise IRTypeError(f"the IR has no dtype {dtype}")
    new = Type()
    # the one dtype object of its kind (longlong equals int64 but is another), so that `is` compares dtypes
    new.dtype = DTYPES[_SHORT[dtype]]
    new.shape, new.ndim, new.size = shape, len(shape), prod(shape)
    new.item = None
    return new


@cache
def tape_of(item: Type) -> Type:
    """The one type of a tape of such items."""
    new = Type()
    new.dtype, new.shape, new.ndim, new.size, new.item = item.dtype, (), 0, 1, item
    return new


def type_of(dtype: Any, shape: Shape = ()) -> Type:
    """The one Type with this dtype and shape."""
    return _intern(np.dtype(dtype), tuple(shape))


def result_shape(name: str, types: tuple[Type, ...]) -> Shape:
    """The common shape of elementwise operands: all equal, scalars excepted."""
    shape: Shape = ()
    for t in types:
        if t.shape and t.shape != shape:
            if shape:
                raise IRTypeError(f"{name}: operands {', '.join(map(str, types))} differ in shape")
            shape = t.shape
    return shape
