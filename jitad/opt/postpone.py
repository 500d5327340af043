"""Updates come after what still reads the array that they change, so that they can be done in its memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import pairwise

from ..ir.graph import Const, Eqn, Function, Value, reads
from ..ops.callback import calls_back

#: Operations whose first operand is an array, of which the result is a changed one.
UPDATES = frozenset({"scatter_set", "scatter_add", "set_at", "add_at", "set_window", "add_window"})
#: Operations that read an array element by element.
PARTS = frozenset({"gather", "slice", "window", "transpose", "reshape", "broadcast"})


def postpone(fn: Function) -> Function:
    """Return `fn` with updates and loops moved behind the readers of what they overwrite, regions too.

    An array that is read after it was updated has to be copied first. The adjoint of `y[i] = v` writes zeroes
    into the cotangent and reads what stood there: in this order the read comes first, and what is computed
    from it in one loop. Readers that need the update stay behind it. O(equations · log), and the distances
    from updates to readers.
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
    for k, n in pairwise(_calling_back(eqns)):
        before[n].add(k)
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
    users: dict[Value, list[int]] = {}
    for k, eqn in enumerate(eqns):
        for v in set(reads(eqn)):
            users.setdefault(v, []).append(k)
    computed = {r for eqn in eqns if eqn.op.name in ("broadcast", "iota") for r in eqn.results}
    found: dict[int, set[int]] = {}
    spoken = set(_calling_back(eqns))
    for k, eqn in enumerate(eqns):
        later = {n for n in _readers(eqns, users, set(_overwritten(eqn)) - computed) if n > k}
        if later and (readers := later - _dependent(eqns, k, max(later), spoken)):
            found[k] = readers
    return found


def _readers(eqns: Sequence[Eqn], users: dict[Value, list[int]], arrays: Iterable[Value]) -> set[int]:
    """The equations that read one of the arrays, also through what is computed element by element from it.

    Such a value may be computed where it is read, and reads the array only there.
    """
    found: set[int] = set()
    waiting = list(arrays)
    while waiting:
        for n in users.get(waiting.pop(), ()):
            if n not in found:
                found.add(n)
                if eqns[n].op.elementwise or eqns[n].op.name in PARTS:
                    waiting += [r for r in eqns[n].results if r.ndim]
    return found


def _dependent(eqns: Sequence[Eqn], k: int, end: int, spoken: set[int]) -> set[int]:
    """Equation k, and those up to `end` that need a result of it, or call back after one that does."""
    behind, found = set(eqns[k].results), {k}
    speaks = k in spoken
    for n in range(k + 1, end + 1):
        if not behind.isdisjoint(reads(eqns[n])) or (speaks and n in spoken):
            behind.update(eqns[n].results)
            found.add(n)
            speaks = speaks or n in spoken
    return found


def _calling_back(eqns: Sequence[Eqn]) -> list[int]:
    """The equations that call back into Python, which stay in their order."""
    return [k for k, eqn in enumerate(eqns) if calls_back(eqn)]


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
