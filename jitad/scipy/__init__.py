"""jitad.scipy: SciPy's functions over traced values; today its special functions."""

from . import special

__all__ = ["special"]
