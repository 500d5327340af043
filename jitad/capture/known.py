"""Traced values whose number is known after all: they depend on captured arrays and constants alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from ..ir.evaluate import evaluate
from ..ir.graph import Const, Eqn, Function, Value
from .trace import Trace, innermost


def known(x: Any) -> np.ndarray | None:
    """The array that a traced value has now; None if it depends on an argument of the traced function.

    The captured arrays that it comes from are guarded by their contents from then on: the function is traced
    again when one of them is changed in place, and called through Python, as no native guard can tell.
    """
    trace = x.home
    if not trace.is_open or innermost() is None:
        return None
    wanted: set[Value] = {x.value}
    kept: list[Eqn] = []
    for eqn in reversed(trace.builder.eqns):
        if not wanted.isdisjoint(eqn.results):
            kept.append(eqn)
            wanted.difference_update(eqn.results)
            wanted.update(v for v in eqn.operands if not isinstance(v, Const))
    sources = [v for v in wanted if not isinstance(v, Const)]
    arrays = [_source(v, trace) for v in sources]
    if any(a is None for a in arrays):
        return None
    fn = Function("known", tuple(sources), tuple(reversed(kept)), (x.value,))
    (out,) = evaluate(fn, *[a() for a in arrays if a is not None])
    return np.asarray(out)


def _source(v: Value, trace: Trace) -> Callable[[], np.ndarray] | None:
    """How to get the array of a parameter of `trace`, noting that it was looked at; None for arguments."""
    outer = next((outer for outer, param in trace.imports.items() if param is v), None)
    if outer is not None:
        from .traced import Traced

        found = known(Traced(outer, trace.sources[outer]))
        return None if found is None else lambda: found
    return trace.captures.reader(v) if trace.root is trace else None


def known_arguments(args: Any) -> Any | None:
    """A tree of arguments with arrays in place of the traced ones, or None if one of these is not known."""
    from .traced import Traced

    leaves, spec = optree.tree_flatten(args, none_is_leaf=True)
    found = [known(x) if isinstance(x, Traced) else x for x in leaves]
    if any(a is None and isinstance(x, Traced) for a, x in zip(found, leaves)):
        return None
    return optree.tree_unflatten(spec, found)
