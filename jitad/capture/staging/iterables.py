"""What a loop can run over without running: counts, and the item of a symbolic index."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Any

from ... import ops
from ...ir.graph import Value
from ...ir.named import named
from ...ir.types import I64
from ..bounds import divided, larger
from ..errors import TracedValueError
from ..integers import ZERO, here, number
from ..source import at, user_line
from ..trace import current_trace
from ..tracer import METHODS, Traced, call, lift
from ..tracer import known as known_array


class Symbolic:
    """An iterable whose k-th item can be had for a traced k.

    `trips` is the number of items, a Python int or a traced integer. Iterated in the ordinary way it gives
    what the builtin would, for as long as its length is known.
    """

    trips: Any

    def item(self, k: Any) -> Any:
        """The item at the position `k`, a Python int or a traced one."""
        raise NotImplementedError

    def __len__(self) -> int:
        return _known_length(self.trips)

    def __iter__(self) -> Iterator[Any]:
        return (self.item(k) for k in builtins.range(_known_length(self.trips)))


class Range(Symbolic):
    """`range` of Python ints or traced integers; the step is a Python int."""

    def __init__(self, start: Any, stop: Any, step: Any = 1) -> None:
        if isinstance(step, Traced):
            step = step.__index__()
        if step == 0:
            raise ValueError("range() arg 3 must not be zero")
        self.start, self.stop, self.step = start, stop, step
        if isinstance(start, Traced) or isinstance(stop, Traced):
            self.trips = _trips(start, stop, step)
        else:
            self.trips = len(builtins.range(start, stop, step))

    def item(self, k: Any) -> Any:
        if not isinstance(k, Traced) and not isinstance(self.start, Traced):
            return self.start + k * self.step
        scaled = k if self.step == 1 else call(ops.mul, k, lift(self.step), weak=True)
        return scaled if self.start.__class__ is int and self.start == 0 else _add(scaled, self.start)

    def __getitem__(self, k: Any) -> Any:
        return self.item(k)


class Rows(Symbolic):
    """The rows of a traced array, views as in NumPy."""

    def __init__(self, array: Traced) -> None:
        self.array = array
        self.trips = array.shape[0]

    def item(self, k: Any) -> Any:
        return METHODS["__getitem__"](self.array, k)


class Enumerate(Symbolic):
    """`enumerate` of another one."""

    def __init__(self, inner: Symbolic, start: Any = 0) -> None:
        self.inner, self.start, self.trips = inner, start, inner.trips

    def item(self, k: Any) -> Any:
        number = k if self.start.__class__ is int and self.start == 0 else _add(lift(k), self.start)
        return number, self.inner.item(k)


class Zip(Symbolic):
    """`zip` of several, as long as the shortest."""

    def __init__(self, *inner: Symbolic) -> None:
        self.inner = inner
        self.trips = inner[0].trips
        for other in inner[1:]:
            self.trips = _least(self.trips, other.trips)

    def item(self, k: Any) -> Any:
        return tuple(x.item(k) for x in self.inner)


class Reversed(Symbolic):
    """`reversed` of another one."""

    def __init__(self, inner: Symbolic) -> None:
        self.inner, self.trips = inner, inner.trips

    def item(self, k: Any) -> Any:
        last = self.trips - 1 if not isinstance(self.trips, Traced) else _subtract(self.trips, 1)
        if isinstance(last, Traced) or isinstance(k, Traced):
            return self.inner.item(_subtract(last, k))
        return self.inner.item(last - k)


class Unrolled:
    """What `unroll` gives: iterated, never rolled."""

    def __init__(self, iterable: Any) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)


class Rolled:
    """What `roll` gives: an error where the loop cannot be rolled."""

    def __init__(self, iterable: Any) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)


def symbolic(iterable: Any) -> Symbolic | None:
    """`iterable` with items for a traced index, or None if it has none."""
    if isinstance(iterable, Symbolic):
        return iterable
    if iterable.__class__ is builtins.range:
        return Range(iterable.start, iterable.stop, iterable.step)
    if isinstance(iterable, Traced) and iterable.ndim > 0:
        return Rows(iterable)
    return None


def range_(*args: Any) -> Any:
    """`range`, of traced integers too."""
    if not any(isinstance(a, Traced) for a in args):
        return builtins.range(*args)
    for a in args:
        if isinstance(a, Traced) and (a.shape or a.dtype.kind not in "iu"):
            raise TypeError(f"range() of {a!r}: integers of shape () are needed{at(user_line())}")
    numbers = [_concrete(a) for a in args]
    if not any(isinstance(a, Traced) for a in numbers):
        return builtins.range(*numbers)
    start, stop, step = (0, numbers[0], 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    return Range(start, stop, step)


def enumerate_(iterable: Any, start: Any = 0) -> Any:
    """`enumerate`, symbolic if `iterable` is."""
    inner = symbolic(iterable)
    return builtins.enumerate(iterable, start) if inner is None else Enumerate(inner, start)


def zip_(*iterables: Any, strict: bool = False) -> Any:
    """`zip`, symbolic if all of `iterables` are."""
    inner = [symbolic(x) for x in iterables]
    if not inner or any(x is None for x in inner):
        return builtins.zip(*iterables, strict=strict)
    lengths = {x.trips for x in inner if x is not None and not isinstance(x.trips, Traced)}
    if strict and len(lengths) > 1:
        raise ValueError(f"zip() of different lengths {sorted(lengths)} with strict=True{at(user_line())}")
    return Zip(*(x for x in inner if x is not None))


def reversed_(sequence: Any) -> Any:
    """`reversed`, symbolic if `sequence` is."""
    inner = symbolic(sequence)
    return builtins.reversed(sequence) if inner is None else Reversed(inner)


def _concrete(x: Any) -> Any:
    """A traced integer as the int that it is known to be, or itself."""
    if not isinstance(x, Traced):
        return x
    number = known_array(x)
    return x if number is None else int(number)


def _known_length(trips: Any) -> int:
    if isinstance(trips, Traced):
        found = known_array(trips)
        if found is None:
            raise TracedValueError(
                named(
                    "traced-number",
                    f"the number of iterations, {trips!r}, is not known while the function is traced"
                    f"{at(user_line(3))}; loop over it with a `for` statement, or make the argument static: "
                    "static_argnums or static_argnames of the transformation",
                ),
                repr(trips),
                user_line(3),
            )
        return int(found)
    return int(trips)


def _trips(start: Any, stop: Any, step: int) -> Any:
    """How many items a `range` has; an int where that follows, as of `range(i, i + 3)`."""
    integers = here()
    first, last = (integers.form(_as_i64(x)) if isinstance(x, Traced) else number(x) for x in (start, stop))
    gap = last.plus(first, -1) if step > 0 else first.plus(last, -1)
    by = abs(step)
    rounded = gap if by == 1 else divided(integers, gap.plus(number(by - 1)), by)
    found = integers.dim(larger(integers, rounded, ZERO))
    return found if isinstance(found, int) else Traced(found, current_trace(), True)


def _as_i64(x: Traced) -> Value:
    return lift(x).value if x.dtype is I64 else call(ops.convert, x, dtype=I64).value


def _add(x: Any, y: Any) -> Any:
    return call(ops.add, lift(x), lift(y), weak=True)


def _subtract(x: Any, y: Any) -> Any:
    return call(ops.sub, lift(x), lift(y), weak=True)


def _least(x: Any, y: Any) -> Any:
    if isinstance(x, Traced) or isinstance(y, Traced):
        return call(ops.minimum, lift(x), lift(y), weak=True)
    return min(x, y)
