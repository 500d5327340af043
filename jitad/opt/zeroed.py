"""Cotangents added where zeros have just been written: stored there, without the zeros."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ir.graph import Const, Eqn, Function, Value
from ..ir.op import lookup
from ..ir.types import is_int
from .affine import Form, Forms

#: The op that adds to a part → the one that replaces it.
_STORES = {"add_at": "set_at", "add_window": "set_window", "scatter_add": "scatter_set"}
_ZEROING = frozenset(_STORES.values())
_UNIFORM = ("broadcast", "reshape")


def fill_zeroed(fn: Function) -> Function:
    """Return `fn` with derived additions to what was zeroed just before replaced by stores, regions too.

        add_at(set_at(x, 0), u) → set_at(x, u)        where both are the same part of x

    The way back of `x[part] = …` clears the cotangent of the part, and what was stored there often depends on
    what was there before: then the part is cleared and added to. Only equations that differentiation made:
    0 + u is u but for the sign of a zero. O(equations).
    """
    eqns = _filled(fn.eqns, {})
    return fn if eqns is None else fn.replace(eqns=tuple(eqns))


def _filled(eqns: Sequence[Eqn], around: dict[Value, Eqn]) -> list[Eqn] | None:
    """The equations, `around` making the zeros before them; None if nothing changes."""
    makes = dict(around)
    forms: Forms | None = None
    out: list[Eqn] = []
    changed = False
    for eqn in eqns:
        if eqn.regions:
            zeros = {v: e for v, e in makes.items() if e.op.name in _UNIFORM}
            inner = [_filled(region.eqns, zeros) for region in eqn.regions]
            if any(found is not None for found in inner):
                parts = zip(eqn.regions, inner)
                regions = tuple(r if e is None else r.replace(eqns=tuple(e)) for r, e in parts)
                eqn = Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)
        elif eqn.op.name in _STORES and eqn.origin:
            before = makes.get(eqn.operands[0])
            if before is not None and before.op.name in _ZEROING and _is_zero(before.operands[1], makes):
                forms = forms or Forms(eqns)
                if _same_part(before, eqn, forms):
                    op, operands = lookup(_STORES[eqn.op.name]), (before.operands[0], *eqn.operands[1:])
                    eqn = Eqn(op, operands, eqn.attrs, eqn.results, eqn.loc, (), eqn.origin)
        changed = changed or eqn is not eqns[len(out)]
        out.append(eqn)
        makes.update((r, eqn) for r in eqn.results)
    return out if changed else None


def _is_zero(v: Value, makes: dict[Value, Eqn]) -> bool:
    eqn = makes.get(v)
    while eqn is not None and eqn.op.name in _UNIFORM:
        v = eqn.operands[0]
        eqn = makes.get(v)
    return isinstance(v, Const) and not v.data.any()


def _same_part(a: Eqn, b: Eqn, forms: Forms) -> bool:
    """Whether two updates change the same elements, each once."""
    if "scatter_set" in (a.op.name, _STORES[b.op.name]):
        alike = a.op.name == _STORES[b.op.name] and a.operands[2:] == b.operands[2:]
        return alike and not any(i.shape for i in a.operands[2:])
    return _part(a, forms) == _part(b, forms)


def _part(eqn: Eqn, forms: Forms) -> Any:
    """Per axis the first of the elements in memory, how far apart they are, and how many."""
    starts = eqn.attrs["start"] if "start" in eqn.attrs else eqn.operands[2:]
    found = []
    for start, step, n in zip(starts, eqn.attrs["step"], eqn.operands[1].shape):
        first = Form(frozenset(), start) if is_int(start) else forms[start]
        if step < 0:
            length = Form(frozenset(), n) if is_int(n) else forms[n]
            first = first.plus(length.plus(Form(frozenset(), 1), -1).times(step))
        found.append((first, abs(step), n))
    return found
