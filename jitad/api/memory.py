"""What reverse sweeps keep: checkpoints, and budgets."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from ..capture import closure
from ..capture.source import user_line
from ..capture.staging.checkpoints import checkpoint as checkpoint_region
from ..capture.trace import tracing
from .binding import name_of

F = TypeVar("F", bound=Callable[..., Any])


def checkpoint(f: F) -> F:
    """`f`, of whose inner values a reverse sweep keeps none: it computes them again from f's inputs.

    f  function of arrays, numbers and trees of them; also one that reads or writes arrays around it

    Values and derivatives are those of `f`; forward mode and calls outside of derivatives do not change. A
    gradient runs `f` once more and keeps its inputs alone, as `jax.checkpoint` does. Checkpoints nest.

    Raises TracedValueError, with the line, if `f` changes Python objects around it, or prints: what runs
    twice cannot.
    """
    if not callable(f):
        raise TypeError(f"expected a function, got {f!r}")

    @functools.wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if not tracing():
            return f(*args, **kwargs)
        traced = closure.clone(f)
        return checkpoint_region(lambda: traced(*args, **kwargs), name_of(f), user_line())

    return checkpointed  # type: ignore[return-value]
