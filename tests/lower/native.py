"""Run an IR function natively, without the Python entry point: lower, compile, call through ctypes."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Mapping

import numpy as np

from jitad.ir.builder import Builder
from jitad.ir.graph import Function, Value
from jitad.ir.types import type_of
from jitad.lower import Lowered, lower
from jitad.native.engine import compile_module

_serial = itertools.count()


def build(make: Callable[..., object], *arrays: np.ndarray) -> Function:
    """The IR function of `make`, applied to parameters of the arrays' types."""
    b = Builder("f")
    with b:
        params = [b.param(type_of(a.dtype, a.shape)) for a in arrays]
        out = make(*params)
    results: list[Value] = [out] if isinstance(out, Value) else list(out)  # type: ignore[call-overload]
    return b.finish(results)


def compile_function(
    fn: Function, opt_level: int = 2, symbols: Mapping[str, int] | None = None
) -> tuple[Lowered, Callable[..., tuple[int, list[np.ndarray]]]]:
    """The lowered function and `call(*arrays) -> (status, results)`; `symbols` replace native routines."""
    low = lower(fn, f"jitad.test{next(_serial)}")
    module = compile_module(low.llvm, opt_level=opt_level, symbols=symbols)
    count = len(fn.params) + len(low.constants) + len(fn.results)
    native = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * count)(module.address(low.symbol))

    def into(results: list[np.ndarray], *arrays: np.ndarray) -> int:
        held = [np.ascontiguousarray(a).reshape(np.shape(a)) for a in arrays]
        return native(*[a.ctypes.data for a in (*held, *low.constants, *results)])

    def call(*arrays: np.ndarray) -> tuple[int, list[np.ndarray]]:
        sizes = dict(zip(fn.params, arrays))
        shape = lambda r: tuple(d if isinstance(d, int) else int(sizes[d]) for d in r.shape)
        results = [np.full(shape(r), 77, r.dtype) for r in fn.results]
        return into(results, *arrays), results

    call.module, call.into = module, into  # type: ignore[attr-defined]
    return low, call


def run(fn: Function, *arrays: np.ndarray, opt_level: int = 2) -> list[np.ndarray]:
    """Results of one native call that must succeed."""
    status, results = compile_function(fn, opt_level)[1](*arrays)
    assert status == 0
    return results
