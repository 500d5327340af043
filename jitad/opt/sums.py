"""Sums of derivatives move inwards: a sum over a free axis of a product becomes a product with a sum."""

from __future__ import annotations

from collections import Counter

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, free_values, is_open, reads
from ..ir.op import lookup

Axes = tuple[int, ...]


def move_sums(fn: Function) -> Function:
    """Return `fn`, derived sums over free axes of matrix products moved to the products' operands.

        Σᵢ (X·Y)ᵢⱼ → (Σᵢ Xᵢ)·Y

    on the way through transposition, negation, addition and factors that are constant along the axes. That
    turns the m·k·n multiplications of a product that is only summed into k·n. Only sums that differentiation
    made are moved: their order is nobody's choice, while the user's own sums stay as they were written. Only
    products that nothing else reads are replaced. O(equations).
    """
    if is_open(fn) or not any(eqn.op.name == "dot" and eqn.origin for eqn in fn.eqns):
        return fn
    return _Moves(fn).run()


class _Moves:
    """One walk; `sums` are those made so far, by operand and axes; regions read the values `inside`."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.producer = {r: eqn for eqn in fn.eqns for r in eqn.results}
        self.reads = Counter(v for eqn in fn.eqns for v in reads(eqn))
        self.inside = {v for eqn in fn.eqns for region in eqn.regions for v in free_values(region)}
        self.reads.update(fn.results)
        self.sums: dict[tuple[Value, Axes], Value] = {}

    def run(self) -> Function:
        b, env = Builder(self.fn.name), dict[Value, Value]()
        with b:
            for eqn in self.fn.eqns:
                if self.moves(eqn):
                    b.loc, b.origin = eqn.loc, eqn.origin
                    env[eqn.results[0]] = self.inner(eqn.operands[0], eqn.attrs["axes"])
                else:
                    b.eqns.append(eqn)
        eqns = tuple(_renamed(eqn, env) for eqn in b.eqns) if env else self.fn.eqns
        return self.fn.replace(eqns=eqns, results=tuple(env.get(r, r) for r in self.fn.results))

    def moves(self, eqn: Eqn) -> bool:
        """Whether a sum reaches a product that it makes smaller."""
        if eqn.op.name != "sum" or not eqn.origin or eqn.results[0] in self.inside:
            return False
        stack = [(eqn.operands[0], eqn.attrs["axes"])]
        while stack:
            v, axes = stack.pop()
            parts = self.parts(v, axes)
            if parts and self.producer[v].op.name == "dot":
                return True
            stack += parts
        return False

    def parts(self, v: Value, axes: Axes) -> list[tuple[Value, Axes]]:
        """What is summed instead of `v`, and over which axes; nothing where the sum stays."""
        eqn = self.producer.get(v)
        if eqn is None or self.reads[v] > 1 or not v.type.is_float or not eqn.origin:
            return []
        x, name = eqn.operands[0] if eqn.operands else v, eqn.op.name
        if name == "neg":
            return [(x, axes)]
        if name == "transpose":
            return [(x, tuple(sorted(eqn.attrs["axes"][a] for a in axes)))]
        if name in ("add", "sub") and all(u.shape == v.shape for u in eqn.operands):
            return [(u, axes) for u in eqn.operands]
        if name == "mul" and (factor := self.factor(eqn, axes)) is not None:
            return [(eqn.operands[1 - factor], axes)]
        return self.product_parts(eqn, axes) if name == "dot" else []

    def product_parts(self, eqn: Eqn, axes: Axes) -> list[tuple[Value, Axes]]:
        """The operands of a product with the axes of theirs that are summed."""
        batch = len(eqn.attrs["batch"][0])
        if any(a < batch for a in axes):
            return []
        out, at = [], batch
        for k, v in enumerate(eqn.operands):
            free = _free(eqn, k)
            out.append((v, tuple(free[a - at] for a in axes if at <= a < at + len(free))))
            at += len(free)
        return out

    def factor(self, eqn: Eqn, axes: Axes) -> int | None:
        """The number of the operand of a product of elements that is constant along the axes."""
        for k in (1, 0):
            v, other = eqn.operands[k], eqn.operands[1 - k]
            made = self.producer.get(v)
            spread = made is not None and made.op.name == "broadcast"
            if other.shape == eqn.results[0].shape and (
                not v.shape or (spread and not set(axes) & set(made.attrs["axes"]))  # type: ignore[union-attr]
            ):
                return k
        return None

    def inner(self, v: Value, axes: Axes) -> Value:
        """`v` summed over the axes, the sum as far inside as it goes."""
        if not axes:
            return v
        found = self.sums.get((v, axes))
        if found is None:
            found = self.sums[v, axes] = self.moved(v, axes)
        return found

    def moved(self, v: Value, axes: Axes) -> Value:
        parts = self.parts(v, axes)
        if not parts:
            return lookup("sum")(v, axes=axes)
        eqn = self.producer[v]
        inner = [self.inner(*part) for part in parts]
        if eqn.op.name == "transpose":
            order = [a for a in eqn.attrs["axes"] if a not in parts[0][1]]
            ranks = sorted(order)
            return lookup("transpose")(inner[0], axes=tuple(ranks.index(a) for a in order))
        if eqn.op.name == "mul":
            k = self.factor(eqn, axes)
            assert k is not None
            return lookup("mul")(inner[0], self.without(eqn.operands[k], axes))
        if eqn.op.name == "dot":
            return lookup("dot")(*inner, **_without_axes(eqn, parts))
        return eqn.op(*inner, **eqn.attrs)

    def without(self, v: Value, axes: Axes) -> Value:
        """A factor without the axes along which it is constant."""
        if not v.shape:
            return v
        made = self.producer[v]
        kept = [a for a in range(v.ndim) if a not in axes]
        shape = tuple(v.shape[a] for a in kept)
        places = tuple(kept.index(a) for a in made.attrs["axes"])
        x = made.operands[0]
        return x if x.shape == shape else lookup("broadcast")(x, shape=shape, axes=places)


def _free(eqn: Eqn, k: int) -> Axes:
    named = (*eqn.attrs["contract"][k], *eqn.attrs["batch"][k])
    return tuple(a for a in range(eqn.operands[k].ndim) if a not in named)


def _without_axes(eqn: Eqn, parts: list[tuple[Value, Axes]]) -> dict[str, tuple[Axes, Axes]]:
    """The attributes of a product whose operands have lost the summed axes."""

    def renumbered(name: str) -> tuple[Axes, Axes]:
        left, right = (
            tuple(a - sum(s < a for s in gone) for a in eqn.attrs[name][k])
            for k, (_, gone) in enumerate(parts)
        )
        return left, right

    return {"contract": renumbered("contract"), "batch": renumbered("batch")}


def _renamed(eqn: Eqn, env: dict[Value, Value]) -> Eqn:
    if not any(v in env for v in eqn.operands):
        return eqn
    operands = tuple(env.get(v, v) for v in eqn.operands)
    return Eqn(eqn.op, operands, eqn.attrs, eqn.results, eqn.loc, eqn.regions, eqn.origin)
