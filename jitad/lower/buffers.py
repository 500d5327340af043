"""Buffer planning: which memory each stored value lives in, by liveness over the schedule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from ..ir.graph import Value
from ..ir.types import Type
from .aligned import reads_where_it_writes
from .emitter import Reg
from .plan import Plan
from .roots import CallRoot, RegionRoot, Root, Step, base_of
from .slots import inner_buffers, taken_over

ALIGNMENT = 64
#: More buffers than this are placed in linear time: where one of its size has been, or behind all others.
MANY = 500


def aligned(nbytes: int) -> int:
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


@dataclass(eq=False)
class Buffer:
    """One piece of memory that one or more values share, one after the other."""

    nbytes: int
    first: int
    last: int
    out: int = -1  # number of the result that it is, −1: workspace
    offset: int = 0
    pointer: str = ""  # where it is if that changes: the register of the pointer
    heap: Type | None = None  # what it holds, if its size is known only when it runs
    block: Reg | None = None  # then the register of the pointer, once it has memory
    values: list[Value] = field(default_factory=list)


def new_buffer(v: Value, first: int, last: int) -> Buffer:
    """A buffer for a value."""
    if v.type.dims:
        return Buffer(0, first, last, heap=v.type)
    return Buffer(v.type.nbytes, first, last)


def same_size(a: Type, b: Type) -> bool:
    """Whether arrays of these types take as much memory."""
    return a is b or (not a.dims and not b.dims and a.nbytes == b.nbytes)


class Buffers:
    """Places every stored root: results where they are returned, the rest in one workspace.

    An update whose base dies with it writes into the base's memory, a map into that of an
    operand. Workspace offsets are
    given first-fit by size among the intervals that are alive together.

    The buffers of a region are inside those of the scope around it, `outer`. There the result number k is in
    memory if `memory[k]`, at the pointer `targets[k]`. A value that is `owned`, such as a carried array, is
    where its result has to be at the end; it may be overwritten when it is dead. `base` is where the
    workspace lies in that of the kernel. When it is a loop's body, it `loops`.
    """

    def __init__(
        self,
        plan: Plan,
        outer: Buffers | None = None,
        memory: list[bool] | None = None,
        owned: dict[Value, int] | None = None,
        loops: bool = False,
    ) -> None:
        self.plan = plan
        self.outer = outer
        self.memory = [True] * len(plan.fn.results) if memory is None else memory
        self.targets = [f"%out{k}" for k in range(len(plan.fn.results))]
        self.base = 0
        self.loops = loops
        self.of: dict[Value, Buffer] = {}
        self.scratch: list[Buffer] = []
        self.holders: dict[int, list[Buffer]] = {}
        self.in_place: set[Value] = set()
        self.last_read: dict[Value, int] = {}
        self.readers: dict[Value, list[object]] = {}
        self._liveness(plan.steps)
        self.copies = self._pin_results()
        for v, k in (owned or {}).items():
            self.of[v] = new_buffer(v, -1, self.last_read.get(v, -1))
            self.of[v].out = k
            self.of[v].values.append(v)
            self.holders[k] = [self.of[v]]
        self._assign(plan.steps)
        misplaced = [(k, v) for v, k in self.pinned.items() if self.of[v].out != k]
        self.copies += [(k, plan.fn.results[k]) for k, _ in misplaced]
        self.swapped = self._swap(owned or {})
        self.nbytes = self._place()

    def _liveness(self, steps: list[Step]) -> None:
        for number, step in enumerate(steps):
            for eqn in step.eqns:
                for leaf in self.plan.small_reads(eqn):
                    if leaf not in self.plan.small:  # registers need no memory
                        self._read(leaf, number, eqn)
            for root in step.roots:
                for leaf in root.reads.leaves:
                    self._read(leaf, number, root)

    def _read(self, leaf: Value, number: int, reader: object) -> None:
        home = self.plan.home(leaf)
        self.last_read[home] = number
        self.readers.setdefault(home, []).append(reader)

    def _pin_results(self) -> list[tuple[int, Value]]:
        """Results that are roots are computed in place; the others are copied at the end."""
        self.pinned: dict[Value, int] = {}
        copies = []
        for k, result in enumerate(self.plan.fn.results):
            home = self.plan.home(result)
            root = self.plan.roots.get(home)
            if not self.memory[k]:
                self.last_read[home] = len(self.plan.steps)
            elif root is not None and root.stored and home not in self.pinned:
                self.pinned[home] = k
                if self.outer is not None:
                    self.last_read[home] = len(self.plan.steps)
            else:
                copies.append((k, result))
                self.last_read[home] = len(self.plan.steps)
        return copies

    def _assign(self, steps: list[Step]) -> None:
        for number, step in enumerate(steps):
            for root in step.roots:
                if isinstance(root, RegionRoot):
                    self._give_region(root, number)
                elif isinstance(root, CallRoot):
                    for v in root.eqn.results:
                        if v.ndim:
                            self._enter(v, None, number, number)
                elif root.stored:
                    self._give(root, number, step)

    def _give_region(self, root: RegionRoot, number: int) -> None:
        """Memory for a region's results, for some that of an operand that dies; then what is inside."""
        bases = taken_over(self, root, number)
        for k, (v, memory) in enumerate(zip(root.eqn.results, root.memory)):
            if memory:
                self._enter(v, bases.get(k), number, number)
        root.inner = inner_buffers(self, root, bases)
        root.workspace = Buffer(max(b.nbytes for b in root.inner), number, number)
        self.scratch.append(root.workspace)

    def _give(self, root: Root, number: int, step: Step) -> None:
        value = root.value
        base = self._dying_base(root, number, step) or self._dying_operand(root, number, step)
        if base is not None:
            self.in_place.add(value)
        self._enter(value, base, number, number)

    def _enter(self, value: Value, base: Value | None, first: int, number: int) -> None:
        """Give a value memory: that of `base`, or new one, which may be where a result belongs."""
        last = self.last_read.get(value, number)
        if base is not None:
            buffer = self.of[base]
            buffer.last = max(buffer.last, last)
        else:
            buffer = self._spare(value, first, last) or new_buffer(value, first, last)
        buffer.values.append(value)
        k = self.pinned.get(value, -1)
        if k >= 0 and buffer.out < 0 and all(b.last < buffer.first for b in self.holders.get(k, ())):
            buffer.out = k
            self.holders.setdefault(k, []).append(buffer)
        self.of[value] = buffer

    def _spare(self, value: Value, first: int, last: int) -> Buffer | None:
        """A block that held something of this type, which nothing reads any more."""
        if not value.type.dims or value in self.pinned:
            return None
        for buffer in self.of.values():
            if buffer.heap is value.type and buffer.out < 0 and buffer.last < first:
                if not any(v in self.pinned for v in buffer.values):
                    buffer.last = last
                    return buffer
        return None

    def _swap(self, owned: dict[Value, int]) -> dict[int, Buffer]:
        """Carried results in workspace that change places with what they replace, instead of being copied.

        Not memory whose size only the body knows: the places are there before the loop.
        """
        found: dict[int, Buffer] = {}
        for k, v in self.copies:
            home = self.plan.home(v)
            buffer = self.of.get(home)
            if not self.loops or k not in owned.values() or self.pinned.get(home) != k or buffer is None:
                continue
            known = buffer.heap is None or buffer.heap is self.plan.fn.results[k].type
            if buffer.out < 0 and k < len(self.plan.fn.results) and known:
                buffer.first, buffer.last = -1, len(self.plan.steps)
                found[k] = buffer
        self.copies = [(k, v) for k, v in self.copies if k not in found]
        return found

    def is_dying(self, home: Value, number: int) -> bool:
        """Whether a value's memory is ours to overwrite once step `number` has read it."""
        return home in self.of and home not in self.pinned and self.last_read.get(home, -1) <= number

    def _dying_base(self, root: Root, number: int, step: Step) -> Value | None:
        """The operand whose memory the root may take over: an update's base that nothing reads again."""
        base = base_of(root)
        if base is None:
            return None
        home = self.plan.home(base)
        if not self.is_dying(home, number):
            return None
        alone = all(reader is root for reader in self.readers[home] if reader in step.roots)
        others = list(root.eqn.operands)
        others.remove(base)  # once: it may be the update too
        rereads = any(self.plan.home(leaf) is home for leaf in self.plan.reads_of(others).leaves)
        harmless = not rereads or reads_where_it_writes(self.plan, root, home)
        return home if alone and harmless and same_size(base.type, root.value.type) else None

    def _dying_operand(self, root: Root, number: int, step: Step) -> Value | None:
        """An operand of a map that nothing reads after this nest, and its nest only where it writes.

        Each element is loaded once a body, before the map stores over it. Not in a nest with gathers: its
        last vector would take for indices what was stored.
        """
        if root.kind != "map" or any(r.reads.checked for r in step.roots):
            return None
        for leaf, only_identity in root.reads.leaves.items():
            home = self.plan.home(leaf)
            if not only_identity or not self.is_dying(home, number):
                continue
            if not same_size(home.type, root.value.type):
                continue
            holders = [self.plan.roots.get(v) for v in self.of[home].values if v in self.in_place]
            taken = any(r in step.roots for r in holders)
            if not taken and self._read_alike(home, leaf, step):
                return home
        return None

    def _read_alike(self, home: Value, leaf: Value, step: Step) -> bool:
        """Whether all roots of a nest read some memory through one value, at the identity index."""
        reads = [
            (v, same) for r in step.roots for v, same in r.reads.leaves.items() if self.plan.home(v) is home
        ]
        return all(v is leaf and same for v, same in reads) and self.plan.roots.get(home) not in step.roots

    def _place(self) -> int:
        """Offsets in the workspace; its size in bytes."""
        buffers = {
            id(b): b for b in (*self.of.values(), *self.scratch) if b.out < 0 and b.heap is None
        }.values()
        if len(buffers) > MANY:
            return _place_in_order(buffers)
        placed: list[Buffer] = []
        total = 0
        for buffer in sorted(buffers, key=lambda b: (-b.nbytes, b.first)):
            overlapping = sorted(
                (b for b in placed if b.first <= buffer.last and buffer.first <= b.last),
                key=lambda b: b.offset,
            )
            at = 0
            for b in overlapping:
                if b.offset - at >= aligned(buffer.nbytes):
                    break
                at = max(at, b.offset + aligned(b.nbytes))
            buffer.offset = at
            placed.append(buffer)
            total = max(total, at + aligned(buffer.nbytes))
        return total


def _place_in_order(buffers: Iterable[Buffer]) -> int:
    """Offsets, one buffer after the other as they come to life; the size of all in bytes."""
    free: dict[int, list[int]] = {}
    alive: list[tuple[int, int, int]] = []
    total = 0
    for buffer in sorted(buffers, key=lambda b: b.first):
        while alive and alive[0][0] < buffer.first:
            _, offset, size = heappop(alive)
            free.setdefault(size, []).append(offset)
        size = aligned(buffer.nbytes)
        if free.get(size):
            buffer.offset = free[size].pop()
        else:
            buffer.offset, total = total, total + size
        heappush(alive, (buffer.last, buffer.offset, size))
    return total
