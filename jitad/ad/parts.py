"""A loop in parts: some of its iterations run forwards, or there and back from a state that was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..ir.graph import Function, Value, const, reads
from ..ir.types import I64, Type, type_of
from ..ops.tape import new_tape
from ..opt import dce
from ..opt.flatten import MOST_TRIPS
from .checkpoints import without_effects
from .halves import Halves
from .loops import Cut
from .structures import checkpoint, copied, for_, op


@dataclass
class Parts:
    """What the code of a loop consists of.

    state      parameters of the body that are carried; `ends`: what they are after an iteration
    inits      what they are before the loop
    rows       per stacked operand, its parameter and the stack
    count      of iterations
    backwards  the index runs from count−1 to 0
    needed     which of the carried values an iteration's way back depends on
    """

    h: Halves
    index: Value
    state: list[Value]
    ends: list[Value]
    inits: list[Value]
    rows: list[tuple[Value, Value]]
    count: Value
    backwards: bool
    needed: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        quiet = Function("body", (), tuple(self.h.forward), ())
        self.quiet = without_effects(quiet)
        found: list[int] = []
        while True:
            wanted = (*self.h.full, *self.h.kept, *(self.ends[j] for j in found))
            read = _read(dce(self.quiet.replace(results=wanted)))
            more = [j for j, p in enumerate(self.state) if p in read]
            if more == found:
                break
            found = more
        self.needed = found
        self.start = [self.inits[j] for j in found]

    @staticmethod
    def of(found: Cut) -> Parts:
        """The parts of a loop that is cut in two."""
        eqn, h = found.eqn, found.halves
        body = eqn.regions[-1]
        if eqn.op.name == "while":
            index, count = Value(type_of(I64), "k"), const(0, I64)
            return Parts(h, index, list(body.params), list(h.results), list(eqn.operands), [], count, False)
        n = eqn.attrs["carried"]
        inits, stacks = eqn.operands[1 : n + 1], eqn.operands[n + 1 :]
        rows = list(zip(body.params[n + 1 :], stacks))
        return Parts(
            h,
            body.params[0],
            list(body.params[1 : n + 1]),
            list(h.results[:n]),
            list(inits),
            rows,
            eqn.operands[0],
            eqn.attrs["reverse"],
        )

    @property
    def nbytes(self) -> int:
        """Of a state."""
        return sum(v.type.nbytes for v in self.start)

    def at(self, position: Value) -> Value:
        """The index in the iteration at a position, counted from the first that runs."""
        return op("sub", op("sub", self.count, 1), position) if self.backwards else position

    def env(self, index: Value) -> dict[Value, Value]:
        """The index, and the rows there."""
        return {self.index: index, **{p: op("gather", stack, index) for p, stack in self.rows}}

    def forward(
        self, full: Sequence[Value], position: Value, count: Value, trips: int = -1
    ) -> tuple[Value, ...]:
        """All carried values after some iterations, which may fail."""
        eqns = dce(Function("body", (), tuple(self.h.forward), tuple(self.ends))).eqns

        def step(k: Value, *state: Value) -> Sequence[Value]:
            env = self.env(self.at(op("add", position, k))) | dict(zip(self.state, state))
            return copied(eqns, env, self.ends)

        return for_(count, full, step, trips=_rolled(trips))

    def advance(
        self, state: Sequence[Value], position: Value, count: Value, trips: int = -1
    ) -> tuple[Value, ...]:
        """The state after some iterations, that have run before."""
        ends = [self.ends[j] for j in self.needed]
        eqns = dce(self.quiet.replace(results=tuple(ends))).eqns

        def step(k: Value, *state: Value) -> Sequence[Value]:
            env = self.env(self.at(op("add", position, k))) | self._state(state)
            return copied(eqns, env, ends)

        return for_(count, state, step, trips=_rolled(trips))

    def _state(self, values: Sequence[Value]) -> dict[Value, Value]:
        return dict(zip((self.state[j] for j in self.needed), values))

    def back(
        self,
        state: Sequence[Value],
        position: Value,
        count: Value,
        cotangents: Sequence[Value],
        collected: Sequence[Value],
        trips: int = -1,
    ) -> tuple[Value, ...]:
        """The cotangents before some iterations: there with a tape, and back, as a checkpoint.

        cotangents  of what is carried, of what is shared, and of whole stacks
        collected   the cotangents of what the loop collects
        """
        return checkpoint(lambda: self._there_and_back(state, position, count, cotangents, collected, trips))

    def _there_and_back(
        self,
        state: Sequence[Value],
        position: Value,
        count: Value,
        cotangents: Sequence[Value],
        collected: Sequence[Value],
        trips: int,
    ) -> Sequence[Value]:
        h, n = self.h, len(self.needed)
        trips = _rolled(trips)
        stacked = trips >= 0
        tapes = [new_tape(_item(s)) for s in h.starts] + [new_tape(v.type) for v in h.kept if not stacked]
        ends = [self.ends[j] for j in self.needed]
        wanted = (*ends, *h.full, *h.kept)
        there = dce(self.quiet.replace(results=wanted)).eqns
        m = len(h.starts)

        def ahead(k: Value, *xs: Value) -> Sequence[Value]:
            mine = xs[n:]
            env = self.env(self.at(op("add", position, k))) | self._state(xs) | dict(zip(h.starts, mine))
            out = copied(there, env, wanted)
            kept = out[n + m :]
            if stacked:
                return out
            return [*out[: n + m], *(op("push", t, v) for t, v in zip(mine[m:], kept))]

        found = for_(count, [*state, *tapes], ahead, trips=trips)
        full, stacks = found[n : n + len(tapes)], found[n + len(tapes) :]
        c = len(cotangents)

        def behind(k: Value, *xs: Value) -> Sequence[Value]:
            mine, rows = xs[c : c + len(tapes)], xs[c + len(tapes) :]
            left = []
            if not stacked:
                popped = [op("pop", t) for t in mine[m:]]
                rows, left = tuple(v for v, _ in popped), [t for _, t in popped]
            at = self.at(op("add", position, k))
            return self._one_back(at, xs[:c], mine[:m], rows, left, collected)

        return for_(count, [*cotangents, *full], behind, trips=trips, reverse=True, rows=stacks)[:c]

    def _one_back(
        self,
        at: Value,
        cotangents: Sequence[Value],
        full: Sequence[Value],
        kept: Sequence[Value],
        left: Sequence[Value],
        collected: Sequence[Value],
    ) -> list[Value]:
        """The cotangents, and tapes, before one iteration."""
        h = self.h
        a = len(h.seeds) - len(collected)
        b = a + len(h.sums)
        given = [op("gather", stack, at) for stack in collected]
        env = self.env(at) | dict(zip(h.kept, kept)) | dict(zip(h.full, full))
        env |= dict(zip(h.seeds, [*cotangents[:a], *given])) | dict(zip(h.sums, cotangents[a:b]))
        out = copied(h.back, env, [*h.found[:a], *h.totals, *h.found[a:], *h.ends])
        c = len(cotangents)
        rows = [op("scatter_set", base, row, at) for base, row in zip(cotangents[b:], out[b:c])]
        return [*out[:b], *rows, *out[c:], *left]


def _rolled(trips: int) -> int:
    """Few iterations count as not known: unrolled, they would be rounded as no loop of many is."""
    return trips if trips > MOST_TRIPS else -1


def _item(tape: Value) -> Type:
    assert tape.type.item is not None
    return tape.type.item


def _read(fn: Function) -> set[Value]:
    """What a function's equations and results read."""
    return {*fn.results, *(v for eqn in fn.eqns for v in reads(eqn))}


__all__ = ["Parts"]
