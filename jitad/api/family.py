"""Family: the versions of a function for arguments that differ in sizes only, and which sizes are values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..capture.leaves import LEAST, LeafType
from ..ir.graph import Value
from ..ir.types import I64, Shape, type_of

if TYPE_CHECKING:
    from .binding import Call
    from .version import Version

Shapes = Sequence[tuple[int, ...]]
#: Versions kept per set of sizes (they differ in what was captured), and kept whose sizes are values.
MAX_VERSIONS, MAX_OPEN = 8, 16


class Axis(NamedTuple):
    """An axis of an argument leaf."""

    leaf: int
    axis: int


class Known(NamedTuple):
    """What is remembered of a call: all but its arrays."""

    spec: Any
    key: Any
    static: tuple[tuple[int | str, Any], ...]
    shapes: Shapes
    numbers: Sequence[int | None]


class Family:
    """Versions for one structure, dtypes, ranks and static arguments.

    first    the first call's types, static arguments and sizes
    varying  axes that have had another size since: they are values of the program where that is possible
    refused  sets of axes that could not be values → why
    tied     Python ints that are sizes: where they equal one they are taken to be the same
    static   Python ints and bools that are compiled in, as Python needs them, and why
    """

    def __init__(self, call: Call) -> None:
        self.first = Known(call.spec, call.key, call.static, call.shapes, call.numbers)
        self.varying: frozenset[Axis] = frozenset()
        self.refused: dict[frozenset[Axis], str] = {}
        self.tied: frozenset[int] = frozenset()
        self.static: dict[int, str] = {}
        self.fixed: dict[Any, list[Version]] = {}
        self.open: list[Version] = []

    def vary_all(self) -> None:
        """Take it that every size will be another one."""
        shapes = self.first.shapes
        self.varying = frozenset(Axis(i, k) for i, shape in enumerate(shapes) for k in range(len(shape)))

    def settle(self, call: Call, tied: Collection[int], static: dict[int, str]) -> None:
        """Note how Python numbers had to be taken. One taken for a size that is none any more was no size."""
        if not self.tied:
            self.tied, self.static = frozenset(tied), static
        for i in self.tied & static.keys():
            if (call.numbers[i] or 0) >= LEAST:
                self.tied -= {i}
                self.static[i] = static[i]

    def versions(self) -> Iterator[Version]:
        for same in self.fixed.values():
            yield from same
        yield from self.open

    def suiting(self, call: Call) -> Iterator[Version]:
        """The versions that take arguments of these sizes, those made for them first."""
        made = self.fixed.get(call.shapes, [])
        yield from (v for v in (*made, *self.open) if v.sizes_of(call.shapes, call.numbers) is not None)

    def add(self, version: Version, call: Call) -> None:
        if version.sizes:
            self.open.append(version)
            self.open.sort(key=lambda v: len(v.sizes))
            del self.open[MAX_OPEN:]
            return
        made = self.fixed.setdefault(call.shapes, [])
        made.append(version)
        alike = [v for v in made if v.numbers == version.numbers]
        if len(alike) > MAX_VERSIONS:
            made.remove(alike[0])

    def wanted(self, shapes: Shapes) -> list[frozenset[Axis]]:
        """Sets of axes to try as values for a call with these sizes, the largest first.

        Without those that were refused; empty where all sizes are as in the first call.
        """
        varying = self.varying | set(different(self.first.shapes, shapes))
        free = frozenset(a for a in varying if shapes[a.leaf][a.axis] >= LEAST)
        sizes = sorted({shapes[a.leaf][a.axis] for a in free})
        tries = [free]
        if len(sizes) > 1:
            tries += [frozenset(a for a in free if shapes[a.leaf][a.axis] != n) for n in sizes]
        return [axes for axes in tries if axes and axes not in self.refused]


def different(base: Shapes, shapes: Shapes) -> Iterator[Axis]:
    """The axes whose sizes differ."""
    for leaf, (a, b) in enumerate(zip(base, shapes)):
        for axis, (m, n) in enumerate(zip(a, b)):
            if m != n:
                yield Axis(leaf, axis)


def opened(
    leaves: Sequence[LeafType],
    call: Call,
    axes: Collection[Axis],
    tied: Collection[int] = (),
    static: Collection[int] = (),
) -> list[LeafType]:
    """The leaf types with values for the sizes of these axes: one value for all that are equal.

    tied, static  Python numbers that are the size which they equal, and that are compiled in
    """
    sizes: dict[int, Value] = {}

    def shape(leaf: int, known: Shape) -> Shape:
        return tuple(
            sizes.setdefault(n, Value(type_of(I64), "n", n)) if Axis(leaf, axis) in axes else n
            for axis, n in enumerate(known)
        )

    arrays = [t._replace(type=t.type.with_shape(shape(i, t.type.shape))) for i, t in enumerate(leaves)]
    return [
        t._replace(value=number)
        if i in static
        else t._replace(value=same_size(number, arrays, sizes))
        if i in tied and number is not None
        else t
        for i, (t, number) in enumerate(zip(arrays, call.numbers))
    ]


def same_size(number: int, leaves: Sequence[LeafType], sizes: dict[int, Value]) -> Any:
    """The size that a number equals: the value or the int; None if there is none, or it is too small."""
    if number in sizes or number < LEAST:
        return sizes.get(number)
    return number if any(number in t.type.shape for t in leaves) else None


def bound(
    leaves: Sequence[LeafType], shapes: Shapes, numbers: Sequence[int | None]
) -> dict[Value, int] | None:
    """What the sizes that are values are for arguments of these shapes; None if they do not fit."""
    sizes: dict[Value, int] = {}
    for t, shape, number in zip(leaves, shapes, numbers):
        pairs = zip(t.type.shape, shape) if t.value is None else ((t.value, number),)
        for d, n in pairs:
            if not isinstance(d, Value):
                if d != n:
                    return None
            elif n is None or n < LEAST or sizes.setdefault(d, n) != n:
                return None
    return sizes
