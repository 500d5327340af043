"""Views as functions of handles: what NumPy's functions that copy nothing are made of."""

from __future__ import annotations

from typing import Any

from ..capture import views
from ..capture.handles import READ_ONLY, is_array, state_of
from ..capture.trace import current_trace
from ..capture.tracer import Traced
from ..ir.graph import Value
from ..ir.types import Dim, Shape, is_int
from .core import wrapped
from .indexing import part
from .lengths import moved
from .values import as_value, broadcast_axes

Sealed = tuple[type[Exception], str]


def handle(a: Any) -> Traced:
    """A traced array or number itself; anything else array-like as a new array."""
    return a if isinstance(a, Traced) else wrapped(as_value(a))


def array_handle(a: Any) -> Traced:
    """`handle` as NumPy's `asarray` sees it: a number becomes a new array of shape ()."""
    return a if isinstance(a, Traced) and is_array(a) else fresh(as_value(a))


def fresh(v: Value) -> Traced:
    """A new array, of shape () too."""
    out = wrapped(v)
    if not v.type.shape:
        state_of(out).rank0 = True
    return out


def reshaped(x: Traced, shape: Shape) -> Traced:
    """`x` under another shape: a view where NumPy makes one."""
    return views.reshaped(x, shape, current_trace())


def with_ones(x: Traced, shape: Shape) -> Traced:
    """`x` with axes of length 1 put in or left out: always a view."""
    if shape == x.type.shape:
        return x
    return views.view_of(x, views.Reshape(shape, x.type.shape), current_trace())


def transposed(x: Traced, axes: tuple[int, ...]) -> Traced:
    """The view with result axis i from axis axes[i]."""
    if axes == tuple(range(len(axes))):
        return x
    return views.view_of(x, views.Transpose(axes), current_trace())


def sliced(
    x: Traced, start: Shape, step: Shape, shape: Shape, sealed: Sealed | None = None, now: bool = True
) -> Traced:
    """The strided view that begins at `start`."""
    return views.view_of(x, part(start, step, shape, x.type.shape), current_trace(), sealed, now)


def sliced_axis(x: Traced, axis: int, start: Dim, step: int, count: Dim) -> Traced:
    """`count` entries along `axis`, all of the other axes."""
    n = x.ndim
    return sliced(
        x,
        tuple(start if i == axis else 0 for i in range(n)),
        tuple(step if i == axis else 1 for i in range(n)),
        tuple(count if i == axis else m for i, m in enumerate(x.type.shape)),
    )


def flipped(x: Traced, axis: int) -> Traced:
    """Entries along `axis` in reverse."""
    n = x.type.shape[axis]
    return sliced_axis(x, axis, moved(n, -1), -1, n) if not is_int(n) or n > 1 else x


def repeated(x: Traced, shape: Shape) -> Traced:
    """The read-only view of `x` broadcast to `shape`."""
    kept, axes = broadcast_axes(x.type, shape)
    return views.view_of(x, views.Broadcast(shape, axes, kept), current_trace(), READ_ONLY)


def read_only(x: Traced) -> Traced:
    """A read-only view of `x`."""
    return views.view_of(x, views.Reshape(x.type.shape, x.type.shape), current_trace(), READ_ONLY)


__all__ = [
    "array_handle",
    "flipped",
    "fresh",
    "handle",
    "read_only",
    "repeated",
    "reshaped",
    "sliced",
    "sliced_axis",
    "transposed",
    "with_ones",
]
