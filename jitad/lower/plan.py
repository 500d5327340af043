"""The fusion plan: which values are registers, which are computed where they are used, which get memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

from ..ir.graph import Const, Eqn, Function, Value, callee, dims_of, reads
from ..ir.types import I64
from ..ops.callback import calls_back
from ..ops.lowering import (
    ArgReduce,
    Callback,
    CallOp,
    Check,
    Dot,
    Gather,
    Iota,
    Part,
    Piece,
    Piecewise,
    Reduce,
    Region,
    Reshape,
    Scalar,
    Scan,
    ScatterInto,
    TapeOp,
    Window,
    WindowInto,
)
from ..opt.affine import Forms
from . import open_blas
from .edges import cuts, form
from .elsewhere import read_before
from .index import Index, fixed, identity
from .keep import columns_to_copy, values_to_keep
from .ranges import Interval, counter, interval
from .roots import (
    APART,
    FUSABLE,
    CallbackRoot,
    CallRoot,
    Reads,
    RegionRoot,
    Root,
    Step,
    is_bordered,
    long_interval,
    operand_indices,
    overwritten,
)
from .updates import settle
from .views import (
    contracted,
    is_unit_reshape,
    is_view,
    own_cost,
    parts,
    piece_bounds,
    piece_index,
    product_indices,
    view_index,
)

#: Arrays of at most this many elements live in registers; their loops are unrolled.
SMALL = 16
#: A product with at most this many multiplications is unrolled or looped inline, beyond it BLAS is called.
SMALL_DOT = 256
#: A product of at most this many terms is computed where it is read if it has batch axes or its right operand
#: is this small: it fuses with what surrounds it, and calling BLAS would cost more.
INLINE_LENGTH, INLINE_MATRIX = 16, 256
#: Limit of the depth of one fused expression.
MAX_DEPTH = 48
#: Limit of the expressions of one nest together, in equations: each may be a vector of 64 bytes that lives on
#: the stack, where a frame may have 64 KiB.
MAX_EQUATIONS = 600


def is_small(v: Value) -> bool:
    """Whether a value's elements may be registers; scalars and empty arrays always are."""
    return not v.shape or (not v.type.dims and v.size <= SMALL)


def dot_work(eqn: Eqn) -> int:
    """Multiplications of a product."""
    return contracted(eqn) * eqn.results[0].type.likely_size


#: (plan, product, operand number) → the memory that the operand is read from, and its strides there.
ProductSource = Callable[["Plan", Eqn, int], "tuple[Value, tuple[int, ...]]"]


