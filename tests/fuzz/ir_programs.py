"""Random well-typed programs of the IR over the whole registry, grown one equation at a time.

Each equation is computed as it is added, so that operands can be brought into an op's domain (by way of a
sine) and results kept of moderate size. A wild program takes its operands as they come instead, infinities
and NaN included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

import numpy as np
from hypothesis import strategies as st

import jitad.ops as ops
from jitad.ir.builder import Builder
from jitad.ir.graph import Const, Function, Value, const
from jitad.ir.op import REGISTRY, Op
from jitad.ir.types import BOOL, DTYPES, F32, F64, I64, IRTypeError, type_of

from .draws import LARGEST, Draw, Shape

LARGE = 1e4  # results beyond it are scaled down
MAX_PRODUCTS = 200_000


@dataclass
class Case:
    """A program and arguments for it; `wild`: with infinities and NaN."""

    fn: Function
    arguments: list[np.ndarray]
    wild: bool = False

    def __repr__(self) -> str:
        with np.printoptions(threshold=60):
            shown = "\n".join(f"  {a.dtype}{list(a.shape)} {a!r}" for a in self.arguments)
        return f"\n{self.fn}\n{shown}\n"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


@cache
def domain(op: Op, k: int) -> tuple[float, float]:
    """Where operand `k` of an elementwise op may lie, as its smooth samples say."""
    xs = [s.operands[k] for s in op.samples if s.differentiable and np.asarray(s.operands[k]).dtype == F64]
    xs = [x for x in xs if np.size(x)]
    return min(map(np.min, xs)), max(map(np.max, xs))


@cache
def accepted(op: Op) -> dict[int, str]:
    """Per number of operands 1 … 3, the dtype kinds that an elementwise op takes."""
    found: dict[int, str] = {}
    for arity in (1, 2, 3):
        for t in (F64, I64, DTYPES["u8"], BOOL):
            try:
                op.infer(*[type_of(t)] * arity, **attributes(op, 0))
            except (IRTypeError, TypeError):
                continue
            found[arity] = found.get(arity, "") + t.kind
    return found


def attributes(op: Op, k: int) -> dict[str, Any]:
    every = [s.attrs for s in op.samples]
    return every[k % len(every)] if every else {}


class Growth:
    """A program being built, with the numbers that its values have on the arguments."""

    def __init__(self, draw: Draw, *, wild: bool, dtypes: tuple[np.dtype, ...]) -> None:
        self.draw, self.wild, self.dtypes = draw, wild, dtypes
        self.builder = Builder("f")
        self.lengths = draw.lengths()
        self.pool: list[Value] = []
        self.data: dict[Value, np.ndarray] = {}
        self.arguments: list[np.ndarray] = []

    # values

    def param(self, dtype: np.dtype, shape: Shape, data: np.ndarray | None = None) -> Value:
        array = self.draw.array(dtype, shape, self.wild) if data is None else data
        v = self.builder.param(type_of(dtype, shape), f"x{len(self.arguments)}")
        self.arguments.append(array)
        return self.known(v, array)

    def constant(self, dtype: np.dtype, shape: Shape, data: np.ndarray | None = None) -> Value:
        v = const(self.draw.array(dtype, shape, self.wild) if data is None else data, dtype)
        return self.known(v, np.asarray(v.data))

    def known(self, v: Value, data: np.ndarray) -> Value:
        self.data[v] = data
        self.pool.append(v)
        return v

    def leaf(self, dtype: np.dtype, shape: Shape, data: np.ndarray | None = None) -> Value:
        """A new parameter or constant."""
        return (self.constant if self.draw.chance(35) else self.param)(dtype, shape, data)

    def emit(self, op: Op, *operands: Value, **attrs: Any) -> Value:
        """One more equation, computed."""
        v = op(*operands, **attrs)
        out = np.asarray(op.reference(*[self.data[x] for x in operands], **attrs))
        self.known(v, out.astype(v.dtype, copy=False))
        return self.moderate(v)

    def raw(self, op: Op, *operands: Value, **attrs: Any) -> Value:
        """One more equation, its result as it comes and not for others to use."""
        wild, self.wild = self.wild, True
        v = self.emit(op, *operands, **attrs)
        self.wild = wild
        self.pool.remove(v)
        return v

    def moderate(self, v: Value) -> Value:
        data = self.data[v]
        if self.wild or v.dtype.kind != "f" or not data.size or np.max(np.abs(data)) <= LARGE:
            return v
        if not np.isfinite(data).all():
            return self.within(v, -3.0, 3.0)
        scale = 2.0 ** -np.ceil(np.log2(np.max(np.abs(data))))
        return self.emit(ops.mul, v, self.constant(v.dtype, (), np.asarray(scale)))

    def within(self, v: Value, lo: float, hi: float, always: bool = False) -> Value:
        """`v`, or if it leaves lo … hi a wave of it that does not; wild programs do that only if `always`."""
        data = self.data[v]
        if (self.wild and not always) or bool(((lo <= data) & (data <= hi)).all()):
            return v
        middle, half = 0.5 * (lo + hi), 0.499 * (hi - lo)
        if not np.isfinite(np.sin(data)).all():
            good = self.emit(ops.isfinite, v)
            v = self.emit(ops.select, good, v, self.constant(v.dtype, (), np.asarray(0.5)))
        wave = self.emit(self.draw.pick((ops.sin, ops.cos, ops.tanh, ops.erf)), v)
        waves = self.emit(ops.mul, wave, self.constant(v.dtype, (), np.asarray(half)))
        return self.emit(ops.add, waves, self.constant(v.dtype, (), np.asarray(middle)))

    # choices

    def any(self, keep: Callable[[Value], bool] = lambda v: True) -> Value | None:
        """A value with a property, the newest first; None if there is none."""
        found = [v for v in reversed(self.pool) if keep(v)]
        return self.draw.pick(found) if found else None

    def array(self, kinds: str = "fiub", least: int = 1) -> Value:
        """A value of these dtype kinds and at least this rank, a new one if there is none."""
        found = self.any(lambda v: v.dtype.kind in kinds and v.ndim >= least)
        if found is not None and not self.draw.chance(5):
            return found
        options = [d for d in self.dtypes if d.kind in kinds] or [
            d for d in DTYPES.values() if d.kind in kinds
        ]
        rank = max(self.draw.pick((1, 2, 0, 1, 2, 3)), least)
        return self.leaf(self.draw.pick(options), self.draw.shape(self.lengths, rank))

    def like(self, dtype: np.dtype, shape: Shape, scalar: bool = True) -> Value:
        """A value of this dtype and shape, or of rank 0 if that is allowed."""
        fits = lambda v: v.dtype == dtype and (v.shape == shape or (scalar and not v.shape))
        found = self.any(fits)
        if found is not None and not self.draw.chance(10):
            return found
        return self.leaf(dtype, () if scalar and self.draw.chance(25) else shape)

    # the program

    def grow(self, count: int, rules: tuple[Callable[[Growth], Any], ...]) -> None:
        with self.builder, np.errstate(all="ignore"):
            for k in range(self.draw.int(1, 2)):
                self.param(self.dtypes[min(k, len(self.dtypes) - 1)], self.draw.shape(self.lengths))
            for _ in range(count):
                self.draw.pick(rules)(self)

    def finish(self, results: list[Value]) -> Function:
        return self.builder.finish(results)

    def results(self) -> list[Value]:
        """What nothing reads yet, and others: parameters, constants, the same one twice."""
        read = {v for eqn in self.builder.eqns for v in eqn.operands}
        last = [r for eqn in self.builder.eqns for r in eqn.results if r not in read]
        out = last[-self.draw.pick((1, 2, 4, 8)) :] or [self.pool[-1]]
        for _ in range(self.draw.pick((0, 0, 1, 3))):
            out.append(self.draw.pick(self.pool[::-1]))
        return out


@st.composite
def programs(draw: Callable[[Any], Any]) -> Case:
    """Programs of any ops and dtypes, one in eight wild."""
    from .ir_rules import RULES

    d = Draw(draw)
    wild = d.int(0, 7) == 7
    first = d.pick((F64, F64, F64, F32))
    others = tuple(d.pick(tuple(DTYPES.values())) for _ in range(d.int(0, 2)))
    g = Growth(d, wild=wild, dtypes=(first, *others))
    g.grow(d.int(1, 24), RULES)
    return Case(g.finish(g.results()), g.arguments, wild)


@st.composite
def smooth_programs(draw: Callable[[Any], Any], single: bool = True) -> Case:
    """Tame programs mostly of differentiable ops; `single`: some numbers are f32."""
    from .ir_rules import SMOOTH_RULES

    d = Draw(draw)
    first = F32 if single and d.chance(15) else F64
    others = (F64, I64)[: d.int(0, 2)]
    g = Growth(d, wild=False, dtypes=(first, *others))
    g.grow(d.int(1, 18), SMOOTH_RULES)
    return Case(g.finish(g.results()), g.arguments)


ELEMENTWISE = tuple(
    op for op in REGISTRY.values() if op.elementwise and op.name not in ("select", "convert", "iota")
)


def size_of(shape: Shape) -> int:
    return prod(shape)


def fits(shape: Shape) -> bool:
    return prod(shape) <= LARGEST


def is_constant(v: Value) -> bool:
    return isinstance(v, Const)
