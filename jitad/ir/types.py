"""Types of IR values: a dtype and a shape, printed `f64[3,4]`, or `f64[%n,4]` with a size of the program."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

if TYPE_CHECKING:
    from .graph import Value

#: A dimension: an int, or an i64 value of the program, never negative. Two dimensions are equal when they are
#: the same int or the same value. Rules compare them; arithmetic is for those that are ints (`docs/ir.md`).
Dim = Any
Shape = tuple[Dim, ...]
#: What a dimension that is a value is taken to be where costs are estimated.
TYPICAL = 64

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


class SizeUnknown(IRTypeError):
    """A number of elements was asked for that only the running program knows."""


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

    __slots__ = ("dtype", "shape", "ndim", "item", "dims", "_size", "__weakref__")

    dtype: np.dtype
    shape: Shape
    ndim: int
    item: Type | None
    #: The dimensions that are values, each once.
    dims: tuple[Value, ...]
    _size: int

    def __repr__(self) -> str:
        return self.show(lambda v: f"%{v.hint or '?'}")

    def show(self, name: Any) -> str:
        """The type as text, `name` giving the text of a dimension that is a value."""
        if self.item is not None:
            return f"tape[{self.item.show(name)}]"
        if not self.shape:
            return _SHORT[self.dtype]
        return f"{_SHORT[self.dtype]}[{','.join(str(d) if is_int(d) else name(d) for d in self.shape)}]"

    @property
    def size(self) -> int:
        """The number of elements; SizeUnknown where a dimension is a value."""
        if self.dims:
            raise SizeUnknown(f"the number of elements of {self} is known only when the program runs")
        return self._size

    @property
    def likely_size(self) -> int:
        """The number of elements for estimates: values count as they are likely to be."""
        return self._size

    @property
    def likely_bytes(self) -> int:
        return self._size * self.dtype.itemsize

    @property
    def is_float(self) -> bool:
        return self.dtype.kind == "f"

    @property
    def nbytes(self) -> int:
        """Bytes of all elements; SizeUnknown where a dimension is a value."""
        return self.size * self.dtype.itemsize

    def with_shape(self, shape: Shape) -> Type:
        return type_of(self.dtype, shape)

    def with_dtype(self, dtype: np.dtype) -> Type:
        return type_of(dtype, self.shape)

    def __reduce__(self) -> tuple[Any, ...]:
        return (tape_of, (self.item,)) if self.item is not None else (type_of, (self.dtype, self.shape))


def is_int(d: Dim) -> bool:
    """Whether a dimension is known."""
    return d.__class__ is int


def likely(d: Dim) -> int:
    """A dimension for estimates: the int, or what a value is likely to be."""
    return d if d.__class__ is int else d.likely or TYPICAL


def _new(dtype: np.dtype, shape: Shape, item: Type | None = None) -> Type:
    if dtype not in _SHORT:
        raise IRTypeError(f"the IR has no dtype {dtype}")
    new = Type()
    # the one dtype object of its kind (longlong equals int64 but is another), so that `is` compares dtypes
    new.dtype = DTYPES[_SHORT[dtype]]
    new.shape, new.ndim, new.item = shape, len(shape), item
    new.dims = tuple(dict.fromkeys(d for d in (item.shape if item else shape) if d.__class__ is not int))
    new._size = prod([likely(d) for d in shape])
    return new


_intern = cache(_new)
#: Types with dimensions that are values live as long as something has them.
_OPEN: WeakValueDictionary[Any, Type] = WeakValueDictionary()


def tape_of(item: Type) -> Type:
    """The one type of a tape of such items."""
    return _tape_of(item) if not item.dims else _once((item,), item.dtype, (), item)


@cache
def _tape_of(item: Type) -> Type:
    return _new(item.dtype, (), item)


def _once(key: Any, dtype: np.dtype, shape: Shape, item: Type | None = None) -> Type:
    found = _OPEN.get(key)
    if found is None:
        _OPEN[key] = found = _new(dtype, shape, item)
    return found


def type_of(dtype: Any, shape: Shape = ()) -> Type:
    """The one Type with this dtype and shape."""
    shape, dtype = tuple(shape), np.dtype(dtype)
    for d in shape:
        if d.__class__ is not int:
            break
    else:
        return _intern(dtype, shape)
    shape = tuple([d if hasattr(d, "likely") else int(d) for d in shape])
    if all(map(is_int, shape)):
        return _intern(dtype, shape)
    return _once((dtype, shape), dtype, shape)


def result_shape(name: str, types: tuple[Type, ...]) -> Shape:
    """The common shape of elementwise operands: all equal, scalars excepted."""
    shape: Shape = ()
    for t in types:
        if t.shape and t.shape != shape:
            if shape:
                raise IRTypeError(f"{name}: operands {', '.join(map(str, types))} differ in shape")
            shape = t.shape
    return shape
