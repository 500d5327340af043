"""Python entry points: CPython functions that check, allocate, run a kernel and box its results."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import BuiltinFunctionType
from typing import Any

from jitad.native import layout, program
from jitad.native.engine import NativeModule, compile_module
from jitad.native.runtime import packed_llvm, runtime
from jitad.native.signature import Signature

entry_supported = layout.entry_supported

_METH_FASTCALL_KEYWORDS = 0x0080 | 0x0002
_MARK = object()


class _MethodDef(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


def is_entry(obj: Any) -> bool:
    """Whether `obj` was made by `build_entry`."""
    owner = getattr(obj, "__self__", None)
    return type(obj) is BuiltinFunctionType and type(owner) is tuple and len(owner) > 1 and owner[1] is _MARK


def _new_function(definition: _MethodDef, owner: tuple[Any, ...]) -> Callable[..., Any]:
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return make(ctypes.addressof(definition), owner, None)


def build_entry(kernel: NativeModule, signature: Signature) -> Callable[..., Any]:
    """A builtin function that calls the kernel `signature.symbol` of the module on Python arguments.

    It takes the arguments by position and `out` by keyword. Guards come first, then each argument is checked:
    exact type, dtype, byte order, shape, contiguity, alignment. Whatever differs goes to
    `signature.fallback`, with the same arguments. Arrays in `out` are used when they are writable, of the
    result's dtype and shape, contiguous, aligned, and share no byte with an operand; otherwise the
    fallback gets the call. Captured arrays are read from their objects at each call.

    No LLVM work is done here, unless the kernel has more than `program.MAX_DIRECT_OPERANDS` operands. The
    function keeps the module, the signature's objects and its own definition alive, and takes part in
    garbage collection.

    Raises RuntimeError where entries cannot be used (`entry_supported`), SymbolError for an unknown symbol.
    """
    if not entry_supported():
        raise RuntimeError("native entry points need CPython with its GIL; use jitad.native.call.invoke")
    address, modules = kernel.address(signature.symbol), [kernel]
    count = len(signature.operand_leaves())
    packed = count > program.MAX_DIRECT_OPERANDS
    if packed:
        text = packed_llvm(signature.symbol, count)
        modules.append(compile_module(text, symbols={signature.symbol: address}))
        address = modules[-1].address(f"{signature.symbol}.packed")
    table, objects = program.encode(signature, address, packed=packed)
    definition = _MethodDef(
        signature.symbol.encode(), runtime().address("jitad.entry"), _METH_FASTCALL_KEYWORDS, None
    )
    # CPython drops a function's __self__ last, so the definition may live in it.
    return _new_function(definition, (table, _MARK, definition, modules, *objects))
