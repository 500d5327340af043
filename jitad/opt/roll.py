"""Chains of calls: a function called with its own results, again and again, becomes the body of a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ir.calls import called, map_called
from ..ir.graph import Const, Eqn, Function, Value, callee, const, count_uses, has_effect
from ..ir.op import lookup
from ..ir.types import I64, type_of
from .dce import dce
from .simplify import simplify

#: Shorter chains stay calls; so do those with more equations between two calls.
SHORTEST, LARGEST_GAP = 8, 64

#: What an operand is in a chain: the number of the result of the call before that it is, a constant of each
#: call's own, or one value in all calls.
_OWN, _SAME = -1, -2
Pattern = tuple[int, ...]


def roll(fn: Function) -> Function:
    """Return `fn`, simplified, with chains of calls as loops; the same operations with the same bits.

    An operand of a call in a chain is a result of the call before, a constant, or the same in all calls.
    Equations between the calls, which no call of the chain reads then, come after the loop. Results that they
    read are stacked. O(equations).
    """
    return _roll(map_called(fn, _roll, "rolled")) if called(fn) else fn


def _roll(fn: Function) -> Function:
    fn = dce(simplify(fn))
    uses = count_uses(fn.eqns, fn.results)
    out: list[Eqn] = []
    gone: set[Eqn] = set()
    for at, eqn in enumerate(fn.eqns):
        if eqn in gone:
            continue
        chain = None if callee(eqn) is None else _chain(fn.eqns, at)
        if chain is None:
            out.append(eqn)
        else:
            out += chain.as_loop(uses)
            gone.update(chain.calls)
    return fn.replace(eqns=tuple(out)) if gone else fn


def _chain(eqns: Sequence[Eqn], at: int) -> _Chain | None:
    """The chain of calls that begins with equation `at`, if it is long enough."""
    calls, pattern, last = [eqns[at]], None, at
    fails = has_effect(eqns[at])
    for k in range(at + 1, len(eqns)):
        eqn = eqns[k]
        if callee(eqn) is not callee(eqns[at]):
            if k - last > LARGEST_GAP or (fails and has_effect(eqn)):
                break
            continue
        found = _pattern(calls[-1], eqn)
        if found is None or (pattern is not None and found != pattern):
            break
        pattern, last = found, k
        calls.append(eqn)
    return _Chain(calls, pattern) if pattern is not None and len(calls) >= SHORTEST else None


def _pattern(first: Eqn, second: Eqn) -> Pattern | None:
    """How the operands of one call come from those of the call before; None if it is no chain."""
    kinds = []
    for a, b in zip(first.operands, second.operands):
        if b in first.results:
            kinds.append(first.results.index(b))
        elif isinstance(a, Const) and isinstance(b, Const):
            kinds.append(_OWN)
        elif a is b:
            kinds.append(_SAME)
        else:
            return None
    return tuple(kinds) if any(kind >= 0 for kind in kinds) else None


@dataclass
class _Chain:
    """Calls in a row, and what their operands are."""

    calls: list[Eqn]
    pattern: Pattern

    def as_loop(self, uses: dict[Value, int]) -> list[Eqn]:
        """The loop, and equations that read stacked results."""
        first, last = self.calls[0], self.calls[-1]
        fed = [kind for kind in self.pattern if kind >= 0]
        stacked = [r for r in range(len(first.results)) if self._is_read(r, fed.count(r), uses)]
        carried = [j for j, kind in enumerate(self.pattern) if kind >= 0]
        own = [j for j, kind in enumerate(self.pattern) if kind == _OWN]
        left = [
            r
            for r in range(len(first.results))
            if r not in fed and r not in stacked and last.results[r] in uses
        ]
        trips = len(self.calls)
        operands = list(first.operands)
        params = [Value(type_of(I64), "k")]
        for j in (*carried, *own):
            operands[j] = Value(first.operands[j].type)
            params.append(operands[j])
        results = tuple(Value(r.type) for r in first.results)
        call = Eqn(first.op, tuple(operands), first.attrs, results, first.loc, (), first.origin)
        given = [results[self.pattern[j]] for j in carried]
        spare = [Value(first.results[r].type) for r in left]
        params[1 + len(carried) : 1 + len(carried)] = spare
        given += [results[r] for r in (*left, *stacked)]
        body = Function("chain", tuple(params), (call,), tuple(given), first.loc)
        zeros, starts = self._zeros(left)
        rows = [_stack([eqn.operands[j] for eqn in self.calls]) for j in own]
        stacks = [Value(results[r].type.with_shape((trips, *results[r].shape))) for r in stacked]
        # A result that feeds two operands is carried twice; one of them gives it behind the loop.
        ends = []
        for n, j in enumerate(carried):
            r = self.pattern[j]
            twice = r in stacked or r in [self.pattern[i] for i in carried[:n]]
            ends.append(Value(results[r].type) if twice else last.results[r])
        ends += [last.results[r] for r in left]
        count = const(trips, I64)
        attrs = {"trips": trips, "carried": len(carried) + len(left), "reverse": False}
        inits = (*(first.operands[j] for j in carried), *starts)
        loop = Eqn(
            lookup("for"), (count, *inits, *rows), attrs, (*ends, *stacks), first.loc, (body,), first.origin
        )
        return [*zeros, loop, *self._reads(stacked, stacks, uses)]

    def _is_read(self, r: int, times: int, uses: dict[Value, int]) -> bool:
        """Whether something beside the next call reads a result of a call other than the last."""
        return any(uses.get(eqn.results[r], 0) > times for eqn in self.calls[:-1])

    def _zeros(self, left: list[int]) -> tuple[list[Eqn], list[Value]]:
        """First values of what the last call gives and no call takes."""
        eqns, values = [], []
        for r in left:
            like = self.calls[0].results[r]
            zero: Value = const(0, like.dtype)
            if like.shape:
                out = Value(like.type)
                attrs = {"shape": like.shape, "axes": ()}
                eqns.append(Eqn(lookup("broadcast"), (zero,), attrs, (out,), self.calls[0].loc))
                zero = out
            values.append(zero)
        return eqns, values

    def _reads(self, stacked: list[int], stacks: list[Value], uses: dict[Value, int]) -> list[Eqn]:
        gather = lookup("gather")
        return [
            Eqn(gather, (stack, const(k, I64)), {}, (eqn.results[r],), eqn.loc, (), eqn.origin)
            for r, stack in zip(stacked, stacks)
            for k, eqn in enumerate(self.calls)
            if eqn.results[r] in uses
        ]


def _stack(constants: Sequence[Value]) -> Value:
    """Constants, one a row."""
    return const(np.stack([c.data for c in constants if isinstance(c, Const)]), constants[0].dtype)
