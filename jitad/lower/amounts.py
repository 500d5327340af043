"""Strides, offsets and extents of a nest: numbers where they are known, else registers set before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ir.graph import Value
from ..ir.types import is_int

if TYPE_CHECKING:
    from .nest import Nest

#: An i64: a number, or the text of a register that is defined before the nest's loops.
Amount = int | str


class Amounts:
    """Arithmetic with amounts, each register computed once, before the outermost loop of the nest."""

    def __init__(self, nest: Nest) -> None:
        self.nest = nest
        self.known: dict[Any, str] = {}

    def of(self, v: Value) -> Amount:
        """An integer of the program that is known before the nest."""
        return self._once(v, lambda: self.nest.kernel.registers(v)[0].text)

    def extent(self, d: Any) -> Amount:
        """A dimension, or a product of some as `index.product_of` gives it."""
        if is_int(d):
            return d
        if isinstance(d, Value):
            return self.of(d)
        total: Amount = 1
        for v in d[1:]:
            total = self.times(total, self.of(v))
        return self.times(total, d[0])

    def times(self, a: Amount, b: Amount) -> Amount:
        if is_int(a) and is_int(b):
            return a * b  # type: ignore[operator]
        if a == 0 or b == 0:
            return 0
        if a == 1 or b == 1:
            return b if a == 1 else a
        return self._instruction("mul nsw", a, b)

    def plus(self, a: Amount, b: Amount) -> Amount:
        if is_int(a) and is_int(b):
            return a + b  # type: ignore[operator]
        if a == 0 or b == 0:
            return b if a == 0 else a
        return self._instruction("add nsw", a, b)

    def minus(self, a: Amount, b: Amount) -> Amount:
        return self.plus(a, self.times(b, -1))

    def whole(self, extent: Amount, width: int) -> Amount:
        """The extent without what is left when it is walked in steps of `width`, a power of two."""
        return extent - extent % width if is_int(extent) else self._instruction("and", extent, -width)  # type: ignore[operator]

    def least(self, a: Amount, b: Amount) -> Amount:
        """The smaller one."""
        if is_int(a) and is_int(b):
            return min(a, b)
        return self._call("smin", a, b)

    def most(self, a: Amount, b: Amount) -> Amount:
        """The larger one."""
        if is_int(a) and is_int(b):
            return max(a, b)
        return self._call("smax", a, b)

    def _call(self, name: str, a: Amount, b: Amount) -> str:
        e, symbol = self.nest.e, f"@llvm.{name}.i64"
        e.declarations[symbol] = f"declare i64 {symbol}(i64, i64)"
        call = f"call i64 {symbol}(i64 {a}, i64 {b})"
        return self._once((name, a, b), lambda: e.define(call, "i64").text)

    def _instruction(self, name: str, a: Amount, b: Amount) -> str:
        a, b = (b, a) if is_int(a) else (a, b)
        return self._once((name, a, b), lambda: self.nest.e.define(f"{name} i64 {a}, {b}", "i64").text)

    def _once(self, key: Any, make: Any) -> str:
        if key not in self.known:
            with self.nest.outside():
                self.known[key] = make()
        return self.known[key]
