"""Whether an update reads the array it changes only at the element that it writes, or beside all of them."""

from __future__ import annotations

from ..ir.graph import Value, dims_of
from ..ir.types import is_int
from ..ops.lowering import Dot, Gather, Scalar
from .index import Index, Ix, identity
from .plan import Plan
from .roots import Root
from .views import is_view, piece_bounds, piece_index, product_indices, view_index, window_index


def reads_where_it_writes(plan: Plan, root: Root, base: Value) -> bool:
    """Whether the update or scatter `root` can work in the memory of `base` that its operands read, too.

    Each element that is stored may depend on the one in its place, and on those that stay as they are.
    """
    return _Walk(plan, root, base).ok()


class _Walk:
    """Down the expression of the update, with the index of each element."""

    def __init__(self, plan: Plan, root: Root, base: Value) -> None:
        self.plan, self.root, self.base = plan, root, base
        self.idx: tuple[Value, ...] = ()
        self.target: Index | None = None
        self.written: list[tuple[int, int]] = []
        self.stack: list[tuple[Value, Index]] = []
        if root.kind == "scatter":
            _, update, *idx = root.eqn.operands
            self.idx = tuple(idx)
            self.stack = [(i, identity(i.ndim)) for i in idx]
        elif root.kind == "window":
            _, update, *starts = root.eqn.operands
            self.target = window_index(starts, root.eqn.attrs["step"], _places(update))
        else:
            piece = root.eqn.op.lowering.pieces(root.eqn)[0]
            update = root.eqn.operands[piece.operand]
            steps = zip(_places(update), piece.step, piece.lo)
            self.target = tuple(ix.affine(step, lo) for ix, step, lo in steps)
            self.written = [] if dims_of(root.eqn) else piece_bounds(piece)
        self.shape = update.shape
        self.here = _places(update)
        self.stack.append((update, self.here))

    def ok(self) -> bool:
        if any(i.ndim for i in self.idx):  # a place may be named twice
            return False
        seen = set()
        while self.stack:
            item = self.stack.pop()
            if item not in seen:
                seen.add(item)
                if not self._read(*item):
                    return False
        return True

    def _read(self, v: Value, index: Index) -> bool:
        if v in self.plan.inline:
            return self._expand(v, index)
        if self.plan.home(v) is not self.base:
            return True
        return v.shape == self.base.shape and (index == self.target or self._beside(index))

    def _beside(self, index: Index) -> bool:
        """Whether no element at such indices is one that is written."""
        return any(
            not ix.terms and (max(self._ends(ix)) < lo or min(self._ends(ix)) >= hi)
            for ix, (lo, hi) in zip(index, self.written)
        )

    def _ends(self, ix: Ix) -> tuple[int, int]:
        """The first and the last value of an index."""
        extent = self.shape[ix.axis] if ix.axis >= 0 else 1
        return ix.offset, ix.scale * (extent - 1) + ix.offset

    def _expand(self, v: Value, index: Index) -> bool:
        eqn, lowering = self.plan.producer[v], self.plan.producer[v].op.lowering
        if isinstance(lowering, Scalar):
            self.stack.extend((x, index if x.shape else ()) for x in eqn.operands)
        elif is_view(eqn):
            self.stack.append((eqn.operands[0], view_index(eqn, index)))
        elif parts := self.plan.parts(eqn):
            self.stack.extend((eqn.operands[p.operand], piece_index(p, index)) for p in parts)
        elif isinstance(lowering, Dot):
            for indices in product_indices(eqn, index):
                self.stack.extend(zip(eqn.operands, indices))
        elif isinstance(lowering, Gather):
            x, *idx = eqn.operands
            if self.plan.home(x) is self.base and not self._same_place(x, idx, index):
                return False
            self.stack.extend((i, index[: i.ndim]) for i in idx)
        return True

    def _same_place(self, x: Value, idx: list[Value], index: Index) -> bool:
        return x.shape == self.base.shape and tuple(idx) == self.idx and index == self.here


def _places(v: Value) -> Index:
    """The index of each element; along an axis of length 1 it is the number 0, as behind a reshape."""
    return tuple(Ix(-1, 0, 0) if is_int(n) and n == 1 else Ix(a, 1, 0) for a, n in enumerate(v.shape))
