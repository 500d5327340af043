"""Thin updates: those of a border of an array that nothing else but thin reads needs as it was."""

from __future__ import annotations

from ..ir.graph import Eqn, Function, Value, reads

#: An update is thin if so many of them make the array, and reads likewise.
THIN = 4


class Thin:
    """Which updates of a function had better change an array in place than be part of a nest over it."""

    def __init__(self, fn: Function) -> None:
        self.results = set(fn.results)
        self.readers: dict[Value, list[Eqn]] = {}
        for eqn in fn.eqns:
            for v in dict.fromkeys(reads(eqn)):
                self.readers.setdefault(v, []).append(eqn)

    def is_thin(self, eqn: Eqn) -> bool:
        """Whether `set_at` or `add_at` changes little of an array whose other readers read little of it."""
        if len(eqn.operands) != 2 or not eqn.attrs.get("start"):
            return False
        base, update = eqn.operands
        most = base.type.likely_size / THIN
        if base in self.results or update is base or update.type.likely_size > most:
            return False
        others = [e for e in self.readers[base] if e is not eqn]
        return all(e.results and e.results[0].type.likely_size <= most and not e.regions for e in others)