class Plan:
    """Decides, for one function, the regime of every value and the order of the steps.

    `inline` values are computed where they are read; `aliases` share another value's memory;
    `small` values are lists of registers; everything else is a root with memory of its own.
    A region has a plan of its own; what it reads from around it is registers or memory in the plan `outer`.
    """

    def __init__(
        self,
        fn: Function,
        product_source: ProductSource,
        outer: Plan | None = None,
        callees: Mapping[Function, Any] | None = None,
    ) -> None:
        self.fn = fn
        self.outer = outer
        self.callees: Mapping[Function, Any] = outer.callees if outer else callees or {}
        self.intervals: dict[Value, Interval] = {}
        self.product_source = product_source
        self.forms: Forms = Forms(fn.eqns, outer.forms if outer else None)
        self._parts: dict[Eqn, list[Piece] | None] = {}
        self.regions: dict[Eqn, RegionRoot | CallRoot | CallbackRoot] = {}
        self.producer: dict[Value, Eqn] = {r: eqn for eqn in fn.eqns for r in eqn.results}
        self.small: set[Value] = set()
        self.inline: set[Value] = set()
        self.aliases: dict[Value, Value] = dict(outer.aliases) if outer else {}
        self.roots: dict[Value, Root] = {}
        self.time: dict[Value, int] = {}
        self._small_reads: dict[Eqn, tuple[Value, ...]] = {}
        self._cost: dict[Value, float] = {}
        self._dearest: dict[Value, float] = {}
        self._depth: dict[Value, int] = {}
        self.pieces: dict[Value, int] = {}
        self.bordered: set[Value] = set()  # inlined values in pieces that end where only the program knows
        self._read_somewhere: set[Value] | None = None
        self._last_reader: dict[Value, int] = {}
        self._classify()
        self.keep(values_to_keep(self))
        settle(self)
        self.keep(columns_to_copy(self))
        self.steps = self._schedule()

    # which regime

    def _classify(self) -> None:
        forced = {self._base(r) for r in self.fn.results}
        forced.update(map(self._base, read_before(self.fn, self.producer, self.parts)))
        for eqn in self.fn.eqns:
            forced.update(self._needs_memory(eqn))
        for eqn in self.fn.eqns:
            if eqn.results and eqn.results[0].dtype == I64:
                interval(self, eqn.results[0])  # in order, so that it need not recur
            kind = self._regime(eqn)
            if kind == "small":
                self.small.update(eqn.results)
                continue
            if kind == "region":
                self._region(eqn)
                continue
            if kind == "call":
                self._call(eqn)
                continue
            if kind == "callback":
                root = self.regions[eqn] = CallbackRoot(eqn, "callback", ())
                root.reads.leaves = dict.fromkeys(eqn.operands, False)
                continue
            out = eqn.results[0]
            if kind == "alias":
                self.aliases[out] = self.home(eqn.operands[0])
            elif kind == "inline":
                self.measure(eqn)
                if out in forced or self._depth[out] > MAX_DEPTH:
                    self.give(eqn, "map")
                else:
                    self.inline.add(out)
            else:
                self.give(eqn, kind)
                self.small.update(eqn.results[1:])

    def _region(self, eqn: Eqn) -> None:
        root = RegionRoot(eqn, "region", ())
        if "trips" in eqn.attrs:
            self.intervals[eqn.regions[0].params[0]] = counter(self, eqn)
        root.plans = [Plan(region, self.product_source, self) for region in eqn.regions]
        stacked = eqn.attrs.get("carried", len(eqn.results))
        root.memory = [k >= stacked or not is_small(v) for k, v in enumerate(eqn.results)]
        root.reads.leaves = dict.fromkeys(reads(eqn), False)
        self.regions[eqn] = root
        for v, memory in zip(eqn.results, root.memory):
            if memory:
                self.roots[v] = root
            else:
                self.small.add(v)

    def _call(self, eqn: Eqn) -> None:
        function = callee(eqn)
        assert function is not None
        root = self.regions[eqn] = CallRoot(eqn, "call", (), callee=self.callees[function])
        root.reads.leaves = dict.fromkeys(eqn.operands, False)
        for v in eqn.results:
            if v.ndim:
                self.roots[v] = root
            else:
                self.small.add(v)

    def _base(self, v: Value) -> Value:
        """The value whose memory a chain of true reshapes shares."""
        while (
            (eqn := self.producer.get(v))
            and isinstance(eqn.op.lowering, Reshape)
            and not is_unit_reshape(eqn)
        ):
            v = eqn.operands[0]
        return v

    def _needs_memory(self, eqn: Eqn) -> list[Value]:
        lowering = eqn.op.lowering
        if isinstance(lowering, Region | TapeOp | CallOp | Callback):
            return [self._base(v) for v in reads(eqn)]
        if isinstance(lowering, Reshape) and not is_unit_reshape(eqn):
            return [self._base(eqn.operands[0])]
        if isinstance(lowering, WindowInto) and self.parts(eqn):
            return []
        if isinstance(lowering, Gather | ScatterInto | WindowInto):
            return [self._base(eqn.operands[0])]
        if isinstance(lowering, Dot) and self._regime(eqn) == "blas":
            return [self._base(self.product_source(self, eqn, k)[0]) for k in (0, 1)]
        return []

    def _regime(self, eqn: Eqn) -> str:
        lowering = eqn.op.lowering
        if isinstance(lowering, Region):
            return "region"
        if isinstance(lowering, CallOp):
            return "call"
        if isinstance(lowering, Callback):
            return "callback"
        if isinstance(lowering, TapeOp | Check):
            return "small" if not eqn.results or is_small(eqn.results[0]) else "pop"
        tiny = all(is_small(v) for v in (*eqn.operands, *eqn.results))
        if isinstance(lowering, Dot):
            return self._dot_regime(eqn, tiny)
        if isinstance(lowering, ScatterInto):
            return "scatter"
        if isinstance(lowering, WindowInto):
            return "inline" if self.parts(eqn) else "window"
        if isinstance(lowering, Part):
            return "part"
        if isinstance(lowering, Gather):
            return "small" if is_small(eqn.results[0]) else "inline"
        if tiny:
            return "small"
        if isinstance(lowering, Reduce):
            return "fold"
        if isinstance(lowering, Scan):
            return "scan"
        if isinstance(lowering, ArgReduce):
            return "argreduce"
        if is_view(eqn):
            return "small" if is_small(eqn.results[0]) else "inline"
        if isinstance(lowering, Reshape):
            return "alias"
        if isinstance(lowering, Piecewise):
            return "inline" if self.parts(eqn) else "update"
        if isinstance(lowering, Scalar | Iota):
            return "inline"
        raise NotImplementedError(f"no lowering for {eqn.op.name} ({type(lowering).__name__})")

    def _dot_regime(self, eqn: Eqn, tiny: bool) -> str:
        if tiny and dot_work(eqn) <= SMALL_DOT:
            return "small"
        if dims_of(eqn):
            return "blas" if open_blas.fits(self, eqn) else "contract"
        if eqn.results[0].size == 1:
            return "contract"
        inner = contracted(eqn)
        if inner <= INLINE_LENGTH and (eqn.attrs["batch"][0] or eqn.operands[1].size <= INLINE_MATRIX):
            return "inline"
        return "blas" if eqn.results[0].type.is_float else "contract"

    def parts(self, eqn: Eqn) -> list[Piece] | None:
        """The pieces that a result is computed from where it is read; None if it had better not."""
        if eqn not in self._parts:
            self._parts[eqn] = parts(self.forms, eqn)
        return self._parts[eqn]

    def boxes(self, eqn: Eqn) -> int:
        """Into how many boxes with code of their own the pieces of an expression cut its index set."""
        reads = Reads(eqn.results[0].shape)
        stack: list[tuple[Value, Index]] = []
        self._expand(eqn, reads.identity, stack, reads)
        self._walk(stack, reads)
        shape = eqn.results[0].shape
        if eqn.results[0] in self.bordered:  # places at borders share code
            return 1
        borders = [sorted({0, n, *(c for c in cuts if 0 < c < n)}) for cuts, n in zip(reads.cuts, shape)]
        alone = [found for found in borders[:-1] if reads.exact or long_interval(found) is None]
        return prod(len(found) - 1 for found in (*alone, *borders[-1:]))

    def measure(self, eqn: Eqn) -> None:
        """Cost, depth and pieces of an expression when everything optional is inlined."""
        out = eqn.results[0]
        inputs = [v for v in eqn.operands if v in self.inline]
        self._cost[out] = own_cost(eqn) + sum(self._cost[v] for v in inputs)
        self._dearest[out] = max([eqn.op.cost, *(self._dearest[v] for v in inputs)])
        self._depth[out] = 1 + max((self._depth[v] for v in inputs), default=0)
        pieces = sum(self.pieces[v] for v in inputs)
        found = self.parts(eqn)
        if found:
            pieces += len(found) - 1
        self.pieces[out] = pieces
        self.bordered.discard(out)
        if (found and dims_of(eqn)) or any(v in self.bordered for v in inputs):
            self.bordered.add(out)

    def inline_cost(self, v: Value) -> float:
        """Arithmetic of one element of an inlined value when everything optional is inlined, in additions."""
        return self._cost[v]

    def cost_of(self, eqn: Eqn) -> float:
        """Arithmetic of one element of `eqn` with its inlined operands, in additions."""
        return own_cost(eqn) + sum(self._cost.get(v, 0.0) for v in eqn.operands if v in self.inline)

    def dearest_of(self, eqn: Eqn) -> float:
        """The cost of the dearest operation in `eqn` and its inlined operands."""
        return max([eqn.op.cost, *(self._dearest.get(v, 0.0) for v in eqn.operands if v in self.inline)])

    def home(self, v: Value) -> Value:
        """The value whose memory holds `v`."""
        return self.aliases.get(v, v)

    def keep(self, eqns: Iterable[Eqn]) -> None:
        """Give memory to the results of inlined equations."""
        for eqn in eqns:
            self.give(eqn, "map")

    def give(self, eqn: Eqn, kind: str) -> None:
        """Compute the result of an equation as a root of some kind."""
        self.inline.discard(eqn.results[0])
        space = eqn.results[0].shape
        if kind in ("fold", "scan", "argreduce"):
            space = eqn.operands[0].shape
        elif kind == "contract":
            x = eqn.operands[0]
            space = (*eqn.results[0].shape, *(x.shape[a] for a in eqn.attrs["contract"][0]))
        self.roots[eqn.results[0]] = Root(eqn, kind, space)

    # when

    def _schedule(self) -> list[Step]:
        nests: dict[int, dict[object, Step]] = {}
        smalls: dict[int, Step] = {}
        spoken = 0  # when the program has called back into Python: these calls, and checks, keep their order
        for eqn in self.fn.eqns:
            root = self.root_of(eqn)
            if root is None and (not eqn.results or eqn.results[0] in self.small):
                t = self._small_time(eqn)
                if not eqn.results and spoken:
                    spoken = t = max(t, spoken)
                smalls.setdefault(t, Step()).eqns.append(eqn)
                for r in eqn.results:
                    self.time[r] = t
                for v in self.small_reads(eqn):
                    self._last_reader[v] = max(self._last_reader.get(v, 0), t)
            elif root is not None:
                if root.kind not in APART:
                    self._read(root)
                self._set_time(root)
                if root.kind in APART and calls_back(eqn):
                    spoken = root.time = max(root.time, spoken + 1)
                    self._last_reader.update(dict.fromkeys(map(self.home, root.reads.leaves), spoken))
                fusable = root.kind in FUSABLE and not root.is_turned_copy
                key: object = (root.space, root.narrow, root.bordered) if fusable else root
                while (step := nests.setdefault(root.time, {}).get(key)) and not step.has_room(
                    root, MAX_EQUATIONS
                ):
                    root.time += 1
                if step is None:
                    step = nests[root.time][key] = Step(
                        space=root.space, narrow=root.narrow, bordered=root.bordered
                    )
                step.roots.append(root)
                step.equations += root.equations
                for r in eqn.results:
                    self.time[r] = root.time
        steps: list[Step] = []
        for t in range(max([*nests, *smalls], default=-1) + 1):
            steps.extend(nests.get(t, {}).values())
            if t in smalls:
                steps.append(smalls[t])
        self._contract(steps)
        return steps

    def nests(self) -> int:
        """How many steps have loops of their own, those of regions among them."""
        regions = [root for root in self.regions.values() if isinstance(root, RegionRoot)]
        inner = sum(plan.nests() for root in regions for plan in root.plans)
        own = [step for step in self.steps if any(r.kind not in APART for r in step.roots)]
        return inner + len(own)

    def is_read(self, v: Value) -> bool:
        """Whether an equation or a result reads `v`."""
        if self._read_somewhere is None:
            self._read_somewhere = {*self.fn.results, *(v for eqn in self.fn.eqns for v in reads(eqn))}
        return v in self._read_somewhere

    def root_of(self, eqn: Eqn) -> Root | None:
        if eqn in self.regions:
            return self.regions[eqn]
        return self.roots.get(eqn.results[0]) if eqn.results else None

    def _small_time(self, eqn: Eqn) -> int:
        time, latest = self.time, 0
        for v in self.small_reads(eqn):
            latest = max(latest, time.get(v, 0))
        return latest

    def small_reads(self, eqn: Eqn) -> Iterable[Value]:
        """The registers and memory that an equation in registers reads, through inlined views."""
        found = self._small_reads.get(eqn)
        if found is None:
            found = eqn.operands
            if any(v in self.inline for v in found):
                found = tuple(self.reads_of(list(found)).leaves)
            if self.aliases:
                found = tuple(self.home(v) for v in found)
            self._small_reads[eqn] = found
        return found

    def reads_of(self, values: list[Value]) -> Reads:
        """The registers and memory that computing some values reads."""
        reads = Reads(())
        self._walk([(v, identity(v.ndim)) for v in values], reads)
        return reads

    def _ready(self, v: Value) -> int:
        return self.time.get(self.home(v), 0)

    def _set_time(self, root: Root) -> None:
        t = 1
        for leaf, only_identity in root.reads.leaves.items():
            source = self.roots.get(leaf)
            fusable = (
                only_identity
                and source is not None
                and source.kind == "map"
                and root.kind in FUSABLE
                and source.space == root.space
                and source.narrow == root.narrow
                and source.bordered == root.bordered
            )
            t = max(t, self._ready(leaf) + (not fusable))
        for base in overwritten(root):  # after its earlier readers, so that it can be changed in place
            t = max(t, self._last_reader.get(self.home(base), 0) + 1)
        for leaf in root.reads.leaves:
            home = self.home(leaf)
            self._last_reader[home] = max(self._last_reader.get(home, 0), t)
        root.time = t

    def _read(self, root: Root) -> None:
        """Find the memory that a root reads, and where its index sets must be cut."""
        root.reads = Reads(root.space)
        stack = operand_indices(root)
        if root.kind == "map":
            stack = []
            self._expand(root.eqn, identity(len(root.space)), stack, root.reads)
        elif root.kind == "blas":  # which may read through views of what is in registers
            sources = [self.home(self.product_source(self, root.eqn, k)[0]) for k in (0, 1)]
            stack = [(v, fixed(*(0 for _ in v.shape))) for v in sources]
        elif root.kind not in ("fold", "contract"):
            root.reads.flat = False
        root.equations = 1 + self._walk(stack, root.reads)
        root.bordered = is_bordered(self.forms, root)

    def _walk(self, stack: list[tuple[Value, Index]], reads: Reads) -> int:
        """Walk the expressions of these elements down to memory; the number of elements met."""
        seen: set[tuple[Value, Index]] = set()
        while stack:
            v, index = stack.pop()
            if (v, index) in seen or (isinstance(v, Const) and v.is_scalar):
                continue
            seen.add((v, index))
            reads.wide = reads.wide or (v.dtype.kind == "f" and v.dtype.itemsize > 4 and v.ndim > 0)
            if v in self.inline:
                self._expand(self.producer[v], index, stack, reads)
            else:
                reads.leaf(v, index)
        return len(seen)

    def _expand(self, eqn: Eqn, index: Index, stack: list[tuple[Value, Index]], reads: Reads) -> None:
        lowering = eqn.op.lowering
        if isinstance(lowering, Scalar):
            stack.extend((v, index if v.shape else ()) for v in eqn.operands)
            return
        if isinstance(lowering, Window):
            stack.extend((v, ()) for v in eqn.operands[1:])
        if is_view(eqn):
            inner = view_index(eqn, index)
            reads.flat = reads.flat and not inner
            stack.append((eqn.operands[0], inner))
            return
        reads.flat = False
        if isinstance(lowering, Dot):
            for indices in product_indices(eqn, index):
                stack.extend(zip(eqn.operands, indices))
        elif found := self.parts(eqn):
            for piece in found:
                stack.append((eqn.operands[piece.operand], piece_index(piece, index)))
                stack.extend((v, ()) for at in (*piece.lo, *piece.count) for v, _ in form(at).terms)
                if reads.cuts:
                    for ix, bounds in zip(index, piece_bounds(piece)):
                        if ix.axis >= 0:
                            reads.cuts[ix.axis].update(cuts(self.forms, ix, bounds))
        elif isinstance(lowering, Gather):
            reads.checked = reads.checked or any(v.ndim for v in eqn.operands[1:])
            rank = max(v.ndim for v in eqn.operands[1:])
            reads.leaf(eqn.operands[0], fixed(*(0 for _ in eqn.operands[0].shape)))
            stack.extend((v, index[:rank] if v.shape else ()) for v in eqn.operands[1:])

    def _contract(self, steps: Iterable[Step]) -> None:
        """Elide the store of a kept value when every reader is in its own nest, at the same index."""
        forced = {self._base(r) for r in self.fn.results} | set(self.aliases.values())
        for eqn in self.fn.eqns:
            forced.update(self._needs_memory(eqn))
        outside: set[Value] = set()
        step_of = {root: step for step in steps for root in step.roots}
        for step in steps:
            for eqn in step.eqns:
                outside.update(self.small_reads(eqn))
            for root in step.roots:
                for leaf in root.reads.leaves:
                    source = self.roots.get(self.home(leaf))
                    if source is not None and (step_of[source] is not step or source is root):
                        outside.add(self.home(leaf))
        for v, root in self.roots.items():
            in_memory = root.kind != "map" or v in forced or v in outside
            root.stored = in_memory and v.ndim > 0  # a scalar stays in a register
