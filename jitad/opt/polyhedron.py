"""Whether linear constraints have an integer solution: Fourier–Motzkin elimination with rounded bounds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from math import gcd
from typing import NamedTuple

#: Elimination stops, without a proof, beyond this many inequalities.
MOST_ROWS = 400

Symbol = Hashable


class Linear(NamedTuple):
    """`offset + Σ factor·symbol` over the integers; no factor is 0."""

    terms: Mapping[Symbol, int]
    offset: int = 0

    def plus(self, other: Linear, times: int = 1) -> Linear:
        terms = dict(self.terms)
        for v, n in other.terms.items():
            found = terms.get(v, 0) + times * n
            if found:
                terms[v] = found
            else:
                terms.pop(v, None)
        return Linear(terms, self.offset + times * other.offset)

    def times(self, n: int) -> Linear:
        return Linear({v: n * m for v, m in self.terms.items()} if n else {}, n * self.offset)

    def shifted(self, by: int) -> Linear:
        return Linear(self.terms, self.offset + by)


def symbol(v: Symbol) -> Linear:
    """One symbol as a sum."""
    return Linear({v: 1})


def number(n: int) -> Linear:
    """A number as a sum."""
    return Linear({}, n)


class _Empty(Exception):
    """There is no solution."""


def is_empty(zeros: Iterable[Linear], nonnegative: Iterable[Linear]) -> bool:
    """Whether no integers make all of `zeros` 0 and all of `nonnegative` ≥ 0. True is a proof, False is not.

    Equations are solved for one symbol after the other, then symbols are eliminated by adding pairs of
    inequalities (Schrijver, Theory of Linear and Integer Programming, 12.2). Bounds are rounded to
    integers on the way, which loses no integer solution.
    """
    try:
        rows = _solved([_whole(z) for z in zeros], list(nonnegative))
        kept = _collected(rows)
        while kept:
            v = _cheapest(kept)
            kept = _without(v, kept)
            if len(kept) > MOST_ROWS:
                return False
        return False
    except _Empty:
        return True


def _whole(row: Linear) -> Linear:
    """An equation divided by the divisor of its factors, which must divide the offset."""
    divisor = gcd(*row.terms.values())
    if divisor == 0:
        if row.offset:
            raise _Empty
        return row
    if row.offset % divisor:
        raise _Empty
    return row if divisor == 1 else _divided(row, divisor)


def _divided(row: Linear, n: int) -> Linear:
    return Linear({v: m // n for v, m in row.terms.items()}, row.offset // n)


def _solved(zeros: list[Linear], rows: list[Linear]) -> list[Linear]:
    """The inequalities with symbols replaced by what the equations say."""
    while zeros:
        zero = min(zeros, key=lambda z: min(map(abs, z.terms.values()), default=0))
        zeros = [z for z in zeros if z is not zero]
        if not zero.terms:
            continue
        v = min(zero.terms, key=lambda u: abs(zero.terms[u]))
        zeros = [_whole(_replaced(z, v, zero)) for z in zeros]
        rows = [_replaced(r, v, zero) for r in rows]
    return rows


def _replaced(row: Linear, v: Symbol, zero: Linear) -> Linear:
    """`row`, times a positive number, without `v`, which `zero` gives."""
    n = row.terms.get(v, 0)
    if not n:
        return row
    pivot = zero.terms[v]
    common = gcd(n, pivot)
    return row.times(abs(pivot) // common).plus(zero, -(n // common) if pivot > 0 else n // common)


def _collected(rows: Iterable[Linear]) -> dict[frozenset, int]:
    """Inequalities by their factors; of those with the same, the tightest, rounded."""
    found: dict[frozenset, int] = {}
    for row in rows:
        divisor = gcd(*row.terms.values())
        if divisor == 0:
            if row.offset < 0:
                raise _Empty
            continue
        row = row if divisor == 1 else _divided(row, divisor)
        key = frozenset(row.terms.items())
        if key not in found or row.offset < found[key]:
            found[key] = row.offset
    return found


def _cheapest(kept: Mapping[frozenset, int]) -> Symbol:
    """The symbol whose elimination makes fewest inequalities."""
    lower: dict[Symbol, int] = {}
    upper: dict[Symbol, int] = {}
    for terms in kept:
        for v, n in terms:
            side = lower if n > 0 else upper
            side[v] = side.get(v, 0) + 1
    symbols = dict.fromkeys((*lower, *upper))
    return min(symbols, key=lambda v: lower.get(v, 0) * upper.get(v, 0) - lower.get(v, 0) - upper.get(v, 0))


def _without(v: Symbol, kept: Mapping[frozenset, int]) -> dict[frozenset, int]:
    """The inequalities with `v` eliminated."""
    rest: list[Linear] = []
    lower: list[Linear] = []
    upper: list[Linear] = []
    for terms, offset in kept.items():
        row = Linear(dict(terms), offset)
        n = row.terms.get(v, 0)
        (lower if n > 0 else upper if n < 0 else rest).append(row)
    for low in lower:
        for high in upper:
            rest.append(low.times(-high.terms[v]).plus(high, low.terms[v]))
    return _collected(rest)
