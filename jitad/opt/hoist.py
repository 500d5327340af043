"""Loop-invariant code: what does not change from one iteration to the next is computed before the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ..ir.graph import Const, Eqn, Function, Value, callee, has_effect, once, reads
from .indices import Indices
from .inside import is_safe

#: Elementwise arrays whose operation costs less (in additions) stay: they are computed where they are read.
_DEAR = 8.0
#: Arrays up to this size live in registers.
_FEW = 16
_LOOPS = frozenset({"for", "while"})
#: Out-of-range indices fail, and endless loops hang, when they are reached, not before.
_FAILING = frozenset({"gather", "scatter_set", "scatter_add", "while"})


def hoist(fn: Function) -> Function:
    """Return `fn` with invariant equations moved out of the bodies of its loops, inner loops first.

    What could fail stays, as its iteration may never come, and so do parts of arrays that may not exist then;
    also cheap elementwise arrays and views, which are fused into their readers, unless something that moves
    reads them. O(equations × depth of loops).
    """
    eqns = _hoisted(fn.eqns, _Places(fn))
    return fn if eqns is None else fn.replace(eqns=tuple(eqns))


class _Places:
    """What is known of indices and sizes, found out where it is asked for."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.indices: Indices | None = None

    def exist(self, loop: Eqn, k: int, eqn: Eqn) -> bool:
        """Whether an equation in a loop's region k can be evaluated where the loop may not run."""
        if loop.attrs.get("trips", 0) > 0 or (loop.op.name == "while" and k == 0):
            return True
        if not eqn.regions and eqn.op.name != "window" and not any(r.type.dims for r in eqn.results):
            return True
        self.indices = self.indices or Indices(self.fn)
        return is_safe(self.indices, self.indices.sites[loop, k].around, eqn)


def _hoisted(eqns: Sequence[Eqn], places: _Places) -> list[Eqn] | None:
    out: list[Eqn] = []
    changed = False
    for eqn in eqns:
        if not eqn.regions:
            out.append(eqn)
            continue
        regions = []
        for region in eqn.regions:
            inner = _hoisted(region.eqns, places)
            regions.append(region if inner is None else region.replace(eqns=tuple(inner)))
        if eqn.op.name in _LOOPS:
            for k, region in enumerate(regions):
                moved, stay = _parted(region, partial(places.exist, eqn, k))
                if moved:
                    out.extend(moved)
                    regions[k] = region.replace(eqns=tuple(stay))
        if any(a is not b for a, b in zip(regions, eqn.regions)):
            changed = True
            eqn = Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, tuple(regions), eqn.origin)
        out.append(eqn)
    return out if changed else None


def _parted(body: Function, exists: Callable[[Eqn], bool]) -> tuple[list[Eqn], list[Eqn]]:
    """The equations of a body that move out of it, and those that stay."""
    varying: set[Value] = set(body.params)
    invariant: list[Eqn] = []
    for eqn in body.eqns:
        fixed = varying.isdisjoint(reads(eqn)) and not may_fail(eqn) and not _holds_tape(eqn)
        if fixed and exists(eqn):
            invariant.append(eqn)
        else:
            varying.update(eqn.results)
    wanted: set[Value] = set()
    moved = set()
    for eqn in reversed(invariant):
        if _worthwhile(eqn) or not wanted.isdisjoint(eqn.results):
            moved.add(eqn)
            wanted.update(v for v in reads(eqn) if not isinstance(v, Const))
    return [e for e in invariant if e in moved], [e for e in body.eqns if e not in moved]


def _worthwhile(eqn: Eqn) -> bool:
    if all(not r.type.dims and r.size <= _FEW for r in eqn.results):
        return True
    return bool(eqn.regions) or not (eqn.op.elementwise or eqn.op.cost == 0) or eqn.op.cost >= _DEAR


def may_fail(eqn: Eqn) -> bool:
    """Whether running `eqn` can raise, or never end."""
    if has_effect(eqn) or eqn.op.name in _FAILING or any(may_fail(e) for r in eqn.regions for e in r.eqns):
        return True
    function = callee(eqn)
    return function is not None and once(function, "may fail", lambda f: any(map(may_fail, f.eqns)))


def _holds_tape(eqn: Eqn) -> bool:
    return any(r.type.item is not None for r in eqn.results)
