"""Arrays whose size changes from one iteration to the next: kept with room for the largest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..ir.graph import Eqn, Value, reads
from ..ir.op import lookup
from ..ir.types import Type, is_int
from .kept import Account

#: Sizes from here on bound nothing.
_MOST = 2**31


def kept_type(type: Type, account: Account) -> Type | None:
    """The type as which something of this type is kept: of sizes that are known; None if it cannot be.

    All that a loop keeps under one name has one size, that of the largest.
    """
    if type.item is not None:
        return None
    if account.sizes.issuperset(type.dims):
        return type
    if account.memory is None:
        return None
    interval = account.memory.indices.interval
    shape = tuple(d if is_int(d) else interval(d).hi for d in type.shape)
    return type.with_shape(shape) if all(n < _MOST for n in shape) else None


def padded(values: Sequence[Value], account: Account) -> tuple[list[Value], list[Eqn], dict[Value, Eqn]]:
    """What is kept for some values, the equations that make it, and by value the one that reads it back."""
    kept: list[Value] = []
    eqns: list[Eqn] = []
    back: dict[Value, Eqn] = {}
    for v in values:
        type = kept_type(v.type, account)
        if type is None or type is v.type:
            kept.append(v)
            continue
        filled = Value(type, v.hint)
        eqns.append(Eqn(lookup("roomy"), (v,), {"shape": type.shape}, (filled,), origin="adjoint"))
        attrs = {"start": (0,) * v.ndim, "step": (1,) * v.ndim, "shape": v.type.shape}
        back[v] = Eqn(lookup("slice"), (filled,), attrs, (v,), origin="adjoint")
        kept.append(filled)
    return kept, eqns, back


def read_back(eqns: Iterable[Eqn], results: Iterable[Value], back: dict[Value, Eqn]) -> list[Eqn]:
    """The equations, each value that was kept with room read before its first reader."""
    left = dict(back)
    out: list[Eqn] = []
    for eqn in eqns:
        out += [left.pop(v) for v in dict.fromkeys(reads(eqn)) if v in left]
        out.append(eqn)
    return [*out, *(left.pop(v) for v in dict.fromkeys(results) if v in left)]
