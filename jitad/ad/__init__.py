"""Automatic differentiation: functions of the IR that compute derivatives of functions of the IR."""

from __future__ import annotations

from .adjoint import adjoint
from .keep import Split, split
from .separate import separated
from .tangent import tangent

__all__ = ["Split", "adjoint", "separated", "split", "tangent"]
