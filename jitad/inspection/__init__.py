"""See everything: every stage of a compilation, with the user's line behind each line of it."""

from .inspection import Inspection, inspect

__all__ = ["Inspection", "inspect"]
