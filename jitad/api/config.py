"""Switches: the interpreter instead of native code, what reverse sweeps may keep, looking for NaN."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from operator import index
from typing import Any

from ..capture import gate

_local = threading.local()

#: JITAD_DEBUG_NAN=1 looks at the results of all calls.
_NAN = "results" if os.environ.get("JITAD_DEBUG_NAN", "") not in ("", "0") else ""
if _NAN:
    gate.close()


@contextmanager
def disable_jit() -> Iterator[None]:
    """Within the `with` block, and on this thread, run the NumPy interpreter of the IR instead of native
    code.

    Functions are traced, differentiated and optimised as always; nothing is lowered. Slow; for finding out on
    which side of the IR a wrong number arises.
    """
    gate.close()
    _local.depth = getattr(_local, "depth", 0) + 1
    try:
        yield
    finally:
        _local.depth -= 1
        gate.reopen()


@contextmanager
def looking_for_nan(always: bool = False) -> Iterator[None]:
    """Within the `with` block, and on this thread, look at what each call gives (see `debug_nan`)."""
    before = nan_search()
    _local.nan = "always" if always else "results"
    gate.close()
    try:
        yield
    finally:
        _local.nan = before
        gate.reopen()


def nan_search() -> str:
    """Which NaN is looked for on this thread: "" none, "results" of results, "always" any."""
    return getattr(_local, "nan", _NAN)


def interpreting() -> bool:
    """Whether `disable_jit` is in force on this thread."""
    return getattr(_local, "depth", 0) > 0


@contextmanager
def tape_budget(nbytes: int | None) -> Iterator[None]:
    """Within the `with` block, and on this thread, bound what loops keep for reverse sweeps.

    nbytes  how many bytes each differentiation may keep in total; None: as many as it needs

    A loop that would keep more keeps its state every so often, and computes the iterations between again
    (binomial checkpointing); results have the same bits. Functions are compiled anew for each budget. Also a
    decorator. Calls within the block take some microseconds longer; those of functions made with the option
    `tape_budget` do not.

    Raises ValueError, with the line, at the first call of a function with a loop that needs more: a state and
    what one iteration keeps at least.
    Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 12.
    """
    nbytes = checked_budget(nbytes)
    before = budget()
    _local.budget = nbytes
    gate.close()
    try:
        yield
    finally:
        _local.budget = before
        gate.reopen()


def within(nbytes: int | None) -> AbstractContextManager[None]:
    """`tape_budget` if there is a number, else nothing."""
    return nullcontext() if nbytes is None else tape_budget(nbytes)


def budget() -> int | None:
    """The budget in force on this thread."""
    return getattr(_local, "budget", None)


def checked_budget(nbytes: Any) -> int | None:
    """A budget as an int."""
    if nbytes is None:
        return None
    if isinstance(nbytes, float) and nbytes.is_integer():
        nbytes = int(nbytes)
    if isinstance(nbytes, bool) or not hasattr(nbytes, "__index__") or index(nbytes) < 0:
        raise ValueError(f"a tape budget is a number of bytes, got {nbytes!r}")
    return index(nbytes)
