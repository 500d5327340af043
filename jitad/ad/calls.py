"""Calls reversed: one pair of functions, there and back, for all calls of a function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import ops
from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, callee, const, free_values, once
from ..ir.types import I64
from .activity import active_values
from .cotangents import Cotangents
from .halves import halves
from .kept import Account, Kept
from .tangent import zeros
from .tapes import Tapes

Flags = tuple[bool, ...]
#: Numbers that are kept pass from one half to the other in arrays of at most so many; arrays up to so many
#: bytes, if there are more than a few, one after another in arrays of so many pieces.
PACK, PACKED_BYTES, FEW, PIECES = 16, 32768, 2, 8


@dataclass(frozen=True)
class Pair:
    """Both halves of a function that is run back.

    forward  parameters → results, then what is kept
    back     the parameters that it reads, what was kept, cotangents of active results → of active parameters
    given    the numbers of the parameters that `back` reads
    kept     what passes from one to the other
    loops    what the loops in it keep
    """

    forward: Function
    back: Function
    given: list[int]
    kept: tuple[Value, ...]
    loops: tuple[Kept, ...]


@dataclass
class CallReversal:
    """How one call is run back.

    into, out  its active operands and results
    operands   what the way back reads, beside cotangents
    """

    eqn: Eqn
    forward: list[Eqn]
    back: Function
    into: list[Value]
    out: list[Value]
    operands: list[Value]

    def reverse(self, cotangents: Cotangents) -> None:
        """Append the call of the way back; see `Reversal`."""
        seeds = [cotangents.take(v) for v in self.out]
        if all(ct is None for ct in seeds):
            return
        operands = (*self.operands, *(ct or zeros(v.type) for v, ct in zip(self.out, seeds)))
        new = tuple(Value(v.type, "ct") for v in self.into)
        b = cotangents.builder
        b.eqns.append(Eqn(self.eqn.op, operands, {"function": self.back}, new, self.eqn.loc, (), b.origin))
        for v, ct in zip(self.into, new):
            cotangents.add(v, ct)


def reverse_call(eqn: Eqn, active: set[Value], tapes: Tapes) -> CallReversal:
    """The reversal of a `call`; of the functions that are active none has a loop that needs tapes."""
    function = callee(eqn)
    assert function is not None
    into, out = tuple(v in active for v in eqn.operands), tuple(r in active for r in eqn.results)
    budget, loops = tapes.account.budget, tapes.account.loops
    pair = once(function, ("pair", into, out, budget), lambda f: _pair(f, into, out, budget))
    loops += [kept for kept in pair.loops if kept not in loops]
    kept = [Value(v.type, v.hint) for v in pair.kept]
    forward = Eqn(
        eqn.op, eqn.operands, {"function": pair.forward}, (*eqn.results, *kept), eqn.loc, (), eqn.origin
    )
    return CallReversal(
        eqn,
        [forward],
        pair.back,
        [v for v, on in zip(eqn.operands, into) if on],
        [r for r, on in zip(eqn.results, out) if on],
        [*(eqn.operands[k] for k in pair.given), *kept],
    )


def _pair(fn: Function, into: Flags, out: Flags, budget: int | None) -> Pair:
    """Cut a function and its reverse sweep where least is kept; parameters are there for both."""
    account = Account(budget, None, fn.params)
    h = halves(
        fn,
        active_values(fn, into, out),
        [r for r, on in zip(fn.results, out) if on],
        [p for p, on in zip(fn.params, into) if on],
        [],
        set(fn.params),
        account,
    )
    if h.starts:
        raise NotImplementedError(f"@{fn.name} has a loop whose iterations are not known, and is not inlined")
    packing, unpacking, kept = _packed(h.kept)
    forward = Function(fn.name + ".forward", fn.params, (*h.forward, *packing), (*h.results, *kept), fn.loc)
    back = Function(fn.name + ".back", (), (*unpacking, *h.back), h.found, fn.loc)
    read = set(free_values(back))
    given = [k for k, p in enumerate(fn.params) if p in read]
    params = (*(fn.params[k] for k in given), *kept, *h.seeds)
    return Pair(forward, back.replace(params=params), given, kept, tuple(account.loops))


def _packed(kept: list[Value]) -> tuple[list[Eqn], list[Eqn], tuple[Value, ...]]:
    """What is kept in few arrays, for functions that call each other would otherwise hand on more and more:
    the equations that make these, those that take them apart, and all that is kept."""
    b, apart = Builder(), list[Eqn]()
    with b:
        numbers = [v for v in kept if not v.ndim]
        arrays = [v for v in kept if v.ndim]
        for group in _groups(numbers, PACK):
            arrays.append(_joined([ops.broadcast(v, shape=(1,), axes=()) for v in group]))
            apart += [_item(arrays[-1], k, v) for k, v in enumerate(group)]
        small = [v for v in arrays if v.type.nbytes <= PACKED_BYTES]
        if len(small) > FEW:
            arrays = [v for v in arrays if v not in small]
            for group in _groups(small, PIECES):
                flat = _joined([v if v.ndim == 1 else ops.reshape(v, shape=(v.size,)) for v in group])
                arrays.append(flat)
                apart[:0] = _pieces(flat, group)
    return b.eqns, apart, tuple(arrays)


def _groups(values: list[Value], most: int) -> Iterator[list[Value]]:
    """Values of one dtype, so many at most."""
    for dtype in dict.fromkeys(v.dtype for v in values):
        alike = [v for v in values if v.dtype == dtype]
        yield from (alike[k : k + most] for k in range(0, len(alike), most))


def _joined(parts: list[Value]) -> Value:
    return parts[0] if len(parts) == 1 else ops.concatenate(*parts, axis=0)


def _item(pack: Value, k: int, v: Value) -> Eqn:
    """The equation that takes the number `v` out of a pack."""
    return Eqn(ops.gather, (pack, const(k, I64)), {}, (v,))


def _pieces(flat: Value, group: list[Value]) -> list[Eqn]:
    """The equations that take arrays out of one that holds them one after another."""
    found, at = [], 0
    for v in group:
        piece = v if v.ndim == 1 else Value(v.type.with_shape((v.size,)))
        found.append(Eqn(ops.slice, (flat,), {"start": (at,), "step": (1,), "shape": (v.size,)}, (piece,)))
        if v.ndim != 1:
            found.append(Eqn(ops.reshape, (piece,), {"shape": v.shape}, (v,)))
        at += v.size
    return found
