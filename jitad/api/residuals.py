"""Sizes in what a linear map keeps and takes: in each use they are those of the arrays that it meets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..capture.trace import current_trace
from ..capture.tracer import Traced, call, is_traced
from ..ir.graph import Value, const, substituted_type
from ..ir.types import I64, Shape, Type
from .differentiate import Structure


class Residuals:
    """The residuals of one use of a map, and what sizes that are parameters of its program are there.

    params  of the program: first those that stand for the residuals
    """

    def __init__(self, params: Sequence[Value], residuals: Sequence[Traced]) -> None:
        self._given = dict(zip(params, residuals))
        self._rest = iter(params[len(residuals) :])
        self._sizes: dict[Value, Value] = {}
        for p, x in self._given.items():
            self._sizes.update(_differences(p.type, x.type.shape))

    def values(self) -> list[Traced]:
        """What to run the program with."""
        trace = current_trace()
        return [Traced(self._sizes[p], trace) if p in self._sizes else x for p, x in self._given.items()]

    def inputs(self, s: Structure, tree: Any, name: str) -> list[Traced]:
        """`s.inputs` of a tangent or cotangent, the next parameters of the program."""
        own = [next(self._rest).type for on in s.active if on]
        for t, x in zip(own, _active_leaves(s, tree)):
            self._meet(t, x, name)
        types = iter(substituted_type(t, self._sizes) for t in own)
        return s._replace(types=tuple(next(types) if on else t for t, on in zip(s.types, s.active))).inputs(
            tree, name
        )

    def _meet(self, type: Type, x: Any, name: str) -> None:
        """A size that no residual has is that of the array, if it is the one that was kept."""
        for d, n in _differences(type, x.type.shape if is_traced(x) else getattr(x, "shape", ())).items():
            if d not in self._sizes:
                kept = self._given[d]
                self._sizes[d] = n
                if kept.value is not n:
                    text = f"{name} has not the shape of what it belongs to"
                    call(ops.check, call(ops.eq, kept, n), error="ValueError", text=text)


def _differences(type: Type, shape: Shape) -> dict[Value, Value]:
    """The sizes of a type that are values, as they are in a shape; none if that has other axes."""
    if not type.dims or len(shape) != type.ndim:
        return {}
    return {
        d: n if isinstance(n, Value) else const(n, I64)
        for d, n in zip(type.shape, shape)
        if isinstance(d, Value)
    }


def _active_leaves(s: Structure, tree: Any) -> list[Any]:
    """The entries for active leaves, if the tree has the structure; otherwise `Structure.inputs` raises."""
    try:
        leaves = list(s.spec.flatten_up_to(tree))
    except ValueError:
        return []
    return [x for x, on in zip(leaves, s.active) if on]
