"""Dead-code elimination: drop equations whose results nothing uses."""

from __future__ import annotations

from ..ir.graph import Eqn, Function, Value, dims_of, free_values, has_effect
from .prune import prune


def dce(fn: Function) -> Function:
    """Return `fn` without the equations that do not reach a result.

    One backward walk: an equation is live when a later live equation (or a region of one) or the
    return reads one of its results, or when it can fail. Order and parameters are kept, also unused
    parameters. O(equations).
    """
    live: set[Value] = set(fn.results)
    kept: list[Eqn] = []
    for eqn in reversed(fn.eqns):
        results = eqn.results
        if (results[0] in live if len(results) == 1 else not live.isdisjoint(results)) or has_effect(eqn):
            if eqn.regions:
                eqn = prune(eqn, live, dce)
                for region in eqn.regions:
                    live.update(free_values(region))
            kept.append(eqn)
            live.update(eqn.operands)
            live.update(dims_of(eqn))
    if len(kept) == len(fn.eqns) and all(a is b for a, b in zip(reversed(kept), fn.eqns)):
        return fn
    kept.reverse()
    return fn.replace(eqns=tuple(kept))
