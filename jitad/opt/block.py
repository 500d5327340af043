"""Blocking: large arrays around batched products are computed one batch item at a time, in a loop."""

from __future__ import annotations

from math import prod

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, const, is_open
from ..ir.op import lookup
from ..ir.types import I64, type_of
from ..ops.callback import calls_back
from ..ops.lowering import Dot, Reduce, Reshape
from .dce import dce
from .layout import is_batched
from .simplify import simplify

#: Arrays from this size on are not worth computing whole: they leave the cache before they are read again.
LARGE_BYTES = 2**20
#: Loops of fewer items save little; and one item is to fill a nest.
MIN_ITEMS, MIN_ROW = 4, 1024
#: An array of at most so many cheap equations is computed again rather than kept from loop to loop,
AGAIN, CHEAP = 8, 4
#: and so are products whose elements have so many terms, in all loops together: what memory for one costs.
TERMS = 64


def block(fn: Function) -> Function:
    """Return `fn`, equations on large arrays around products with a batch axis in loops over that axis.

    The batch axis is axis 0 (see `arrange`). What one item's equations hand to one another is then as
    large as an item; only what a later loop or something else reads is collected in full, unless cheap
    equations give it again. Same bits as without but for the order of summation. O(equations).
    """
    if any(eqn.regions for eqn in fn.eqns) or is_open(fn) or not any(map(_is_seed, fn.eqns)):
        return fn
    blocks = _Blocks(fn)
    return blocks.run() if blocks.chosen else fn


def _is_large(v: Value) -> bool:
    rows = v.shape[0] if v.ndim > 1 else 0
    return rows >= MIN_ITEMS and v.type.nbytes >= LARGE_BYTES and v.size >= rows * MIN_ROW


def _is_seed(eqn: Eqn) -> bool:
    return _items(eqn) > 0 and is_batched(eqn)


def _items(eqn: Eqn) -> int:
    """The length of axis 0 if an equation on large arrays computes each item from items; else 0."""
    large = bool(eqn.results) and any(map(_is_large, (*eqn.operands, *eqn.results)))
    return eqn.results[0].shape[0] if large and _by_item(eqn) else 0


def _by_item(eqn: Eqn) -> bool:
    out, attrs = eqn.results[0], eqn.attrs
    if eqn.op.elementwise:
        return True
    if eqn.op.name == "broadcast":
        return out.ndim > 1
    if eqn.op.name == "transpose":
        return attrs["axes"][0] == 0
    if eqn.op.name == "dot":
        return all(axes[:1] == (0,) for axes in attrs["batch"])
    if isinstance(eqn.op.lowering, Reduce):
        return 0 not in attrs["axes"]
    return isinstance(eqn.op.lowering, Reshape) and eqn.operands[0].shape[:1] == out.shape[:1] != ()


def _terms(eqn: Eqn) -> int:
    """The number of products that an element of the result sums; 0 if it is no product."""
    if not isinstance(eqn.op.lowering, Dot):
        return 0
    return prod(eqn.operands[0].shape[a] for a in eqn.attrs["contract"][0])


def _has_items(eqn: Eqn, v: Value) -> bool:
    """Whether an item of the result reads an item of the operand, and not all of it."""
    return v.ndim > 0 and not (eqn.op.name == "broadcast" and 0 not in eqn.attrs["axes"])


