"""Loops reversed: what an iteration keeps is stacked (or pushed on tapes) and read by a loop that runs back.

A `for` whose trips are known before it, as a number or value, stacks, one row an iteration. Elsewhere, as in
a `while`, values are pushed on tapes that grow; the way back of a `while` is a `for` over the trips counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Loc, Value, const, free_values, renamed
from ..ir.op import lookup
from ..ir.types import I64, Dim, is_int, tape_of, type_of
from .cotangents import Cotangents
from .halves import Halves, halves
from .kept import Account, Kept, Schedule
from .tangent import zeros
from .tapes import Tapes

_INDEX = type_of(I64)


@dataclass
class LoopReversal:
    """How one loop is run back.

    count      of iterations
    carried    per active carried value: its first value, its last
    rows       active stacked operands; `collected`: active stacked results
    shared     active values from around the loop
    starts     the tapes that the loop carries, before it
    given      per stacked operand that the way back reads, its rows' parameter
    stacks     what was kept
    """

    eqn: Eqn
    forward: list[Eqn]
    halves: Halves
    tapes: Tapes
    index: Value
    count: Value
    carried: list[tuple[Value, Value]]
    rows: list[Value]
    collected: list[Value]
    shared: list[Value]
    starts: list[Value]
    given: dict[Value, Value]
    stacks: list[Value]

    def reverse(self, cotangents: Cotangents) -> None:
        """Append the loop back; see `Reversal`."""
        h, full = self.halves, self.tapes.full
        of = lambda v: cotangents.take(v) or zeros(v.type)
        ends = [of(last) for _, last in self.carried]
        collected = [of(v) for v in self.collected]
        sums = [of(v) for v in self.shared]
        tapes = [full[t] for t in self.starts]
        body = self._body()
        read = set(free_values(body.replace(params=())))
        given = [(row, stack) for row, stack in self.given.items() if row in read]
        params = (*body.params, *(row for row, _ in given), *self._kept_rows(), *h.seeds[len(self.carried) :])
        body = renamed(body.replace(params=params), {})
        carried = [*ends, *sums, *tapes]
        operands = (self.count, *carried, *(s for _, s in given), *self.stacks, *collected)
        attrs = {**_attributes(self.forward[-1]), "carried": len(carried)}
        new = [
            Value(t, "ct") for t in lookup("for").infer(*[v.type for v in operands], regions=(body,), **attrs)
        ]
        b = cotangents.builder
        b.eqns.append(Eqn(lookup("for"), operands, attrs, tuple(new), self.eqn.loc, (body,), b.origin))
        out = iter(new)
        starts = [next(out) for _ in self.carried]
        for v in self.shared:
            cotangents.add(v, next(out))
        for t in self.starts:
            self.tapes.ends[t] = next(out)
        for (first, _), ct in zip(self.carried, starts):
            cotangents.add(first, ct)
        for v in self.rows:
            cotangents.add(v, next(out))

    def _kept_rows(self) -> list[Value]:
        return self.halves.kept if self.stacks else []

    def _body(self) -> Function:
        """The body of the way back; rows of stacks are yet to be made its parameters."""
        h, n = self.halves, len(self.carried)
        b = Builder(self.eqn.regions[-1].name)
        pushed = [] if self.stacks else h.kept
        taken = [Value(tape_of(v.type), "tape") for v in pushed]
        left = [Value(tape_of(v.type), "tape") for v in pushed]
        for v, before, after in zip(pushed, taken, left):
            b.eqns.append(Eqn(lookup("pop"), (before,), {}, (v, after), self.eqn.loc, (), "adjoint"))
        b.eqns.extend(h.back)
        b.params = [self.index, *h.seeds[:n], *h.sums, *h.full, *taken]
        return b.finish([*h.found[:n], *h.totals, *h.ends, *left, *h.found[n:]], self.eqn.loc)


def _attributes(eqn: Eqn) -> dict:
    """Those of the way back."""
    if eqn.op.name == "while":
        return {"trips": -1, "reverse": True}
    return {**eqn.attrs, "reverse": not eqn.attrs["reverse"]}


@dataclass
class Cut:
    """A loop whose body is cut in two.

    on      which carried values are active; `into`: which stacked operands, `out_of`: which stacked results
    shared  active values from around the loop
    """

    eqn: Eqn
    halves: Halves
    on: list[int]
    into: list[int]
    out_of: list[int]
    shared: list[Value]


def cut(eqn: Eqn, active: set[Value], account: Account) -> Cut:
    """The body of a `for` or `while`, cut where least is kept."""
    return (_cut_for if eqn.op.name == "for" else _cut_while)(eqn, active, account)


def _cut_for(eqn: Eqn, active: set[Value], account: Account) -> Cut:
    (body,) = eqn.regions
    n = eqn.attrs["carried"]
    index, state, rows = body.params[0], body.params[1 : n + 1], body.params[n + 1 :]
    on = [j for j in range(n) if state[j] in active or eqn.results[j] in active]
    into = [k for k, p in enumerate(rows) if p in active]
    out_of = [k for k, r in enumerate(eqn.results[n:], n) if r in active]
    shared = [v for v in free_values(body) if v in active]
    h = halves(
        body,
        active,
        [body.results[k] for k in (*on, *out_of)],
        [*(state[j] for j in on), *(rows[k] for k in into)],
        shared,
        {index, *rows},
        account,
    )
    return Cut(eqn, h, on, into, out_of, shared)


def _cut_while(eqn: Eqn, active: set[Value], account: Account) -> Cut:
    body = eqn.regions[1]
    state = body.params
    on = [j for j, p in enumerate(state) if p in active or eqn.results[j] in active]
    shared = [v for v in free_values(body) if v in active]
    out, into = [body.results[j] for j in on], [state[j] for j in on]
    h = halves(body, active, out, into, shared, set(), account)
    return Cut(eqn, h, on, [], [], shared)


def reverse_loop(eqn: Eqn, active: set[Value], tapes: Tapes) -> LoopReversal:
    """The reversal of a `for` or `while`."""
    return uncut(cut(eqn, active, tapes.account), tapes)


def uncut(found: Cut, tapes: Tapes) -> LoopReversal:
    """The reversal of a loop that keeps a part of every iteration."""
    tapes.account.loops.append(entry(found))
    return (_reverse_for if found.eqn.op.name == "for" else _reverse_while)(found, tapes)


def _reverse_for(found: Cut, tapes: Tapes) -> LoopReversal:
    eqn, h = found.eqn, found.halves
    (body,) = eqn.regions
    n = eqn.attrs["carried"]
    index, state, rows = body.params[0], body.params[1 : n + 1], body.params[n + 1 :]
    inits, stacks = eqn.operands[1 : n + 1], eqn.operands[n + 1 :]
    length, setup = rows_of(eqn, tapes) if h.kept else (None, [])
    passing = _Passing(h, tapes, h.kept if length is None else [], eqn.loc)
    kept = [] if length is None else h.kept
    stacked = [Value(v.type.with_shape((length, *v.type.shape)), v.hint) for v in kept]
    attrs = eqn.attrs if is_int(length) or length is None else {**eqn.attrs, "rows": length}
    forward = Eqn(
        eqn.op,
        (eqn.operands[0], *inits, *passing.starts, *stacks),
        {**attrs, "carried": n + len(passing.starts)},
        (*eqn.results[:n], *passing.full, *eqn.results[n:], *stacked),
        eqn.loc,
        (
            body.replace(
                params=(index, *state, *passing.params, *rows),
                eqns=(*h.forward, *passing.eqns),
                results=(*h.results[:n], *passing.results, *h.results[n:], *kept),
            ),
        ),
        eqn.origin,
    )
    return LoopReversal(
        eqn,
        [*setup, forward],
        h,
        tapes,
        index,
        eqn.operands[0],
        [(inits[j], eqn.results[j]) for j in found.on],
        [stacks[k] for k in found.into],
        [eqn.results[k] for k in found.out_of],
        found.shared,
        passing.starts,
        dict(zip(rows, stacks)),
        stacked,
    )


def rows_of(eqn: Eqn, tapes: Tapes) -> tuple[Dim | None, list[Eqn]]:
    """How many rows the stacks of a `for` have, and equations that compute it; None: its trips are not known.

    A number, or a value that is not negative and known before everything that is reversed.
    """
    if eqn.attrs["trips"] >= 0:
        return eqn.attrs["trips"], []
    if "rows" in eqn.attrs:
        return eqn.attrs["rows"], []
    account, count = tapes.account, eqn.operands[0]
    if not account.measured or account.memory is None or isinstance(count, Const):
        return None, []
    positive = account.memory.indices.interval(count).lo >= 0
    if positive and (tapes.outermost or count in account.sizes):
        return count, []
    if not tapes.outermost:
        return None, []
    rows = Value(_INDEX, "rows")
    return rows, [Eqn(lookup("maximum"), (count, const(0, I64)), {}, (rows,), eqn.loc, (), eqn.origin)]


def _reverse_while(found: Cut, tapes: Tapes) -> LoopReversal:
    """The iterations of a `while` are counted."""
    eqn, h = found.eqn, found.halves
    test, body = eqn.regions
    state = body.params
    passing = _Passing(h, tapes, h.kept, eqn.loc)
    before, after, count = (Value(_INDEX, "trips") for _ in range(3))
    one_more = Eqn(lookup("add"), (before, const(1, I64)), {}, (after,), eqn.loc, (), eqn.origin)
    forward = Eqn(
        eqn.op,
        (*eqn.operands, *passing.starts, const(0, I64)),
        {},
        (*eqn.results, *passing.full, count),
        eqn.loc,
        (
            test.replace(params=(*test.params, *(Value(p.type) for p in (*passing.params, before)))),
            body.replace(
                params=(*state, *passing.params, before),
                eqns=(*h.forward, *passing.eqns, one_more),
                results=(*h.results, *passing.results, after),
            ),
        ),
        eqn.origin,
    )
    return LoopReversal(
        eqn,
        [forward],
        h,
        tapes,
        Value(_INDEX, "k"),
        count,
        [(eqn.operands[j], eqn.results[j]) for j in found.on],
        [],
        [],
        found.shared,
        passing.starts,
        {},
        [],
    )


def entry(found: Cut, schedule: Schedule | None = None) -> Kept:
    """What the account says of a loop."""
    eqn, h = found.eqn, found.halves
    trips, derived = eqn.attrs.get("trips", -1), eqn.origin != ""
    return Kept(eqn.loc, eqn.op.name, h.nbytes, trips, h.saved, h.recomputed, schedule, derived)


class _Passing:
    """The tapes that a forward loop carries: those of inner loops, and one for each value it pushes.

    starts, params, results, full  before the loop, in its body before and after, and after the loop
    """

    def __init__(self, h: Halves, tapes: Tapes, pushed: Sequence[Value], loc: Loc | None) -> None:
        threads = [Value(s.type, "tape") for s in h.starts]
        pushes = [Value(tape_of(v.type), "tape") for v in pushed]
        before = [Value(t.type, "tape") for t in pushes]
        after = [Value(t.type, "tape") for t in pushes]
        op = lookup("push")
        self.eqns = [Eqn(op, (t, v), {}, (u,), loc) for t, v, u in zip(before, pushed, after)]
        self.starts = [tapes.adopt(t) for t in (*threads, *pushes)]
        self.params = [*h.starts, *before]
        self.results = [*h.full, *after]
        self.full = [Value(t.type, "tape") for t in self.starts]
        tapes.full.update(zip(self.starts, self.full))
