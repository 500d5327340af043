"""Dimensions that are values of the program: given as sizes, multiplied, and made to agree."""

from __future__ import annotations

from operator import index
from typing import Any

from .. import ops
from ..capture.bounds import larger, nonnegative, require, require_equal
from ..capture.integers import ZERO, Bound, Range, here, number
from ..capture.tracer import Traced, known, lift
from ..ir.graph import Value
from ..ir.types import I64, Dim, Shape, SizeUnknown, is_int
from ..opt.affine import Form
from .core import wrapped


def is_open(shape: Shape) -> bool:
    """Whether some dimension is a value."""
    for d in shape:
        if d.__class__ is not int:
            return True
    return False


def user_dim(d: Dim) -> Any:
    """A dimension as the user sees it: an int, or a traced Python int."""
    return d if d.__class__ is int else wrapped(d, True)


def dim(x: Any, what: str) -> Dim:
    """A size that the user gives, as a dimension; ValueError, or a check, if it is negative."""
    if not isinstance(x, Traced):
        return index(x)
    found = known(x)
    if found is not None:
        return index(found[()])
    if x.ndim or x.dtype.kind not in "iu":
        raise TypeError(f"{what} is {x!r}, not an integer")
    integers = here()
    value = lift(x).value
    value = value if value.dtype is I64 else ops.convert(value, dtype=I64)
    form = integers.update().form(value)
    for scope in integers.scopes():
        if form in scope.sizes:
            return integers.dim(scope.sizes[form])
    clamped = larger(integers, form, ZERO)  # the check may come after the memory that is asked for
    require(integers, ZERO, form, "ValueError", "negative dimensions are not allowed")
    integers.sizes[form] = clamped
    return integers.dim(clamped)


def dims(x: Any, what: str) -> Shape:
    """A size or a tuple of sizes as a shape."""
    if isinstance(x, (tuple, list)):
        return tuple(dim(n, what) for n in x)
    if isinstance(x, Traced) and x.ndim:
        found = known(x)
        if found is None:
            raise SizeUnknown(f"{what} is {x!r}; its entries are known only when the program runs")
        return tuple(map(index, found))
    if hasattr(x, "__len__") and not isinstance(x, Traced):
        return tuple(map(index, x))
    return (dim(x, what),)


def volume(shape: Shape) -> Dim:
    """The number of elements of a shape."""
    known_part, values = 1, []
    for d in shape:
        if d.__class__ is int:
            known_part *= d
        else:
            values.append(d)
    if not values or not known_part:
        return known_part
    integers = here()
    form = integers.size(values[0])
    for d in sorted(values[1:], key=id):
        form = integers.computed(ops.mul, form, integers.size(d))
        for v, _ in form.terms:
            integers.note(v, Range(lower=(Bound((ZERO,)),)))
    return integers.dim(form.times(known_part))


