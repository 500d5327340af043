"""Reductions inside a loop nest: fixed accumulators, folded in a fixed order.

Along the innermost axis vector number k goes to accumulator k mod 4; what is left of a row is one more vector
that overlaps the last, masked; rows shorter than a vector go to a scalar accumulator. Long
rows fold blocks into second- and third-level accumulators, so that the rounding error stays near that of
pairwise summation. The order depends on the program only, never on the machine's vector width.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ir.graph import Value
from .emitter import Reg, llvm_type
from .index import Index, Ix, product_of
from .nest import LANES, Nest
from .roots import Root
from .views import contract_indices

#: Independent vector accumulators.
WAYS = 4
#: Vector iterations of a first-level block, and blocks of a second-level one.
BLOCK, SUPERBLOCK = 512, 64


class Fold:
    """One reduction (or product contraction) of a nest."""

    def __init__(self, nest: Nest, root: Root, axes: Index) -> None:
        self.nest, self.root, self.e = nest, root, nest.e
        self.eqn = root.eqn
        self.dtype = root.value.dtype
        self.ty = llvm_type(self.dtype)
        reduced = self._reduced_axes()
        self.kept: Index = tuple(axes[a] for a in range(len(axes)) if a not in reduced)
        kept_loops = {ix.axis for ix in self.kept}
        self.rank = len(axes)
        #: loops open when the accumulators start: all loops from here on are reduced
        self.start = max(kept_loops, default=-1) + 1
        self.in_memory = len(kept_loops) < self.start
        self.slots: list[str] = []
        self.wide = self.narrow = False
        self.levels: tuple[int, ...] = ()
        #: whether vectors find their accumulator by their number, in memory, instead of by rotation
        self.numbered = False
        self.origin = 0  # where the current row starts

    def _reduced_axes(self) -> set[int]:
        if self.root.kind == "contract":
            return set(range(self.root.value.ndim, len(self.root.space)))
        return set(self.eqn.attrs["axes"])

    @property
    def lanes(self) -> int:
        """Lanes of the vector accumulators: those of the nest."""
        return self.nest.width

    # the monoid

    def identity(self, lanes: int = 1) -> Reg:
        if self.root.kind == "contract":
            return self.e.literal(0, self.ty, lanes)
        return self.e.literal(self.eqn.op.lowering.init(self.dtype), self.ty, lanes)

    def merge(self, x: Reg, y: Reg) -> Reg:
        x, y = self.nest.unify([x, y])
        if self.root.kind == "contract":
            return self.e.op("fadd" if self.dtype.kind == "f" else "add", x, y)
        return self.eqn.op.lowering.combine(self.e, self.eqn, x, y)

    def absorb(self, acc: Reg, axes: Index) -> Reg:
        """`acc` with the element at the current loop indices folded in."""
        nest = self.nest
        if self.root.kind != "contract":
            x = nest.element(self.eqn.operands[0], axes)
            return self.merge(acc, x)
        ix, iy = contract_indices(self.eqn, axes)
        x, y, acc = nest.unify(
            [nest.element(self.eqn.operands[0], ix), nest.element(self.eqn.operands[1], iy), acc]
        )
        return self.e.multiply_add(x, y, acc)

    # accumulators

    def open(self, lengths: list[int]) -> None:
        """Start the accumulators for rows that are walked in intervals of these lengths."""
        longest = max(lengths, default=0)
        self.wide, self.narrow = longest >= self.lanes, min(lengths, default=0) < self.lanes
        self.levels = (1, 2) if longest // self.lanes > BLOCK else ()
        if self.start == self.rank:
            return
        kernel = self.nest.kernel
        if not self.slots:
            self.slots = [kernel.stack_slot(self.ty)]
            if self.wide:
                others = [kernel.stack_slot(self.ty, self.lanes) for _ in self.levels]
                self.slots += [*self._way_slots(), *others]
        for k, slot in enumerate(self.slots):
            self._put(slot, self.identity(self.lanes if k else 1))

    def _way_slots(self) -> list[str]:
        kernel = self.nest.kernel
        if not self.numbered:
            return [kernel.stack_slot(self.ty, self.lanes) for _ in range(WAYS)]
        vector = f"<{self.lanes} x {self.ty}>"
        base = kernel.chunk.alloca(f"[{WAYS} x {vector}]", self.e.fresh())
        names = [base, *(self.e.fresh() for _ in range(1, WAYS))]
        for k, name in enumerate(names[1:], 1):
            kernel.chunk.entry.append(f"{name} = getelementptr inbounds {vector}, ptr {base}, i64 {k}")
        return names

    def _numbered_slot(self, overlap: Reg | None) -> str:
        """The accumulator of the current vector: vector k of a row has number k mod WAYS."""
        e, at = self.e, Reg(self.nest.ivs[-1], "i64", 1, self.e.chunk)
        if overlap is not None:
            at = e.op("add", at, overlap)
        if self.origin:
            at = e.op("sub", at, e.literal(self.origin, "i64"))
        turn = e.op("and", at, e.literal(WAYS * self.lanes - 1, "i64"))
        return e.gep(self.slots[1], self.ty, turn.text)

    def _get(self, slot: str, lanes: int) -> Reg:
        full = self.ty if lanes == 1 else f"<{lanes} x {self.ty}>"
        return self.e.define(f"load {full}, ptr {slot}", self.ty, lanes)

    def _put(self, slot: str, x: Reg) -> None:
        self.e.put(f"store {x.full} {x.text}, ptr {slot}")

    def step(self, axes: Index, mask: Reg | None = None, overlap: Reg | None = None) -> None:
        """Fold one element, or the lanes of a vector in the mask, in: the body of the loops."""
        if self.start == self.rank:
            self._to_memory(lambda acc: beyond(self.nest, mask, acc, self.absorb(acc, axes)))
        elif self.nest.lanes == 1:
            self._put(self.slots[0], self.absorb(self._get(self.slots[0], 1), axes))
        elif self.numbered:
            slot = self._numbered_slot(overlap)
            acc = self._get(slot, self.lanes)
            self._put(slot, beyond(self.nest, mask, acc, self.absorb(acc, axes)))
        else:
            accs = [self._get(slot, self.lanes) for slot in self.slots[1 : 1 + WAYS]]
            accs = [*accs[1:], beyond(self.nest, mask, accs[0], self.absorb(accs[0], axes))]
            for slot, acc in zip(self.slots[1 : 1 + WAYS], accs):
                self._put(slot, acc)

    def rewind(self, iterations: int) -> None:
        """After a vector loop: bring the rotated accumulators back to their own slots."""
        turn = iterations % WAYS
        if self.start == self.rank or self.numbered or not turn:
            return
        slots = self.slots[1 : 1 + WAYS]
        accs = [self._get(slot, self.lanes) for slot in slots]
        for k, slot in enumerate(slots):
            self._put(slot, accs[(k - turn) % WAYS])

    def rewind_by(self, iterations: Reg) -> None:
        """The same where their number is known only when it runs."""
        if self.start == self.rank:
            return
        e, slots = self.e, self.slots[1 : 1 + WAYS]
        accs = [self._get(slot, self.lanes) for slot in slots]
        for turn in (1, 2):
            turned = e.icmp("ne", e.op("and", iterations, e.literal(turn, "i64")), e.literal(0, "i64"))
            accs = [
                e.define(
                    f"select i1 {turned.text}, {x.full} {accs[(k - turn) % WAYS].text}, {x.full} {x.text}",
                    x.ty,
                    x.lanes,
                )
                for k, x in enumerate(accs)
            ]
        for slot, acc in zip(slots, accs):
            self._put(slot, acc)

    def raise_level(self, level: int) -> None:
        """Fold the accumulators below `level` into its own and restart them."""
        if self.start == self.rank:
            return
        slot = self.slots[WAYS + level]
        self._put(
            slot,
            self.merge(self._get(slot, self.lanes), self._ways() if level == 1 else self._take(WAYS + 1)),
        )
        if level == 1:
            for way in self.slots[1 : 1 + WAYS]:
                self._put(way, self.identity(self.lanes))

    def _take(self, number: int) -> Reg:
        taken = self._get(self.slots[number], self.lanes)
        self._put(self.slots[number], self.identity(self.lanes))
        return taken

    def _ways(self) -> Reg:
        a, b, c, d = (self._get(slot, self.lanes) for slot in self.slots[1 : 1 + WAYS])
        return self.merge(self.merge(a, b), self.merge(c, d))

    def close(self) -> None:
        """Combine the accumulators and deliver the result."""
        if self.start == self.rank:
            return
        total = self._get(self.slots[0], 1)
        if self.wide:
            wide = self._ways()
            for level in self.levels:
                wide = self.merge(wide, self._get(self.slots[WAYS + level], self.lanes))
            across = self._across(wide)
            total = self.merge(across, total) if self.narrow else across
        if self.in_memory:
            self._to_memory(lambda acc: self.merge(acc, total))
        elif self.kept:
            self.nest.store(total, self.root.value, self.kept)
        else:
            self.nest.kernel.set_registers(self.root.value, [total])

    def _across(self, x: Reg) -> Reg:
        """All lanes folded into one, halves onto halves."""
        while x.lanes > 2:
            half = x.lanes // 2
            x = self.merge(
                self.e.shuffle(x, list(range(half))), self.e.shuffle(x, list(range(half, x.lanes)))
            )
        return self.merge(self.e.extract(x, 0), self.e.extract(x, 1))

    # results kept in memory while outer axes are reduced

    def _to_memory(self, update: Callable[[Reg], Reg]) -> None:
        acc = self.nest.held(self.root.value, self.kept)
        self.nest.store(update(acc), self.root.value, self.kept)

    def prepare(self) -> None:
        """Before the nest: results that accumulate in memory start at the identity."""
        if self.in_memory:
            fill(self.nest.kernel, self.root.value, self.identity())


def beyond(nest: Nest, mask: Reg | None, old: Reg, new: Reg) -> Reg:
    """`new` in the lanes of the mask (None: all of them), `old` in those computed before."""
    if mask is None:
        return new
    old, new = nest.unify([old, new])
    return nest.e.select(mask, new, old) if new.lanes > 1 else new


def fill(kernel: object, v: Value, x: Reg) -> None:
    """Set every element of `v`'s memory to `x`."""
    nest = Nest(kernel)  # type: ignore[arg-type]
    size = nest.amounts.extent(product_of(v.shape))
    whole = nest.amounts.whole(size, LANES)
    flat = (Ix(0, 1, 0),)
    for lo, hi, step in ((0, whole, LANES), (whole, size, 1)):
        nest.open_loop(lo, hi, step, lambda: nest.store(x, v, flat))