class _Blocks:
    """Which equations share a loop; `time` counts the loops that must be done before an equation."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.producer = {r: eqn for eqn in fn.eqns for r in eqn.results}
        self.position = {eqn: k for k, eqn in enumerate(fn.eqns)}
        lengths = {_items(eqn) for eqn in fn.eqns if _is_seed(eqn)}
        self.items = {eqn: n for eqn in fn.eqns if (n := _items(eqn)) in lengths}
        self.time: dict[Eqn, int] = {}
        self.loops: dict[tuple[int, int], list[Eqn]] = {}
        self.plain: dict[int, list[Eqn]] = {}
        said = 0  # until when the program has called back: it keeps the order
        for eqn in fn.eqns:
            time = self.when(eqn)
            if calls_back(eqn):
                said = time = max(time, said)
            self.time[eqn] = time
            if eqn in self.items:
                self.loops.setdefault((time, self.items[eqn]), []).append(eqn)
            else:
                self.plain.setdefault(time, []).append(eqn)
        self.loop_of = {eqn: key for key, eqns in self.loops.items() for eqn in eqns}
        self.chosen = {key for key, eqns in self.loops.items() if any(map(_is_seed, eqns))}
        while idle := [key for key in self.chosen if not self.pays(key)]:
            self.chosen.difference_update(idle)

    def when(self, eqn: Eqn) -> int:
        """The number of loops that what an equation reads has to wait for."""
        time, items = 0, self.items.get(eqn)
        for v in eqn.operands:
            made = self.producer.get(v)
            if made is not None:
                together = items and self.items.get(made) == items and _has_items(eqn, v)
                time = max(time, self.time[made] + (made in self.items and not together))
        return time

    def run(self) -> Function:
        b, env = Builder(self.fn.name), dict[Value, Value]()
        keys = sorted(self.loops)
        with b:
            for time in range(max([0, *self.plain, *(t for t, _ in keys)]) + 1):
                b.eqns += [_renamed(eqn, env) for eqn in self.plain.get(time, [])]
                for key in keys:
                    if key[0] == time and key in self.chosen:
                        _Loop(self, key).emit(b, env)
                    elif key[0] == time:
                        b.eqns += [_renamed(eqn, env) for eqn in self.loops[key]]
        results = tuple(env.get(r, r) for r in self.fn.results)
        return dce(simplify(self.fn.replace(eqns=tuple(b.eqns), results=results)))

    def is_loop(self, eqn: Eqn) -> bool:
        """Whether a loop computes an equation."""
        return self.loop_of.get(eqn) in self.chosen

    def again(self, v: Value) -> list[Eqn]:
        """The equations that compute `v` again in another loop; none if they are many, dear or read much."""
        chain: dict[Eqn, None] = {}
        stack = [v]
        while stack:
            eqn = self.producer.get(stack.pop())
            if eqn is None or eqn not in self.items:
                continue  # in memory anyway
            if not self.is_cheap(eqn):
                return []
            chain[eqn] = None
            stack += [u for u in eqn.operands if _is_large(u) and _has_items(eqn, u)]
        terms = sum(map(_terms, chain)) * len(self.readers(v))
        few = terms <= TERMS and sum(eqn.op.elementwise for eqn in chain) <= AGAIN
        return sorted(chain, key=self.position.__getitem__) if few else []

    def is_cheap(self, eqn: Eqn) -> bool:
        """Whether an item of an equation's result may be computed again, from arrays not made in loops."""
        if eqn.op.cost > CHEAP or isinstance(eqn.op.lowering, Reduce):
            return False
        return all(_is_large(v) or self.producer.get(v) not in self.items for v in eqn.operands)

    def readers(self, v: Value) -> set[tuple[int, int]]:
        """The other loops that read an array."""
        read = {self.loop_of[eqn] for eqn in self.fn.eqns if v in eqn.operands and eqn in self.loop_of}
        return {key for key in read if v not in {r for eqn in self.loops[key] for r in eqn.results}}

    def collected(self, key: tuple[int, int]) -> list[Value]:
        """What a loop's equations give that is read outside it and not computed there again."""
        own = set(self.loops[key])
        made = {r for eqn in own for r in eqn.results}
        read = dict.fromkeys(r for r in self.fn.results if r in made)
        for eqn in self.fn.eqns:
            if eqn not in own:
                read.update(dict.fromkeys(v for v in eqn.operands if v in made and self.is_needed(eqn, v)))
        return list(read)

    def pays(self, key: tuple[int, int]) -> bool:
        """Whether a large array that a product reads or gives is made in a loop and not collected."""
        eqns = self.loops[key]
        made = {r for eqn in eqns for r in eqn.results}.difference(self.collected(key))
        around = {v for eqn in eqns if is_batched(eqn) for v in (*eqn.operands, *eqn.results)}
        return any(_is_large(v) for v in made & around)

    def is_needed(self, eqn: Eqn, v: Value) -> bool:
        """Whether an equation outside the loop of `v` reads it in memory."""
        return not (self.is_loop(eqn) and _has_items(eqn, v) and self.again(v))


class _Loop:
    """One loop: its body computes an item of each of its equations."""

    def __init__(self, blocks: _Blocks, key: tuple[int, int]) -> None:
        self.blocks, self.key = blocks, key
        self.body = Builder("item")
        self.body.param(type_of(I64), "k")
        self.stacks: list[Value] = []
        self.items: dict[Value, Value] = {}

    def emit(self, b: Builder, env: dict[Value, Value]) -> None:
        """Append the loop to `b`; what it collects goes to `env`."""
        self.env = env
        eqns, collected = self.blocks.loops[self.key], self.blocks.collected(self.key)
        with self.body:
            for eqn in eqns:
                self.visit(eqn)
        if not collected:
            return
        body = self.body.finish([self.items[v] for v in collected])
        count = self.key[1]
        operands = (const(count, I64), *self.stacks)
        b.loc, b.origin = eqns[0].loc, eqns[0].origin
        attrs = {"trips": count, "carried": 0, "reverse": False}
        env.update(zip(collected, b.emit(lookup("for"), operands, attrs, (body,))))

    def item(self, v: Value) -> Value:
        """One item of `v`: computed in this loop, computed here again, or a row of what is in memory."""
        found = self.items.get(v)
        if found is None:
            for eqn in self.blocks.again(v):
                self.visit(eqn)
            found = self.items.get(v)
        if found is None:
            whole = self.env.get(v, v)
            self.stacks.append(whole)
            found = self.items[v] = self.body.param(whole.type.with_shape(whole.shape[1:]))
        return found

    def visit(self, eqn: Eqn) -> None:
        if eqn.results[0] in self.items:
            return
        operands = [self.item(v) if _has_items(eqn, v) else self.env.get(v, v) for v in eqn.operands]
        self.body.loc, self.body.origin = eqn.loc, eqn.origin
        self.items[eqn.results[0]] = eqn.op(*operands, **_item_attrs(eqn))


def _less(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a - 1 for a in axes if a)


def _item_attrs(eqn: Eqn) -> dict[str, object]:
    """The attributes of an equation on items: axis 0 is gone."""
    attrs = dict(eqn.attrs)
    for name in ("shape", "axes", "contract", "batch"):
        if name == "shape" and name in attrs:
            attrs[name] = attrs[name][1:]
        elif name == "axes" and name in attrs:
            attrs[name] = _less(attrs[name])
        elif name in attrs:
            attrs[name] = tuple(map(_less, attrs[name]))
    return attrs


def _renamed(eqn: Eqn, env: dict[Value, Value]) -> Eqn:
    if not any(v in env for v in eqn.operands):
        return eqn
    operands = tuple(env.get(v, v) for v in eqn.operands)
    return Eqn(eqn.op, operands, eqn.attrs, eqn.results, eqn.loc, eqn.regions, eqn.origin)
