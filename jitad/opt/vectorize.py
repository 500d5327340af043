"""Loops that walk columns, or multiply vectors by one matrix, as operations for all iterations at once.

`for j in range(n): B[i, j] += x[i:] @ B[i:, j]` reads B across its rows, and so does its way back. Where no
iteration needs another, the body is done for all j in nests whose innermost loops run along rows.
`for j in range(n): A[i, j] = A[i, j] @ C` is one product of matrices then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, const, dims_of
from ..ir.op import lookup
from ..ir.types import I64
from .accesses import ADDS, READS, WRITES
from .affine import Form, Forms
from .ahead import LEAST_SIZE, MOST_BYTES
from .batched import Batch, Refused, batched, reshaped, spread
from .dependence import Dependence
from .forward import built, replaced
from .hoist import may_fail
from .independent import Independent
from .indices import Site
from .inside import are_inside, are_sizes, is_safe

_WINDOWS = {"scatter_set": "set_window", "set_window": "set_window"}
_WINDOWS |= {"scatter_add": "add_window", "add_window": "add_window"}
#: Loops that are known to have fewer iterations stay.
_FEW = 8


def vectorize(fn: Function) -> Function:
    """Return `fn` with innermost `for` loops replaced that turn walks over columns into walks along rows.

    Sums over iterations that differentiation made are sums over an axis then; those of the user's program
    keep their order, and their loops. What is dead is left to `dce`.
    """
    walk = _Walk(fn)
    eqns = walk.run(fn.eqns)
    return fn.replace(eqns=tuple(eqns), results=walk.final(fn.results)) if walk.env else fn


class _Walk:
    """One walk over a program; `env` holds what replaces results of loops."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.env: dict[Value, Value] = {}
        self._dependence: Dependence | None = None

    @property
    def dependence(self) -> Dependence:
        if self._dependence is None:
            self._dependence = Dependence(self.fn)
        return self._dependence

    def final(self, values: Sequence[Value]) -> tuple[Value, ...]:
        return tuple(self.env.get(v, v) for v in values)

    def run(self, eqns: Sequence[Eqn]) -> list[Eqn]:
        out: list[Eqn] = []
        for eqn in eqns:
            found = self.loop(eqn) if eqn.op.name == "for" else None
            if found is not None:
                out += [replaced(e, self.env) for e in found]
                continue
            if eqn.regions:
                regions = tuple(r.replace(eqns=tuple(self.run(r.eqns))) for r in eqn.regions)
                if any(a.eqns != b.eqns for a, b in zip(regions, eqn.regions)):
                    eqn = Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)
            out.append(replaced(eqn, self.env) if self.env else eqn)
        return out

    def loop(self, eqn: Eqn) -> list[Eqn] | None:
        """What replaces a loop, its results entered; None if it stays."""
        (body,) = eqn.regions
        if 0 <= eqn.attrs["trips"] < _FEW or any(e.regions for e in body.eqns):
            return None
        if not _turns(body) and not _multiplies(eqn):
            return None
        try:
            eqns, results = _Loop(self.dependence, eqn).run()
        except Refused:
            return None
        self.env.update(zip(eqn.results, results))
        return eqns


def _turns(body: Function) -> bool:
    """Whether some equation accesses a column, and the next iteration the one beside it."""
    forms = Forms(body.eqns)
    for eqn in body.eqns:
        if eqn.op.name in ("window", "set_window", "add_window"):
            x, part = eqn.operands[0], eqn.results[0] if eqn.op.name == "window" else eqn.operands[1]
            start = forms[eqn.operands[-1]]
            across = part.shape[-1] == 1 and any(n != 1 for n in part.shape)
            if x.ndim > 1 and across and abs(start.factor(body.params[0])) == 1:
                return True
    return False


def _multiplies(loop: Eqn) -> bool:
    """Whether a loop of known length multiplies vectors by a matrix, and all vectors are not too much."""
    (body,) = loop.regions
    inside = {*body.params, *(r for e in body.eqns for r in e.results)}
    vectors = [r.type for e in body.eqns for r in e.results if r.ndim == 1 and r.type.item is None]
    if loop.attrs["trips"] < 0 or any(t.dims for t in vectors):
        return False
    if loop.attrs["trips"] * sum(t.nbytes for t in vectors) > MOST_BYTES:
        return False
    return any(e.op.name == "dot" and _by_matrix(e, inside) for e in body.eqns)


def _by_matrix(eqn: Eqn, inside: Collection[Value]) -> bool:
    """Whether a product is one of a vector that changes with a large enough matrix that does not."""
    for vector, matrix in (eqn.operands, eqn.operands[::-1]):
        if vector in inside and vector.ndim == 1 and matrix not in inside and matrix.ndim == 2:
            return not matrix.type.dims and matrix.size >= LEAST_SIZE
    return False


