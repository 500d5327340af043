"""What is computed before an array changes: reads of it that would else happen afterwards, from a copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..ir.graph import Eqn, Function, Value, reads
from ..ops.lowering import Gather, Piecewise, Reshape, Scalar, ScatterInto, Window, WindowInto
from .views import is_unit_reshape, is_view

#: What of an equation is computed where it is read, in pieces; None: nothing.
Parts = Callable[[Eqn], Any]


def read_before(fn: Function, producer: Mapping[Value, Eqn], parts: Parts) -> list[Value]:
    """Parts of arrays, and updates made of such, that need memory so that a later write is in place.

    They are computed where they are read, unless something says otherwise. Only parts smaller than half of
    the array: for others a copy of it is as good.
    """
    writes = [(k, e) for k, e in enumerate(fn.eqns) if isinstance(e.op.lowering, ScatterInto | WindowInto)]
    if not writes:
        return []
    found = [e.operands[1] for _, e in writes if _reads_elsewhere(producer, parts, e)]
    last = _last_uses(fn, parts)
    for number, write in writes:
        base = write.operands[0]
        for k, eqn in enumerate(fn.eqns):
            if k == number or not isinstance(eqn.op.lowering, Gather | Window) or eqn.operands[0] is not base:
                continue
            part = eqn.results[0]
            if part.shape and _is_part(part, base) and last.get(part, -1) > number:
                found.append(part)
    return found


def _is_part(v: Value, array: Value) -> bool:
    return 2 * v.type.likely_size <= array.type.likely_size


def _last_uses(fn: Function, parts: Parts) -> dict[Value, int]:
    """The number of the last equation that computes with a value, past those computed where they are read."""
    last: dict[Value, int] = dict.fromkeys(fn.results, len(fn.eqns))
    for k, eqn in reversed(list(enumerate(fn.eqns))):
        inline = isinstance(eqn.op.lowering, Scalar | Piecewise | Gather | Window | Reshape)
        inline = inline or is_view(eqn) or bool(parts(eqn))
        until = max([k, *(last.get(r, k) for r in eqn.results)]) if inline else k
        for v in reads(eqn):
            last[v] = max(last.get(v, -1), until)
    return last


def _reads_elsewhere(producer: Mapping[Value, Eqn], parts: Parts, eqn: Eqn) -> bool:
    """Whether a write, done in place, could overwrite what its update is yet to read."""
    base, update, *idx = eqn.operands
    if not _is_part(update, base):
        return False
    stack, seen = [(update, True)], set()
    while stack:
        v, here = stack.pop()
        if v is base:
            return True
        made = producer.get(v)
        if made is None or (v, here) in seen:
            continue
        seen.add((v, here))
        lowering = made.op.lowering
        if isinstance(lowering, Scalar):
            stack += [(x, here) for x in made.operands]
        elif is_unit_reshape(made):
            stack.append((made.operands[0], here))
        elif isinstance(lowering, Gather | Window):
            x, *at = made.operands
            if x is base and here and at == idx and made.attrs.get("step") == eqn.attrs.get("step"):
                continue
            stack += [(x, False) for x in made.operands]
        elif is_view(made) or isinstance(lowering, Piecewise) or parts(made):
            stack += [(x, False) for x in made.operands]
    return False
