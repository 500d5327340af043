"""Where CPython and NumPy objects keep what the entry interpreter reads, and whether that holds here."""

from __future__ import annotations

import ctypes
import platform
import sys
import sysconfig
from functools import cache
from typing import Any

import numpy as np

OUT = sys.intern("out")

TUPLE_ITEMS = tuple.__basicsize__
BYTES_DATA = bytes.__basicsize__ - 1
SCALAR_VALUE = 16
CELL_CONTENTS = 16
FUNCTION_SELF = 24
FUNCTION_DEFAULTS = 56
FUNCTION_VECTORCALL = 48

# Fields of PyTypeObject; they have not moved since vectorcall came (3.8).
TYPE_VECTORCALL_OFFSET = 56
TYPE_FLAGS = 168

# Fields of the objects made in callable.py.
VECTORCALL_SLOT = 16
ENTRY_SLOT = 24
_TP_ALLOC_SLOT = 47

# Types with the same width and another number: `long long` beside `long`, and the like.
_BY_NUMBER = {np.dtype(code).num: np.dtype(code) for code in "?bBhHiIlLqQefdFD"}


def type_numbers(dtype: np.dtype) -> tuple[int, int]:
    """NumPy's type number of `dtype`, and that of its synonym (the same number when it has none)."""
    for number, other in _BY_NUMBER.items():
        if number != dtype.num and other == dtype:
            return dtype.num, number
    return dtype.num, dtype.num


def scalar_allocator(scalar_type: Any) -> int:
    """The address of `tp_alloc` of a NumPy scalar type."""
    get_slot = ctypes.pythonapi.PyType_GetSlot
    get_slot.restype, get_slot.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_int]
    return get_slot(scalar_type, _TP_ALLOC_SLOT)


def _word(obj: object, offset: int) -> int | None:
    return ctypes.c_void_p.from_address(id(obj) + offset).value


def _int32(obj: object, offset: int) -> int:
    return ctypes.c_int32.from_address(id(obj) + offset).value


def _objects_as_expected() -> bool:
    pair, cell, text = (OUT, None), (lambda: pair).__closure__, b"jitad"
    method: Any = list[int]().append
    with_default: Any = lambda x=pair: x
    return (
        _word(pair, TUPLE_ITEMS) == id(OUT)
        and _word(pair, 16) == 2
        and cell is not None
        and _word(cell[0], CELL_CONTENTS) == id(pair)
        and ctypes.string_at(id(text) + BYTES_DATA) == text
        and _word(method, FUNCTION_SELF) == id(method.__self__)
        and _word(with_default, FUNCTION_DEFAULTS) == id(with_default.__defaults__)
        and _word(pair, 8) == id(tuple)
        and _word({1: 2, 3: 4, 5: 6}, 16) == 3
    )


def _types_as_expected() -> bool:
    flags = ctypes.c_ulong.from_address(id(tuple) + TYPE_FLAGS).value
    return flags == tuple.__flags__ and _word(type(len), TYPE_VECTORCALL_OFFSET) == FUNCTION_VECTORCALL


def _arrays_as_expected() -> bool:
    array, number = np.zeros((3, 5), np.float32), np.float64(1.25)
    dims = _word(array, 32)
    return (
        _word(array, 16) == array.ctypes.data
        and _int32(array, 24) == 2
        and dims is not None
        and list((ctypes.c_ssize_t * 2).from_address(dims)) == [3, 5]
        and _word(array, 56) == id(array.dtype)
        and _int32(array, 64) & 0x501 == 0x501
        and _int32(array.dtype, 28) == array.dtype.num
        and ctypes.string_at(id(array.dtype) + 26, 1) == b"="
        and ctypes.c_double.from_address(id(number) + SCALAR_VALUE).value == 1.25
        and ctypes.c_double.from_address(id(1.25) + SCALAR_VALUE).value == 1.25
    )


@cache
def entry_supported() -> bool:
    """Whether native entry points can be used: CPython 3.10 or later with its GIL, 64 bits, known layouts."""
    return (
        platform.python_implementation() == "CPython"
        and sys.version_info >= (3, 10)
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
        and ctypes.sizeof(ctypes.c_void_p) == 8
        and not hasattr(sys, "getobjects")
        and _objects_as_expected()
        and _types_as_expected()
        and _arrays_as_expected()
    )
