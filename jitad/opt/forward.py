"""Elements of carried arrays: read where the iteration before wrote, written where nothing reads again.

`y[i] = f(y[i - 1])` reads what the iteration before has just written: a carried number takes the place of
the read, and the way from one iteration to the next, in derivatives too, leads through registers. On the
way back the cotangent of `y[i]` is read and then set to zero where nothing looks any more: without that
write the array is no longer carried.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from ..ir.builder import Builder
from ..ir.graph import (
    Const,
    Eqn,
    Function,
    Value,
    const,
    free_values,
    reads,
    retyped,
    retyped_params,
    substitute,
)
from ..ir.op import lookup
from ..ir.types import I64
from .affine import Form, Forms


class Access(NamedTuple):
    """One read or write of single elements, and where."""

    eqn: Eqn
    at: tuple[Form, ...]


def forward(fn: Function) -> Function:
    """Return `fn` with such reads and writes of its `for` loops replaced, inner loops first. O(equations)."""
    if not any(eqn.regions for eqn in fn.eqns):
        return fn
    eqns = _walk(fn.eqns, fn.results)
    return fn if eqns is None else fn.replace(eqns=tuple(eqns))


def _walk(eqns: Sequence[Eqn], results: Sequence[Value]) -> list[Eqn] | None:
    live: set[Value] = set(results)
    for eqn in eqns:
        live.update(reads(eqn))
    b = Builder()
    changed = False
    for eqn in eqns:
        if not eqn.regions:
            b.eqns.append(eqn)
            continue
        regions = []
        for region in eqn.regions:
            inner = _walk(region.eqns, region.results)
            regions.append(region if inner is None else region.replace(eqns=tuple(inner)))
        if any(a is not r for a, r in zip(regions, eqn.regions)):
            eqn = Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, tuple(regions), eqn.origin)
            changed = True
        if eqn.op.name == "for":
            loop = _Loop(eqn)
            needed = _without_dead_writes(loop, live)
            new = _carried_elements(loop if needed is eqn else _Loop(needed), b)
            changed = changed or new is not eqn
            eqn = new
        b.eqns.append(eqn)
    return b.eqns if changed else None


class _Loop:
    """A `for`, and how its body uses one carried array."""

    def __init__(self, eqn: Eqn) -> None:
        self.eqn = eqn
        (self.body,) = eqn.regions
        self.n: int = eqn.attrs["carried"]
        self.index = self.body.params[0]
        self.state = self.body.params[1 : self.n + 1]
        self.forms = Forms(self.body.eqns)
        self.step = -1 if eqn.attrs["reverse"] else 1
        self.makes = {r: e for e in self.body.eqns for r in e.results}
        self.inside = {*self.body.params[1:], *self.makes}

    def write(self, j: int) -> Access | None:
        """The one write of the carried array j, if it is of single elements and makes the result."""
        found = self.makes.get(self.body.results[j])
        if found is None or found.op.name != "scatter_set" or found.operands[0] is not self.state[j]:
            return None
        base, update, *idx = found.operands
        if update.type.shape or len(idx) != base.ndim:
            return None
        return self._access(found, idx)

    def reads(self, j: int, write: Eqn) -> list[Access] | None:
        """The reads of the carried array j as the iteration finds it; None if it is used otherwise, too."""
        found = []
        p = self.state[j]
        for eqn in self.body.eqns:
            if any(p in free_values(region) for region in eqn.regions):
                return None
            if eqn is write or p not in eqn.operands:
                continue
            base, *idx = eqn.operands
            if eqn.op.name != "gather" or base is not p or len(idx) != base.ndim or eqn.results[0].type.shape:
                return None
            found.append(self._access(eqn, idx))
        return found

    def _access(self, eqn: Eqn, idx: Sequence[Value]) -> Access:
        return Access(eqn, tuple(self.forms[i] for i in idx))

    def is_fixed(self, form: Form) -> bool:
        """Whether all that a form reads, the counter aside, is known before the loop."""
        return all(v is self.index or v not in self.inside for v, _ in form.terms)


def _without_dead_writes(loop: _Loop, live: Collection[Value]) -> Eqn:
    """The loop without writes into carried arrays that no later iteration, and nothing after it, reads."""
    eqn = loop.eqn
    results = list(loop.body.results)
    for j in range(loop.n):
        if eqn.results[j] in live or not loop.state[j].ndim:
            continue
        write = loop.write(j)
        if write is None or _uses(loop.body, results[j]) != 1:
            continue
        reads = loop.reads(j, write.eqn)
        if reads is not None and not any(_later(loop, write, read) for read in reads):
            results[j] = loop.state[j]
    if tuple(results) == loop.body.results:
        return eqn
    body = loop.body.replace(results=tuple(results))
    return Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, (body,), eqn.origin)


def _uses(body: Function, v: Value) -> int:
    """How often a value is read in a body."""
    count = sum(r is v for r in body.results)
    for eqn in body.eqns:
        count += sum(o is v for o in eqn.operands)
        count += sum(v in free_values(region) for region in eqn.regions)
    return count


def _later(loop: _Loop, write: Access, read: Access) -> bool:
    """Whether a later iteration may read an element that an iteration wrote."""
    for w, r in zip(write.at, read.at):
        n = w.factor(loop.index)
        if n == 0 or n != r.factor(loop.index) or not (loop.is_fixed(w) and loop.is_fixed(r)):
            continue
        apart = w.plus(r, -1)  # n·k + r = n·j + w: the read comes k − j = (w − r)/n counts after the write
        if apart.terms:
            continue
        if apart.offset % n or (apart.offset // n) * loop.step <= 0:
            return not (_nonnegative(loop, w) and _nonnegative(loop, r))
    return True


def _nonnegative(loop: _Loop, form: Form) -> bool:
    """Whether an index is surely counted from the front, so that different numbers are different elements."""
    trips = loop.eqn.attrs["trips"]
    if trips < 0 or any(v is not loop.index for v, _ in form.terms):
        return False
    ends = (form.offset, form.offset + form.factor(loop.index) * max(trips - 1, 0))
    return min(ends) >= 0


def _carried_elements(loop: _Loop, b: Builder) -> Eqn:
    """The loop with reads of what the iteration before wrote replaced by carried numbers."""
    firsts: list[Value] = []
    params: list[Value] = []
    ends: list[Value] = []
    env: dict[Value, Value] = {}
    for j in range(loop.n):
        write = loop.write(j)
        if write is None:
            continue
        before = tuple(form.moved(loop.index, -loop.step) for form in write.at)
        if not all(loop.is_fixed(form) for form in write.at):
            continue
        same = [
            e
            for e in loop.body.eqns
            if e.op.name == "gather"
            and e.operands[0] is loop.state[j]
            and tuple(loop.forms[i] for i in e.operands[1:]) == before
        ]
        if not same:
            continue
        param = Value(same[0].results[0].type, same[0].results[0].hint)
        firsts.append(_first(loop, j, before, b))
        params.append(param)
        ends.append(write.eqn.operands[1])
        env.update((e.results[0], param) for e in same)
    if not params:
        return loop.eqn
    return _with_carried(loop, firsts, params, ends, env)


def _with_carried(
    loop: _Loop, firsts: list[Value], params: list[Value], ends: list[Value], env: dict[Value, Value]
) -> Eqn:
    eqn, body, n = loop.eqn, loop.body, loop.n
    kept = [replaced(e, env) for e in body.eqns if e.results[0:1] == () or e.results[0] not in env]
    results = substitute((*body.results[:n], *ends, *body.results[n:]), env)
    new = body.replace(
        params=(loop.index, *loop.state, *params, *body.params[n + 1 :]), eqns=tuple(kept), results=results
    )
    extra = tuple(Value(p.type) for p in params)
    return Eqn(
        eqn.op,
        (*eqn.operands[: n + 1], *firsts, *eqn.operands[n + 1 :]),
        {**eqn.attrs, "carried": n + len(params)},
        (*eqn.results[:n], *extra, *eqn.results[n:]),
        eqn.loc,
        (new,),
        eqn.origin,
    )


def replaced(eqn: Eqn, env: dict[Value, Value]) -> Eqn:
    """The equation reading what `env` says; regions too."""
    eqn = retyped(eqn, env)
    regions = tuple(
        r.replace(
            params=retyped_params(r, env),
            eqns=tuple(replaced(e, env) for e in r.eqns),
            results=substitute(r.results, env),
        )
        for r in eqn.regions
    )
    return Eqn(eqn.op, substitute(eqn.operands, env), eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)


def _first(loop: _Loop, j: int, before: tuple[Form, ...], b: Builder) -> Value:
    """The element that the first iteration reads, in the builder of the code before the loop."""
    eqn = loop.eqn
    count, array = eqn.operands[0], eqn.operands[1 + j]
    start = const(0, I64)
    b.loc, b.origin = eqn.loc, eqn.origin
    static = eqn.attrs["trips"]
    if static >= 0:
        with b:
            start = const(static - 1, I64) if loop.step < 0 else start
            return _element(loop, array, before, start)
    with b:
        runs = lookup("gt")(count, const(0, I64))
    inner = Builder("first")
    with inner:
        inner.loc, inner.origin = eqn.loc, eqn.origin
        if loop.step < 0:
            start = lookup("sub")(count, const(1, I64))
        found = _element(loop, array, before, start)
    then = inner.finish([found])
    orelse = Builder("none").finish([const(0, array.dtype)])
    with b:
        (out,) = b.emit(lookup("cond"), (runs,), {}, (then, orelse))
    return out


def _element(loop: _Loop, array: Value, at: tuple[Form, ...], start: Value) -> Value:
    idx = [built(form, loop.index, start, loop.forms.order) for form in at]
    return lookup("gather")(array, *idx)


def built(form: Form, index: Value, start: Value, order: dict[Value, int]) -> Value:
    """The integer that a form is with `start` for the counter."""
    total: Value = const(form.offset, I64)
    for v, n in sorted(form.terms, key=lambda term: order[term[0]]):
        v = start if v is index else v
        if isinstance(v, Const) and isinstance(total, Const):
            total = const(int(total.data) + n * int(v.data), I64)
            continue
        scaled = v if n == 1 else lookup("mul")(v, const(n, I64))
        total = scaled if isinstance(total, Const) and total.data == 0 else lookup("add")(scaled, total)
    return total
