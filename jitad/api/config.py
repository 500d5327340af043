"""Switches: the interpreter instead of native code."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..capture import gate

_local = threading.local()


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


def interpreting() -> bool:
    """Whether `disable_jit` is in force on this thread."""
    return getattr(_local, "depth", 0) > 0
