"""Tracing a body with stand-ins for the variables it assigns, until their types agree from round to round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...ir.graph import Value, reads
from ..handles import root_of, version_of
from ..integers import reaches
from ..operators import UNBOUND, Unbound
from ..region import RegionTrace
from ..tracer import Traced
from .report import NoRoll
from .variables import (
    Leaf,
    Variable,
    is_concrete,
    is_handle,
    joined,
    leaf,
    lifted,
    rebuilt,
    said,
    same_object,
    variable,
)


@dataclass
class Slot:
    """One variable of a loop.

    name, first  its name, and what it holds before the loop
    plan         per leaf: the type as which it is carried; None: an array that is used and written as it is
    ends         what it holds at the end of the body, taken apart; None before the body was traced
    fresh        what it held before does not matter: the body assigns it before it reads it
    asked        the condition of the loop reads it
    constant     it ends every iteration with the same Python object
    written      some carried array is written in place
    params       per leaf: what stands for it in the body, or None; `entries`: the parameters of the region
    """

    name: str
    first: Variable
    plan: list[Leaf | None]
    ends: Variable | None = None
    fresh: bool = False
    written: bool = False
    asked: bool = False
    constant: bool = False
    params: list[Traced | None] = field(default_factory=list)
    entries: list[Value | None] = field(default_factory=list)
    results: list[Value] = field(default_factory=list)

    @property
    def carried(self) -> list[int]:
        """Which leaves are carried."""
        if self.constant:
            return []
        return [i for i, t in enumerate(self.plan) if t is not None]

    def parameters(self, entries: Sequence[Value | None]) -> list[Value]:
        """The parameters of what is carried: those that a region was traced with, else new ones."""
        out = []
        for i in self.carried:
            planned = self.plan[i]
            assert planned is not None
            entry = entries[i] if i < len(entries) else None
            out.append(Value(planned.type, self.name) if entry is None else entry)
        return out

    def stand_in(self, region: RegionTrace) -> Any:
        """What the variable holds when the body begins."""
        if self.first.spec is None or self.fresh:
            self.params = [None] * len(self.plan)
            self.entries = [None] * len(self.plan)
            return UNBOUND if self.fresh else self.first.value
        self.params = [
            None if t is None else Traced(region.param(t.type, self.name), region, t.weak) for t in self.plan
        ]
        self.entries = [None if p is None else p.value for p in self.params]
        leaves = [p if p is not None else x for p, x in zip(self.params, self.first.leaves)]
        return rebuilt(self.first, leaves)


def slots_of(names: Sequence[str], values: Sequence[Any]) -> list[Slot]:
    """The variables before the loop."""
    out = []
    for name, value in zip(names, values, strict=True):
        v = variable(value)
        plan: list[Leaf | None] = [
            None if is_handle(x) or isinstance(x, np.ndarray) else leaf(x) for x in v.leaves
        ]
        out.append(Slot(name, v, plan, fresh=isinstance(value, Unbound)))
    return out


def enter(slots: list[Slot], region: RegionTrace, set_: Callable[[tuple], None]) -> None:
    """Give the variables their stand-ins; `region` is open."""
    set_(tuple(slot.stand_in(region) for slot in slots))


def leave(slots: list[Slot], region: RegionTrace, get: Callable[[], tuple], may_skip: bool) -> bool:
    """Compare what the variables hold at the end of the body, which is open, with the start; adapt the plan.

    may_skip  the body may run no time at all
    True if the types agree; the leaves that are carried are then in `results`. False: trace again.
    Raises NoRoll where no types agree.
    """
    for slot, value in zip(slots, get(), strict=True):
        slot.ends = variable(value)
    read = _read_in(region, slots)
    again = False
    for slot in slots:
        again = _settle(slot, read, may_skip) or again
    if again:
        return False
    for slot in slots:
        _lift_results(slot)
        _check_sizes(slot, region)
    return True


def _check_sizes(slot: Slot, region: RegionTrace) -> None:
    """NoRoll where a size of what is carried is known in the body alone."""
    assert region.outer is not None
    for i in slot.carried:
        planned = slot.plan[i]
        if planned is not None and planned.type.dims and not reaches(planned.type, region.outer):
            raise NoRoll(f"{slot.name} is {planned.type} after an iteration, of a size that depends on it")


def _read_in(region: RegionTrace, slots: list[Slot]) -> set[Value]:
    """The values that the body reads, as operands or as what a variable ends with."""
    found: set[Value] = set()
    for slot in slots:
        assert slot.ends is not None
        for i, x in enumerate(slot.ends.leaves):
            own = slot.params[i] if i < len(slot.params) else None
            if isinstance(x, Traced) and x is not own:
                found.add(x.value)
    for eqn in region.builder.eqns:
        found.update(reads(eqn))
    found.update(
        entry.placeholder for entry in region.entry.values() if id(entry.handle) not in region.written
    )
    return found


def _settle(slot: Slot, read: set[Value], may_skip: bool) -> bool:
    """Adapt the plan of one variable to what it ends with; True if the body must be traced again."""
    ends, first = slot.ends, slot.first
    assert ends is not None
    slot.constant = False
    if slot.fresh:
        slot.plan = [leaf(x) for x in ends.leaves]
        slot.constant = ends.spec is None or all(is_concrete(x) for x in ends.leaves)
        return False
    if first.spec is None:
        if same_object(ends.value, first.value):
            return False
        raise _changed(slot, said(first), said(ends))
    unread = (
        not slot.asked
        and all(v is None or v not in read for v in slot.entries)
        and all(t is not None for t in slot.plan)
    )
    if ends.spec != first.spec:
        if unread:
            return _forget(slot)
        raise _changed(slot, said(first), said(ends))
    if unread and all(is_concrete(x) for x in ends.leaves):
        same = all(same_object(a, b) for a, b in zip(ends.leaves, first.leaves))
        if same or not may_skip:
            slot.constant = True
            return False
    changed = [_settle_leaf(slot, i, unread) for i in range(len(slot.plan))]
    return True in changed


def _settle_leaf(slot: Slot, i: int, unread: bool) -> bool:
    assert slot.ends is not None
    end, planned = slot.ends.leaves[i], slot.plan[i]
    if planned is None:
        if end is slot.first.leaves[i]:
            return False
        planned = leaf(slot.first.leaves[i])
        slot.plan[i] = joined(planned, leaf(end))
        if slot.plan[i] is None or slot.plan[i] != planned:
            raise _changed(slot, planned.type, leaf(end).type)
        return True
    both = joined(planned, leaf(end))
    if both is None:
        if unread:
            return _forget(slot)
        raise _changed(slot, planned.type, leaf(end).type)
    if both == planned:
        return False
    if not planned.weak:
        raise _changed(slot, planned.type, leaf(end).type)
    slot.plan[i] = both
    return True


def _changed(slot: Slot, before: object, after: object) -> NoRoll:
    return NoRoll(f"{slot.name} is {before} before the loop and {after} after an iteration")


def _forget(slot: Slot) -> bool:
    slot.fresh, slot.plan = True, []
    return True


def _lift_results(slot: Slot) -> None:
    assert slot.ends is not None
    slot.results = []
    for i in slot.carried:
        planned = slot.plan[i]
        assert planned is not None
        slot.results.append(lifted(slot.ends.leaves[i], planned).value)


def check_arrays(slots: list[Slot], region: RegionTrace) -> None:
    """NoRoll where an array that is carried and written in place may have a second name."""
    carried = [(slot, i) for slot in slots if not slot.fresh for i in slot.carried]
    arrays = [(slot, i) for slot, i in carried if is_handle(slot.first.leaves[i])]
    for slot, i in arrays:
        if id(root_of(slot.first.leaves[i])) in region.written:
            raise NoRoll(
                f"{slot.name} is made another array, and the one that it was is written by another name"
            )
    for slot, i in carried:
        if slot.ends is None:
            continue
        end = slot.ends.leaves[i]
        if is_handle(end) and id(root_of(end)) in region.written:
            raise NoRoll(f"{slot.name} becomes an array that is written by another name")
    wrote = [slot.name for slot, i in carried if (p := slot.params[i]) is not None and version_of(p)]
    for slot in slots:
        slot.written = bool(wrote)
    if not wrote:
        return
    firsts = [root_of(slot.first.leaves[i]) for slot, i in arrays]
    ends = [slot.ends.leaves[i] for slot, i in carried if slot.ends is not None]
    lasts = [root_of(x) for x in ends if is_handle(x)]
    used = {id(entry.handle) for entry in region.entry.values()} | set(region.written)
    twice = len({id(x) for x in firsts}) < len(firsts) or len({id(x) for x in lasts}) < len(lasts)
    outside = any(x.home is not region for x in lasts)
    if twice or outside or any(id(x) in used for x in firsts):
        raise NoRoll(f"{wrote[0]} is written in place, and may be the same array as another name")
    if any(x.home is not region.outer for x in firsts):
        raise NoRoll(f"{wrote[0]} is written in place and made another array, inside another loop or branch")


def mark_asked(slots: list[Slot], test: RegionTrace, holds: Value) -> None:
    """Note which variables the condition of a loop, traced in `test`, reads."""
    read = {holds}
    for eqn in test.builder.eqns:
        read.update(reads(eqn))
    for slot in slots:
        slot.asked = any(v in read for v in slot.entries)
