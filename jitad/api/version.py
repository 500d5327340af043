"""Version: a function traced for one set of argument types, and run natively or by the interpreter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NoReturn

import numpy as np

from .. import pipeline
from ..capture.arrays import array_type
from ..capture.guards import holds
from ..capture.leaves import LeafType
from ..capture.run import Program
from ..capture.trees import unflatten
from ..ir import evaluate
from . import entries, writeback
from .extents import Extents
from .family import Shapes, bound
from .log import report


class Version:
    """One specialisation.

    program  its optimised IR, what it captured and the structure of its result
    leaves   types of the argument leaves
    sizes    of arguments that are values: the program's first parameters
    numbers  per leaf: see `LeafType.value`
    number   how many had been made of its function, and reason: why it was made
    seconds  of each stage so far: capture, differentiate, optimize, lower, llvm
    """

    def __init__(
        self,
        program: Program,
        leaves: Sequence[LeafType],
        names: Sequence[str],
        number: int = 0,
        reason: str = "",
        seconds: dict[str, float] | None = None,
    ) -> None:
        self.number = number
        self.program = program
        self.leaves = tuple(leaves)
        self.names = tuple(names)
        self.sizes = tuple(dict.fromkeys(d for leaf in leaves for d in leaf.sizes))
        self.numbers = tuple(leaf.value for leaf in leaves)
        self.reason = reason
        self.seconds = seconds or {}
        self.inputs = tuple(i.array for i in program.captures.inputs)
        self.guards = program.captures.guards
        self.entry_made = False
        self._binary: pipeline.Binary | None = None
        self._lock = threading.Lock()

    def valid(self) -> bool:
        """Whether all that was captured is as it was when traced, contents of captured arrays aside."""
        return all(map(holds, self.guards)) and all(
            a.shape == i.param.shape and array_type(a) is i.param.type
            for a, i in zip(self.inputs, self.program.captures.inputs)
        )

    @property
    def binary(self) -> pipeline.Binary:
        """The machine code, compiled once however many threads ask for it."""
        with self._lock:
            if self._binary is None:
                with pipeline.timed(self.seconds, "lower"):
                    self._binary = pipeline.compile_native(self.program.fn)
                llvm = self.seconds["llvm"] = sum(self._binary.module.seconds.values())
                self.seconds["lower"] -= llvm
                report(self)
            return self._binary

    @property
    def code_bytes(self) -> int:
        """Bytes of machine code; 0 while it is not compiled."""
        return 0 if self._binary is None else self._binary.module.code_bytes

    @cached_property
    def extents(self) -> Extents:
        """Which lengths differ from call to call, and what those of results are then."""
        return Extents(self.program.fn, self.program.sizes, len(self.leaves))

    def sizes_of(self, shapes: Shapes, numbers: Sequence[int | None]) -> list[int] | None:
        """What the sizes are for these shapes and Python numbers; None if it does not take them."""
        found = bound(self.leaves, shapes, numbers)
        return None if found is None else list(found.values())

    @cached_property
    def signature(self) -> Any:
        """The kernel's signature with flat arguments and results, for the general call path."""
        return entries.flat_signature(self)

    def interpret(self, leaves: Sequence[Any], out: Sequence[Any] | None) -> Any:
        """Run the IR through NumPy."""
        writeback.check_arguments(self, leaves)
        results = evaluate.evaluate(self.program.fn, *self.values(leaves))
        into = writeback.targets(self, leaves, out)
        if into is not None:
            _check_out(results, into)
            for i, target in enumerate(into):
                if target is not None:
                    np.copyto(target, results[i])
                    results[i] = target
        return self.result(writeback.result_leaves(self, results, leaves, out))

    def values(self, leaves: Sequence[Any]) -> list[Any]:
        """What the parameters of the program are in a call: sizes, arguments, captured arrays."""
        sizes = self.sizes_of([np.shape(x) for x in leaves], leaves) if self.sizes else ()
        assert sizes is not None
        return [*sizes, *leaves, *self.inputs]

    def run(self, leaves: Sequence[Any], out: Sequence[Any] | None) -> Any:
        """Run the machine code on arguments of any layout."""
        from ..native.call import invoke

        writeback.check_arguments(self, leaves)
        address = self.binary.module.address(self.binary.lowered.symbol)
        results = invoke(address, self.signature, leaves, writeback.targets(self, leaves, out))
        return self.result(writeback.result_leaves(self, results, leaves, out))

    def result(self, leaves: Sequence[Any]) -> Any:
        return unflatten(self.program.out_spec, leaves)

    def out_leaves(self, out: Any) -> list[Any]:
        """The arrays of `out=`, one (or None) a result leaf."""
        try:
            return list(self.program.out_spec.flatten_up_to(out))
        except ValueError as error:
            raise ValueError(f"out= must have the structure of the result: {error}") from None

    def on_status(self, status: int) -> NoReturn:
        """Raise the exception that a status of the kernel stands for."""
        from ..native import callback, interrupt

        if status == interrupt.INTERRUPTED:
            interrupt.reraise()
        if status == callback.RAISED:
            callback.reraise()
        kind, text, loc = self.binary.lowered.messages[status]
        if kind is MemoryError and "{bytes}" in text:
            text = text.replace("{bytes}", str(self.binary.bytes_asked()))
        raise kind(f"{text}\n  from {loc}" if loc is not None else text)

    def callable_entry(self, spec: Any, static: Any, fallback: Callable[..., Any]) -> Any:
        """A native entry for calls like this version's, or None when there can be none."""
        if self.program.written:
            return None
        return entries.native_entry(self, spec, static, fallback)


def _check_out(results: Sequence[Any], out: Sequence[Any]) -> None:
    """Raise for targets that results cannot be written into, as the native path does."""
    for i, (x, target) in enumerate(zip(results, out)):
        if target is None:
            continue
        if not isinstance(target, np.ndarray) or isinstance(target, np.ma.MaskedArray):
            raise TypeError(f"out[{i}] is a {type(target).__name__}; it has to be an ndarray or None")
        if target.dtype.newbyteorder("=") != x.dtype:
            raise TypeError(f"out[{i}] is {target.dtype}, the result is {x.dtype}")
        if target.shape != x.shape:
            raise ValueError(f"out[{i}] has shape {target.shape}, the result {x.shape}")
        if not target.flags.writeable:
            raise ValueError(f"out[{i}] is read-only")
        for j, other in enumerate(out[:i]):
            if other is not None and np.shares_memory(target, other):
                raise ValueError(f"out[{j}] and out[{i}] share memory")
