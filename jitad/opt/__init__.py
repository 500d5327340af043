"""Passes that keep the meaning of a function and make it smaller or cheaper."""

from __future__ import annotations

from ..ir.graph import Function
from .contract import contract
from .dce import dce
from .simplify import simplify

__all__ = ["contract", "dce", "optimize", "simplify"]


def optimize(fn: Function) -> Function:
    """The standard combination, for primal and derived functions alike: simplify, then dce. O(equations)."""
    return dce(simplify(fn))
