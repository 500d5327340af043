"""What is kept for the way back, what is computed again, what became of loops and branches, as a stage."""

from __future__ import annotations

from ..api.explain import decisions, said
from ..capture.arrays import Captures
from .amounts import count
from .stages import Line, Stage


def memory_stage(captures: Captures, workspace_bytes: int) -> Stage:
    """The account of a compilation's memory, as `jad.explain` says it."""
    kept = [Line(said(k), k.loc, "adjoint") for k in captures.kept]
    decided = [Line(str(d), d.loc) for d in decisions(captures)]
    lines = (Line(f"workspace of {count(workspace_bytes, 'B')}"), *kept, *decided)
    return Stage("memory", "what is kept, and what became of loops and branches", "text", lines)
