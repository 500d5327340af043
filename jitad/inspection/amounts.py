"""Numbers as people read them."""

from __future__ import annotations


def count(x: float, unit: str = "") -> str:
    """A number with three digits and a prefix: 1234 flop is 1.23 kflop."""
    for prefix, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if x >= size:
            return f"{x / size:.3g} {prefix}{unit}"
    return f"{x:.3g} {unit}".rstrip()


def seconds(x: float) -> str:
    """A time in ns, µs, ms or s."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if x >= size:
            return f"{x / size:.3g} {unit}"
    return f"{x / 1e-9:.3g} ns"
