"""Reads and writes through a transposed array, in loops, as reads and writes of the array itself.

`A[:, k]` is traced as a row of the transposed A. In a loop that would transpose all of A for a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, const, substitute
from ..ir.op import lookup
from ..ir.types import I64
from .constraints import Constraints
from .forward import replaced
from .indices import Indices, Site
from .polyhedron import number

_READS = frozenset({"gather", "slice", "window"})
_WRITES = frozenset({"scatter_set", "scatter_add", "set_at", "add_at", "set_window", "add_window"})
_WINDOWS = {"scatter_set": "set_window", "scatter_add": "add_window"}

Axes = tuple[int, ...]


def unturned(fn: Function) -> Function:
    """Return `fn` with them rewritten in the bodies of its loops; what is dead is left to `dce`."""
    if not _any_turned(fn, False):
        return fn
    indices = Indices(fn)
    eqns = [_inside(eqn, indices, None) for eqn in fn.eqns]
    return fn.replace(eqns=tuple(eqns))


def _any_turned(fn: Function, inside: bool) -> bool:
    return any(
        (inside and eqn.op.name == "transpose") or any(_any_turned(r, True) for r in eqn.regions)
        for eqn in fn.eqns
    )


def _inside(eqn: Eqn, indices: Indices, around: Site | None) -> Eqn:
    if not eqn.regions:
        return eqn
    sites = [indices.sites[eqn, k] for k in range(len(eqn.regions))]
    regions = tuple(_Body(indices, site).run() for site in sites)
    return Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)


class _Body:
    """One walk over a region: which values are other arrays, transposed."""

    def __init__(self, indices: Indices, site: Site) -> None:
        self.indices, self.site = indices, site
        self.b = Builder()
        self.turned: dict[Value, tuple[Value, Axes]] = {}
        self.env: dict[Value, Value] = {}

    def run(self) -> Function:
        region = self.site.region
        for eqn in region.eqns:
            eqn = replaced(_inside(eqn, self.indices, self.site), self.env)
            self.b.loc, self.b.origin = eqn.loc, eqn.origin
            with self.b:
                if not self.visit(eqn):
                    self.b.eqns.append(eqn)
        return region.replace(eqns=tuple(self.b.eqns), results=substitute(region.results, self.env))

    def visit(self, eqn: Eqn) -> bool:
        """Whether equations that do the same were appended instead."""
        name = eqn.op.name
        if name == "transpose":
            return self.transpose(eqn)
        if name not in _READS | _WRITES or eqn.operands[0] not in self.turned:
            return False
        x, axes = self.turned[eqn.operands[0]]
        if name == "gather" or name in _WINDOWS:
            return self.elements(eqn, x, axes)
        self.region(eqn, x, axes)
        return True

    def transpose(self, eqn: Eqn) -> bool:
        x, axes = eqn.operands[0], tuple(eqn.attrs["axes"])
        if x in self.turned:
            x, before = self.turned[x]
            axes = tuple(before[a] for a in axes)
        if axes == tuple(range(x.ndim)):
            self.env[eqn.results[0]] = x
            return True
        self.turned[eqn.results[0]] = x, axes
        if x is not eqn.operands[0]:
            self.append("transpose", (x,), {"axes": axes}, eqn.results[0])
            return True
        return False

    def append(self, name: str, operands: Sequence[Value], attrs: dict[str, Any], result: Value) -> None:
        new = Eqn(lookup(name), tuple(operands), attrs, (result,), self.b.loc, (), self.b.origin)
        self.b.eqns.append(new)

    def written(self, new: Value, axes: Axes, result: Value) -> None:
        """`result` is the new version, transposed."""
        self.append("transpose", (new,), {"axes": axes}, result)
        self.turned[result] = new, axes

    # regions: start, step and shape in another order

    def region(self, eqn: Eqn, x: Value, axes: Axes) -> None:
        order = _inverse(axes)
        attrs = {k: tuple(v[d] for d in order) for k, v in eqn.attrs.items()}
        if eqn.op.name in _WRITES:
            _, update, *starts = eqn.operands
            update = lookup("transpose")(update, axes=order)
            new = eqn.op(x, update, *_ordered(starts, order), **attrs)
            self.written(new, axes, eqn.results[0])
        else:
            starts = list(eqn.operands[1:])
            part = eqn.op(x, *_ordered(starts, order), **attrs)
            self.append("transpose", (part,), {"axes": axes}, eqn.results[0])

    # elements and rows

    def elements(self, eqn: Eqn, x: Value, axes: Axes) -> bool:
        write = eqn.op.name != "gather"
        idx = eqn.operands[2 if write else 1 :]
        if any(i.shape for i in idx):
            return False
        at = dict(zip(axes, idx))
        rest = [a for a in range(x.ndim) if a not in at]
        turn = tuple(rest.index(a) for a in axes[len(idx) :])
        if write:
            return self.write_elements(eqn, x, axes, at, turn)
        if sorted(at) == list(range(len(at))):
            row = lookup("gather")(x, *(at[a] for a in sorted(at)))
        elif all(self.is_inside(i, x.shape[a]) for a, i in at.items()):
            starts, shape = _box(x, at)
            part = lookup("window")(x, *starts, step=(1,) * x.ndim, shape=shape)
            row = lookup("reshape")(part, shape=tuple(x.shape[a] for a in rest))
        else:
            return False
        self.rename(row, turn, eqn.results[0])
        return True

    def write_elements(self, eqn: Eqn, x: Value, axes: Axes, at: dict[int, Value], turn: Axes) -> bool:
        update = eqn.operands[1]
        if turn != tuple(range(len(turn))):
            update = lookup("transpose")(update, axes=_inverse(turn))
        if sorted(at) == list(range(len(at))):
            new = eqn.op(x, update, *(at[a] for a in sorted(at)))
        elif all(self.is_inside(i, x.shape[a]) for a, i in at.items()):
            starts, shape = _box(x, at)
            part = lookup("reshape")(update, shape=shape)
            new = lookup(_WINDOWS[eqn.op.name])(x, part, *starts, step=(1,) * x.ndim)
        else:
            return False
        self.written(new, axes, eqn.results[0])
        return True

    def rename(self, row: Value, turn: Axes, result: Value) -> None:
        """`row`, with its axes in another order, is the result."""
        if turn != tuple(range(len(turn))):
            self.append("transpose", (row,), {"axes": turn}, result)
            return
        last = self.b.eqns.pop()
        self.b.eqns.append(Eqn(last.op, last.operands, last.attrs, (result,), last.loc, (), last.origin))

    def is_inside(self, i: Value, n: object) -> bool:
        """Whether an index is known to be one that counts from the front."""
        constraints = Constraints(self.indices)
        constraints.at(self.site)
        size = self.indices.sum(n) if isinstance(n, Value) else number(n)  # type: ignore[arg-type]
        at, size = constraints.named(self.indices.sum(i)), constraints.named(size)
        below = constraints.exclude([at.times(-1).shifted(-1)])
        return below and constraints.exclude([at.plus(size, -1)])


def _inverse(axes: Sequence[int]) -> Axes:
    return tuple(axes.index(a) for a in range(len(axes)))


def _ordered(starts: Sequence[Value], order: Axes) -> list[Value]:
    return [starts[d] for d in order] if starts else []


def _box(x: Value, at: dict[int, Value]) -> tuple[list[Value], tuple[Any, ...]]:
    """The window that is one element long where an index is given, and whole elsewhere."""
    starts = [at.get(a, const(0, I64)) for a in range(x.ndim)]
    return starts, tuple(1 if a in at else n for a, n in enumerate(x.shape))
