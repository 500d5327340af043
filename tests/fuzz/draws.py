"""What generators of random programs draw: numbers, shapes, arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

T = TypeVar("T")
Shape = tuple[int, ...]

#: Lengths of axes; the first ones, to which shrinking goes, are those that are easiest to look at.
LENGTHS = (2, 3, 1, 4, 0, 5, 7, 8, 16, 17, 31, 40, 64, 100, 300, 5000)
LARGEST = 6000
#: Values at which formulas break.
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-300, -1e100, 1e100, np.inf, -np.inf, np.nan)


class Draw:
    """Hypothesis' `draw`, with the shapes that programs need."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw

    def int(self, lo: int, hi: int) -> int:
        """An integer in lo … hi."""
        return lo if lo >= hi else self.draw(st.integers(lo, hi))

    def pick(self, options: Sequence[T]) -> T:
        """One of the options; shrinking goes to the first."""
        return options[self.int(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        """True in about `percent` of cases; shrinking goes to False."""
        return self.int(0, 99) >= 100 - percent

    def subset(self, options: Sequence[T]) -> tuple[T, ...]:
        """Some of the options, at least one, in their order."""
        mask = self.int(1, 2 ** len(options) - 1)
        return tuple(x for k, x in enumerate(options) if mask >> k & 1)

    def order(self, n: int) -> tuple[int, ...]:
        """A permutation of 0 … n-1."""
        left, out = list(range(n)), []
        while left:
            out.append(left.pop(self.int(0, len(left) - 1)))
        return tuple(out)

    def lengths(self) -> list[int]:
        """The lengths that axes of one program have: few, so that shapes meet."""
        largest = self.pick((4, 8, 10, 14, 14, 14, 15, 16))
        return [LENGTHS[self.int(0, largest - 1)] for _ in range(self.int(1, 3))]

    def shape(self, lengths: Sequence[int], rank: int | None = None) -> Shape:
        """A shape of these lengths and at most LARGEST elements."""
        rank = self.pick((1, 2, 0, 1, 2, 3)) if rank is None else rank
        out: Shape = ()
        for _ in range(rank):
            n = self.pick(lengths)
            out += (n if prod(out) * n <= LARGEST else 1,)
        return out

    def array(self, dtype: np.dtype, shape: Shape, wild: bool = False) -> np.ndarray:
        """Numbers of moderate size; `wild`: also those at which formulas break."""
        rng = np.random.default_rng(self.int(0, 999))
        kind = self.pick(("spread", "spread", "few", "wild" if wild else "spread"))
        if dtype.kind == "b":
            return rng.integers(0, 2, shape).astype(bool)
        if dtype.kind in "iu":
            info = np.iinfo(dtype)
            if kind == "wild":
                return rng.integers(info.min, info.max, shape, dtype, endpoint=True)
            return rng.integers(max(info.min, -9), 10, shape).astype(dtype)
        if kind == "spread":
            return rng.uniform(-3, 3, shape).astype(dtype)
        with np.errstate(over="ignore", under="ignore"):
            return rng.choice((0.0, 1.0, -1.0, 2.0) if kind == "few" else EDGES, shape).astype(dtype)
