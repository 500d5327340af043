"""Calls back into Python from native code: arrays made of pointers, and exceptions that end the call.

Native code hands over a text, pointers and lengths. What it means is served by a function that the compiler
installs. An exception is kept, by thread, until the native call has returned, then raised there.
"""

from __future__ import annotations

import ast
import ctypes
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import Any, NoReturn

import numpy as np

from jitad.native.once import once

#: The status of a kernel that stopped because a callback raised.
RAISED = -3

#: (operation, operands, attributes, (file, line) or None) → None
Server = Callable[[str, Sequence[Any], dict[str, Any], Any], None]

_POINTERS, _LENGTHS = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_int64)
_PROTOTYPE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_char_p, _POINTERS, _LENGTHS)
_local = threading.local()
_servers: list[Server] = []


def serve(server: Server) -> None:
    """Install what callbacks of this process call."""
    _servers[:] = [server]


@lru_cache(maxsize=4096)
def _read(record: bytes) -> tuple[str, list[tuple[np.dtype, int]], dict[str, Any], Any]:
    name, kinds, attrs, loc = ast.literal_eval(record.decode())
    return name, [(np.dtype(kind), rank) for kind, rank in kinds], attrs, loc


def _call(record: bytes, pointers: Any, lengths: Any) -> int:
    try:
        name, kinds, attrs, loc = _read(record)
        arrays, at = [], 0
        for k, (dtype, rank) in enumerate(kinds):
            arrays.append(_array(pointers[k], dtype, tuple(lengths[at : at + rank]) if rank else ()))
            at += rank
        _servers[0](name, arrays, attrs, loc)
    except BaseException as error:
        _local.raised = error
        return RAISED
    return 0


def _array(address: int | None, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """A copy of native memory, read-only."""
    nbytes = dtype.itemsize * prod(shape)
    if not nbytes:
        return np.empty(shape, dtype)
    assert address is not None
    return np.frombuffer(ctypes.string_at(address, nbytes), dtype).reshape(shape)


@once
def callback_address() -> int:
    """The address of `int callback(char *record, void **operands, int64 *lengths)`; it takes the GIL."""
    function = _PROTOTYPE(_call)
    _kept.append(function)
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address


_kept: list[object] = []  # what native code calls, as long as the process lives


def reraise() -> NoReturn:
    """Raise what a callback raised that made a kernel of this thread return RAISED."""
    error: BaseException | None = _local.__dict__.pop("raised", None)
    if error is None:
        raise SystemError("a callback ended a kernel, but by no exception")
    raise error
