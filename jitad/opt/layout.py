"""The order of axes: intermediate arrays are computed in the order that products with batch axes want."""

from __future__ import annotations

from collections.abc import Iterator

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, is_open
from ..ir.op import lookup
from ..ops.lowering import Reduce
from .simplify import simplify

Axes = tuple[int, ...]


def arrange(fn: Function) -> Function:
    """Return `fn`, arrays that meet batched products stored with the batch axes first, the longest last.

    BLAS takes one matrix per batch index, and loops walk long, contiguous rows; arrays of another order are
    read and written with large strides. Arrays that are combined element by element have one order; a
    reduction keeps the order of what it reduces; parameters and results keep theirs. Bits stay the same
    but for the order of summation. O(equations).
    """
    if any(eqn.regions for eqn in fn.eqns) or is_open(fn) or not any(is_batched(eqn) for eqn in fn.eqns):
        return fn
    orders = _Orders(fn).chosen()
    return simplify(_Arranged(fn, orders).run()) if orders else fn


def is_batched(eqn: Eqn) -> bool:
    return eqn.op.name == "dot" and bool(eqn.attrs["batch"][0]) and bool(eqn.attrs["contract"][0])


def _is_reduction(eqn: Eqn) -> bool:
    """Whether an equation folds axes and keeps the rest."""
    return isinstance(eqn.op.lowering, Reduce)


def compose(order: Axes, then: Axes) -> Axes:
    return tuple(order[a] for a in then)


