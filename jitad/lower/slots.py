"""What a region's arrays share with the scope around it: carried arrays, results, operands that die there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.graph import Const, Eqn, Function, Value, free_values
from .roots import RegionRoot, base_of, carried_inits, is_branch

if TYPE_CHECKING:
    from .buffers import Buffers
    from .plan import Plan


def taken_over(buffers: Buffers, root: RegionRoot, number: int) -> dict[int, Value]:
    """Result number → the value around the region whose memory it takes over, since it dies there."""
    from .buffers import same_size

    found: dict[int, Value] = {}
    for k, memory in enumerate(root.memory):
        v = _candidate(root, k) if memory else None
        if v is None:
            continue
        home = buffers.plan.home(v)
        same = same_size(home.type, root.eqn.results[k].type)
        if same and home not in found.values() and buffers.is_dying(home, number):
            if is_branch(root.eqn) or _reads(buffers.plan, root.eqn, home) == 1:
                found[k] = home
    return found


def _candidate(root: RegionRoot, k: int) -> Value | None:
    """What result `k` starts from: a loop's first value, in a branch what it changes or hands on."""
    if not is_branch(root.eqn):
        first = carried_inits(root.eqn)
        return first[k] if k < len(first) and not isinstance(first[k], Const) else None
    for plan in root.plans:
        v = plan.fn.results[k]
        while v in plan.producer:
            base = _changed(plan, v)
            if base is None:
                break
            v = base
        else:
            if not isinstance(v, Const):
                return v
    return None


def _changed(plan: Plan, v: Value) -> Value | None:
    """The array that the equation of `v` may overwrite."""
    root = plan.roots.get(v)
    if root is None:
        return plan.producer[v].operands[0] if v in plan.aliases else None
    if isinstance(root, RegionRoot):
        return _candidate(root, root.eqn.results.index(v))
    return base_of(root)


def _reads(plan: Plan, eqn: Eqn, home: Value) -> int:
    """How often an equation with regions reads some memory: as an operand, and in each region."""
    values = [*eqn.operands, *(v for region in eqn.regions for v in free_values(region))]
    return sum(plan.home(v) is home for v in values)


def inner_buffers(outer: Buffers, root: RegionRoot, bases: dict[int, Value]) -> list[Buffers]:
    """The buffers of each region of `root`; what it may overwrite is what a loop carries, or `bases`."""
    from .buffers import Buffers

    eqn = root.eqn
    if is_branch(eqn):
        owned = {v: k for k, v in bases.items()}
        return [Buffers(plan, outer, root.memory, owned) for plan in root.plans]
    body = root.plans[-1]
    carried = {p: k for k, p in enumerate(carried_params(eqn, body.fn)) if root.memory[k]}
    tests = [Buffers(plan, outer, [False]) for plan in root.plans[:-1]]
    return [*tests, Buffers(body, outer, root.memory, carried, loops=True)]


def carried_params(eqn: Eqn, region: Function) -> tuple[Value, ...]:
    """The parameters of a loop's region that are carried."""
    if "trips" in eqn.attrs:
        return region.params[1 : 1 + eqn.attrs["carried"]]
    return region.params
