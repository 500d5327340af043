"""What a compiled function takes and returns: trees of leaves, captured arrays, guards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import Any, NoReturn

import numpy as np

LEAF_KINDS = ("array", "scalar", "python")
PYTHON_DTYPES = {np.dtype(np.float64): float, np.dtype(np.int64): int, np.dtype(np.bool_): bool}


@dataclass(frozen=True)
class Leaf:
    """One operand of the kernel.

    kind  "array": exact ndarray; "scalar": exact NumPy scalar type, as np.float64; "python": exact float,
          int or bool, whose dtype is float64, int64 or bool
    """

    dtype: np.dtype
    shape: tuple[int, ...]
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in LEAF_KINDS:
            raise ValueError(f"a leaf is of kind {', '.join(LEAF_KINDS)}, not {self.kind!r}")
        if self.dtype.kind not in "biufc":
            raise TypeError(f"a leaf is boolean, integer, floating or complex, not {self.dtype}")
        if self.kind != "array" and self.shape != ():
            raise ValueError(f"a {self.kind} leaf has no axes, but got shape {self.shape}")
        if self.kind == "python" and self.dtype not in PYTHON_DTYPES:
            raise TypeError(f"a Python scalar is float64, int64 or bool, not {self.dtype}")
        object.__setattr__(self, "dtype", self.dtype.newbyteorder("="))

    @property
    def nbytes(self) -> int:
        """Bytes that the kernel reads or writes."""
        count = self.dtype.itemsize
        for size in self.shape:
            count *= size
        return count


@dataclass(frozen=True, eq=False)
class Static:
    """As an argument: this very object must be passed. As a result: this object is returned."""

    obj: Any


@dataclass(frozen=True)
class ArgOf:
    """As a result: the i-th argument leaf itself, counting the leaves that are operands."""

    index: int


@dataclass(frozen=True)
class TupleOf:
    """An exact tuple."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class ListOf:
    """An exact list."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class DictOf:
    """An exact dict with these keys and no other; a result has them in this order."""

    keys: tuple[Any, ...]
    items: tuple[Tree, ...]


Tree = Leaf | Static | ArgOf | TupleOf | ListOf | DictOf


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
"""What a guard expects of an empty cell, or of a dict that lacks the key."""


@dataclass(frozen=True, eq=False)
class CellGuard:
    """The closure cell must hold this very object."""

    cell: CellType
    expected: Any


@dataclass(frozen=True, eq=False)
class DictGuard:
    """The dict must hold this very object under the key."""

    dict: dict[Any, Any]
    key: Any
    expected: Any


@dataclass(frozen=True, eq=False)
class DefaultsGuard:
    """The function must have this very tuple of default values."""

    function: FunctionType
    expected: Any


Guard = CellGuard | DictGuard | DefaultsGuard


@dataclass
class Signature:
    """The Python side of one kernel `i32 symbol(ptr inputs…, ptr captures…, ptr outputs…)`.

    fallback   called with the same arguments when anything differs from what is written here
    on_status  called with the kernel's status when it is not 0 or −1 (no memory); raises
    """

    symbol: str
    args: tuple[Tree, ...]
    captures: tuple[tuple[Leaf, np.ndarray], ...]
    result: Tree
    guards: tuple[Guard, ...]
    release_gil: bool
    fallback: Callable[..., Any]
    on_status: Callable[[int], NoReturn]

    def input_leaves(self) -> tuple[Leaf, ...]:
        """The leaves of the arguments, in operand order."""
        return tuple(leaf for tree in self.args for leaf in leaves(tree))

    def output_leaves(self) -> tuple[Leaf, ...]:
        """The leaves of the result, in operand order."""
        return tuple(leaves(self.result))

    def operand_leaves(self) -> tuple[Leaf, ...]:
        """The leaves of every operand of the kernel, in order."""
        return self.input_leaves() + tuple(leaf for leaf, _ in self.captures) + self.output_leaves()


def leaves(tree: Tree) -> Iterator[Leaf]:
    """The leaves of a tree that are operands, from left to right."""
    if isinstance(tree, Leaf):
        yield tree
    elif isinstance(tree, (TupleOf, ListOf, DictOf)):
        for item in tree.items:
            yield from leaves(item)
