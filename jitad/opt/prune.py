"""Loops and branches without what nothing reads: carried values, rows, stacks and results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ..ir.graph import Eqn, Function, Value, reads

Dce = Callable[[Function], Function]


def prune(eqn: Eqn, live: Collection[Value], dce: Dce) -> Eqn:
    """`eqn` with only those results that are `live` or needed for them; `dce` cleans its regions."""
    found = _PRUNERS.get(eqn.op.name, _any)(eqn, live, dce)
    same = (
        found.results == eqn.results
        and found.operands == eqn.operands
        and all(a is b for a, b in zip(found.regions, eqn.regions))
    )
    return eqn if same else found


def _any(eqn: Eqn, live: Collection[Value], dce: Dce) -> Eqn:
    return _like(eqn, eqn.operands, eqn.results, tuple(dce(r) for r in eqn.regions))


def _like(
    eqn: Eqn, operands: Sequence[Value], results: Sequence[Value], regions: tuple[Function, ...], **attrs: int
) -> Eqn:
    new = {**eqn.attrs, **attrs} if attrs else eqn.attrs
    return Eqn(eqn.op, tuple(operands), new, tuple(results), eqn.loc, regions, eqn.origin)


def _kept(values: Sequence[Value], which: Sequence[int]) -> list[Value]:
    return [values[k] for k in which]


def _read(region: Function) -> set[Value]:
    """What the equations and results of a region read."""
    found = set(region.results)
    for eqn in region.eqns:
        found.update(reads(eqn))
    return found


def _for(eqn: Eqn, live: Collection[Value], dce: Dce) -> Eqn:
    (body,) = eqn.regions
    n = eqn.attrs["carried"]
    state, rows = body.params[1 : n + 1], body.params[n + 1 :]
    collected = [k for k, r in enumerate(eqn.results) if k >= n and r in live]
    carried = [j for j in range(n) if eqn.results[j] in live]
    while True:
        clean = dce(body.replace(results=tuple(_kept(body.results, [*carried, *collected]))))
        read = _read(clean)
        needed = [j for j in range(n) if j in carried or state[j] in read]
        if needed == carried:
            break
        carried = needed
    into = [k for k, p in enumerate(rows) if p in read]
    if (len(carried), len(collected), len(into)) == (n, len(eqn.results) - n, len(rows)):
        same = clean.eqns == body.eqns
        return _like(eqn, eqn.operands, eqn.results, (body if same else clean,))
    params = (body.params[0], *_kept(state, carried), *_kept(rows, into))
    inits, stacks = eqn.operands[1 : n + 1], eqn.operands[n + 1 :]
    if not into and not collected and "rows" in eqn.attrs:
        attrs = {k: x for k, x in eqn.attrs.items() if k != "rows"}
        eqn = Eqn(eqn.op, eqn.operands, attrs, eqn.results, eqn.loc, eqn.regions, eqn.origin)
    return _like(
        eqn,
        (eqn.operands[0], *_kept(inits, carried), *_kept(stacks, into)),
        _kept(eqn.results, [*carried, *collected]),
        (clean.replace(params=params),),
        carried=len(carried),
    )


def _while(eqn: Eqn, live: Collection[Value], dce: Dce) -> Eqn:
    test, body = eqn.regions
    test = dce(test)
    asked = _read(test)
    n = len(eqn.operands)
    carried = [j for j in range(n) if eqn.results[j] in live or test.params[j] in asked]
    while True:
        clean = dce(body.replace(results=tuple(_kept(body.results, carried))))
        read = _read(clean)
        needed = [j for j in range(n) if j in carried or body.params[j] in read]
        if needed == carried:
            break
        carried = needed
    if len(carried) == n:
        same = clean.eqns == body.eqns
        return _like(eqn, eqn.operands, eqn.results, (test, body if same else clean))
    return _like(
        eqn,
        _kept(eqn.operands, carried),
        _kept(eqn.results, carried),
        (
            test.replace(params=tuple(_kept(test.params, carried))),
            clean.replace(params=tuple(_kept(body.params, carried))),
        ),
    )


def _branches(eqn: Eqn, live: Collection[Value], dce: Dce) -> Eqn:
    kept = [k for k, r in enumerate(eqn.results) if r in live]
    if len(kept) == len(eqn.results):
        return _any(eqn, live, dce)
    regions = tuple(dce(r.replace(results=tuple(_kept(r.results, kept)))) for r in eqn.regions)
    return _like(eqn, eqn.operands, _kept(eqn.results, kept), regions)


_PRUNERS: dict[str, Callable[[Eqn, Collection[Value], Dce], Eqn]] = {
    "for": _for,
    "while": _while,
    "cond": _branches,
    "checkpoint": _branches,
}
