"""Native code beside ours: C++ compiled at benchmark time, and native functions timed without Python."""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compare import NoCompiler

SOURCES = Path(__file__).parent / "cpp"
FLAGS = ("-O3", "-march=native")


def compiler() -> str | None:
    """Return the C++ compiler: $CXX or g++; None when there is none."""
    return shutil.which(os.environ.get("CXX", "g++"))


def compiler_version() -> str:
    """Return the first line of the compiler's version and the flags it is used with."""
    found = compiler()
    if found is None:
        return "no C++ compiler; what needs one is skipped"
    done = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    return f"{done.stdout.splitlines()[0]}, {' '.join(FLAGS)}"


@functools.cache
def directory() -> Path:
    """Return a directory for compiled code that is removed when this process ends."""
    path = tempfile.mkdtemp(prefix="benchmarks-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return Path(path)


@functools.cache
def library(name: str, *more: str) -> ctypes.CDLL:
    """Return cpp/`name`.cpp as a shared library, compiled with FLAGS and `more`; may raise NoCompiler."""
    found = compiler()
    if found is None:
        raise NoCompiler
    target = directory() / f"{name}{''.join(more)}.so"
    command = [found, *FLAGS, *more, "-std=c++17", "-shared", "-fPIC", str(SOURCES / f"{name}.cpp")]
    subprocess.run([*command, "-o", str(target)], check=True)
    return ctypes.CDLL(str(target))


class NativeCall:
    """A native function `int f(pointer, …)` on arrays, timed by a native loop.

    f         address, or a function of a ctypes library
    operands  arrays in the order of the pointers; held as long as this object
    results   those of the operands that the function writes
    """

    def __init__(self, f: Any, operands: list[np.ndarray], results: list[np.ndarray]) -> None:
        address = f if isinstance(f, int) else ctypes.cast(f, ctypes.c_void_p).value
        self._held, self._results = operands, results
        pointers = (ctypes.c_void_p * len(operands))(*[a.ctypes.data for a in operands])
        self._arguments = (ctypes.c_void_p(address), pointers, len(operands))
        self._loop = library("timing").seconds
        self._loop.restype = ctypes.c_double
        self._loop.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_long]

    def run(self) -> tuple[np.ndarray, ...]:
        """Run once; return copies of the results."""
        self.seconds(1)
        return tuple(a.copy() for a in self._results)

    def seconds(self, number: int) -> float:
        """Return the seconds that `number` runs take."""
        return self._loop(*self._arguments, number)


def by_hand(
    source: str, function: str, sizes: list[int], inputs: tuple, outputs: list, *flags: str
) -> NativeCall:
    """Return the call of a C++ function of (sizes, inputs, outputs); an output is given by its shape."""
    results = [np.empty(shape) for shape in outputs]
    operands = [np.array(n, dtype=np.int64) for n in sizes] + list(inputs) + results
    return NativeCall(getattr(library(source, *flags), function), operands, results)


def ours(compiled: Any, inputs: tuple, outputs: list) -> NativeCall:
    """Return the call of the C function of a jitad `Compiled`; an output is given by its shape."""
    results = [np.empty(shape) for shape in outputs]
    call = NativeCall(compiled.address, [np.asarray(a) for a in inputs] + results, results)
    call.compiled = compiled  # its code lives as long as it does
    return call
