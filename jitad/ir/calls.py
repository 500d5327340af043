"""The functions that a program calls: each once, however many equations call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .graph import Eqn, Function, callee, once


def called(fn: Function) -> list[Function]:
    """The functions that `fn` calls, itself or through others, each once, before those that call it."""
    order: dict[Function, None] = {}
    stack = [(fn, iter(_callees(fn)))]
    while stack:
        caller, rest = stack[-1]
        f = next((f for f in rest if f not in order), None)
        if f is not None:
            stack.append((f, iter(_callees(f))))
            continue
        stack.pop()
        if caller is not fn:
            order[caller] = None
    return list(order)


def _callees(fn: Function) -> list[Function]:
    return once(fn, "callees", lambda f: list(dict.fromkeys(calls(f.eqns))))


def calls(eqns: Iterable[Eqn]) -> Iterator[Function]:
    """The function of each call among some equations, those in their regions included."""
    for eqn in eqns:
        if (f := callee(eqn)) is not None:
            yield f
        for region in eqn.regions:
            yield from calls(region.eqns)


def map_called(fn: Function, change: Callable[[Function], Function], key: str) -> Function:
    """`fn` calling `change(f)` for each function f that it calls; those that f calls are changed first.

    Each is changed once, whoever asks: the outcome is kept with it under `key`.
    """
    for f in called(fn):
        if key not in f.memo:
            new = change(_calling(f, key))
            new.memo.setdefault(key, new)
            f.memo.setdefault(key, new)
    return _calling(fn, key)


def _calling(fn: Function, key: str) -> Function:
    """`fn` calling what is kept under `key` for the functions that it calls."""
    if all(f.memo[key] is f for f in _callees(fn)):
        return fn
    return fn.replace(eqns=tuple(_with_callee(eqn, key) for eqn in fn.eqns))


def _with_callee(eqn: Eqn, key: str) -> Eqn:
    function = callee(eqn)
    attrs = eqn.attrs if function is None else {**eqn.attrs, "function": function.memo[key]}
    regions = tuple(r.replace(eqns=tuple(_with_callee(e, key) for e in r.eqns)) for r in eqn.regions)
    if function is None and not regions:
        return eqn
    return Eqn(eqn.op, eqn.operands, attrs, eqn.results, eqn.loc, regions, eqn.origin)
