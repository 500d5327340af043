"""Passes that keep the meaning of a function and make it smaller or cheaper."""

from __future__ import annotations

from ..ir.calls import map_called
from ..ir.graph import Function
from .ahead import ahead
from .block import block
from .contract import contract
from .dce import dce
from .flatten import flatten
from .forward import forward
from .hoist import hoist
from .inline import inline, inline_single
from .layout import arrange
from .leading import leading
from .postpone import postpone
from .promote import promote
from .reciprocal import by_reciprocals
from .roll import roll
from .simplify import simplify
from .singles import singles
from .sink import sink
from .sums import move_sums
from .turned import unturned
from .unchanged import without_unchanged
from .vectorize import vectorize
from .zeroed import fill_zeroed

__all__ = [
    "arrange",
    "block",
    "by_reciprocals",
    "contract",
    "dce",
    "fill_zeroed",
    "flatten",
    "forward",
    "hoist",
    "inline",
    "inline_single",
    "move_sums",
    "optimize",
    "postpone",
    "promote",
    "roll",
    "simplify",
    "sink",
]


def optimize(fn: Function) -> Function:
    """The standard combination, for primal and derived functions alike; of functions called, once each.

    O(equations).
    """
    return _optimize(map_called(fn, _optimize, "optimized"))


def _optimize(fn: Function) -> Function:
    fn = dce(flatten(without_unchanged(fill_zeroed(move_sums(simplify(fn))))))
    if any(eqn.regions for eqn in fn.eqns):
        straight = dce(unturned(fn))
        by_rows = leading(straight)
        if by_rows is not straight:
            by_rows = dce(simplify(by_rows))
        fn = dce(hoist(singles(by_rows)))
        alone = promote(fn)
        if alone is not fn:
            fn = dce(flatten(dce(alone)))
    through = forward(fn)
    if through is not fn:
        fn = dce(flatten(dce(through)))
    fn = dce(hoist(fn))
    spread = vectorize(fn)
    if spread is not fn:
        fn = dce(hoist(dce(flatten(simplify(dce(spread))))))
    return dce(ahead(fn))
