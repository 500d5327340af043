"""The browser for the explorer page."""

from tests.browser import driver, explorer

__all__ = ["driver", "explorer"]