class _Orders:
    """Which arrays share an order, and which order they get."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.producer = {r: eqn for eqn in fn.eqns for r in eqn.results}
        self.leader: dict[Value, Value] = {}
        for eqn in fn.eqns:
            if eqn.op.elementwise:
                for v in eqn.operands:
                    if v.shape and v.ndim > 1:
                        self.leader[self.find(v)] = self.find(eqn.results[0])

    def find(self, v: Value) -> Value:
        while (up := self.leader.get(v, v)) is not v:
            v = up
        return v

    def through(self, v: Value) -> tuple[Value, Axes]:
        """What transpositions of `v` move, and where axis i of `v` is there."""
        order = tuple(range(v.ndim))
        while (eqn := self.producer.get(v)) is not None and eqn.op.name == "transpose":
            v, order = eqn.operands[0], compose(eqn.attrs["axes"], order)
        return v, order

    def chosen(self) -> dict[Value, Axes]:
        """The order of each array that does not keep its own: stored axis i is axis order[i]."""
        wanted: dict[Value, set[Axes]] = {}
        for eqn in self.fn.eqns:
            if is_batched(eqn):
                for v, batch in zip(eqn.operands, eqn.attrs["batch"]):
                    base, order = self.through(v)
                    wanted.setdefault(self.find(base), set()).add(tuple(order[a] for a in batch))
        bound = {self.find(v) for v in (*self.fn.params, *self.fn.results) if v.shape}
        groups = {
            group: _batch_first(group, next(iter(votes)))
            for group, votes in wanted.items()
            if len(votes) == 1 and group not in bound
        }
        groups = {group: order for group, order in groups.items() if order != tuple(range(group.ndim))}
        self.follow(groups, bound)
        members = (v for eqn in self.fn.eqns for v in (*eqn.operands, *eqn.results))
        return {v: groups[self.find(v)] for v in members if self.find(v) in groups}

    def follow(self, groups: dict[Value, Axes], bound: set[Value]) -> None:
        """What is reduced from arranged arrays has the order of what is left."""
        for eqn in self.fn.eqns:
            if _is_reduction(eqn) and eqn.results[0].ndim > 1:
                order = groups.get(self.find(eqn.operands[0]))
                group = self.find(eqn.results[0])
                if order is not None and group not in bound:
                    left = [a for a in order if a not in eqn.attrs["axes"]]
                    groups.setdefault(group, tuple(sorted(left).index(a) for a in left))


def _batch_first(v: Value, batch: Axes) -> Axes:
    """Batch axes, then the others by length; as they are if the batch axes are first already."""
    if batch == tuple(range(len(batch))):
        return tuple(range(v.ndim))
    return (*batch, *sorted((a for a in range(v.ndim) if a not in batch), key=lambda a: v.shape[a]))


class _Arranged:
    """The rewriting: `at` says which value holds an array now, and in which order."""

    def __init__(self, fn: Function, orders: dict[Value, Axes]) -> None:
        self.fn, self.orders = fn, orders
        self.at: dict[Value, tuple[Value, Axes]] = {}
        self.made: dict[tuple[Value, Axes], Value] = {}
        self.transposed = {
            eqn.operands[0]: eqn for eqn in fn.eqns if eqn.op.name == "transpose" and eqn.results[0] in orders
        }

    def run(self) -> Function:
        b = self.b = Builder(self.fn.name)
        with b:
            for eqn in self.fn.eqns:
                b.loc, b.origin = eqn.loc, eqn.origin
                self.visit(eqn)
            results = tuple(self.get(r) for r in self.fn.results)
        return self.fn.replace(eqns=tuple(b.eqns), results=results)

    def held(self, v: Value) -> tuple[Value, Axes]:
        return self.at.get(v, (v, tuple(range(v.ndim))))

    def get(self, v: Value, order: Axes | None = None) -> Value:
        """`v` with its axes in this order, by default its own."""
        holder, now = self.held(v)
        order = tuple(range(v.ndim)) if order is None else order
        if now == order:
            return holder
        axes = tuple(now.index(a) for a in order)
        found = self.made.get((holder, axes))
        if found is None:
            found = self.made[holder, axes] = lookup("transpose")(holder, axes=axes)
        return found

    def visit(self, eqn: Eqn) -> None:
        if not eqn.results:
            self.keep(eqn)
            return
        out, name = eqn.results[0], eqn.op.name
        order = self.orders.get(out)
        if name == "transpose":
            holder, now = self.held(eqn.operands[0])
            self.at[out] = holder, tuple(eqn.attrs["axes"].index(a) for a in now)
        elif eqn.op.elementwise and order is not None:
            operands = tuple(self.get(v, order) if v.shape else v for v in eqn.operands)
            self.at[out] = eqn.op(*operands, **eqn.attrs), order
        elif name == "broadcast" and order is not None:
            self.at[out] = self.broadcast(eqn, order), order
        elif name == "dot" and any(self.is_moved(v) for v in (out, *eqn.operands)):
            self.at[out] = self.product(eqn)
        elif _is_reduction(eqn) and self.is_moved(eqn.operands[0]):
            self.at[out] = self.reduction(eqn)
        else:
            self.keep(eqn)

    def keep(self, eqn: Eqn) -> None:
        """Append an equation that reads arrays in their own order."""
        operands = tuple(self.get(v) for v in eqn.operands)
        self.b.eqns.append(Eqn(eqn.op, operands, eqn.attrs, eqn.results, eqn.loc, eqn.regions, eqn.origin))

    def is_moved(self, v: Value) -> bool:
        return self.held(v)[1] != tuple(range(v.ndim)) or v in self.transposed or v in self.orders

    def broadcast(self, eqn: Eqn, order: Axes) -> Value:
        (x,), shape, axes = eqn.operands, eqn.attrs["shape"], eqn.attrs["axes"]
        places = [order.index(a) for a in axes]
        ranks = tuple(sorted(range(x.ndim), key=places.__getitem__))
        return eqn.op(self.get(x, ranks), shape=tuple(shape[a] for a in order), axes=tuple(sorted(places)))

    def reduction(self, eqn: Eqn) -> tuple[Value, Axes]:
        (x,), axes = eqn.operands, eqn.attrs["axes"]
        holder, now = self.held(x)
        left = [a for a in now if a not in axes]
        places = tuple(i for i, a in enumerate(now) if a in axes)
        return eqn.op(holder, **{**eqn.attrs, "axes": places}), tuple(sorted(left).index(a) for a in left)

    def product(self, eqn: Eqn) -> tuple[Value, Axes]:
        """A product of its operands as they are held, exchanged where the result's order asks for it."""
        holders: list[Value] = []
        attrs: dict[str, list[Axes]] = {"contract": [], "batch": []}
        free: list[list[int]] = []
        at = len(eqn.attrs["batch"][0])
        for k, v in enumerate(eqn.operands):
            holder, now = self.held(v)
            holders.append(holder)
            for name, sides in attrs.items():
                sides.append(tuple(now.index(a) for a in eqn.attrs[name][k]))
            own = list(_free(eqn, k))
            free.append([at + own.index(a) for a in now if a in own])
            at += len(own)
        batch = range(len(eqn.attrs["batch"][0]))
        natural, exchanged = (*batch, *free[0], *free[1]), (*batch, *free[1], *free[0])
        if exchanged in self.wanted(eqn.results[0]):
            attrs = {name: sides[::-1] for name, sides in attrs.items()}
            holders, natural = holders[::-1], exchanged
        return eqn.op(*holders, **{name: tuple(sides) for name, sides in attrs.items()}), natural

    def wanted(self, v: Value) -> Iterator[Axes]:
        """The orders asked of `v` by what reads it element by element or through a transposition."""
        if v in self.orders:
            yield self.orders[v]
        if v in self.transposed:
            eqn = self.transposed[v]
            yield compose(eqn.attrs["axes"], self.orders[eqn.results[0]])


def _free(eqn: Eqn, k: int) -> Axes:
    named = (*eqn.attrs["contract"][k], *eqn.attrs["batch"][k])
    return tuple(a for a in range(eqn.operands[k].ndim) if a not in named)
