"""Compiled: a function compiled ahead of time, and every stage of it as text."""

from __future__ import annotations

import ctypes
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .binding import Call
    from .jit import Jit
    from .version import Version


class Compiled:
    """What `jit(f).compile(*args)` returns.

    address          of the C function `i32 f(ptr size0, …, ptr in0, …, ptr captured0, …, ptr out0, …)`: the
                     sizes that are values (the first parameters of `ir`, each at least 2), argument leaves in
                     order, then captured arrays, then result leaves; arrays are contiguous, numbers are
                     passed by address, sizes as 64-bit integers; returns 0, or a status that says what went
                     wrong. Valid as long as this object
    ctypes           the same as a ctypes function of addresses
    ir               the optimised IR
    llvm, optimized_llvm, asm  its further stages
    workspace_bytes  temporary memory that a call allocates
    """

    def __init__(self, function: Jit, version: Version, call: Call) -> None:
        self._function = function
        self._version = version
        self._key = call.key
        version.binary  # noqa: B018  compiles now

    @property
    def address(self) -> int:
        binary = self._version.binary
        return binary.module.address(binary.lowered.symbol)

    @cached_property
    def ctypes(self) -> Any:
        signature = self._version.signature
        count = len(signature.operand_leaves())
        return ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * count)(self.address)

    @property
    def ir(self) -> str:
        return str(self._version.program.fn)

    @property
    def llvm(self) -> str:
        return self._version.binary.lowered.llvm

    @property
    def optimized_llvm(self) -> str:
        return self._version.binary.module.optimized_llvm

    @property
    def asm(self) -> str:
        return self._version.binary.module.asm

    @property
    def workspace_bytes(self) -> int:
        return self._version.binary.lowered.workspace_bytes

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; TypeError if the argument types are not those it was compiled for."""
        out = kwargs.pop("out", None)
        call = self._function._binder.bind(args, kwargs)
        if call.key != self._key or self._version.sizes_of(call.shapes, call.numbers) is None:
            raise TypeError(
                f"{self._function.__name__} was compiled for {self._types()}; call the jitted function "
                "instead to have other types compiled"
            )
        version = self._version
        return version.run(call.leaves, None if out is None else version.out_leaves(out))

    def _types(self) -> str:
        return ", ".join(f"{n}: {t.type}" for n, t in zip(self._version.names, self._version.leaves))

    def __repr__(self) -> str:
        return f"<compiled {self._function.__name__}({self._types()})>"