class _Loop:
    """A `for` that is done for all its iterations at once, unless something is found that forbids it."""

    def __init__(self, dependence: Dependence, eqn: Eqn) -> None:
        self.dependence, self.eqn, (self.body,) = dependence, eqn, eqn.regions
        self.indices = dependence.indices
        self.site: Site = self.indices.sites[eqn, 0]
        self.k = self.body.params[0]
        self.carried: int = eqn.attrs["carried"]
        self.runs = eqn.attrs["trips"] > 0
        self.forms = Forms(self.body.eqns)
        self.inside = {*self.body.params, *(r for e in self.body.eqns for r in e.results)}
        self.b = Builder()
        self.env: dict[Value, Batch] = {}
        independent = Independent(dependence, self.site)
        self.arrays, self.sums = independent.arrays, independent.sums
        self.sign = 0
        self.n: Any = None
        self.first: Value = const(0, I64)

    def run(self) -> tuple[list[Eqn], list[Value]]:
        inits = self.eqn.operands[1 : self.carried + 1]
        self.env.update((p, Batch(v)) for p, v in zip(self.body.params[1:], inits))
        stacks = zip(self.body.params[self.carried + 1 :], self.eqn.operands[self.carried + 1 :])
        self.env.update((p, Batch(s, 0)) for p, s in stacks)
        self.b.loc, self.b.origin = self.eqn.loc, self.eqn.origin
        with self.b:
            self.count()
            for eqn in self.body.eqns:
                self.b.loc, self.b.origin = eqn.loc, eqn.origin
                self.visit(eqn)
            return self.b.eqns, [self.result(j, r) for j, r in enumerate(self.body.results)]

    def count(self) -> None:
        """The number of iterations as a dimension, and the counter of the one with the lowest places."""
        trips = self.eqn.attrs["trips"]
        signs = {self.sign_of(eqn) for eqn in self.body.eqns} - {0}
        if len(signs) != 1 or (signs == {-1} and len(self.eqn.operands) > self.carried + 1):
            raise Refused
        (self.sign,) = signs
        if trips >= 0:
            self.n = trips
        else:
            self.n = self.eqn.operands[0]
            if self.indices.interval(self.n).lo < 0:
                self.n = lookup("maximum")(self.n, const(0, I64))
        if self.sign < 0:
            last = const(trips - 1, I64) if trips >= 0 else lookup("sub")(self.n, const(1, I64))
            self.first = last

    def sign_of(self, eqn: Eqn) -> int:
        """Whether the place of what an equation reads or writes grows or falls with the counter."""
        if eqn.op.name not in _WINDOWS and eqn.op.name not in ("gather", "window"):
            return 0
        factors = {self.forms[i].factor(self.k) for i in self.places(eqn) if not i.shape} - {0}
        if len(factors) > 1 or not factors <= {1, -1}:
            raise Refused
        return factors.pop() if factors else 0

    @staticmethod
    def places(eqn: Eqn) -> tuple[Value, ...]:
        return eqn.operands[2 if eqn.op.name in WRITES else 1 :]

    # equations

    def visit(self, eqn: Eqn) -> None:
        if any(d in self.inside for d in dims_of(eqn)) or len(eqn.results) != 1:
            raise Refused
        if not self.runs and not are_sizes(self.indices, self.site.around, eqn):
            raise Refused
        out = eqn.results[0]
        base = eqn.operands[0] if eqn.operands else out
        if not out.shape and self.forms[out].factor(self.k):
            return  # an index: what it is used for is known from its form
        if eqn.op.name in WRITES and base in self.arrays:
            self.env[out] = Batch(self.write(eqn))
        elif eqn.op.name in READS and self.value(base).axis is None:
            self.env[out] = self.read(eqn)
        elif out in self.sums:
            self.env[out] = Batch(self.added(eqn))
        else:
            self.env[out] = self.computed(eqn)
        found = self.env[out]
        if found.axis is not None and sum(n != 1 for n in out.shape) > 1:
            raise Refused

    def value(self, v: Value) -> Batch:
        if v not in self.inside:
            return Batch(v)
        if v not in self.env:
            raise Refused
        return self.env[v]

    def computed(self, eqn: Eqn) -> Batch:
        if any(v in self.arrays or v in self.sums for v in eqn.operands):
            raise Refused
        xs = [self.value(v) for v in eqn.operands]
        if any(x.axis is not None for x in xs):
            if may_fail(eqn):
                raise Refused
            return batched(eqn, xs, self.n)
        if may_fail(eqn) and not self.runs:
            raise Refused
        return Batch(self.b.emit(eqn.op, tuple(x.value for x in xs), eqn.attrs))

    def added(self, eqn: Eqn) -> Value:
        """A sum with all that the iterations add."""
        x, y = eqn.operands
        total, part = (x, y) if x in self.sums else (y, x)
        found = self.value(part)
        if part in self.sums or part in self.arrays or found.axis is None:
            raise Refused
        return lookup("add")(self.value(total).value, lookup("sum")(found.value, axes=(found.axis,)))

    # parts of arrays

    def varying(self, eqn: Eqn) -> int | None:
        """The axis along which an access moves from one iteration to the next; None: it does not."""
        found = [a for a, i in enumerate(self.places(eqn)) if self.form(i).factor(self.k)]
        if len(found) > 1:
            raise Refused
        return found[0] if found else None

    def form(self, i: Value) -> Form:
        form = self.forms[i]
        if i.shape or any(v in self.inside and v is not self.k for v, _ in form.terms):
            raise Refused
        return form

    def start(self, i: Value) -> Value:
        return built(self.form(i), self.k, self.first, self.forms.order)

    def starts(self, eqn: Eqn, ndim: int) -> list[Value]:
        found = [self.start(i) for i in self.places(eqn)]
        return found + [const(0, I64)] * (ndim - len(found))

    def read(self, eqn: Eqn) -> Batch:
        x = self.value(eqn.operands[0]).value
        axis = None if eqn.op.name == "slice" else self.varying(eqn)
        if axis is None:
            return self.same_part(eqn, x)
        shape, step = self.box(eqn, x, eqn.results[0].shape, axis)
        part = lookup("window")(x, *self.starts(eqn, x.ndim), step=step, shape=shape)
        rest = eqn.results[0].shape
        at = axis if eqn.op.name == "window" else 0
        return Batch(reshaped(part, (*rest[:at], self.n, *rest[at:])), at)

    def same_part(self, eqn: Eqn, x: Value) -> Batch:
        """What all iterations read at the same place: one that exists even if there are none."""
        if not self.runs:
            self.require_place(eqn, x)
        if eqn.op.name == "slice":
            return Batch(eqn.op(x, **eqn.attrs))
        return Batch(eqn.op(x, *[self.start(i) for i in self.places(eqn)], **eqn.attrs))

    def require_place(self, eqn: Eqn, x: Value) -> None:
        around = self.site.around
        if eqn.op.name == "gather":
            places = zip(self.places(eqn), x.shape)
            exists = all(are_inside(self.indices, around, i, 1, 1, n) for i, n in places)
        else:
            exists = is_safe(self.indices, around, eqn)
        if not exists:
            raise Refused

    def box(self, eqn: Eqn, x: Value, part: tuple[Any, ...], axis: int) -> tuple[Any, Any]:
        """Shape and steps of the region that the iterations access together."""
        if eqn.op.name in ("gather", "scatter_set", "scatter_add"):
            places = self.places(eqn)
            if not all(are_inside(self.indices, self.site, i, 1, 1, m) for i, m in zip(places, x.shape)):
                raise Refused
            shape = [*[1] * len(places), *x.shape[len(places) :]]
            step = [1] * x.ndim
        else:
            shape, step = list(part), list(eqn.attrs["step"])
            if shape[axis] != 1:
                raise Refused
        shape[axis], step[axis] = self.n, 1
        return tuple(shape), tuple(step)

    def write(self, eqn: Eqn) -> Value:
        x, update = self.value(eqn.operands[0]).value, eqn.operands[1]
        if update in self.arrays or update in self.sums:
            raise Refused
        u = self.value(update)
        axis = None if eqn.op.name in ("set_at", "add_at") else self.varying(eqn)
        if axis is None:
            if eqn.op.name not in ADDS or not eqn.origin or u.axis is None:
                raise Refused
            total = lookup("sum")(u.value, axes=(u.axis,))
            return eqn.op(x, total, *[self.start(i) for i in self.places(eqn)], **eqn.attrs)
        shape, step = self.box(eqn, x, update.shape, axis)
        at = axis if eqn.op.name in ("set_window", "add_window") else 0
        part = reshaped(spread(u, update.shape, at, self.n), shape)
        return lookup(_WINDOWS[eqn.op.name])(x, part, *self.starts(eqn, x.ndim), step=step)

    def result(self, j: int, v: Value) -> Value:
        if j < self.carried:
            return self.value(v).value
        if v in self.arrays or v in self.sums:
            raise Refused
        return spread(self.value(v), v.shape, 0, self.n)


__all__ = ["vectorize"]
