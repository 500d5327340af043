"""Keep or recompute, as a minimum cut: which values of a program to store to have the others from them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from math import isinf
from typing import Any, TypeVar

import numpy as np

#: Beyond this many relevant nodes `min_cut` decides greedily, in linear time.
EXACT_LIMIT = 5000
_TOTAL = 2**30  # finite capacities add up to about this; what is infinite exceeds it

Node = TypeVar("Node", bound=Hashable)


def min_cut(
    nodes: Sequence[Node],
    edges: Iterable[tuple[Node, Node]],
    store_cost: Callable[[Node], float],
    recompute_cost: Callable[[Node], float],
    available: Collection[Node],
    needed: Collection[Node],
) -> set[Node]:
    """Return the nodes to keep, so that all of `needed` can be had at the least total cost.

    nodes           in topological order
    edges           (u, v): recomputing v reads u
    store_cost      of keeping a node; inf: it cannot be kept
    recompute_cost  of computing a node again from what it reads; inf: it cannot
    available       nodes that are given rather than computed: kept or absent, never recomputed
    needed          nodes that must be kept or recomputed

    Every node that is recomputed has each node it reads kept or recomputed. Costs are added over kept
    and over recomputed nodes, each once. Of equal cuts the one nearest to `needed` is taken: it
    recomputes least. Exact up to `EXACT_LIMIT` nodes that `needed` depends on (costs are rounded to
    2⁻³⁰ of their sum); beyond, each node in reverse order is recomputed if that is cheaper than
    storing it, together with the cheaper way to each of its operands that nothing has asked for yet.

    A project-selection network (Picard, Management Science 22, 1976) with two vertices a node,
    "is there" and "is recomputed"; the flow is scipy's.
    """
    reads: dict[Node, list[Node]] = {}
    for u, v in edges:
        reads.setdefault(v, []).append(u)
    for v in available:
        reads.pop(v, None)
    relevant = _reached(nodes, reads, needed)
    fixed = set(available)
    again = {v: np.inf if v in fixed else recompute_cost(v) for v in relevant}
    store = {v: store_cost(v) for v in relevant}
    if len(relevant) > EXACT_LIMIT:
        return _greedy(relevant, reads, store, again, needed)
    return _exact(relevant, reads, store, again, needed)


def _reached(nodes: Sequence[Node], reads: dict[Node, list[Node]], needed: Collection[Node]) -> list[Node]:
    """The nodes that `needed` depends on, in topological order."""
    found = set(needed)
    for v in reversed(nodes):
        if v in found:
            found.update(reads.get(v, ()))
    return [v for v in nodes if v in found]


def _greedy(
    nodes: list[Node],
    reads: dict[Node, list[Node]],
    store: dict[Node, float],
    again: dict[Node, float],
    needed: Collection[Node],
) -> set[Node]:
    wanted = set(needed)
    kept = set()
    for v in reversed(nodes):
        if v not in wanted:
            continue
        new = {u for u in reads.get(v, ()) if u not in wanted}
        if again[v] + sum(min(store[u], again[u]) for u in new) < store[v]:
            wanted |= new
        else:
            kept.add(v)
    return kept


def _exact(
    nodes: list[Node],
    reads: dict[Node, list[Node]],
    store: dict[Node, float],
    again: dict[Node, float],
    needed: Collection[Node],
) -> set[Node]:
    """Source 0, sink 1; node i is "there" if 2+2i is on the source side, "recomputed" if 3+2i is, too."""
    number = {v: 2 + 2 * i for i, v in enumerate(nodes)}
    capacity: dict[tuple[int, int], float] = {(0, number[v]): np.inf for v in needed}
    for v, there in number.items():
        capacity[there, there + 1] = store[v]
        capacity[there + 1, 1] = again[v]
        for u in reads.get(v, ()):
            capacity[there + 1, number[u]] = np.inf
    side = _source_side(capacity, 2 + 2 * len(nodes))
    return {v for v, there in number.items() if side[there] and not side[there + 1]}


def _source_side(capacity: dict[tuple[int, int], float], size: int) -> Any:
    """The vertices on the source side of the minimum cut nearest to the source, as flags."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    finite = sum(c for c in capacity.values() if not isinf(c))
    scale = (_TOTAL - len(capacity)) / max(finite, 1.0)
    ends = np.array(list(capacity), np.int32).reshape(-1, 2)
    costs = np.array(list(capacity.values()))
    amounts = np.where(np.isinf(costs), 2**31 - 1, 0).astype(np.int32)
    some = np.isfinite(costs)
    amounts[some] = np.where(costs[some] > 0, np.maximum(np.rint(costs[some] * scale), 1), 0)
    graph = csr_array((amounts, (ends[:, 0], ends[:, 1])), shape=(size, size))
    residual = csr_array(graph.astype(np.int64) - maximum_flow(graph, 0, 1).flow.astype(np.int64))
    residual.data = (residual.data > 0).astype(np.int8)
    residual.eliminate_zeros()
    side = np.zeros(size, bool)
    side[breadth_first_order(residual, 0, return_predecessors=False)] = True
    return side
