"""Writes of what was read at the very place: they change nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.graph import Const, Eqn, Function, Value
from .forward import replaced

#: The op that replaces a part → the op that reads one.
_READS = {"set_at": "slice", "set_window": "window", "scatter_set": "gather"}


def without_unchanged(fn: Function) -> Function:
    """Return `fn` without such writes, regions too.

    The way back of `x[part] += …` clears the cotangent of the part and adds to it what was there.
    O(equations).
    """
    env: dict[Value, Value] = {}
    _find(fn.eqns, {}, env)
    if not env:
        return fn
    eqns = tuple(replaced(eqn, env) for eqn in fn.eqns if not _is_dropped(eqn, env))
    return fn.replace(eqns=eqns, results=tuple(env.get(r, r) for r in fn.results))


def _is_dropped(eqn: Eqn, env: dict[Value, Value]) -> bool:
    return eqn.op.name in _READS and eqn.results[0] in env


def _find(eqns: Sequence[Eqn], makes: dict[Value, Eqn], env: dict[Value, Value]) -> None:
    """Enter the results of such writes, with the arrays that they leave as they were."""
    for eqn in eqns:
        for region in eqn.regions:
            _find(region.eqns, makes, env)
        if eqn.op.name in _READS and _is_same(eqn, makes):
            base = eqn.operands[0]
            env[eqn.results[0]] = env.get(base, base)
        makes.update((r, eqn) for r in eqn.results)


def _is_same(write: Eqn, makes: dict[Value, Eqn]) -> bool:
    read = makes.get(write.operands[1])
    while read is not None and read.op.name == "reshape":
        read = makes.get(read.operands[0])
    if read is None or read.op.name != _READS[write.op.name] or read.operands[0] is not write.operands[0]:
        return False
    if read.results[0].shape != write.operands[1].shape:
        return False
    if any(write.attrs[k] != read.attrs[k] for k in write.attrs if k in read.attrs):
        return False
    return _places(read.operands[1:]) == _places(write.operands[2:])


def _places(idx: Sequence[Value]) -> list[object]:
    """Indices to be compared: values by identity, numbers as numbers."""
    return [int(i.data) if isinstance(i, Const) and not i.shape else i for i in idx]


__all__ = ["without_unchanged"]
