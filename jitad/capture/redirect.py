"""Functions that rewritten code calls in place of others, on the way to the same result on traced values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Function, class or builtin, as the user's program finds it → what runs instead while a trace is open.
REDIRECTS: dict[Any, Callable[..., Any]] = {}


def register(original: Any, replacement: Callable[..., Any]) -> None:
    """Let rewritten code call `replacement` where it would call `original`."""
    REDIRECTS[original] = replacement
