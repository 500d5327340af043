"""Elements of arrays that a loop reads or writes at one place all the time: numbers, kept out of memory.

`A[i, j] -= A[i, k] * A[k, j]` in a loop over k changes one element of A and reads others. Where these are
proven to be others, the element is a number that the loop carries, and A is only read.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Value, substitute
from ..ir.op import lookup
from .constraints import Constraints, other_run
from .dependence import Dependence
from .flatten import flatten
from .forward import replaced
from .indices import Site
from .polyhedron import number

_STORES = frozenset({"scatter_set", "scatter_add"})


def promote(fn: Function) -> Function:
    """Return `fn` with such elements of its `for` loops promoted, inner loops first."""
    while any(eqn.regions for eqn in fn.eqns):
        walk = _Walk(Dependence(fn))
        eqns = walk.run(fn.eqns, None)
        if not walk.changed:
            break
        fn = flatten(fn.replace(eqns=tuple(eqns)))  # what is carried unchanged is carried no more
    return fn


class _Walk:
    """One walk over a program; a loop in which another one was changed waits for the next."""

    def __init__(self, dependence: Dependence) -> None:
        self.dependence = dependence
        self.changed = False

    def run(self, eqns: Sequence[Eqn], around: Site | None) -> list[Eqn]:
        out: list[Eqn] = []
        before, any_changed = self.changed, False
        for eqn in eqns:
            if not eqn.regions:
                out.append(eqn)
                continue
            self.changed = False
            sites = [self.dependence.indices.sites[eqn, k] for k in range(len(eqn.regions))]
            regions = tuple(s.region.replace(eqns=tuple(self.run(s.region.eqns, s))) for s in sites)
            if self.changed:
                out.append(Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin))
            elif eqn.op.name == "for" and eqn.attrs["trips"] != 0:
                found = _Loop(self.dependence, eqn, sites[0]).promoted()
                self.changed = found != [eqn]
                out += found
            else:
                out.append(eqn)
            any_changed = any_changed or self.changed
        self.changed = before or any_changed
        return out


class _Element:
    """An element that a loop carries as a number: of which carried array, where, who writes and reads it."""

    def __init__(self, k: int, idx: tuple[Value, ...], writes: list[Eqn], reads: list[Eqn]) -> None:
        self.k, self.idx, self.writes, self.reads = k, idx, writes, reads
        self.param = Value(writes[0].operands[1].type)


class _Loop:
    """A `for`, and what can be promoted of it."""

    def __init__(self, dependence: Dependence, eqn: Eqn, site: Site) -> None:
        self.dependence, self.eqn, self.site, self.body = dependence, eqn, site, site.region
        self.other = other_run(dependence.indices, site)
        self.n: int = eqn.attrs["carried"]

    def promoted(self) -> list[Eqn]:
        """The loop, with what stands before and behind it."""
        elements = [e for k in range(self.n) for e in self.elements(k)]
        mine = {read for e in elements for read in e.reads}
        reads = {e: a for e in self.body.eqns if e not in mine and (a := self.same_before(e)) is not None}
        return self.rebuilt(elements, reads) if elements or reads else [self.eqn]

    # what stays in its place

    def is_outside(self, v: Value) -> bool:
        return isinstance(v, Const) or not self.dependence.indices.is_inside(v, self.site)

    def is_safe(self, array: Value, idx: Sequence[Value]) -> bool:
        """Whether an element can be read where the loop may not run: its indices are known to be inside."""
        if self.eqn.attrs["trips"] > 0:
            return True
        indices = self.dependence.indices
        constraints = Constraints(indices)
        constraints.at(self.site.around)
        for i, n in zip(idx, array.shape):
            size = indices.sum(n) if isinstance(n, Value) else number(n)
            at, size = constraints.named(indices.sum(i)), constraints.named(size)
            below, above = at.plus(size).times(-1).shifted(-1), at.plus(size, -1)
            if not (constraints.exclude([below]) and constraints.exclude([above])):
                return False
        return True

    def is_one_place(self, idx: Sequence[Value]) -> bool:
        return all(not i.shape and self.is_outside(i) for i in idx)

    # reads of what no iteration changes

    def same_before(self, eqn: Eqn) -> Value | None:
        """The array before the loop that has what an equation of the body reads; None if it may change."""
        if eqn.op.name != "gather" or eqn.results[0].shape or not self.is_one_place(eqn.operands[1:]):
            return None
        array = eqn.operands[0]
        if isinstance(array, Const) or not self.is_safe(array, eqn.operands[1:]):
            return None
        if self.is_outside(array):
            return array
        for k in range(self.n):
            steps = self.versions(k)
            first = self.eqn.operands[1 + k]
            if steps and array in steps and not isinstance(first, Const):
                return None if self.may_change(eqn, k) else first
        return None

    def versions(self, k: int) -> list[Value] | None:
        """What a carried array is in the course of an iteration."""
        param, last = self.body.params[1 + k], self.body.results[k]
        if not param.shape or param.type.item is not None:
            return None
        steps = self.dependence.path(param, last)
        turned = steps is not None and self.dependence.turned(steps, tuple(range(param.ndim)))
        return [param, *steps] if steps and turned == tuple(range(param.ndim)) else None

    def may_change(self, eqn: Eqn, k: int) -> bool:
        read = self.dependence.accesses.read(eqn.results[0], self.site)
        param, *steps = self.versions(k) or (eqn.operands[0],)
        if read is None or read[0].array is not eqn.operands[0]:
            return True
        if any(self.dependence.indices.makes[v].op.name == "transpose" for v in steps):
            return True
        writes = self.dependence.writes(steps, tuple(range(param.ndim)))
        return any(self.dependence.overlap(read[0], w, self.other) for w in writes)

    # elements that it writes

    def elements(self, k: int) -> list[_Element]:
        """The elements of a carried array that are written at one place and alone there."""
        steps = self.versions(k)
        if steps is None or isinstance(self.eqn.operands[1 + k], Const):
            return []
        makers = [self.dependence.indices.makes[v] for v in steps[1:]]
        if not all(e.op.name in _STORES and _is_element(e, e.operands[1]) for e in makers):
            return []
        reads = self.all_reads(set(steps), set(makers))
        if reads is None:
            return []
        found = []
        at = {e: _place(e.operands[2:]) for e in makers} | {e: _place(e.operands[1:]) for e in reads}
        for place in dict.fromkeys(at[e] for e in makers if self.is_one_place(e.operands[2:])):
            writes = [e for e in makers if at[e] == place]
            here = [e for e in reads if at[e] == place]
            if any(self.dependence.indices.home[e.results[0]] is not self.site for e in here):
                continue
            idx = writes[0].operands[2:]
            others = [e for e in (*makers, *reads) if e not in writes and e not in here]
            if self.is_safe(steps[0], idx) and not any(self.meet(writes[0], e) for e in others):
                found.append(_Element(k, idx, writes, here))
        return found

    def all_reads(self, versions: set[Value], makers: set[Eqn]) -> list[Eqn] | None:
        """The gathers of single elements of some versions; None if something else uses them."""
        found = []
        for eqn in _users(self.body, versions):
            if eqn.op.name == "gather" and _is_element(eqn, eqn.results[0]):
                found.append(eqn)
            elif eqn not in makers or not versions.isdisjoint(eqn.operands[1:]):
                return None
        handed_on = sum(r in versions for region in _regions(self.body) for r in region.results)
        return found if handed_on == 1 else None

    def meet(self, write: Eqn, other: Eqn) -> bool:
        """Whether an element that is written may be one that another equation reads or writes."""
        accesses = self.dependence.accesses
        if other.op.name == "gather":
            read = accesses.read(other.results[0], self.dependence.indices.home[other.results[0]])
            if read is None or read[0].array is not other.operands[0]:
                return True
            return self.dependence.overlap(read[0], accesses.written(write), self.other)
        return self.dependence.overlap(accesses.written(other), accesses.written(write), self.other)

    # the new loop

    def rebuilt(self, elements: list[_Element], reads: dict[Eqn, Value]) -> list[Eqn]:
        eqn, body, n = self.eqn, self.body, self.n
        b = Builder()
        b.loc, b.origin = eqn.loc, eqn.origin
        gather = lookup("gather")
        with b:
            env = {e.results[0]: gather(array, *e.operands[1:]) for e, array in reads.items()}
            firsts = [gather(eqn.operands[1 + e.k], *e.idx) for e in elements]
        inner, ends = self.inside(elements, env)
        results = substitute(body.results, env)
        params = (*body.params[: n + 1], *(e.param for e in elements), *body.params[n + 1 :])
        new = body.replace(params=params, eqns=tuple(inner), results=(*results[:n], *ends, *results[n:]))
        out = [Value(r.type, r.hint) for r in eqn.results[:n]]
        lasts = [Value(e.param.type) for e in elements]
        attrs = {**eqn.attrs, "carried": n + len(elements)}
        operands = (*eqn.operands[: n + 1], *firsts, *eqn.operands[n + 1 :])
        written = {e.k for e in elements}
        found = [r if k not in written else out[k] for k, r in enumerate(eqn.results[:n])]
        results = (*found, *lasts, *eqn.results[n:])
        b.eqns.append(Eqn(eqn.op, operands, attrs, results, eqn.loc, (new,), eqn.origin))
        for j, (e, last) in enumerate(zip(elements, lasts)):
            final = all(later.k != e.k for later in elements[j + 1 :])
            to = eqn.results[e.k] if final else Value(eqn.results[e.k].type)
            store = (found[e.k], last, *e.idx)
            b.eqns.append(Eqn(lookup("scatter_set"), store, {}, (to,), eqn.loc, (), eqn.origin))
            found[e.k] = to
        return b.eqns

    def inside(self, elements: list[_Element], env: dict[Value, Value]) -> tuple[list[Eqn], list[Value]]:
        """The body with numbers for elements; what they are at its end. `env` gets what replaces values."""
        now = [e.param for e in elements]
        of = {eqn: j for j, e in enumerate(elements) for eqn in (*e.writes, *e.reads)}
        b = Builder()
        for eqn in self.body.eqns:
            j = of.get(eqn)
            if j is not None and eqn.op.name == "gather":
                env[eqn.results[0]] = now[j]
            elif j is not None:
                base, update = substitute(eqn.operands[:2], env)
                if eqn.op.name == "scatter_add":
                    b.loc, b.origin = eqn.loc, eqn.origin
                    with b:
                        update = lookup("add")(now[j], update)
                now[j] = update
                env[eqn.results[0]] = base
            elif eqn.results[:1] == () or eqn.results[0] not in env:
                b.eqns.append(replaced(eqn, env))
        return b.eqns, now


def _regions(body: Function) -> list[Function]:
    """A body and the regions in it."""
    return [body, *(inner for eqn in body.eqns for region in eqn.regions for inner in _regions(region))]


def _users(body: Function, versions: set[Value]) -> list[Eqn]:
    """The equations of a body and of the regions in it that read one of some values as an operand."""
    return [e for region in _regions(body) for e in region.eqns if not versions.isdisjoint(e.operands)]


def _place(idx: Sequence[Value]) -> tuple[object, ...]:
    """Indices to be compared: values by identity, numbers as numbers."""
    return tuple(int(i.data) if isinstance(i, Const) and not i.shape else i for i in idx)


def _is_element(eqn: Eqn, v: Value) -> bool:
    """Whether `v` is a single element of the array that `eqn` reads or changes."""
    first = 1 if eqn.op.name == "gather" else 2
    return not v.shape and len(eqn.operands) - first == eqn.operands[0].ndim
