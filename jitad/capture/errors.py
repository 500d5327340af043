"""What can go wrong while a Python function is traced."""

from __future__ import annotations

from ..ir.graph import Loc


class TracedValueError(NotImplementedError):
    """A traced value was asked for its number, which nobody knows while tracing."""

    def __init__(self, text: str, value: str = "a traced value", loc: Loc | None = None) -> None:
        """`value`: the traced value as it prints; `loc`: the user's line."""
        super().__init__(text)
        self.value = value
        self.loc = loc


class EscapedTraceError(RuntimeError):
    """A traced value was used after the trace that made it had finished, or in another thread."""
