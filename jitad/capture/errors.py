"""What can go wrong while a Python function is traced."""

from __future__ import annotations


class TracedValueError(NotImplementedError):
    """A traced value was asked for its number, which nobody knows while tracing."""


class EscapedTraceError(RuntimeError):
    """A traced value was used after the trace that made it had finished, or in another thread."""
