"""Arguments that a function mutates: checked before it runs, written back, returned where it returns them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir.named import named

if TYPE_CHECKING:
    from .version import Version


def check_arguments(version: Version, leaves: Sequence[Any]) -> None:
    """Raise for arguments that cannot be written, before anything is changed.

    ValueError for a read-only array, NotImplementedError for one that shares memory with another input, or
    whose layout decides what NumPy's `reshape` would make of it.
    """
    program = version.program
    for k in program.written:
        array, name = leaves[k], version.names[k]
        if not array.flags.writeable:
            raise ValueError(
                named(
                    "written-argument",
                    f"assignment destination is read-only: the function writes into its argument {name}",
                )
            )
        if k in program.reshaped and not array.flags.c_contiguous:
            raise NotImplementedError(
                named(
                    "written-argument",
                    f"the function writes into its argument {name} and reshapes it; whether that makes a "
                    "view or "
                    "a copy in NumPy depends on the layout of the array, and this one is not "
                    "C-contiguous: pass "
                    f"np.ascontiguousarray({name})",
                )
            )
        others = chain(enumerate(leaves), ((None, x) for x in version.inputs))
        for j, other in others:
            if j != k and isinstance(other, np.ndarray) and overlap(array, other):
                what = (
                    "an array that it reads from outside" if j is None else f"its argument {version.names[j]}"
                )
                raise NotImplementedError(
                    named(
                        "written-argument",
                        f"the function writes into its argument {name}, which shares memory with {what}: "
                        "pass a copy",
                    )
                )


def overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays have an element in common; in doubt they do."""
    if not np.may_share_memory(a, b):
        return False
    try:
        return bool(np.shares_memory(a, b, max_work=100_000))  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def targets(version: Version, leaves: Sequence[Any], out: Sequence[Any] | None) -> list[Any] | None:
    """Per result of the kernel the array to write it into, or None to have one made.

    out  per result leaf, from the caller
    """
    program = version.program
    if not program.written:
        return None if out is None else list(out)
    given = [None] * program.out_spec.num_leaves if out is None else list(out)
    own = [x for i, x in enumerate(given) if i not in program.returned]
    return own + [leaves[k] for k in program.written]


def result_leaves(
    version: Version, results: Sequence[Any], leaves: Sequence[Any], out: Sequence[Any] | None
) -> list[Any]:
    """The leaves of the result: the caller's own arrays where the function returns what it has mutated."""
    program = version.program
    if not program.written:
        return list(results)
    own = iter(results)
    found = []
    for i in range(program.out_spec.num_leaves):
        k = program.returned.get(i)
        if k is None:
            found.append(next(own))
        elif out is not None and out[i] is not None and out[i] is not leaves[k]:
            np.copyto(out[i], leaves[k])
            found.append(out[i])
        else:
            found.append(leaves[k])
    return found
