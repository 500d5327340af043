"""Writing under a mask whose true elements are only known at run time: a selection between old and new."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..capture import views
from ..capture.handles import assign, see
from ..capture.trace import Trace, current_trace
from ..capture.tracer import Traced
from ..ir.graph import Const, Eqn, Value
from ..ir.types import Shape, SizeUnknown, is_int
from .core import unsupported
from .indexing import steps_to
from .promotion import cast, normal
from .values import as_value, broadcast, reshape, select


def under_mask(x: Traced, key: Any, place: int) -> tuple[Traced, Value, int]:
    """The part of `x` that a key with a mask chooses from, the mask as large, and how many axes follow it.

    The view has the axes of the mask where NumPy's result has one axis of its true elements.
    """
    entries = key if isinstance(key, tuple) else (key,)
    mask = entries[place]
    before, after = entries[:place], entries[place + 1 :]
    if any(isinstance(k, (Traced, list)) and getattr(k, "shape", (1,)) for k in (*before, *after)):
        unsupported(f"a traced mask beside another array in the key {key!r}", "choose with np.where")
    whole = (*before, *(slice(None) for _ in mask.shape), *after)
    steps, _ = steps_to(x.type.shape, whole)
    view = views.viewed(x, steps, current_trace(), now=False)
    first = _axes_of(before, x, whole)
    chosen = view.type.shape[first : first + mask.ndim]
    for axis, (n, m) in enumerate(zip(chosen, mask.type.shape)):
        if n is not m and not (is_int(n) and is_int(m)):
            raise SizeUnknown(
                f"a mask {mask.type} for an axis of {x.type}, whose lengths the running program knows"
            )
        if n != m:
            raise IndexError(
                f"boolean index did not match indexed array along axis {first + axis}; size of axis is {n} "
                f"but size of corresponding boolean axis is {m}"
            )
    trailing = view.ndim - first - mask.ndim
    large = broadcast(reshape(as_value(mask), mask.type.shape + (1,) * trailing), view.type.shape)
    return view, large, trailing


def _axes_of(before: tuple[Any, ...], x: Traced, whole: tuple[Any, ...]) -> int:
    """How many axes of the view the entries before the mask give."""
    hidden = x.ndim - sum(k is not None and k is not Ellipsis for k in whole)
    axes = 0
    for k in before:
        axes += hidden if k is Ellipsis else int(k is None or isinstance(k, slice))
    return axes


def same_value(a: Value, b: Value, trace: Trace) -> bool:
    """Whether two IR values are equal because they are computed alike from the same values."""
    if a is b:
        return True
    if a.__class__ is Const or b.__class__ is Const:
        return (
            a.__class__ is b.__class__
            and a.type is b.type
            and np.asarray(getattr(a, "data", 0)).tobytes() == np.asarray(getattr(b, "data", 0)).tobytes()
        )
    first, second = _definition(a, trace), _definition(b, trace)
    if first is None or second is None or first.regions or second.regions:
        return False
    return (
        first.op is second.op
        and first.attrs == second.attrs
        and first.results.index(a) == second.results.index(b)
        and len(first.operands) == len(second.operands)
        and all(same_value(x, y, trace) for x, y in zip(first.operands, second.operands))
    )


def _definition(v: Value, trace: Trace | None) -> Eqn | None:
    while trace is not None:
        for eqn in reversed(trace.builder.eqns):
            if v in eqn.results:
                return eqn
        trace = trace.outer
    return None


def write_masked(x: Traced, key: Any, place: int, value: Any) -> None:
    """`x[key] = value` for a key with one traced mask."""
    view, mask, trailing = under_mask(x, key, place)
    if hasattr(value, "is_selection"):
        if value.dense.type.shape != view.type.shape or not value.is_like(mask):
            unsupported("writing elements selected by one mask under another", "choose with np.where")
        value = value.dense
        trailing = view.ndim
    new = cast(normal(value), x.dtype)
    if not fits_every_selection(new.type.shape, trailing):
        unsupported(
            f"writing {new.type} under a traced mask, whose count of true elements is known at run time only",
            "x[...] = np.where(mask, value, x) with a value as large as x",
        )
    trace = current_trace()
    assign(view, select(mask, new, see(view, trace)), trace)


def fits_every_selection(shape: Shape, trailing: int) -> bool:
    """Whether a value broadcasts however many elements the mask has: it does not vary along its axis."""
    extra = len(shape) - trailing
    return extra <= 0 or all(n == 1 for n in shape[:extra])


__all__ = ["fits_every_selection", "same_value", "under_mask", "write_masked"]
