"""The explorer page: one self-contained file that shows every stage side by side."""

from .document import document

__all__ = ["document"]
