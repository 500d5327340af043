"""Addresses of the native routines that emitted code may call, looked up by name.

A name is `family.routine`: `blas.dgemm`, `lapack.dpotrf`, `special.psi`, `libm.sin`,
`libc.malloc`, `python.PyFloat_FromDouble`, `numpy.PyArray_NewFromDescr`, `jitad.poll`, `jitad.obtain`,
`jitad.callback`. Nothing is imported or loaded before a routine of its family is asked for.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any


class SymbolError(LookupError):
    """A native routine that emitted code refers to does not exist here."""


# Positions in NumPy's C API table; they are part of its ABI and never move.
NUMPY_API = {
    "PyArray_Type": 2,
    "PyArray_DescrFromType": 45,
    "PyArray_Scalar": 60,
    "PyArray_NewFromDescr": 94,
    "PyArray_CopyInto": 82,
}

_UNARY = (
    "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 exp10 expm1 log log2 log10 "
    "log1p sqrt cbrt erf erfc lgamma tgamma floor ceil trunc rint nearbyint round roundeven lround llround "
    "lrint llrint fabs logb"
).split()
_OTHER = "atan2 pow fma fmod fmin fmax hypot copysign ldexp frexp modf remainder nextafter sincos".split()

# What LLVM's code generator may call by itself, for llvm.exp, llvm.memcpy and the like.
LIBM_NAMES = tuple(name + suffix for name in _UNARY + _OTHER for suffix in ("", "f"))
LIBC_NAMES = ("memcpy", "memmove", "memset", "memcmp", "bcmp", "malloc", "calloc", "realloc", "free")


@cache
def _capsule_functions() -> tuple[Callable[..., Any], Callable[..., Any]]:
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return get_name, get_pointer


def _capsule(capsule: Any) -> tuple[str, int]:
    """The name of a capsule (Cython stores the C signature there) and the pointer in it."""
    get_name, get_pointer = _capsule_functions()
    name = get_name(capsule)
    return (name or b"").decode(), get_pointer(capsule, name)


@cache
def _blas() -> Mapping[str, Any]:
    from scipy.linalg import cython_blas

    return cython_blas.__pyx_capi__


@cache
def _lapack() -> Mapping[str, Any]:
    from scipy.linalg import cython_lapack

    return cython_lapack.__pyx_capi__


@cache
def _special() -> Mapping[str, Any]:
    from scipy.special import cython_special

    return cython_special.__pyx_capi__


def _blas_address(name: str) -> int | None:
    capsule = _blas().get(name)
    return None if capsule is None else _capsule(capsule)[1]


def _lapack_address(name: str) -> int | None:
    capsule = _lapack().get(name)
    return None if capsule is None else _capsule(capsule)[1]


def _special_address(name: str) -> int | None:
    """The double version of a special function.

    Cython exports the variants of one function as `__pyx_fuse_<k>name`; the capsule's name is the C
    signature, which tells the double one. It ends in an `int` that Cython's own callers pass and the
    routine ignores.
    """
    table = _special()
    for key in (name, *(f"__pyx_fuse_{k}{name}" for k in range(4))):
        if key in table:
            signature, address = _capsule(table[key])
            result, _, arguments = signature.partition(" (")
            kinds = {kind.strip() for kind in arguments.rstrip(")").split(",")[:-1]}
            if result == "double" and kinds <= {"double", "int", "long"}:
                return address
    return None


@cache
def _c_libraries() -> tuple[ctypes.CDLL, ...]:
    if sys.platform == "win32":
        return (ctypes.CDLL("ucrtbase"), ctypes.CDLL("msvcrt"))
    found = [ctypes.CDLL(None)]
    library = ctypes.util.find_library("m") if sys.platform == "darwin" else "libm.so.6"
    try:
        found.insert(0, ctypes.CDLL(library))
    except (OSError, TypeError):  # libm is part of libc here (musl); the process has it
        pass
    return tuple(found)


def _c_address(name: str) -> int | None:
    for library in _c_libraries():
        try:
            return ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        except AttributeError:
            continue
    return None


def _python_address(name: str) -> int | None:
    try:
        return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
    except AttributeError:
        return None


def _numpy_address(name: str) -> int | None:
    if name not in NUMPY_API:
        return None
    core = import_module("numpy._core._multiarray_umath")
    _, table = _capsule(core._ARRAY_API)
    return ctypes.c_void_p.from_address(table + NUMPY_API[name] * ctypes.sizeof(ctypes.c_void_p)).value


def _own_address(name: str) -> int | None:
    from jitad.native import callback, interrupt, pool

    if name in ("obtain", "resize", "release", "kept"):
        return pool.address(name)
    if name == "callback":
        return callback.callback_address()
    return interrupt.poll_address() if name == "poll" else None


_FAMILIES: dict[str, Callable[[str], int | None]] = {
    "blas": _blas_address,
    "lapack": _lapack_address,
    "special": _special_address,
    "libm": _c_address,
    "libc": _c_address,
    "python": _python_address,
    "numpy": _numpy_address,
    "jitad": _own_address,
}


@cache
def find(name: str) -> int | None:
    """The address of `name`, or None when no family has it. Plain names are libm's and libc's."""
    family, dot, routine = name.partition(".")
    if dot:
        lookup = _FAMILIES.get(family)
        return lookup(routine) if lookup is not None and routine else None
    return _c_address(name) if name in LIBM_NAMES or name in LIBC_NAMES else None


def address(name: str) -> int:
    """The address of the native routine `name`, as in `blas.dgemm`.

    Raises SymbolError naming it when it does not exist: unknown family, or a routine that the
    installed SciPy, NumPy, CPython or C library does not have.
    """
    found = find(name)
    if found is None:
        known = ", ".join(sorted(_FAMILIES))
        raise SymbolError(f"no native routine {name!r} here; names are family.routine, families: {known}")
    return found
