"""How a random program grows by one equation, a rule for each kind of op."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitad.ops as ops
from jitad.ir.graph import Value
from jitad.ir.op import REGISTRY
from jitad.ir.types import BOOL, DTYPES, I64
from jitad.ops.lowering import Callback, CallOp, Check, Region, TapeOp

from .ir_programs import ELEMENTWISE, MAX_PRODUCTS, Growth, accepted, attributes, domain, fits, size_of

SMOOTH = tuple(op for op in ELEMENTWISE if op.differentiable and accepted(op))


def elementwise(g: Growth, among: tuple[Any, ...] = ELEMENTWISE) -> None:
    """Any elementwise op, its float operands in its domain."""
    op = g.draw.pick(among)
    takes = accepted(op)
    arity = g.draw.pick(tuple(takes))
    first = g.array(takes[arity], least=0)
    kind = first.dtype.kind
    operands = [first]
    for _ in range(arity - 1):
        operands.append(g.like(first.dtype, max((v.shape for v in operands), key=len)))
    if g.draw.chance(50):
        operands.reverse()
    if kind == "f" and op.differentiable:
        operands = [g.within(v, *domain(op, k)) for k, v in enumerate(operands)]
    if kind == "i" and op.name == "power":
        operands[1] = g.emit(ops.remainder, operands[1], g.constant(first.dtype, (), np.asarray(6)))
    g.emit(op, *operands, **(attributes(op, g.draw.int(0, 99)) if op.name == "polygamma" else {}))


def arithmetic(g: Growth) -> None:
    elementwise(g, (ops.add, ops.mul, ops.sub, ops.div, ops.neg, ops.maximum))


def smooth(g: Growth) -> None:
    elementwise(g, SMOOTH)


def compare(g: Growth) -> None:
    elementwise(g, (ops.lt, ops.le, ops.gt, ops.ge, ops.eq, ops.ne))


def select(g: Growth) -> None:
    x = g.array(least=0)
    y = g.like(x.dtype, x.shape)
    shape = max(x.shape, y.shape, key=len)
    g.emit(ops.select, g.like(BOOL, shape), x, y)


def convert(g: Growth) -> None:
    x = g.array(least=0)
    target = g.draw.pick(tuple(DTYPES.values()))
    if x.dtype.kind == "f" and target.kind in "iu":
        x = g.within(x, 0.0 if target.kind == "u" else -100.0, 100.0, always=True)
    g.emit(ops.convert, x, dtype=target)


# views


def broadcast(g: Growth) -> None:
    x = g.array(least=0)
    shape, axes = list(x.shape), list(range(x.ndim))
    for _ in range(g.draw.int(1, 2)):
        at, n = g.draw.int(0, len(shape)), g.draw.pick(g.lengths)
        if not fits((*shape, n)):
            n = 1
        shape.insert(at, n)
        axes = [a + (a >= at) for a in axes]
    g.emit(ops.broadcast, x, shape=tuple(shape), axes=tuple(axes))


def reshape(g: Growth) -> None:
    x = g.array(least=0)
    shape = list(x.shape)
    for _ in range(g.draw.int(1, 3)):
        how = g.draw.pick(("flat", "unit", "split", "swap", "squeeze"))
        if how == "flat":
            shape = [size_of(tuple(shape))]
        elif how == "unit":
            shape.insert(g.draw.int(0, len(shape)), 1)
        elif how == "squeeze":
            shape = [n for n in shape if n != 1]
        elif how == "swap":
            shape = shape[::-1]
        elif shape:
            at = g.draw.int(0, len(shape) - 1)
            factors = [d for d in range(2, min(shape[at], 64)) if shape[at] % d == 0]
            if factors:
                d = g.draw.pick(factors)
                shape[at : at + 1] = [d, shape[at] // d]
    g.emit(ops.reshape, x, shape=tuple(shape))


def transpose(g: Growth) -> None:
    x = g.array()
    g.emit(ops.transpose, x, axes=g.draw.order(x.ndim))


def region(g: Growth, shape: tuple[int, ...], least: int = 0) -> tuple[Any, Any, Any]:
    """start, step and count per axis of a region of `shape`."""
    start, step, count = [], [], []
    for n in shape:
        by = g.draw.pick((1, 1, 2, -1, 3, -2))
        most = -(-n // abs(by))
        k = g.draw.pick((most, min(1, most), g.draw.int(least, most)))
        slack = n - 1 - (k - 1) * abs(by) if k else 0
        lo = g.draw.int(0, max(slack, 0))
        start.append(lo if by > 0 or not k else lo + (k - 1) * abs(by))
        step.append(by)
        count.append(k)
    return tuple(start), tuple(step), tuple(count)


def slice_(g: Growth) -> None:
    x = g.array()
    start, step, count = region(g, x.shape)
    if g.draw.chance(30):
        g.emit(ops.window, x, *places(g, start), step=step, shape=count)
    else:
        g.emit(ops.slice, x, start=start, step=step, shape=count)


def places(g: Growth, start: tuple[int, ...]) -> list[Value]:
    """Where a window begins, as values."""
    return [g.leaf(I64, (), np.array(at)) for at in start]


# writing


def update(g: Growth, base: Value | None = None) -> Value:
    """set_at or add_at somewhere in a base."""
    if base is None:
        base = g.array("fiu")
    op = g.draw.pick((ops.add_at, ops.set_at))
    start, step, count = region(g, base.shape)
    known = g.any(lambda v: v.dtype == base.dtype and v.shape == count)
    if known is None or g.draw.chance(30):
        source = g.any(lambda v: v.dtype == base.dtype and v.shape == base.shape) or base
        here, by, _ = region(g, base.shape)
        if all(0 <= lo + b * (n - 1) < m for lo, b, n, m in zip(here, by, count, base.shape) if n):
            here = tuple(lo if n else 0 for lo, n in zip(here, count))
            known = g.emit(ops.slice, source, start=here, step=by, shape=count)
        else:
            known = g.leaf(base.dtype, count)
    if g.draw.chance(30):
        op = ops.add_window if op is ops.add_at else ops.set_window
        return g.emit(op, base, known, *places(g, start), step=step)
    return g.emit(op, base, known, start=start, step=step)


def updates(g: Growth) -> None:
    """A chain of updates, each of the one before, with other readers in between."""
    base = g.array("fiu")
    for _ in range(g.draw.pick((2, 3, 5, 12))):
        base = update(g, base)
        if g.draw.chance(20):
            g.emit(ops.mul, base, base)


def concatenate(g: Growth) -> None:
    x = g.array()
    axis = g.draw.int(0, x.ndim - 1)
    rest = lambda v: (v.dtype, v.ndim, v.shape[:axis], v.shape[axis + 1 :])
    xs = [x]
    for _ in range(g.draw.int(0, 3)):
        other = g.any(lambda v: v.ndim > 0 and rest(v) == rest(x))
        assert other is not None
        if size_of(x.shape) and sum(v.size for v in xs) + other.size <= 12_000:
            xs.append(other)
    if g.draw.chance(40):
        start, step, count = region(g, x.shape)
        ones = (1,) * x.ndim
        whole = tuple(n if d != axis else count[axis] for d, n in enumerate(x.shape))
        at = tuple(start[axis] if d == axis else 0 for d in range(x.ndim))
        by = tuple(step[axis] if d == axis else b for d, b in enumerate(ones))
        xs.append(g.emit(ops.slice, x, start=at, step=by, shape=whole))
    g.emit(ops.concatenate, *xs, axis=axis)


def iota(g: Growth) -> None:
    shape = g.draw.shape(g.lengths, g.draw.pick((1, 2, 3)))
    axis = g.draw.int(0, len(shape) - 1)
    dtype = g.draw.pick([d for d in DTYPES.values() if d.kind != "b"])
    g.emit(ops.iota, shape=shape, axis=axis, dtype=dtype)


# indices


def indices(g: Growth, x: Value) -> list[Value]:
    """Index arrays for the first axes of `x`: repeated and negative ones too."""
    count = g.draw.int(1, x.ndim)
    if any(n == 0 for n in x.shape[:count]):
        return []
    shape = g.draw.pick((x.shape[:1], g.draw.shape(g.lengths), (), (3,)))
    if not fits((*shape, *x.shape[count:])):
        shape = (3,)
    out = []
    for n in x.shape[:count]:
        own: tuple[int, ...] = () if g.draw.chance(20) else shape
        known = g.any(lambda v, own=own: v.dtype == I64 and v.shape == own)
        if known is not None and g.draw.chance(30):
            out.append(g.emit(ops.remainder, known, g.constant(I64, (), np.asarray(n))))
            continue
        rng = np.random.default_rng(g.draw.int(0, 99))
        out.append(g.leaf(I64, own, rng.integers(-n, n, own)))
    return out


def gather(g: Growth) -> None:
    x = g.array()
    idx = indices(g, x)
    if idx:
        g.emit(ops.gather, x, *idx)


def scatter(g: Growth) -> None:
    base = g.array("fiu")
    idx = indices(g, base)
    if idx:
        where = max((i.shape for i in idx), key=len)
        update = g.like(base.dtype, (*where, *base.shape[len(idx) :]), scalar=False)
        g.emit(g.draw.pick((ops.scatter_add, ops.scatter_set)), base, update, *idx)


# folds


def bounded(g: Growth, x: Value, lo: float, hi: float) -> Value:
    """`x`, of which no order of operations can overflow or cancel an infinity in a fold."""
    if x.dtype.kind != "f":
        return x
    data = g.data[x]
    real = np.abs(data[np.isfinite(data) & (data != 0)])
    tame = not real.size or (real.max() <= hi and real.min() >= lo)
    return x if tame and (not g.wild or np.isfinite(data).all()) else g.within(x, 0.5, 1.5, always=True)


def reduce(g: Growth) -> None:
    x = g.array()
    kinds = {"b": (ops.reduce_and, ops.reduce_or)}
    op = g.draw.pick(kinds.get(x.dtype.kind, (ops.sum, ops.prod, ops.reduce_max, ops.reduce_min)))
    if op is ops.prod:
        x = bounded(g, x, 0.1, 1.7 if x.size < 1000 else 1.01)
    elif op is ops.sum:
        x = bounded(g, x, 1e-30, 1e30)
    axes = g.draw.subset(range(x.ndim))
    if op in (ops.reduce_max, ops.reduce_min) and not x.size:
        axes = tuple(a for a in axes if x.shape[a]) if 0 not in [x.shape[a] for a in axes] else ()
        if not axes:
            return
    g.emit(op, x, axes=axes)


def position(g: Growth) -> None:
    x = g.array()
    axis = g.draw.int(0, x.ndim - 1)
    if x.shape[axis]:
        g.emit(g.draw.pick((ops.argmax, ops.argmin)), x, axis=axis)


def scan(g: Growth) -> None:
    x = g.array("fiu")
    op = g.draw.pick((ops.cumsum, ops.cumprod, ops.recurrence))
    attrs = {"axis": g.draw.int(0, x.ndim - 1), "reverse": g.draw.chance(50)}
    if op is ops.recurrence:
        if x.dtype.kind == "f":
            g.emit(op, g.within(x, -1.0, 1.0, always=True), g.like(x.dtype, x.shape, scalar=False), **attrs)
    else:
        g.emit(op, bounded(g, x, 0.1, 1.7) if op is ops.cumprod else x, **attrs)


def dot(g: Growth) -> None:
    """Products with any choice of contracted and batch axes."""
    x = g.array("fiu", least=0)
    y = g.any(lambda v: v.dtype == x.dtype and bool(set(v.shape) & set(x.shape)))
    if y is None or g.draw.chance(30):
        order = g.draw.order(x.ndim)
        shape = tuple(x.shape[a] for a in order[: g.draw.int(1, x.ndim or 1)]) + g.draw.shape(g.lengths, 1)
        y = g.leaf(x.dtype, shape if fits(shape) else x.shape)
    pairs: list[tuple[int, int, bool]] = []
    for a, n in enumerate(x.shape):
        b = next((k for k, m in enumerate(y.shape) if m == n and all(k != p[1] for p in pairs)), None)
        use = g.draw.pick(("contract", "contract", "free", "batch"))
        if b is not None and use != "free":
            pairs.append((a, b, use == "batch"))
    if g.draw.chance(50):
        pairs.reverse()
    contract, batch = (tuple(zip(*[p[:2] for p in pairs if p[2] is k])) or ((), ()) for k in (False, True))
    attrs = {"contract": contract, "batch": batch}
    out = ops.dot.infer(x.type, y.type, **attrs)
    inner = size_of(tuple(x.shape[a] for a in contract[0]))
    if out.size <= 6000 and out.size * inner <= MAX_PRODUCTS:
        if x.dtype.kind == "f":
            x, y = (g.within(v, -LARGE_FACTOR, LARGE_FACTOR, always=True) for v in (x, y))
        g.emit(ops.dot, x, y, **attrs)


LARGE_FACTOR = 1e4

RULES = (
    elementwise, elementwise, elementwise, elementwise, elementwise, elementwise, elementwise, elementwise,
    elementwise, elementwise, smooth, smooth, smooth, arithmetic, arithmetic, compare, select, select,
    convert, broadcast, broadcast, reshape, reshape, transpose, slice_, slice_, update, updates, concatenate,
    iota, gather, scatter, reduce, reduce, reduce, position, scan, scan, dot, dot,
)  # fmt: skip

#: Ops that no rule can make would be tested by nothing.
MADE = {op.name for op in ELEMENTWISE} | set(
    "select convert broadcast reshape transpose slice window set_at add_at set_window add_window "
    "concatenate iota gather scatter_add scatter_set reduce_and reduce_or sum prod reduce_max reduce_min "
    "argmax argmin cumsum cumprod recurrence dot".split()
)
#: Loops, branches and what is kept of them come from random Python programs, not from random equations;
#: what calls back into Python has no value.
_STRUCTURED = {"roomy"} | {
    name
    for name, op in REGISTRY.items()
    if isinstance(op.lowering, Region | TapeOp | Check | CallOp | Callback)
}
_MISSING = set(REGISTRY) - MADE - _STRUCTURED
assert not _MISSING, f"no random program has {sorted(_MISSING)}"

#: What a `where` is written around: functions that leave the real numbers, or have poles.
PARTIAL = (ops.log, ops.sqrt, ops.div, ops.power, ops.arcsin, ops.arccosh, ops.arctanh, ops.log1p, ops.hypot)


def guarded(g: Growth) -> None:
    """Functions outside their domain, used only where they are finite."""
    v = x = g.array("f", least=0)
    for _ in range(g.draw.int(1, 3)):
        op = g.draw.pick(PARTIAL)
        arity = max(accepted(op))
        operands = [v, *[g.like(v.dtype, v.shape) for _ in range(arity - 1)]]
        v = g.raw(op, *operands[:: g.draw.pick((1, -1))])
    size = g.emit(ops.abs, g.raw(ops.mul, v, g.constant(v.dtype, (), np.asarray(1.0))))
    good = g.emit(ops.lt, size, g.constant(v.dtype, (), np.asarray(50.0)))
    other = g.draw.pick((x, g.constant(v.dtype, (), np.asarray(0.5)), g.like(v.dtype, v.shape)))
    g.emit(ops.select, good, v, other)


SMOOTH_RULES = (
    smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth, arithmetic, arithmetic, elementwise,
    compare, select, select, guarded, convert, broadcast, reshape, transpose, slice_, slice_, update, updates,
    concatenate, gather, scatter, reduce, reduce, reduce, position, scan, scan, dot, dot,
)  # fmt: skip
