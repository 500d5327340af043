"""Lowering: an IR function becomes the LLVM text of one kernel."""

from .kernel import Lowered
from .program import lower

__all__ = ["Lowered", "lower"]
