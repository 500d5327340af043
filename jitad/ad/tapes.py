"""The tapes of one function or body while it is reversed: where each starts, is full, and is read back."""

from __future__ import annotations

from ..ir.builder import Builder
from ..ir.graph import Eqn, Value
from ..ir.op import lookup
from ..ir.types import Type, tape_of
from .kept import Account


class Tapes:
    """Tapes pass through a forward sweep, and back through the reverse sweep.

    account  what the loops of the whole program keep
    outermost  the sweeps are those of the whole program, not of a region in it
    starts   the tape before the forward sweep: made here, or a parameter where the body of a loop is reversed
    full     start → the tape after the forward sweep
    ends     start → the tape after the reverse sweep
    """

    def __init__(self, account: Account, *, outermost: bool = False) -> None:
        self.account = account
        self.outermost = outermost
        self.starts: list[Value] = []
        self.full: dict[Value, Value] = {}
        self.ends: dict[Value, Value] = {}

    def within(self, share: int) -> Tapes:
        """The same tapes, where loops may keep so many bytes."""
        part = Tapes(self.account.within(share), outermost=self.outermost)
        part.starts, part.full, part.ends = self.starts, self.full, self.ends
        return part

    def start(self, item: Type) -> Value:
        """A new tape for such items."""
        return self.adopt(Value(tape_of(item), "tape"))

    def adopt(self, start: Value) -> Value:
        self.starts.append(start)
        return start

    def begin(self, b: Builder) -> None:
        """Append equations that make the starts."""
        op = lookup("tape_new")
        for v in self.starts:
            item = v.type.item
            assert item is not None
            b.eqns.append(Eqn(op, (), {"dtype": item.dtype, "shape": item.shape}, (v,), b.loc, (), b.origin))
