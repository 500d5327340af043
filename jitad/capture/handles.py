"""Handles: what a traced array holds now, seen from any open trace, and how it is written.

A root has a current IR value, which a write replaces. A view has a parent and the step that leads from there
to it: it is read from its parent, and writing into it writes into its parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast
from weakref import ref

import numpy as np

from .. import ops
from ..ir.graph import Value, const
from ..ir.named import extended, named
from ..ir.types import Shape, is_int
from .source import at, user_line

if TYPE_CHECKING:
    from .trace import Trace
    from .traced import Traced


class Root:
    """What is special about a root; most have nothing.

    version  how often it was written in its own trace
    sealed   (error class, text) if it must not be written
    rank0    it is an array of shape (), not a number
    number   its elements, if they are known: an array of its own, changed by writes of known elements
    reshaped NumPy would look at the layout of the array, for a reshape
    ordered  it is C-ordered in NumPy too, whatever it was computed from
    varies   it was written in a region, so that inside of regions its elements are not known
    rivals   arrays in use that may be this one or not: which is known only when the program runs
    later    those that will be rivals when the function returns this array (see `may_be`)
    lost     why nobody knows what it holds: a rival was written
    """

    __slots__ = (
        "version",
        "sealed",
        "rank0",
        "number",
        "reshaped",
        "ordered",
        "varies",
        "rivals",
        "later",
        "lost",
    )

    def __init__(self) -> None:
        self.version = 0
        self.sealed: tuple[type[Exception], str] | None = None
        self.rank0 = False
        self.number: np.ndarray | None = None
        self.varies = False
        self.reshaped = False
        self.ordered = False
        self.rivals: list[ref[Traced]] = []
        self.later: list[ref[Traced]] = []
        self.lost = ""


class View:
    """How a view hangs on its parent.

    step     what is read of the parent (see `views`)
    root     the handle at the end of the chain of parents
    seen     the version of the root for which the view's value is known
    strides  in elements, of NumPy's view of a C-ordered array; they decide which reshapes copy
    """

    __slots__ = ("parent", "step", "root", "seen", "sealed", "strides")

    def __init__(self, parent: Traced, step: Any, sealed: tuple[type[Exception], str] | None) -> None:
        above = parent.state
        self.parent = parent
        self.step = step
        self.root: Traced = above.root if above.__class__ is View else parent
        self.seen = -1
        self.sealed = sealed or (above.sealed if above is not None else None)
        self.strides: Shape | None = None

    @property
    def number(self) -> np.ndarray | None:
        """The known elements of the root, if they are known."""
        state = self.root.state
        return None if state is None else state.number


#: Why a view that repeats elements, or a diagonal, cannot be written.
READ_ONLY = (ValueError, named("written-argument", "assignment destination is read-only"))


def state_of(root: Traced) -> Root:
    """The state of a root, made if it has none."""
    if root.state is None:
        root.state = Root()
    return root.state


def is_array(x: Traced) -> bool:
    """Whether `x` stands for an array, which can be written, and not for a number."""
    if x.type.shape:
        return True
    state = x.state
    return state is not None and (state.__class__ is View or state.rank0)


def version_of(root: Traced) -> int:
    """How often a root was written in its own trace."""
    return 0 if root.state is None else root.state.version


def root_of(x: Traced) -> Traced:
    """The handle that a view is a view of; a root itself."""
    return x.state.root if x.state.__class__ is View else x


def see(x: Traced, trace: Trace) -> Value:
    """The value that `x` has now, as a value of `trace`: its own or one inside it.

    Of a view `trace` has to be the innermost one, in which the reading is recorded.
    """
    state = x.state
    if state.__class__ is not View:
        return own_value(x) if x.home is trace else trace.see(x)
    stamp = trace.stamp(state.root)
    if x.home is not trace:
        return trace.see_view(x, stamp)
    if state.seen != stamp:
        x._value = state.step.read(see(state.parent, trace))
        state.seen = stamp
    return cast(Value, x._value)


def own_value(root: Traced) -> Value:
    """What a root holds in its own trace; a constant is made when somebody asks for it."""
    value = root._value
    if value is None:
        if root.state is not None and root.state.lost:
            raise NotImplementedError(
                named("lost-array", f"{root.state.lost}; it was used again{at(user_line(3))}")
            )
        value = root._value = _constant(root)
    return value


def _constant(root: Traced) -> Value:
    """The known elements of a root, one number if they are all the same."""
    array = root.state.number
    if (
        array.size > _FEW
        and (array.view(f"u{array.itemsize}") == array.view(f"u{array.itemsize}").flat[0]).all()
    ):
        one = const(array.flat[0])
        attrs = {"shape": array.shape, "axes": ()}
        return root.home.builder.emit(ops.broadcast, (one,), attrs)
    return const(array)


#: Arrays of so many elements are constants even if all elements are the same.
_FEW = 16


def assign(x: Traced, value: Value, trace: Trace) -> None:
    """Write `value`, of the type of `x`, into all of `x`; `trace` is the innermost one.

    Raises ValueError for a read-only view, NotImplementedError for arrays that do not belong to the function
    which is traced.
    """
    state = x.state
    if state is not None and state.sealed is not None:
        refuse(state.sealed)
    if state.__class__ is not View:
        trace.write(x, value)
        return
    step = state.step.seen_from(x.home, trace)
    assign(state.parent, step.write(see(state.parent, trace), value), trace)
    if x.home is trace:
        x._value, state.seen = value, trace.stamp(state.root)


def refuse(sealed: tuple[type[Exception], str]) -> NoReturn:
    """Raise for a write into what must not be written."""
    kind, text = sealed
    raise kind(extended(text, at(user_line(3))))


def strides_of(x: Traced) -> Shape:
    """The strides, in elements, that NumPy's array would have if all roots are C-ordered."""
    state = x.state
    if state.__class__ is not View:
        return c_strides(x.type.shape)
    if state.strides is None:
        state.strides = state.step.strides(strides_of(state.parent), state.parent.type.shape)
    return state.strides


