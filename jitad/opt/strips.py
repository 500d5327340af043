"""Products of a line of one matrix with a strip of another, whose width a loop changes: parts of one product.

`X[:, i] @ Y[:, i:]` is a part of row i of `X.T @ Y`: all rows at once are one product of matrices, where the
loop passes over a strip in each iteration. What no iteration reads of X or Y is no operand of the product.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..ir.graph import Const, Eqn, Value, const
from ..ir.op import lookup
from ..ir.types import I64
from .affine import Form, Forms
from .forward import built

#: A product of matrices may have so many times the elements that the loop needs: it is ten times as fast.
_WASTE = 4


class Lines(NamedTuple):
    """What a loop reads of a matrix along the axis `across` together; `along` it the whole."""

    array: Value
    along: int
    across: int
    #: the index of the first element across in an iteration
    start: Value
    lo: int
    hi: int

    def part(self) -> Value:
        """That part of the matrix, as an equation of the open builder."""
        shape = list(self.array.shape)
        if (self.lo, self.hi) == (0, shape[self.across]):
            return self.array
        start = [0, 0]
        start[self.across], shape[self.across] = self.lo, self.hi - self.lo
        return lookup("slice")(self.array, start=tuple(start), step=(1, 1), shape=tuple(shape))


class Strips:
    """The body of a `for` of known length, and what it reads of matrices from outside."""

    def __init__(self, loop: Eqn, makes: Mapping[Value, Eqn], inside: Collection[Value]) -> None:
        (self.body,) = loop.regions
        self.makes, self.inside = makes, inside
        self.last = loop.attrs["trips"] - 1
        self.forms = Forms(self.body.eqns)

    def find(self, eqn: Eqn) -> tuple[Lines, Lines] | None:
        """The lines and the strips that a product multiplies, if one product of all of them is cheaper."""
        if eqn.attrs["batch"] != ((), ()) or len(eqn.attrs["contract"][0]) != 1 or eqn.result.ndim != 1:
            return None
        k = 0 if eqn.operands[0].ndim == 1 else 1
        line, strip = self._line(eqn.operands[k]), self._strip(eqn.operands[1 - k])
        if line is None or strip is None or (strip.along,) != eqn.attrs["contract"][1 - k]:
            return None
        ends = [self._end(eqn.result.shape[0], k) for k in (0, self.last)]
        if None in ends:
            return None
        needed = (self.last + 1) * sum(ends) / 2  # type: ignore[arg-type]
        return (line, strip) if (line.hi - line.lo) * (strip.hi - strip.lo) <= _WASTE * needed else None

    def part(self, rows: Value, line: Lines, strip: Lines, n: object) -> Value:
        """What an iteration needs of that product, as equations of the open builder."""
        starts = [self._start(lines) for lines in (line, strip)]
        found = lookup("window")(rows, *starts, step=(1, 1), shape=(1, n))
        return lookup("reshape")(found, shape=(n,))

    def _start(self, lines: Lines) -> Value:
        form, counter = self.forms[lines.start], self.body.params[0]
        return built(Form(form.terms, form.offset - lines.lo), counter, counter, self.forms.order)

    def _end(self, size: object, k: int) -> int | None:
        """A size or an index in iteration k, if only the counter says it."""
        if not isinstance(size, Value):
            return size  # type: ignore[return-value]
        form = self.forms[size]
        counter = self.body.params[0]
        return form.moved(counter, k).offset if _only(form, counter) else None

    def _outside(self, x: Value) -> bool:
        return x not in self.inside and x.ndim == 2 and x.type.is_float and not x.type.dims

    def _line(self, v: Value) -> Lines | None:
        """A row or column of a matrix, another one in each iteration."""
        eqn = self.makes.get(v)
        if eqn is not None and eqn.op.name == "reshape":
            eqn = self.makes.get(eqn.operands[0])
        if eqn is None or not eqn.operands or not self._outside(eqn.operands[0]):
            return None
        x = eqn.operands[0]
        if eqn.op.name == "gather" and len(eqn.operands) == 2 and not eqn.operands[1].shape:
            found = self._across(x, 0, eqn.operands[1], 1)
        elif eqn.op.name == "window" and 1 in eqn.attrs["shape"]:
            across = eqn.attrs["shape"].index(1)
            found = self._across(x, across, eqn.operands[1 + across], 1) if _whole(eqn, 1 - across) else None
        else:
            return None
        by = self.forms[found.start].factor(self.body.params[0]) if found else 0
        return found if by in (1, -1) else None

    def _strip(self, m: Value) -> Lines | None:
        """Neighbouring rows or columns of a matrix, their number known to the iteration only."""
        eqn = self.makes.get(m)
        if eqn is None or eqn.op.name not in ("window", "slice") or not self._outside(eqn.operands[0]):
            return None
        across = 0 if isinstance(eqn.attrs["shape"][0], Value) else 1
        n = eqn.attrs["shape"][across]
        if not isinstance(n, Value) or not _whole(eqn, 1 - across) or eqn.attrs["step"][across] != 1:
            return None
        return self._across(eqn.operands[0], across, _starts(eqn)[across], n)

    def _across(self, x: Value, across: int, start: Value, n: object) -> Lines | None:
        firsts = [self._end(start, k) for k in (0, self.last)]
        sizes = [self._end(n, k) for k in (0, self.last)]
        if None in firsts or None in sizes:
            return None
        lo = min(firsts)  # type: ignore[type-var]
        hi = max(a + b for a, b in zip(firsts, sizes))  # type: ignore[operator]
        inside = 0 <= lo < hi <= x.shape[across]  # type: ignore[operator]
        return Lines(x, 1 - across, across, start, lo, hi) if inside else None  # type: ignore[arg-type]


def _only(form: Form, counter: Value) -> bool:
    return all(v is counter for v, _ in form.terms)


def _starts(eqn: Eqn) -> tuple[Value, ...]:
    return eqn.operands[1:] or tuple(const(at, I64) for at in eqn.attrs["start"])


def _whole(eqn: Eqn, axis: int) -> bool:
    """Whether a part has all of an axis, in order."""
    start, n = _starts(eqn)[axis], eqn.attrs["shape"][axis]
    first = isinstance(start, Const) and not start.data
    return first and eqn.attrs["step"][axis] == 1 and n == eqn.operands[0].shape[axis]


def product(line: Lines, strip: Lines) -> Value:
    """All lines times all strips, as equations of the open builder."""
    contract = (line.along,), (strip.along,)
    return lookup("dot")(line.part(), strip.part(), contract=contract, batch=((), ()))


__all__ = ["Lines", "Strips", "product"]
