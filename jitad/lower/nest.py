"""Loop nests: elements of fused expressions as functions of the loop indices, scalar or in vector lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir.graph import Const, Eqn, Value
from ..ir.named import named
from ..ir.types import Shape, is_int
from ..ops.lowering import Dot, Gather, Iota, Piecewise, Scalar, WindowInto
from .amounts import Amount, Amounts
from .borders import guarded_load, piecewise
from .edges import Between, Edge, below, moved
from .emitter import Reg, llvm_type, memory_type
from .index import Index, Ix, depth, row_major
from .ranges import interval
from .stream import stream_store
from .views import is_view, product_indices, view_index
from .walks import LANES, NARROW_LANES, Loops, lanes_of

if TYPE_CHECKING:
    from .kernel import Kernel


class Nest(Loops):
    """Emits loops from the outermost in, each value at the shallowest depth where its index is known.

    `own` are the roots of the nest: computed here rather than read from memory, as inlined expressions are.
    """

    def __init__(self, kernel: Kernel, own: frozenset[Value] = frozenset()) -> None:
        super().__init__(kernel)
        self.plan = kernel.plan
        self.own = own
        self.amounts = Amounts(self)
        self.guarded = False  # whether an index may lie inside a piece for some indices of a loop only

    # elements

    def element(self, v: Value, index: Index) -> Reg:
        """The element of `v` at `index`: a vector when the index walks the lanes of the innermost loop."""
        if isinstance(v, Const) and v.is_scalar:
            return self.e.literal(v.data, llvm_type(v.dtype))
        level = depth(index)
        memo = self.memos[level]
        key = (v, index)
        found = memo.get(key)
        if found is None:
            lines = self.e.lines
            self.e.lines = self.lists[level]
            found = memo[key] = self._compute(v, index)
            self.e.lines = lines
        return found

    def _compute(self, v: Value, index: Index) -> Reg:
        if v in self.plan.inline or v in self.own:
            eqn = self.plan.producer[v]
            reader = self.e.serve(eqn)
            out = self.expression(eqn, index)
            self.e.serve(reader)
            return out
        registers = self.kernel.registers_of(v)
        if registers is not None and all(ix.is_number for ix in index):
            position = sum(s * ix.offset for s, ix in zip(row_major(v.shape), index))
            return self.kernel.use(registers[position])
        if registers is not None:
            self.kernel.spill(v)  # before loops this has been done; here it serves equations in registers
        return self._load(v, index)

    def expression(self, eqn: Eqn, index: Index) -> Reg:
        """One element of an equation's result, from its operands' elements."""
        lowering = eqn.op.lowering
        if isinstance(lowering, Scalar):
            xs = [self.element(v, index if v.shape else ()) for v in eqn.operands]
            return lowering.emit(self.e, eqn, *self.unify(xs))
        if is_view(eqn):
            return self.element(eqn.operands[0], view_index(eqn, index))
        if isinstance(lowering, Piecewise | WindowInto):
            return piecewise(self, eqn, index)
        if isinstance(lowering, Iota):
            return self._iota(eqn, index)
        if isinstance(lowering, Gather):
            return self._gather(eqn, index)
        if isinstance(lowering, Dot):
            return self._product(eqn, index)
        raise NotImplementedError(f"{eqn.op.name} is not computed element by element")

    def unify(self, xs: list[Reg]) -> list[Reg]:
        """The registers with equal lanes: scalars beside vectors are splat."""
        lanes = max((x.lanes for x in xs), default=1)
        return [self.splat(x, lanes) if x.lanes < lanes else x for x in xs]

    def splat(self, x: Reg, lanes: int) -> Reg:
        if x.chunk < 0:
            return self.e.splat(x, lanes)
        memo = self.memos[-1]
        found = memo.get(("splat", x.text))
        if found is None:
            found = memo["splat", x.text] = self.e.splat(x, lanes)
        return found

    def reach(self, ix: Ix) -> tuple[int, int]:
        """The smallest and the largest value of an index in the loops that are open."""
        if ix.axis < 0:
            return ix.offset, ix.offset
        bounds = self.ranges[ix.axis]
        assert bounds is not None and not isinstance(bounds, Between)
        start, stop = bounds
        ends = (ix.scale * start + ix.offset, ix.scale * (stop - 1) + ix.offset)
        return min(ends), max(ends)

    def below(self, ix: Ix, bound: Edge) -> bool | None:
        """Whether an index is below a bound in the open loops: always, never, or (None) for some indices."""
        where = self.ranges[ix.axis] if ix.axis >= 0 else None
        known = ix.axis < 0 or (where is not None and not isinstance(where, Between))
        if known and not ix.terms and isinstance(bound, int):
            first, last = self.reach(ix)
            return True if last < bound else False if first >= bound else None
        if where is not None and not isinstance(where, Between):
            where = Between((where[0],), (where[1],))
        return below(self.plan.forms, ix, bound, where)

    @contextmanager
    def guarding(self, asks: bool) -> Iterator[None]:
        """Code that finds out where an index is inside if it `asks`."""
        before, self.guarded = self.guarded, asks
        yield
        self.guarded = before

    def _iota(self, eqn: Eqn, index: Index) -> Reg:
        ix = index[eqn.attrs["axis"]]
        dtype = eqn.results[0].dtype
        if ix.is_number:
            return self.e.literal(ix.offset, llvm_type(dtype))
        position = self.position(ix)
        if dtype.kind == "f":
            return self.e.cast("sitofp", position, dtype)
        return position if dtype.itemsize == 8 else self.e.cast("trunc", position, dtype)

    def position(self, ix: Ix, lanes: int = 0) -> Reg:
        """The value of an affine index as an i64 register, one per lane in the vector loop."""
        if ix.is_number:
            return self.e.literal(ix.offset, "i64")
        lanes = lanes or (self.lanes if ix.axis == len(self.ivs) - 1 and ix.axis >= 0 else 1)
        walked = [(ix.scale, self.ivs[ix.axis])] if ix.axis >= 0 else []
        base = Reg(str(self.e.offset(walked, self.offset_of(ix))), "i64", 1, self.e.chunk)
        if lanes == 1:
            return base
        steps = ", ".join(f"i64 {k * ix.scale}" for k in range(lanes))
        wide = self.e.splat(base, lanes)
        return self.e.op("add", wide, Reg(f"<{steps}>", "i64", lanes))

    def _product(self, eqn: Eqn, index: Index) -> Reg:
        """A short sum of products, in order, each term fused with what came before."""
        acc: Reg | None = None
        for ix, iy in product_indices(eqn, index):
            x, y = self.unify([self.element(eqn.operands[0], ix), self.element(eqn.operands[1], iy)])
            acc = self.e.multiply_add(x, y, acc)
        return acc or self.e.literal(0, llvm_type(eqn.results[0].dtype))

    # memory

    def strides(self, v: Value, index: Index) -> tuple[Amount, ...]:
        """Element strides of `v`'s memory along the index (a flat index walks it linearly)."""
        return self.strides_of(v.shape) if len(index) == v.ndim else (1,)

    def strides_of(self, shape: Shape) -> tuple[Amount, ...]:
        """Element strides of a C-contiguous array."""
        return tuple([s if s.__class__ is int else self.amounts.extent(s) for s in row_major(shape)])

    def offset_of(self, ix: Ix) -> Amount:
        """What an index is beside its multiple of a loop's."""
        if not ix.terms:
            return ix.offset
        amounts = self.amounts
        total: Amount = 0
        for v, n in ix.terms:
            total = amounts.plus(total, amounts.times(amounts.of(v), n))
        return amounts.plus(total, ix.offset)

    def amount(self, x: Edge) -> Amount:
        """Where an edge is."""
        return x if isinstance(x, int) else self.offset_of(moved(Ix(-1, 0, 0), x))

    def coefficients(self, strides: Sequence[Amount], index: Index) -> tuple[dict[int, Amount], Amount]:
        """The linear element offset of `index`: coefficient per loop axis, and what is no loop's."""
        times, plus = self.amounts.times, self.amounts.plus
        terms: dict[int, Amount] = {}
        constant: Amount = 0
        for stride, ix in zip(strides, index):
            constant = plus(constant, times(stride, self.offset_of(ix)))
            if ix.axis >= 0:
                terms[ix.axis] = plus(terms.get(ix.axis, 0), times(stride, ix.scale))
        return {a: c for a, c in terms.items() if c}, constant

    def address(self, v: Value, index: Index) -> tuple[str, Amount]:
        """A pointer to the element (its first lane), and the stride from lane to lane in elements."""
        offset = self.coefficients(self.strides(v, index), index)
        return self._beyond(v, 0, lambda: self.kernel.pointer(v), memory_type(v.dtype), offset)

    def _beyond(
        self,
        key: object,
        known: int,
        base: Callable[[], str],
        element: str,
        offset: tuple[dict[int, Amount], Amount],
    ) -> tuple[str, Amount]:
        """A pointer to an element beyond `base`, which is known in `known` loops; and the lanes' stride."""
        terms, constant = offset
        innermost = len(self.ivs) - 1
        outer = [(c, self.ivs[a]) for a, c in sorted(terms.items()) if a != innermost]
        level = max((a + 1 for a in terms if a != innermost), default=known)
        level = max(level, known)
        key = ("pointer", key, tuple(sorted((a, c) for a, c in terms.items() if a != innermost)), constant)
        memo = self.memos[level]
        if key not in memo:
            lines, self.e.lines = self.e.lines, self.lists[level]
            start = base()
            text = self.e.offset(outer, constant)
            memo[key] = Reg(start if text == "0" else self.e.gep(start, element, text), "ptr")
            self.e.lines = lines
        pointer = memo[key].text
        stride = terms.get(innermost, 0)
        if stride:
            pointer = self.e.gep(pointer, element, self.e.offset([(stride, self.ivs[innermost])], 0))
        return pointer, stride

    def held(self, v: Value, index: Index) -> Reg:
        """What the memory of `v` holds at `index` now, whatever value wrote it."""
        return self._load(v, index)

    def _load(self, v: Value, index: Index) -> Reg:
        if self.guarded and len(index) == v.ndim:
            found = guarded_load(self, v, 0, lambda: self.kernel.pointer(v), v.shape, index, v.dtype)
            if found is not None:
                return found
        return self.load_lanes(*self.address(v, index), v.dtype)

    def lane_offset(self, lane: int, stride: Amount) -> str:
        """Where a lane is, so many elements apart."""
        return str(self.amounts.times(stride, lane))

    def load_lanes(self, pointer: str, stride: Amount, dtype: np.dtype) -> Reg:
        """The elements of all lanes, so many elements apart."""
        if self.lanes == 1 or stride == 0:
            return self.e.load(pointer, dtype)
        if stride == 1:
            return self.e.load(pointer, dtype, self.lanes)
        if stride == -1:
            first = self.e.gep(pointer, memory_type(dtype), str(1 - self.lanes))
            return self.e.shuffle(self.e.load(first, dtype, self.lanes), list(reversed(range(self.lanes))))
        out = Reg("poison", llvm_type(dtype), self.lanes)
        for lane in range(self.lanes):
            at = self.e.gep(pointer, memory_type(dtype), self.lane_offset(lane, stride))
            out = self.e.insert(out, self.e.load(at, dtype), lane)
        return out

    def store(self, x: Reg, v: Value, index: Index) -> None:
        """Write the element of `v` at `index`; a vector goes to adjacent ones, turned, or lane by lane."""
        self.store_lanes(x, v, *self.address(v, index))

    def store_lanes(self, x: Reg, v: Value, pointer: str, stride: Amount) -> None:
        """Write elements of `v`, the lanes' so many elements apart."""
        if self.lanes == 1 or stride == 0:
            self.e.store(x, pointer, v.dtype)
            return
        if x.lanes == 1:
            x = self.splat(x, self.lanes)
        if stride == 1:
            if self.kernel.streamed(v):
                stream_store(self.kernel, x, pointer)
            else:
                self.e.store(x, pointer, v.dtype)
            return
        if stride == -1:
            first = self.e.gep(pointer, memory_type(v.dtype), str(1 - self.lanes))
            self.e.store(self.e.shuffle(x, list(reversed(range(self.lanes)))), first, v.dtype)
            return
        for lane in range(self.lanes):
            at = self.e.gep(pointer, memory_type(v.dtype), self.lane_offset(lane, stride))
            self.e.store(self.e.extract(x, lane), at, v.dtype)

    def _gather(self, eqn: Eqn, index: Index) -> Reg:
        x, *idx = eqn.operands
        rank = max(i.ndim for i in idx)
        if self.lanes == 1 or depth(index[:rank]) < len(self.ivs):
            return self._load_row(x, idx, index, eqn)
        strides = self.strides_of(x.shape)
        terms = []
        for axis, i in enumerate(idx):
            where = self.element(i, index[:rank] if i.shape else ())
            terms.append((strides[axis], self.checked(where, x.shape[axis], i, eqn)))
        for stride, ix in zip(strides[len(idx) :], index[rank:]):
            terms.append((stride, self.position(ix)))
        return self._load_at(x, self.linear(terms))

    def indexed(self, x: Value, idx: Sequence[Value], index: Index, eqn: Eqn) -> tuple[str, Amount]:
        """A pointer to `x[idx0, …, *rest]`, the idx alike in all lanes; and the lanes' stride."""
        rank = max(i.ndim for i in idx)
        key, level, row = self._row(x, idx, index[:rank], eqn)
        offset = self.coefficients(self.strides_of(x.shape[len(idx) :]), index[rank:])
        return self._beyond(key, level, lambda: row, memory_type(x.dtype), offset)

    def _load_row(self, x: Value, idx: Sequence[Value], index: Index, eqn: Eqn) -> Reg:
        """The elements of all lanes where the idx are alike in all of them."""
        if self.guarded:
            rank = max(i.ndim for i in idx)
            key, level, row = self._row(x, idx, index[:rank], eqn)
            shape = x.shape[len(idx) :]
            found = guarded_load(self, key, level, lambda: row, shape, index[rank:], x.dtype)
            if found is not None:
                return found
        return self.load_lanes(*self.indexed(x, idx, index, eqn), x.dtype)

    def _row(self, x: Value, idx: Sequence[Value], at: Index, eqn: Eqn) -> tuple[object, int, str]:
        """A name for `x[idx0, …]`, in how many loops it is known, and a pointer to it."""
        level = depth(at)
        memo, key = self.memos[level], ("row", x, eqn, at)
        if key not in memo:
            lines, self.e.lines = self.e.lines, self.lists[level]
            self.kernel.spill(x)  # before loops this has been done; here it serves equations in registers
            wheres = [self.element(i, at if i.shape else ()) for i in idx]
            terms = zip(self.strides_of(x.shape), map(self.checked, wheres, x.shape, idx, repeat(eqn)))
            memo[key] = Reg(self.pointer_at(x, self.linear(list(terms))), "ptr")
            self.e.lines = lines
        return key, level, memo[key].text

    def linear(self, terms: list[tuple[Amount, Reg]]) -> Reg:
        """`Σ stride · position`, in lanes where a position has lanes."""
        positions = self.unify([p for _, p in terms])
        total: Reg | None = None
        for (stride, _), p in zip(terms, positions):
            p = p if stride == 1 else self.e.op("mul", p, self.like(stride, p))
            total = p if total is None else self.e.op("add", total, p)
        assert total is not None
        return total

    def like(self, amount: Amount, x: Reg) -> Reg:
        """An amount with the lanes of `x`."""
        if amount.__class__ is int:
            return self.e.const(amount, x)
        one = Reg(amount, "i64", 1, self.e.chunk)  # type: ignore[arg-type]
        return one if x.lanes == 1 else self.e.splat(one, x.lanes)

    def checked(self, i: Reg, extent: Any, v: Value, eqn: Eqn) -> Reg:
        """The index, negative ones counted from the end; out of range sets the status and reads element 0.

        What is known of the value `v` that it comes from spares tests.
        """
        e = self.e
        known = interval(self.plan, v)
        length = self.amounts.extent(extent)
        if known.lo < 0:
            negative = e.icmp("slt", i, e.const(0, i))
            i = e.select(negative, e.op("add", i, self.like(length, i)), i)
        if is_int(extent) and -extent <= known.lo and known.hi < extent:
            return i
        outside = e.icmp("uge", i, self.like(length, i))
        axis = f"an axis of length {extent}" if is_int(extent) else "the axis"
        self.kernel.fail_if(
            outside, IndexError, named("index", f"an index is out of range for {axis}"), eqn.loc
        )
        if self.kernel.depth:  # the call has ended there
            return i
        return e.select(outside, e.const(0, i), i)

    def pointer_at(self, x: Value, offset: Reg) -> str:
        """A pointer to the element at a computed linear offset."""
        return self.e.gep(self.kernel.pointer(x), memory_type(x.dtype), offset.text)

    def _load_at(self, x: Value, offset: Reg) -> Reg:
        self.kernel.spill(x)  # before loops this has been done; here it serves equations in registers
        base, element = self.kernel.pointer(x), memory_type(x.dtype)
        if offset.lanes == 1:
            return self.e.load(self.e.gep(base, element, offset.text), x.dtype)
        out = Reg("poison", llvm_type(x.dtype), offset.lanes)
        for lane in range(offset.lanes):
            at = self.e.gep(base, element, self.e.extract(offset, lane).text)
            out = self.e.insert(out, self.e.load(at, x.dtype), lane)
        return out


__all__ = ["LANES", "NARROW_LANES", "Nest", "lanes_of"]
