"""A function of the IR as native code, under the settings that lowering and optimisation can have."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from jitad.ir.graph import Function
from jitad.lower import kernel, lower, plan
from jitad.native.engine import compile_module

_serial = itertools.count()
_GUARD = 64  # bytes around each result that must stay as they are


class Setting(NamedTuple):
    """How to lower and compile. None: the library's own value."""

    opt_level: int = 2
    small: int | None = None  # arrays up to this size live in registers; 0: all are loops
    chunk: int | None = None  # lines a function of the module may have; 1: one equation each


REGISTERS, LOOPS, CHUNKS, PLAIN, FULL = (
    Setting(1),
    Setting(1, small=0),
    Setting(1, chunk=1),
    Setting(0),
    Setting(3),
)


@contextmanager
def _lowering(setting: Setting) -> Iterator[None]:
    old = plan.SMALL, kernel.CHUNK_LINES
    plan.SMALL = old[0] if setting.small is None else setting.small
    kernel.CHUNK_LINES = old[1] if setting.chunk is None else setting.chunk
    try:
        yield
    finally:
        plan.SMALL, kernel.CHUNK_LINES = old


def compiled(fn: Function, setting: Setting) -> Callable[..., list[np.ndarray]]:
    """`call(*arrays) → results`; checks the status, the inputs, and the memory around the results."""
    with _lowering(setting):
        low = lower(fn, f"jitad.fuzz{next(_serial)}")
    module = compile_module(low.llvm, opt_level=setting.opt_level)
    count = len(fn.params) + len(low.constants) + len(fn.results)
    native = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * count)(module.address(low.symbol))

    def call(*arrays: np.ndarray) -> list[np.ndarray]:
        held = [np.ascontiguousarray(a, p.dtype).reshape(p.shape) for a, p in zip(arrays, fn.params)]
        before = [a.copy() for a in held]
        memory = [np.full(r.type.nbytes + 2 * _GUARD, 0x4D, np.uint8) for r in fn.results]
        bodies = [m[_GUARD : _GUARD + r.type.nbytes] for m, r in zip(memory, fn.results)]
        status = native(*[a.ctypes.data for a in (*held, *low.constants, *bodies)])
        assert status == 0, low.messages.get(status, status)
        for a, b in zip(held, before):
            assert a.tobytes() == b.tobytes(), "an input was written"
        for m in memory:
            assert (m[:_GUARD] == 0x4D).all() and (m[-_GUARD:] == 0x4D).all(), "written outside a result"
        return [body.view(r.dtype).reshape(r.shape) for body, r in zip(bodies, fn.results)]

    call.module = module  # type: ignore[attr-defined]
    return call