def quotient(shape: Shape, by: Shape) -> Dim | None:
    """The number of elements of `shape` divided by that of `by`, where factors cancel; else None."""
    left, right = list(shape), [d for d in by if d.__class__ is not int]
    for d in right:
        place = next((i for i, n in enumerate(left) if n is d), None)
        if place is None:
            return None
        del left[place]
    divisor = 1
    for d in by:
        divisor *= d if d.__class__ is int else 1
    factor = 1
    for d in left:
        factor *= d if d.__class__ is int else 1
    if not divisor or factor % divisor:
        return None
    return volume((factor // divisor, *[d for d in left if d.__class__ is not int]))


def divided_volume(shape: Shape, by: Shape, text: str) -> Dim:
    """`quotient` by the running program, which raises ValueError with this text if there is a rest."""
    integers = here()
    whole, part = integers.size(volume(shape)), integers.size(volume(by))
    require(integers, number(1), part, "ValueError", text)
    found = integers.computed(ops.floor_divide, whole, part)
    require_equal(integers, integers.computed(ops.mul, found, part), whole, "ValueError", text)
    return integers.dim(found)


def less(d: Dim, n: int) -> Dim:
    """A dimension less n, at least 0."""
    if d.__class__ is int:
        return max(d - n, 0)
    integers = here()
    form = integers.size(d).plus(number(n), -1)
    if not nonnegative(integers, form):
        form = integers.computed(ops.maximum, form, ZERO)
    return integers.dim(form)


def moved(d: Dim, n: int) -> Dim:
    """`d + n` as an index."""
    return d + n if d.__class__ is int else here().value(here().form(d).plus(number(n)))


def total(parts: list[Dim]) -> Dim:
    """A sum of dimensions."""
    integers = here()
    form = ZERO
    for d in parts:
        form = form.plus(integers.size(d))
    return integers.dim(form)


def require_elements(shape: Shape, axes: tuple[int, ...], text: str) -> None:
    """ValueError when the program runs if one of these axes, whose lengths may be values, is empty."""
    integers = here()
    for a in axes:
        if shape[a].__class__ is not int:
            require(integers, number(1), integers.size(shape[a]), "ValueError", text)


def same_length(x: Dim, y: Dim, text: str) -> bool:
    """Whether two lengths are equal; where the running program knows it raises ValueError if they are not."""
    if x is y or (x.__class__ is int and y.__class__ is int):
        return bool(x == y)
    integers = here()
    require_equal(integers, integers.size(x), integers.size(y), "ValueError", text)
    return True


def shown(shape: Shape) -> str:
    """A shape in words: values by their form."""
    return f"({','.join(map(_shown, shape))}{',' if len(shape) == 1 else ''})"


def _shown(d: Dim) -> str:
    if d.__class__ is int:
        return str(d)
    form: Form = here().form(d)
    parts = [
        f"{'-' if n < 0 else '+'} {'' if abs(n) == 1 else f'{abs(n)}*'}{v.hint or 'n'}" for v, n in form.terms
    ]
    if form.offset:
        parts.append(f"{'-' if form.offset < 0 else '+'} {abs(form.offset)}")
    return " ".join(parts).removeprefix("+ ")


def agreeing(values: list[Value], text: str = "") -> list[Value]:
    """Operands whose axes, counted from the last, have one dimension or are 1, by a check where it takes one.

    A length that is known only when the program runs is never repeated: if it is not that of the others the
    program raises ValueError.
    """
    shapes = [v.type.shape for v in values]
    if not any(v.type.dims for v in values) or all(s is shapes[0] or s == shapes[0] or not s for s in shapes):
        return values
    wanted: dict[int, Dim] = {}
    for shape in shapes:
        for k, d in enumerate(reversed(shape)):
            if d.__class__ is int and d != 1 and wanted.get(k).__class__ is not int:
                wanted[k] = d
            elif d.__class__ is not int:
                wanted.setdefault(k, d)
    listed = " ".join(map(shown, shapes))
    text = text or (
        f"operands could not be broadcast together with shapes {listed} "
        "(lengths known when it runs are not repeated)"
    )
    return [fitting(v, wanted, text) for v in values]


def fitting(v: Value, wanted: dict[int, Dim], text: str, repeats: bool = True) -> Value:
    """`v` with these lengths, by axis counted from the last, where it has a value or they are one.

    repeats  a length of 1 stays
    """
    shape = list(v.type.shape)
    for k, want in wanted.items():
        at = len(shape) - 1 - k
        if (
            at < 0
            or shape[at] is want
            or (is_int(shape[at]) and (is_int(want) or (repeats and shape[at] == 1)))
        ):
            continue
        same_length(shape[at], want, text)
        shape[at] = want
    return v if tuple(shape) == v.type.shape else ops.reshape(v, shape=tuple(shape))


__all__ = [
    "agreeing",
    "dim",
    "divided_volume",
    "dims",
    "fitting",
    "is_open",
    "less",
    "moved",
    "quotient",
    "require_elements",
    "same_length",
    "shown",
    "total",
    "user_dim",
    "volume",
]
