"""Products that a loop need not wait for: of rows that it reads with a matrix, and sums of outer products.

`W @ x[t]` in a loop over t is row t of `x @ W.T`, one product of matrices for all steps, before it. On the
way back a loop adds one outer product after another to the derivative by a matrix: that, too, is one product,
of the rows of all steps, behind it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Value, count_uses
from ..ir.op import lookup
from ..ir.types import type_of
from .strips import Strips, product

#: Matrices below this size are as fast one vector at a time.
LEAST_SIZE = 256
#: Bytes of rows that may be kept for this, unless the loop keeps as many anyway.
MOST_BYTES = 2**22
_FEW = 8


def ahead(fn: Function) -> Function:
    """Return `fn` with such products taken out of its `for` loops. O(equations)."""
    if not any(eqn.regions for eqn in fn.eqns):
        return fn
    eqns = _walk(fn.eqns)
    return fn if eqns is None else fn.replace(eqns=tuple(eqns))


def _walk(eqns: Sequence[Eqn]) -> list[Eqn] | None:
    """The equations with loops that have such products replaced; None if there are none."""
    out: list[Eqn] = []
    for eqn in eqns:
        inner = [_walk(region.eqns) for region in eqn.regions]
        if any(e is not None for e in inner):
            pairs = zip(eqn.regions, inner)
            regions = tuple(r if e is None else r.replace(eqns=tuple(e)) for r, e in pairs)
            eqn = Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)
        found = _Loop(eqn).run() if eqn.op.name == "for" and eqn.attrs["trips"] >= _FEW else None
        out += [eqn] if found is None else found
    return None if len(out) == len(eqns) and all(a is b for a, b in zip(out, eqns)) else out


class _Loop:
    """One loop, and what is computed before and behind it instead."""

    def __init__(self, eqn: Eqn) -> None:
        self.eqn, (self.body,) = eqn, eqn.regions
        self.trips, self.carried = eqn.attrs["trips"], eqn.attrs["carried"]
        self.makes = {r: e for e in self.body.eqns for r in e.results}
        self.inside = {*self.body.params, *self.makes}
        self.before, self.behind = Builder(), Builder()
        self.replaced: dict[Eqn, list[Eqn]] = {}
        self.strips = Strips(eqn, self.makes, self.inside)
        #: what the loop no longer carries, by its number, and the rows whose products are added instead
        self.sums: dict[int, tuple[Value, Value]] = {}

    def run(self) -> list[Eqn] | None:
        for eqn in self.body.eqns:
            if eqn.op.name == "dot" and not self.take_out(eqn):
                self.take_strips_out(eqn)
        self.find_sums()
        if not self.replaced and not self.sums:
            return None
        eqns = [new for e in self.body.eqns for new in self.replaced.get(e, [e])]
        body = self.body.replace(eqns=tuple(eqns))
        loop = Eqn(
            self.eqn.op,
            self.eqn.operands,
            self.eqn.attrs,
            self.eqn.results,
            self.eqn.loc,
            (body,),
            self.eqn.origin,
        )
        if self.sums:
            loop = self.without_sums(loop)
        return [*self.before.eqns, loop, *self.behind.eqns]

    # before

    def take_out(self, eqn: Eqn) -> bool:
        """Replace the product of a row with a matrix by a row of the product of all rows."""
        for k, (vector, other) in enumerate((eqn.operands, eqn.operands[::-1])):
            gather = self.row(vector)
            m, turned = self.matrix(other)
            if gather is None or m is None:
                continue
            x, at = gather.operands
            contracted: int = eqn.attrs["contract"][1 - k][0]
            axis = 1 - contracted if turned else contracted
            if 8 * x.shape[0] * m.shape[1 - axis] > MOST_BYTES or 2 * self.trips < x.shape[0]:
                continue
            self.before.loc, self.before.origin = eqn.loc, eqn.origin
            with self.before:
                rows = lookup("dot")(x, m, contract=((1,), (axis,)), batch=((), ()))
            row = Eqn(lookup("gather"), (rows, at), {}, eqn.results, eqn.loc, (), eqn.origin)
            self.replaced[eqn] = [row]
            return True
        return False

    def take_strips_out(self, eqn: Eqn) -> None:
        """Replace the product of a row with a part of a matrix by a part of the product of all rows."""
        found = self.strips.find(eqn)
        if found is None:
            return
        line, strip = found
        nbytes = eqn.result.dtype.itemsize * (line.hi - line.lo) * (strip.hi - strip.lo)
        carried = sum(v.type.nbytes for v in self.body.params[1 : 1 + self.carried] if not v.type.dims)
        if strip.array.size < LEAST_SIZE or nbytes > max(MOST_BYTES, carried):
            return
        self.before.loc, self.before.origin = eqn.loc, eqn.origin
        with self.before:
            rows = product(line, strip)
        b = Builder()
        b.loc, b.origin = eqn.loc, eqn.origin
        with b:
            self.strips.part(rows, line, strip, eqn.result.shape[0])
        last = b.eqns.pop()
        b.eqns.append(Eqn(last.op, last.operands, last.attrs, eqn.results, eqn.loc, (), eqn.origin))
        self.replaced[eqn] = b.eqns

    def row(self, v: Value) -> Eqn | None:
        """The equation that reads `v`, if it is a row of a matrix that the loop does not change."""
        eqn = self.makes.get(v)
        if eqn is None or eqn.op.name != "gather" or len(eqn.operands) != 2 or eqn.operands[1].shape:
            return None
        x = eqn.operands[0]
        return eqn if x.ndim == 2 and x not in self.inside and not x.type.dims else None

    def matrix(self, m: Value) -> tuple[Value | None, bool]:
        """A large enough matrix from outside the loop, and whether `m` is that one transposed."""
        eqn = self.makes.get(m)
        turned = eqn is not None and eqn.op.name == "transpose"
        if eqn is not None and turned:
            m = eqn.operands[0]
        fixed = m not in self.inside and m.ndim == 2 and m.type.is_float and not m.type.dims
        return (m if fixed and m.size >= LEAST_SIZE else None), turned

    # behind

    def find_sums(self) -> None:
        uses = count_uses(self.body.eqns, self.body.results)
        room = max(MOST_BYTES, sum(v.type.nbytes for v in self.eqn.operands[1 + self.carried :]))
        kept: set[Value] = set()
        for k in range(self.carried):
            rows = self.outer(k, uses)
            if rows is None:
                continue
            new = {v for v in rows if self.stack(v) is None} - kept
            room -= sum(self.trips * v.type.nbytes for v in new)
            if room < 0:
                return
            kept |= new
            self.sums[k] = rows

    def outer(self, k: int, uses: dict[Value, int]) -> tuple[Value, Value] | None:
        """The vectors whose outer products differentiation adds to what is carried under a number."""
        param, result = self.body.params[1 + k], self.body.results[k]
        add = self.makes.get(result)
        if add is None or add.op.name != "add" or not add.origin or param not in add.operands:
            return None
        term = add.operands[1] if add.operands[0] is param else add.operands[0]
        dot = self.makes.get(term)
        if dot is None or dot.op.name != "dot" or dot.attrs["contract"] != ((), ()):
            return None
        single = uses[param] == uses[term] == uses[result] == 1
        if not single or term.type.dims or dot.attrs["batch"] != ((), ()) or term.size < LEAST_SIZE:
            return None
        u, v = dot.operands
        plain = u.ndim == v.ndim == 1 and {u, v} <= self.inside and not isinstance(param, Const)
        return (u, v) if plain else None

    def stack(self, v: Value) -> Value | None:
        """The array outside whose k-th row this is in iteration k, if there is one."""
        if v in self.body.params[1 + self.carried :]:
            return self.eqn.operands[self.body.params.index(v)]
        eqn = self.makes.get(v)
        if eqn is None or eqn.op.name != "gather" or len(eqn.operands) != 2:
            return None
        x, at = eqn.operands
        whole = x not in self.inside and x.ndim == 2 and x.shape[0] == self.trips
        return x if whole and at is self.body.params[0] else None

    def without_sums(self, loop: Eqn) -> Eqn:
        """The loop without what it only adds up; its rows are collected, and their products are behind it."""
        (body,), n = loop.regions, self.carried
        stays = [k for k in range(n) if k not in self.sums]
        rows = list(dict.fromkeys(v for pair in self.sums.values() for v in pair if self.stack(v) is None))
        added = {self.makes[body.results[k]] for k in self.sums}
        body = body.replace(
            params=(body.params[0], *(body.params[1 + k] for k in stays), *body.params[1 + n :]),
            eqns=tuple(e for e in body.eqns if e not in added),
            results=(*(body.results[k] for k in stays), *body.results[n:], *rows),
        )
        stacks = [Value(type_of(v.dtype, (self.trips, *v.shape)), v.hint) for v in rows]
        operands = (
            loop.operands[0],
            *(loop.operands[1 + k] for k in stays),
            *loop.operands[1 + n :],
        )
        results = (*(loop.results[k] for k in stays), *loop.results[n:], *stacks)
        attrs = {**loop.attrs, "carried": len(stays)}
        collected = dict(zip(rows, stacks))
        self.behind.loc, self.behind.origin = loop.loc, "adjoint"
        for k, pair in self.sums.items():
            self.add_product(loop, k, [collected.get(v) or self.stack(v) for v in pair])
        return Eqn(loop.op, operands, attrs, results, loop.loc, (body,), loop.origin)

    def add_product(self, loop: Eqn, k: int, rows: Sequence[Value | None]) -> None:
        b = self.behind
        with b:
            product = lookup("dot")(*rows, contract=((0,), (0,)), batch=((), ()))
        first, out = loop.operands[1 + k], loop.results[k]
        b.eqns.append(Eqn(lookup("add"), (first, product), {}, (out,), loop.loc, (), "adjoint"))


__all__ = ["ahead"]