class Product(NamedTuple):
    """A stride that is a multiple of dimensions that are values, in a fixed order."""

    factor: int
    dims: tuple[Value, ...]


def times(a: Any, b: Any) -> Any:
    """The product of two strides or dimensions: an int, or a Product."""
    if a.__class__ is int and b.__class__ is int:
        return a * b
    factor = 1
    dims: list[Value] = []
    for x in (a, b):
        if x.__class__ is Product:
            factor, dims = factor * x.factor, [*dims, *x.dims]
        elif x.__class__ is int:
            factor *= x
        else:
            dims.append(x)
    return Product(factor, tuple(sorted(dims, key=id))) if factor else 0


def c_strides(shape: Shape) -> Shape:
    """The strides, in elements, of a C-contiguous array."""
    out: list[Any] = []
    n: Any = 1
    for length in reversed(shape):
        out.append(n)
        n = times(n, length)
    return tuple(reversed(out))


def depends_on_layout(x: Traced) -> None:
    """Note that NumPy would make a view or a copy of `x` by the layout of the array behind it."""
    state_of(root_of(x)).reshaped = True


def is_contiguous(x: Traced) -> bool:
    """Whether NumPy's array would be C-contiguous."""
    if x.state.__class__ is not View:
        return True
    shape = x.type.shape
    if 0 in shape:
        return True
    return all(n == 1 or a == b for n, a, b in zip(shape, strides_of(x), c_strides(shape)))


def reshaped_strides(strides: Shape, shape: Shape, new: Shape) -> Shape | None:
    """The strides after a reshape without copying; None where NumPy has to copy.

    Axes are matched in groups of equal size; the old axes of a group must lie one inside the other. Where
    sizes are values, None also stands for: nobody knows.
    """
    if 0 in shape:
        return c_strides(new)
    old = [(n, s) for n, s in zip(shape, strides) if n != 1]
    if not all(map(is_int, (*shape, *new))):
        if [n for n, _ in old] != [n for n in new if n != 1]:
            return None
        left = iter(old)
        return tuple(1 if n == 1 else next(left)[1] for n in new)
    out: list[int] = []
    i = j = 0
    while i < len(old) and j < len(new):
        first, start = i, j
        have, want = old[i][0], new[j]
        i, j = i + 1, j + 1
        while have != want:
            if want < have:
                want, j = want * new[j], j + 1
            else:
                have, i = have * old[i][0], i + 1
        if any(old[k][1] != old[k + 1][1] * old[k + 1][0] for k in range(first, i - 1)):
            return None
        inner = c_strides(new[start:j])
        out += [old[i - 1][1] * s for s in inner]
    return (*out, *(1 for _ in new[len(out) :]))


def may_be(x: Traced, other: Traced, *, later: bool = False) -> None:
    """Note that `x` may be the array `other`, by a branch or loop: once one is written the other is lost.

    later  only from `settle` on, when the function returns `x`: before that it writes nothing if `x` is set
    """
    a, b = root_of(x), root_of(other)
    found = state_of(b)
    for r in (ref(b), *found.rivals, *found.later):
        c = r()
        if c is None or c is a:
            continue
        if later:
            state_of(a).later.append(r)
        else:
            state_of(a).rivals.append(r)
            state_of(c).rivals.append(ref(a))


def settle(x: Traced) -> None:
    """The function that makes `x` returns it: it may be the arrays that were to be noted later."""
    root = root_of(x)
    if root.state is not None and root.state.later:
        others, root.state.later = root.state.later, []
        for r in others:
            other = r()
            if other is not None:
                may_be(root, other)


def lose(x: Traced, text: str) -> None:
    """From now on nobody knows what the array `x` is a part of holds, nor what those do that may be `x`."""
    root = root_of(x)
    for r in (ref(root), *state_of(root).rivals):
        other = r()
        if other is not None:
            state = state_of(other)
            state.lost, state.number = text, None
            state.version += 1
            other._value = None


def lose_rivals(x: Traced, trace: Trace) -> None:
    """After a write into the root `x`: those that may be the same array are lost, in a region at first there.

    Raises NotImplementedError where one of them belongs to another function.
    """
    where = at(user_line(3))
    text = (
        f"an array {x.type} was written{where} that may be another one or not, by a branch or loop before, "
        "which is known only when the program runs; copy it first (x = x.copy())"
    )
    others = [r() for r in state_of(x).rivals]
    rivals = [other for other in others if other is not None and other.home.is_open]  # none of abandoned ones
    if trace is x.home:
        state_of(x).rivals.clear()
    for other in rivals:
        if other.home is not trace:
            trace.lose(other, text)
            continue
        state = state_of(other)
        state.rivals = [r for r in state.rivals if r() is not x]
        lose(other, text)
