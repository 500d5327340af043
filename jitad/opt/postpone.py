"""Updates come after what still reads the array that they change, so that they can be done in its memory."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from ..ir.graph import Const, Eqn, Function, Value, reads

#: Operations whose first operand is an array, of which the result is a changed one.
UPDATES = frozenset({"scatter_set", "scatter_add", "set_at", "add_at", "set_window", "add_window"})


def postpone(fn: Function) -> Function:
    """Return `fn` with updates and loops moved behind the readers of what they overwrite, regions too.

    An array that is read after it was updated has to be copied first. The adjoint of `y[i] = v` writes zeroes
    into the cotangent and reads what stood there: in this order the read comes first. Readers that need
    the update stay behind it. O(equations · log), and the distances from updates to readers.
    """
    eqns = [_inside(eqn) for eqn in fn.eqns]
    ordered = _ordered(eqns)
    return fn if all(a is b for a, b in zip(ordered, fn.eqns)) else fn.replace(eqns=tuple(ordered))


def _inside(eqn: Eqn) -> Eqn:
    """The equation with its regions ordered."""
    regions = tuple(postpone(region) for region in eqn.regions)
    if all(a is b for a, b in zip(regions, eqn.regions)):
        return eqn
    return Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)


def _ordered(eqns: Sequence[Eqn]) -> Sequence[Eqn]:
    """The equations, each as early as it was where nothing holds it up."""
    awaited = _awaited(eqns)
    if not awaited:
        return eqns
    made = {r: k for k, eqn in enumerate(eqns) for r in eqn.results}
    before = [
        {made[v] for v in reads(eqn) if v in made} | awaited.get(k, set()) for k, eqn in enumerate(eqns)
    ]
    behind: list[list[int]] = [[] for _ in eqns]
    for k, needed in enumerate(before):
        for n in needed:
            behind[n].append(k)
    ready = [k for k, needed in enumerate(before) if not needed]
    order: list[int] = []
    while len(order) < len(eqns):
        if not ready:  # updates wait for each other: one of them copies
            k = min(k for k in awaited if before[k] & awaited[k] and not before[k] - awaited[k])
            before[k].clear()
            ready.append(k)
        done = heappop(ready)
        order.append(done)
        awaited.pop(done, None)
        for k in behind[done]:
            if done in before[k]:
                before[k].remove(done)
                if not before[k]:
                    heappush(ready, k)
    return [eqns[k] for k in order]


def _awaited(eqns: Sequence[Eqn]) -> dict[int, set[int]]:
    """Update → the later equations that read what it overwrites and need none of its results."""
    last: dict[Value, int] = {}
    for k, eqn in enumerate(eqns):
        last.update(dict.fromkeys(reads(eqn), k))
    computed = {r for eqn in eqns if eqn.op.name in ("broadcast", "iota") for r in eqn.results}
    found: dict[int, set[int]] = {}
    for k, eqn in enumerate(eqns):
        changed = [v for v in _overwritten(eqn) if last[v] > k and v not in computed]
        if changed:
            readers = _independent(eqns, k, changed, max(last[v] for v in changed))
            if readers:
                found[k] = readers
    return found


def _independent(eqns: Sequence[Eqn], k: int, changed: Sequence[Value], end: int) -> set[int]:
    """Those after equation k, up to `end`, that read a changed array and need no result of k."""
    behind = set(eqns[k].results)
    found = set()
    for n in range(k + 1, end + 1):
        read = reads(eqns[n])
        if not behind.isdisjoint(read):
            behind.update(eqns[n].results)
        elif any(v in changed for v in read):
            found.add(n)
    return found


def _overwritten(eqn: Eqn) -> list[Value]:
    """The arrays that an equation may change in place."""
    if eqn.op.name in UPDATES:
        found: Sequence[Value] = eqn.operands[:1]
    elif eqn.op.name in ("for", "while"):
        first, carried = (1, eqn.attrs["carried"]) if eqn.op.name == "for" else (0, len(eqn.operands))
        found = eqn.operands[first : first + carried]
    else:
        found = ()
    return [v for v in found if v.ndim and not isinstance(v, Const)]
