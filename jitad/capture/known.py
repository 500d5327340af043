"""Traced values whose number is known after all: they depend on captured arrays and constants alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from ..ir.evaluate import evaluate
from ..ir.graph import Const, Eqn, Function, Value, reads
from ..ops.callback import silenced
from ..opt import dce
from .attempts import recorders
from .constants import number_of
from .handles import View
from .region import RegionTrace
from .trace import Trace, innermost
from .traced import Traced


def known(x: Any) -> np.ndarray | None:
    """The array that a traced value has now; None if it depends on an argument of the traced function.

    The captured arrays that it comes from are guarded by their contents from then on: the function is traced
    again when one of them is changed in place, and called through Python, as no native guard can tell.
    """
    trace = innermost()
    if trace is None or not x.home.is_open:
        return None
    number = number_of(x)
    if number is not None:
        return np.asarray(number)
    if x.state.__class__ is View:
        base = known(x.state.parent)
        return None if base is None else x.state.step.of(base)
    found = _computed(x._value, x.home) if x.home is trace or trace.may_assume(x) else None
    if found is not None:
        for recorder in recorders():
            recorder.refuse("looks at numbers that happen to be known")
    return found


def _computed(value: Any, trace: Trace) -> np.ndarray | None:
    """The array that an IR value of `trace` is, by running what it is computed from."""
    wanted: set[Value] = {value}
    kept: list[Eqn] = []
    for eqn in reversed(silenced(trace.builder.eqns)):
        if not wanted.isdisjoint(eqn.results):
            kept.append(eqn)
            wanted.difference_update(eqn.results)
            wanted.update(v for v in reads(eqn) if not isinstance(v, Const))
    sources = [v for v in wanted if not isinstance(v, Const)]
    fn = Function("known", tuple(sources), tuple(reversed(kept)), (value,))
    if any(eqn.regions for eqn in kept):  # of a loop what gives the value is enough
        fn = dce(fn)
        read = {v for eqn in fn.eqns for v in reads(eqn)} | {value}
        fn = fn.replace(params=tuple(v for v in sources if v in read))
    arrays = [_source(v, trace) for v in fn.params]
    if any(a is None for a in arrays):
        return None
    (out,) = evaluate(fn, *[a() for a in arrays if a is not None])
    return np.asarray(out)


def _source(v: Value, trace: Trace) -> Callable[[], np.ndarray] | None:
    """How to get the array of a parameter of `trace`, noting that it was looked at; None for arguments."""
    if isinstance(trace, RegionTrace) and trace.outer is not None:
        own = v in trace.builder.params or any(v is e.placeholder for e in trace.entry.values())
        return None if own else _constant_function(_computed(v, trace.outer))
    outer = next((outer for outer, param in trace.imports.items() if param is v), None)
    if outer is not None:
        return _constant_function(_computed(outer, trace.sources[outer]))
    return trace.captures.reader(v) if trace.root is trace else None


def _constant_function(found: np.ndarray | None) -> Callable[[], np.ndarray] | None:
    return None if found is None else lambda: found


def known_arguments(args: Any) -> Any | None:
    """A tree of arguments with arrays in place of the traced ones, or None if one of these is not known."""
    leaves, spec = optree.tree_flatten(args, none_is_leaf=True)
    found = [known(x) if isinstance(x, Traced) else x for x in leaves]
    if any(a is None and isinstance(x, Traced) for a, x in zip(found, leaves)):
        return None
    return optree.tree_unflatten(spec, found)
