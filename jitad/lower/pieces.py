"""Products in programs with loops are cut into pieces that BLAS computes on the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod

from .nest import Nest

#: OpenBLAS hands products of more multiplications to its threads.
ALONE = 2**18
#: Products of more, about half a millisecond, are handed over even in loops: there, threads gain most.
HANDED_OVER = 2**24
#: Pieces are multiples of so many rows, columns and terms.
GRAIN = 8


def piece_sizes(extents: Sequence[int]) -> list[int]:
    """The extents of pieces of a product of so many rows, columns and terms: halve the longest in turn."""
    sizes = list(extents)
    if prod(sizes) > HANDED_OVER:
        return sizes
    while prod(sizes) > ALONE:
        k = sizes.index(max(sizes))
        sizes[k] = -(-sizes[k] // (2 * GRAIN)) * GRAIN
    return sizes


def each_piece(
    nest: Nest, extents: Sequence[int], sizes: Sequence[int], body: Callable[[list[str], list[int]], None]
) -> None:
    """Emit `body(starts, lengths)` for each piece; starts are "0" or registers, the last axis is outermost.

    The pieces that start at 0 on the last axis come first, and only theirs is "0" there.
    """
    starts, lengths = ["0"] * len(extents), list(sizes)

    def walk(axis: int) -> None:
        if axis < 0:
            body(list(starts), list(lengths))
            return

        def at(start: str) -> None:
            starts[axis] = start
            walk(axis - 1)

        for start, stop in _segments(extents[axis], sizes[axis]):
            lengths[axis] = min(sizes[axis], stop - start)
            if stop - start == lengths[axis]:
                at(str(start))
            else:
                nest.plain_loop(str(start), str(stop), lengths[axis], at)

    walk(len(extents) - 1)


def _segments(extent: int, size: int) -> list[tuple[int, int]]:
    """(start, stop): the first piece, the whole ones after it, the rest."""
    bounds = (0, size, extent // size * size, extent)
    return [(a, b) for a, b in pairwise(bounds) if a < b]
