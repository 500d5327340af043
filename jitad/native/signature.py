"""What a compiled function takes and returns: trees of leaves, captured arrays, guards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from types import CellType, FunctionType
from typing import Any, NamedTuple, NoReturn

import numpy as np

LEAF_KINDS = ("array", "scalar", "python")
PYTHON_DTYPES = {np.dtype(np.float64): float, np.dtype(np.int64): int, np.dtype(np.bool_): bool}


@dataclass(frozen=True)
class Size:
    """A length that each call may have another of: the entry `index` of the call's sizes (see `Sizes`)."""

    index: int


@dataclass(frozen=True)
class Leaf:
    """One operand of the kernel.

    kind  "array": exact ndarray; "scalar": exact NumPy scalar type, as np.float64; "python": exact float,
          int or bool, whose dtype is float64, int64 or bool
    value of a Python int or bool: what it has to be, a number or a size of the call; None: any
    """

    dtype: np.dtype
    shape: tuple[int | Size, ...]
    kind: str
    value: int | Size | None = None

    def __post_init__(self) -> None:
        if self.kind not in LEAF_KINDS:
            raise ValueError(f"a leaf is of kind {', '.join(LEAF_KINDS)}, not {self.kind!r}")
        if self.dtype.kind not in "biufc":
            raise TypeError(f"a leaf is boolean, integer, floating or complex, not {self.dtype}")
        if self.kind != "array" and self.shape != ():
            raise ValueError(f"a {self.kind} leaf has no axes, but got shape {self.shape}")
        if self.value is not None and (self.kind != "python" or self.dtype.kind not in "ib"):
            raise TypeError("only Python ints and bools have to be what is known")
        if self.kind == "python" and self.dtype not in PYTHON_DTYPES:
            raise TypeError(f"a Python scalar is float64, int64 or bool, not {self.dtype}")
        object.__setattr__(self, "dtype", self.dtype.newbyteorder("="))

    @property
    def nbytes(self) -> int:
        """Bytes that the kernel reads or writes; of one element where lengths differ from call to call."""
        count = self.dtype.itemsize
        return count if self.is_open else count * prod(self.known_shape)

    @property
    def is_open(self) -> bool:
        """Whether some length differs from call to call."""
        return any(isinstance(n, Size) for n in self.shape)

    @property
    def known_shape(self) -> tuple[int, ...]:
        """The shape, of a leaf whose lengths are all known."""
        return tuple(n for n in self.shape if not isinstance(n, Size))

    def at(self, sizes: Sequence[int]) -> Leaf:
        """The leaf in a call with these sizes."""
        if not self.is_open:
            return self
        shape = tuple(sizes[n.index] if isinstance(n, Size) else n for n in self.shape)
        return Leaf(self.dtype, shape, self.kind)

    def bind(self, shape: tuple[int, ...], sizes: dict[int, int], least: int) -> bool:
        """Whether an array of this shape fits; sizes met for the first time are entered in `sizes`."""
        if len(shape) != len(self.shape):
            return False
        return all(_fits(want, n, sizes, least) for want, n in zip(self.shape, shape))

    def takes(self, number: Any, sizes: dict[int, int], least: int) -> bool:
        """Whether a Python number fits; likewise."""
        return self.value is None or _fits(self.value, int(number), sizes, least)


def _fits(want: int | Size, n: int, sizes: dict[int, int], least: int) -> bool:
    if isinstance(want, Size):
        return n >= least and sizes.setdefault(want.index, n) == n
    return want == n


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


class Step(NamedTuple):
    """One more size: `op` of the entries `a`, `b`, `c` of the sizes so far (`program.STEPS`).

    A `const` is `a` itself, a `leaf` the argument leaf number `a`, an int64.
    """

    op: str
    a: int = 0
    b: int = 0
    c: int = 0


@dataclass(frozen=True)
class Sizes:
    """The sizes of a call: those read from the arguments, each operand of the kernel, and more that lengths
    of results need.

    count    how many there are of the first kind; each is a length of some argument, or a Python int that has
             to equal one, and at least `least`
    steps    how the others follow, in order; None if only `compute` knows
    compute  (sizes of the first kind, argument leaves) → the others
    """

    count: int = 0
    least: int = 0
    steps: tuple[Step, ...] | None = ()
    compute: Callable[[Sequence[int], Sequence[Any]], Sequence[int]] = lambda sizes, leaves: ()


@dataclass
class Signature:
    """The Python side of one kernel `i32 symbol(ptr sizes…, ptr inputs…, ptr captures…, ptr outputs…)`.

    release_gil  while the kernel runs: 0 no, 1 yes, more: if a size of the call is at least that
    fallback     called with the same arguments when anything differs from what is written here
    on_status    called with the kernel's status when it is not 0 or −1 (no memory); raises
    """

    symbol: str
    args: tuple[Tree, ...]
    captures: tuple[tuple[Leaf, np.ndarray], ...]
    result: Tree
    guards: tuple[Guard, ...]
    release_gil: int
    fallback: Callable[..., Any]
    on_status: Callable[[int], NoReturn]
    sizes: Sizes = field(default_factory=Sizes)

    def input_leaves(self) -> tuple[Leaf, ...]:
        """The leaves of the arguments, in operand order."""
        return tuple(leaf for tree in self.args for leaf in leaves(tree))

    def output_leaves(self) -> tuple[Leaf, ...]:
        """The leaves of the result, in operand order."""
        return tuple(leaves(self.result))

    def operand_leaves(self) -> tuple[Leaf, ...]:
        """The leaves of every operand of the kernel, in order."""
        sizes = (Leaf(np.dtype(np.int64), (), "python"),) * self.sizes.count
        return sizes + self.input_leaves() + tuple(leaf for leaf, _ in self.captures) + self.output_leaves()


def leaves(tree: Tree) -> Iterator[Leaf]:
    """The leaves of a tree that are operands, from left to right."""
    if isinstance(tree, Leaf):
        yield tree
    elif isinstance(tree, (TupleOf, ListOf, DictOf)):
        for item in tree.items:
            yield from leaves(item)
