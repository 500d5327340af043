"""Base class of callables that reach their native entry without a Python frame.

A type with a vectorcall slot can only come from C, so one is made through `PyType_FromSpec`; its instances
carry the address of the function to call. NativeCallable subclasses it in Python. Measured for a
call of 120 ns: 5 to 10 ns more than the bare entry, where a class whose `__call__` is the entry adds 45.

While nothing native is installed the address is null, and CPython then uses `tp_call`, that is `__call__`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from jitad.native import layout
from jitad.native.entry import is_entry
from jitad.native.runtime import runtime

_HAVE_VECTORCALL = 1 << 11
_BASETYPE = 1 << 10
_DEFAULT = 1 << 18
_SSIZE_MEMBER, _READONLY = 19, 1
_TP_CALL, _TP_MEMBERS = 50, 72


class _Member(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("kind", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


class _Slot(ctypes.Structure):
    _fields_ = [("slot", ctypes.c_int), ("value", ctypes.c_void_p)]


class _Spec(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    ]


def _vectorcall_type() -> tuple[type, tuple[Any, ...]]:
    """A type whose instances hold a vectorcall address behind the object header, and what it points to."""
    members = (_Member * 2)(
        _Member(b"__vectorcalloffset__", _SSIZE_MEMBER, layout.VECTORCALL_SLOT, _READONLY, None), _Member()
    )
    call = ctypes.cast(ctypes.pythonapi.PyVectorcall_Call, ctypes.c_void_p)
    slots = (_Slot * 3)(_Slot(_TP_CALL, call), _Slot(_TP_MEMBERS, ctypes.addressof(members)), _Slot())
    flags = _DEFAULT | _BASETYPE | _HAVE_VECTORCALL
    spec = _Spec(b"jitad.native.callable.Vectorcall", layout.ENTRY_SLOT, 0, flags, slots)
    make = ctypes.pythonapi.PyType_FromSpec
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p]
    return make(ctypes.addressof(spec)), (members, slots, spec)


def _enable_vectorcall(cls: type) -> None:
    """Let instances of a Python subclass be called through their vectorcall slot.

    CPython leaves the slot out of classes that define `__call__` (before 3.12: of all Python subclasses).
    """
    flags = ctypes.c_ulong.from_address(id(cls) + layout.TYPE_FLAGS)
    ctypes.c_ssize_t.from_address(id(cls) + layout.TYPE_VECTORCALL_OFFSET).value = layout.VECTORCALL_SLOT
    flags.value |= _HAVE_VECTORCALL


class _Callable:
    """What both kinds of callables share: the entry chain's end is `_call_slow`."""

    __slots__ = ()
    _entry: Callable[..., Any] | None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        entry = self._entry
        return self._call_slow(*args, **kwargs) if entry is None else entry(*args, **kwargs)

    def _call_slow(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no _call_slow")


class PlainCallable(_Callable):
    """A callable that is served by its installed entry, or by `_call_slow`, through a Python `__call__`."""

    def __new__(cls, *args: Any, **kwargs: Any) -> PlainCallable:
        self = super().__new__(cls)
        self._entry = None
        return self

    def _install(self, entry: Callable[..., Any] | None) -> None:
        """Serve calls by `entry` from now on; None goes back to `_call_slow`."""
        self._entry = entry


if layout.entry_supported():
    _Vectorcall, _kept = _vectorcall_type()

    class NativeCallable(_Callable, _Vectorcall):  # type: ignore[misc, valid-type]
        """A callable that is served by its installed entry, or by `_call_slow(*args, **kwargs)` before.

        Subclasses override `_call_slow`, not `__call__`. Instances have a `__dict__`, can be referenced
        weakly and are collected when they are part of a cycle.
        """

        __slots__ = ("__dict__", "__weakref__", "_entry")

        def __new__(cls, *args: Any, **kwargs: Any) -> NativeCallable:
            self = super().__new__(cls)
            self._entry = None
            return self

        def __init_subclass__(cls, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            _enable_vectorcall(cls)

        def _install(self, entry: Callable[..., Any] | None) -> None:
            """Serve calls by `entry` from now on; None goes back to `_call_slow`."""
            address = runtime().address("jitad.vectorcall") if is_entry(entry) else 0
            slot = ctypes.c_size_t.from_address(id(self) + layout.VECTORCALL_SLOT)
            slot.value = 0
            self._entry = entry
            slot.value = address

    _enable_vectorcall(NativeCallable)

else:
    NativeCallable = PlainCallable  # type: ignore[misc, assignment]
