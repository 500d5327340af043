"""Updates of arrays in part: in the nests of what reads them, or in place; thin ones in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.graph import Const, Eqn, Function, Value, dims_of, reads
from ..ops.lowering import Piecewise, View, Window, WindowInto
from .roots import FUSABLE, MAX_BOXES, Root, base_of
from .views import is_view

if TYPE_CHECKING:
    from .plan import Plan

#: An expression is made of so many pieces at most.
MAX_PIECES = 32
#: An update is thin if so many of them make the array, and reads likewise.
THIN = 4


def settle(plan: Plan) -> None:
    """Let updates happen in place that had better; loops that are not cut read memory."""
    thin = Thin(plan.fn)
    for eqn in plan.fn.eqns:
        if eqn.results and eqn.results[0] in plan.inline:
            plan.measure(eqn)
        if plan.parts(eqn) and _is_map(plan, eqn) and _in_place(plan, thin, eqn):
            plan.give(eqn, "update" if isinstance(eqn.op.lowering, Piecewise) else "window")
        if isinstance(eqn.op.lowering, Window):  # whoever reads a window is not cut at its borders
            _keep_pieces(plan, eqn)
        if is_view(eqn) and any(abs(s) != 1 for s in eqn.attrs.get("step", ())):
            _keep_bordered(plan, eqn)
        root = plan.root_of(eqn)
        if root is not None and root.kind in ("fold", "contract"):
            _keep_bordered(plan, eqn)
        if root is not None and root.kind not in (*FUSABLE, "region"):
            base = base_of(root)
            if base in plan.inline:  # updated in place: it needs memory
                plan.keep([plan.producer[base]])
            _keep_pieces(plan, eqn)


def _is_map(plan: Plan, eqn: Eqn) -> bool:
    """Whether the elements of an equation are computed by the nest that stores or reads them."""
    root = plan.root_of(eqn)
    return eqn.results[0] in plan.inline or (root is not None and root.kind == "map")


def _in_place(plan: Plan, thin: Thin, eqn: Eqn) -> bool:
    if thin.is_thin(eqn) and not (dims_of(eqn) and _is_blank(plan, eqn.operands[0])):
        return True
    if _is_intricate(plan, eqn):
        _keep_pieces(plan, eqn)
        return _is_intricate(plan, eqn)
    return False


def _is_blank(plan: Plan, v: Value) -> bool:
    """Whether all elements of an array are one number, with a few pieces perhaps: it has no memory yet."""
    eqn = plan.producer.get(v)
    if v not in plan.inline or eqn is None:
        return False
    if plan.parts(eqn):
        return _is_blank(plan, eqn.operands[0])
    return all(isinstance(x, Const) for x in eqn.operands) and isinstance(eqn.op.lowering, View)


def _is_intricate(plan: Plan, eqn: Eqn) -> bool:
    """Whether an expression would be cut into too many pieces, or is already."""
    plan.measure(eqn)
    if eqn.results[0] in plan.bordered and plan.reads_of(list(eqn.operands)).checked:
        return True  # which elements exist has to be known before an index among them is checked
    return plan.pieces[eqn.results[0]] > MAX_PIECES or plan.boxes(eqn) > MAX_BOXES


def _keep_pieces(plan: Plan, eqn: Eqn) -> None:
    """Give memory to the operands that are expressions in pieces, but for the array that is updated."""
    first = eqn.operands[0] if isinstance(eqn.op.lowering, WindowInto) else None
    if isinstance(eqn.op.lowering, Piecewise):
        first = base_of(Root(eqn, "update", ()))
    read = [v for v in dict.fromkeys(eqn.operands) if v in plan.inline and v is not first]
    plan.keep([plan.producer[v] for v in read if plan.pieces[v]])


def _keep_bordered(plan: Plan, eqn: Eqn) -> None:
    """Give memory to the operands in pieces whose borders only the running program knows."""
    read = [v for v in dict.fromkeys(eqn.operands) if v in plan.inline]
    plan.keep([plan.producer[v] for v in read if v in plan.bordered])


class Thin:
    """Which updates of a function had better change an array in place than be part of a nest over it."""

    def __init__(self, fn: Function) -> None:
        self.results = set(fn.results)
        self.readers: dict[Value, list[Eqn]] = {}
        for eqn in fn.eqns:
            for v in dict.fromkeys(reads(eqn)):
                self.readers.setdefault(v, []).append(eqn)

    def is_thin(self, eqn: Eqn) -> bool:
        """Whether an update changes little of an array whose other readers read little of it."""
        if not isinstance(eqn.op.lowering, WindowInto):
            if len(eqn.operands) != 2 or not eqn.attrs.get("start"):
                return False
        base, update = eqn.operands[:2]
        most = base.type.likely_size / THIN
        if base in self.results or update is base or update.type.likely_size > most:
            return False
        others = [e for e in self.readers[base] if e is not eqn]
        return all(e.results and e.results[0].type.likely_size <= most and not e.regions for e in others)
