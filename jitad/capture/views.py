"""Steps from an array to a view of it: what NumPy's views read, and how a write through them gets back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import ops
from ..ir.graph import Const, Value
from ..ir.types import SizeUnknown, Type, is_int
from ..ops.index import region
from .handles import (
    READ_ONLY,
    View,
    c_strides,
    depends_on_layout,
    is_array,
    is_contiguous,
    reshaped_strides,
    see,
    state_of,
    strides_of,
    times,
)
from .integers import constant, here, number
from .source import at, user_line

if TYPE_CHECKING:
    from .trace import Trace
    from .traced import Traced

Shape = tuple[Any, ...]

# Each step: `type` of its result; `read` it from a value; `write` a new result into a value, giving the new
# value; the same `of` a NumPy array, where that is known; `seen_from` another trace than the one it was made
# in; `strides` of the result in elements.


class Slice(NamedTuple):
    """Elements `start + step·k` of each axis."""

    start: Shape
    step: Shape
    shape: Shape

    def type(self, t: Type) -> Type:
        return t.with_shape(self.shape)

    def _is_all(self, t: Type) -> bool:
        return self.shape == t.shape and all(
            s == 1 or (is_int(n) and n <= 1) for s, n in zip(self.step, self.shape)
        )

    def read(self, v: Value) -> Value:
        return v if self._is_all(v.type) else ops.slice(v, **self._asdict())

    def write(self, base: Value, new: Value) -> Value:
        return new if self._is_all(base.type) else ops.set_at(base, new, start=self.start, step=self.step)

    def of(self, array: np.ndarray) -> np.ndarray:
        return array[region(self.start, self.step, self.shape)]

    def seen_from(self, home: Trace, trace: Trace) -> Slice:
        return self

    def strides(self, strides: Shape, shape: Shape) -> Shape:
        return tuple(times(a, b) for a, b in zip(strides, self.step))

    def as_window(self) -> Window:
        """The same, with constants as starts."""
        return Window(tuple(map(constant, self.start)), self.step, self.shape)

    def after(self, first: Slice) -> Slice:
        """This slice of that slice, as one."""
        start = tuple(a + s * b for a, s, b in zip(first.start, first.step, self.start))
        return Slice(start, tuple(a * b for a, b in zip(first.step, self.step)), self.shape)


class Window(NamedTuple):
    """Elements `start + step·k` of each axis, where starts, or lengths, are values of the program."""

    starts: tuple[Value, ...]
    step: Shape
    shape: Shape

    def type(self, t: Type) -> Type:
        return t.with_shape(self.shape)

    def read(self, v: Value) -> Value:
        return ops.window(v, *self.starts, step=self.step, shape=self.shape)

    def write(self, base: Value, new: Value) -> Value:
        return ops.set_window(base, new, *self.starts, step=self.step)

    def of(self, array: np.ndarray) -> np.ndarray | None:
        return None

    def seen_from(self, home: Trace, trace: Trace) -> Window:
        if home is trace:
            return self
        shape = tuple(d if is_int(d) else trace.bring(d, home) for d in self.shape)
        return Window(tuple(trace.bring(i, home) for i in self.starts), self.step, shape)

    def strides(self, strides: Shape, shape: Shape) -> Shape:
        return tuple(times(a, b) for a, b in zip(strides, self.step))

    def after(self, first: Slice | Window) -> Window:
        """This window of that slice or window, as one."""
        integers = here()
        at = first.starts if first.__class__ is Window else first.start  # type: ignore[union-attr]
        starts = []
        for a, by, b in zip(at, first.step, self.starts):
            a = integers.form(a) if isinstance(a, Value) else number(a)
            starts.append(integers.operand(a.plus(integers.form(b).times(by))))
        return Window(tuple(starts), tuple(a * b for a, b in zip(first.step, self.step)), self.shape)


class Reshape(NamedTuple):
    """The same elements, in C order, in another shape."""

    shape: Shape
    old: Shape

    def type(self, t: Type) -> Type:
        return t.with_shape(self.shape)

    def read(self, v: Value) -> Value:
        return v if v.type.shape == self.shape else ops.reshape(v, shape=self.shape)

    def write(self, base: Value, new: Value) -> Value:
        return new if new.type.shape == self.old else ops.reshape(new, shape=self.old)

    def of(self, array: np.ndarray) -> np.ndarray:
        return array.reshape(self.shape)

    def seen_from(self, home: Trace, trace: Trace) -> Reshape:
        return self

    def strides(self, strides: Shape, shape: Shape) -> Shape:
        found = reshaped_strides(strides, shape, self.shape)
        return c_strides(self.shape) if found is None else found


class Transpose(NamedTuple):
    """Axes permuted: result axis i is axis axes[i]."""

    axes: Shape

    def type(self, t: Type) -> Type:
        return t.with_shape(tuple(t.shape[a] for a in self.axes))

    def read(self, v: Value) -> Value:
        return v if self.axes == tuple(range(len(self.axes))) else ops.transpose(v, axes=self.axes)

    def write(self, base: Value, new: Value) -> Value:
        inverse = tuple(sorted(range(len(self.axes)), key=self.axes.__getitem__))
        return Transpose(inverse).read(new)

    def of(self, array: np.ndarray) -> np.ndarray:
        return array.transpose(self.axes)

    def seen_from(self, home: Trace, trace: Trace) -> Transpose:
        return self

    def strides(self, strides: Shape, shape: Shape) -> Shape:
        return tuple(strides[a] for a in self.axes)


class Pick(NamedTuple):
    """What index values of one shape name in the first axes: with numbers an element or row, a view;
    with arrays a copy."""

    places: tuple[Value, ...]

    def type(self, t: Type) -> Type:
        return t.with_shape(self.places[0].type.shape + t.shape[len(self.places) :])

    def read(self, v: Value) -> Value:
        return ops.gather(v, *self.places)

    def write(self, base: Value, new: Value) -> Value:
        return ops.scatter_set(base, new, *self.places)

    def of(self, array: np.ndarray) -> np.ndarray | None:
        if not all(isinstance(i, Const) for i in self.places):
            return None
        key: Any = (*(i.data for i in self.places), ...)  # type: ignore[attr-defined]
        return array[key]

    def seen_from(self, home: Trace, trace: Trace) -> Pick:
        if home is trace:
            return self
        return Pick(tuple(trace.bring(i, home) for i in self.places))

    def strides(self, strides: Shape, shape: Shape) -> Shape:
        return strides[len(self.places) :]


class Broadcast(NamedTuple):
    """Elements repeated: read only."""

    shape: Shape
    axes: Shape
    kept: Shape

    def type(self, t: Type) -> Type:
        return t.with_shape(self.shape)

    def read(self, v: Value) -> Value:
        kept = v if v.type.shape == self.kept else ops.reshape(v, shape=self.kept)
        return ops.broadcast(kept, shape=self.shape, axes=self.axes)

    def write(self, base: Value, new: Value) -> Value:
        raise ValueError(READ_ONLY[1])

    def of(self, array: np.ndarray) -> np.ndarray:
        ones = [1] * len(self.shape)
        for axis, n in zip(self.axes, self.kept):
            ones[axis] = n
        return np.broadcast_to(array.reshape(ones), self.shape)

    def seen_from(self, home: Trace, trace: Trace) -> Broadcast:
        return self

    def strides(self, strides: Shape, shape: Shape) -> Shape:
        lead = len(self.shape) - len(shape)
        return (0,) * lead + tuple(s if n != 1 else 0 for n, s in zip(shape, strides))


Step = Any
#: Steps whose result has all elements, so that a write does not need the old ones.
WHOLE = (Reshape, Transpose)
#: Steps that lead to some of the elements, evenly spaced.
_PARTS = (Slice, Window)


def view_of(
    x: Traced,
    step: Step,
    trace: Trace,
    sealed: tuple[type[Exception], str] | None = None,
    now: bool = True,
) -> Traced:
    """The view of `x` that a step leads to; of a number a new array.

    It belongs to the trace of `x`, or, if the step reads index values, to `trace`, the innermost one.
    sealed  why it must not be written, if not because `x` must not
    now     read it at once
    """
    if not is_array(x):
        copy = x.__class__(step.read(see(x, trace)), trace)
        state_of(copy).sealed = sealed
        return copy
    if step.__class__ in _PARTS and x.state.__class__ is View and x.state.step.__class__ in _PARTS:
        sealed = sealed or x.state.sealed
        step, x = _part_of_part(x.state.step, step), x.state.parent
    home = x.home
    if step.__class__ is Window or (
        step.__class__ is Pick and not all(isinstance(i, Const) for i in step.places)
    ):
        home = trace
    out = x.__class__(Value(step.type(x.type)), home)  # a stand-in: the value is read by `see`
    out.state = View(x, step, sealed)
    if now:
        see(out, trace)  # recorded under the line where the view is made
    return out


def _part_of_part(first: Step, then: Step) -> Step:
    """A slice or window of one, as one."""
    if first.__class__ is Slice and then.__class__ is Slice:
        return then.after(first)
    return (then if then.__class__ is Window else then.as_window()).after(first)


def same_view(x: Traced, y: Traced) -> bool:
    """Whether two handles are the same part of the same array."""
    while x is not y:
        a, b = x.state, y.state
        if a.__class__ is not View or b.__class__ is not View:
            return False
        if a.step.__class__ is not b.step.__class__ or a.step != b.step:
            return False
        x, y = a.parent, b.parent
    return True


def read(v: Value, steps: list[Step]) -> Value:
    """What the steps lead to."""
    for step in steps:
        v = step.read(v)
    return v


def write(base: Value, steps: list[Step], new: Value) -> Value:
    """`base` with what the steps lead to replaced by `new`."""
    if not steps:
        return new
    first, rest = steps[0], steps[1:]
    if rest:
        inner = base if all(s.__class__ in WHOLE for s in rest) else first.read(base)
        new = write(inner, rest, new)
    return first.write(base, new)


def type_after(t: Type, steps: list[Step]) -> Type:
    """The type of what the steps lead to."""
    for step in steps:
        t = step.type(t)
    return t


def viewed(x: Traced, steps: list[Step], trace: Trace, now: bool = True) -> Traced:
    """`x` seen through several steps; `now`: read at once."""
    steps = [s for s in steps if not _does_nothing(s)]
    for step in steps[:-1]:
        x = view_of(x, step, trace, now=False)
    return view_of(x, steps[-1], trace, now=now) if steps else x


def _does_nothing(step: Step) -> bool:
    if step.__class__ is Reshape:
        return step.shape == step.old
    return step.__class__ is Transpose and step.axes == tuple(range(len(step.axes)))


def reshaped(x: Traced, shape: Shape, trace: Trace, ravel: bool = False) -> Traced:
    """A view of `x` in another shape where NumPy makes one, else a copy.

    ravel  as NumPy's `ravel`, which copies all that is not contiguous
    """
    if is_array(x):
        depends_on_layout(x)
    if is_contiguous(x) or (not ravel and reshaped_strides(strides_of(x), x.type.shape, shape) is not None):
        return view_of(x, Reshape(shape, x.type.shape), trace)
    if x.type.dims:
        raise SizeUnknown(
            f"whether NumPy's reshape of {x!r} is a view or a copy depends on its size, which is known only "
            f"when the program runs{at(user_line(3))}; reshape a copy: x.copy().reshape(…), or x.flatten()"
        )
    return x.__class__(Reshape(shape, x.type.shape).read(see(x, trace)), trace)


__all__ = [
    "Broadcast",
    "Pick",
    "Reshape",
    "Slice",
    "Transpose",
    "Window",
    "read",
    "reshaped",
    "same_view",
    "type_after",
    "view_of",
    "viewed",
    "write",
]
