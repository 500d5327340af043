"""Regions of one element in bodies of loops, read and written as those at computed places are."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.graph import Eqn, Function, Value, const
from ..ir.op import lookup
from ..ir.types import I64

#: Arrays up to this size live in registers, where a constant place is none.
_FEW = 16
_STORES = {"set_at": "scatter_set", "add_at": "scatter_add"}


def singles(fn: Function) -> Function:
    """Return `fn` with them rewritten; what is dead afterwards is left to `dce`. O(equations)."""
    eqns = [_inside(eqn) for eqn in fn.eqns]
    return fn if all(a is b for a, b in zip(eqns, fn.eqns)) else fn.replace(eqns=tuple(eqns))


def _inside(eqn: Eqn) -> Eqn:
    if not eqn.regions:
        return eqn
    regions = tuple(_rewritten(singles(region)) for region in eqn.regions)
    if all(a is b for a, b in zip(regions, eqn.regions)):
        return eqn
    return Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)


def _rewritten(region: Function) -> Function:
    makes = {r: e for e in region.eqns for r in e.results}
    eqns = [_element(eqn, makes) or eqn for eqn in region.eqns]
    return region if all(a is b for a, b in zip(eqns, region.eqns)) else region.replace(eqns=tuple(eqns))


def _element(eqn: Eqn, makes: dict[Value, Eqn]) -> Eqn | None:
    """The same as an access to an element; None if it is none."""
    if eqn.op.name == "reshape" and not eqn.results[0].shape:
        read = makes.get(eqn.operands[0])
        if read is not None and read.op.name == "slice" and _is_large(read.operands[0]):
            return _with(eqn, "gather", (read.operands[0], *_places(read.attrs["start"])))
    elif eqn.op.name in _STORES and _is_large(eqn.operands[0]):
        made = makes.get(eqn.operands[1])
        if made is not None and made.op.name == "reshape" and not made.operands[0].shape:
            store = (eqn.operands[0], made.operands[0], *_places(eqn.attrs["start"]))
            return _with(eqn, _STORES[eqn.op.name], store)
    return None


def _with(eqn: Eqn, name: str, operands: tuple[Value, ...]) -> Eqn:
    return Eqn(lookup(name), operands, {}, eqn.results, eqn.loc, (), eqn.origin)


def _places(start: Sequence[int]) -> list[Value]:
    return [const(n, I64) for n in start]


def _is_large(v: Value) -> bool:
    return v.ndim > 0 and all(isinstance(n, int) for n in v.shape) and v.size > _FEW
