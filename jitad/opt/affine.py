"""Integers of a loop body as sums of multiples of values: which indices are equal, and how far apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..ir.graph import Const, Eqn, Value


@dataclass(frozen=True)
class Form:
    """`offset + Σ factor·value`; the values in no order."""

    terms: frozenset[tuple[Value, int]]
    offset: int = 0

    def factor(self, v: Value) -> int:
        return dict(self.terms).get(v, 0)

    def moved(self, v: Value, by: int) -> Form:
        """The form with `v + by` in place of `v`."""
        return Form(self.terms, self.offset + self.factor(v) * by)

    def plus(self, other: Form, sign: int = 1) -> Form:
        sums = dict(self.terms)
        for v, n in other.terms:
            sums[v] = sums.get(v, 0) + sign * n
        return Form(frozenset((v, n) for v, n in sums.items() if n), self.offset + sign * other.offset)

    def times(self, n: int) -> Form:
        return Form(frozenset((v, n * m) for v, m in self.terms if n), n * self.offset)


class Forms:
    """The forms of the integer scalars that some equations compute; `order` numbers what they are sums of.

    outer  those of the equations around them
    """

    def __init__(self, eqns: Iterable[Eqn], outer: Forms | None = None) -> None:
        self._known: dict[Value, Form] = {}
        self._outer = outer
        self.order: dict[Value, int] = {}
        for eqn in eqns:
            if len(eqn.results) == 1 and not eqn.results[0].type.shape and eqn.results[0].dtype.kind == "i":
                form = self._of(eqn)
                if form is not None:
                    self._known[eqn.results[0]] = form

    def __getitem__(self, v: Value) -> Form:
        if isinstance(v, Const):
            return Form(frozenset(), int(v.data))
        if v not in self._known:
            if self._outer is not None:
                return self._outer[v]
            self.order.setdefault(v, len(self.order))
            return Form(frozenset(((v, 1),)))
        return self._known[v]

    def _of(self, eqn: Eqn) -> Form | None:
        name = eqn.op.name
        if name in ("add", "sub"):
            x, y = (self[v] for v in eqn.operands)
            return x.plus(y, 1 if name == "add" else -1)
        if name == "neg":
            return self[eqn.operands[0]].times(-1)
        if name == "mul":
            x, y = (self[v] for v in eqn.operands)
            if not x.terms or not y.terms:
                return y.times(x.offset) if not x.terms else x.times(y.offset)
        return None
