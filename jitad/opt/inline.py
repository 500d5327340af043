"""Calls that are not worth being calls: the function's equations take their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ..ir.calls import called
from ..ir.graph import (
    Eqn,
    Function,
    Value,
    callee,
    dims_of,
    enter_old,
    once,
    renamed_eqn,
    retyped,
    retyped_params,
    substitute,
)

#: Functions are inlined if that makes at most so many equations; one of arrays counts as if each of up to FEW
#: elements were computed by one, and for ARRAY if there are more, in a loop.
MOST_EQUATIONS, ARRAY, FEW, CALL = 400, 24, 16, 8
#: What does less, in additions, than some calls cost is inlined up to so many equations.
CHEAP, MOST_OF_CHEAP = 50.0, 10_000


def inline(fn: Function, taping: bool = False, looping: bool = False) -> Function:
    """Return `fn` with those calls inlined that cost more than their function's equations once each.

    taping  also those of functions with loops whose iterations are not known: their derivative needs tapes,
            which do not cross calls
    looping also those of functions with any loops: a budget is shared out among the loops of one function

    A function called once is inlined, one with sizes that only the program knows, and one whose calls come to
    few equations (MOST_EQUATIONS; more if it does less than a call costs). Functions that others call are
    decided on first. O(equations of the result).
    """

    def worthless(f: Function, calls: int) -> bool:
        total = size(f) * calls
        most = MOST_OF_CHEAP if _work(f) < CHEAP else MOST_EQUATIONS
        loops = (taping and _needs_tapes(f)) or (looping and any(eqn.regions for eqn in f.eqns))
        return calls == 1 or total <= most or _has_open_sizes(f) or loops

    return inline_where(fn, worthless)


def inline_single(fn: Function) -> Function:
    """Return `fn` with the functions inlined that are called in one place. O(equations of the result)."""
    return inline_where(fn, lambda f, calls: calls == 1)


def inline_where(fn: Function, chosen: Callable[[Function, int], bool]) -> Function:
    """Return `fn` with the functions inlined that are `chosen`, given how many calls each has."""
    functions = called(fn)
    if not functions:
        return fn
    calls = Counter(f for g in (fn, *functions) for f in _calls(g.eqns))
    new: dict[Function, Function] = {}
    gone: set[Function] = set()
    for f in functions:
        new[f] = _expanded(f, new, gone)
        if chosen(new[f], calls[f]):
            gone.add(f)
    return _expanded(fn, new, gone)


def _calls(eqns: Iterable[Eqn]) -> Iterator[Function]:
    for eqn in eqns:
        if (f := callee(eqn)) is not None:
            yield f
        for region in eqn.regions:
            yield from _calls(region.eqns)


def _expanded(fn: Function, new: dict[Function, Function], gone: Collection[Function]) -> Function:
    """`fn` calling the new functions, or with their equations."""
    if not any(f in gone or new[f] is not f for f in _calls(fn.eqns)):
        return fn
    env: dict[Value, Value] = {}
    eqns = _expand(fn.eqns, env, new, gone)
    return fn.replace(eqns=tuple(eqns), results=substitute(fn.results, env))


def _expand(
    eqns: Sequence[Eqn], env: dict[Value, Value], new: dict[Function, Function], gone: Collection[Function]
) -> list[Eqn]:
    out: list[Eqn] = []
    for old in eqns:
        eqn = retyped(old, env)
        operands, function = substitute(eqn.operands, env), callee(eqn)
        if function is not None and function in gone:
            body = new[function]
            inside = dict(zip(body.params, operands, strict=True))
            out += [renamed_eqn(e, inside) for e in body.eqns]
            env.update(zip(eqn.results, substitute(body.results, inside)))
            enter_old(old, eqn, env)
            continue
        attrs = eqn.attrs if function is None else {**eqn.attrs, "function": new[function]}
        regions = tuple(_expanded_region(region, env, new, gone) for region in eqn.regions)
        out.append(Eqn(eqn.op, operands, attrs, eqn.results, eqn.loc, regions, eqn.origin))
    return out


def _expanded_region(
    region: Function, env: dict[Value, Value], new: dict[Function, Function], gone: Collection[Function]
) -> Function:
    params = retyped_params(region, env)
    eqns = tuple(_expand(region.eqns, env, new, gone))
    return region.replace(params=params, eqns=eqns, results=substitute(region.results, env))


def size(fn: Function) -> int:
    """The equations of a function, those of arrays and calls counted as several."""
    return once(fn, "size", lambda f: _size(f.eqns))


def _size(eqns: Iterable[Eqn]) -> int:
    return sum(
        (CALL if "function" in eqn.attrs else max((_elements(r) for r in eqn.results), default=1))
        + sum(ARRAY + _size(region.eqns) for region in eqn.regions)
        for eqn in eqns
    )


def _elements(v: Value) -> int:
    return v.size if v.size <= FEW else ARRAY


def _work(fn: Function) -> float:
    """Additions of one run, roughly: loops count as one iteration."""
    return once(fn, "additions", lambda f: _additions(f.eqns))


def _additions(eqns: Iterable[Eqn]) -> float:
    total = 0.0
    for eqn in eqns:
        function = callee(eqn)
        sizes = [v.size for v in (*eqn.operands, *eqn.results)]
        total += _work(function) if function is not None else eqn.op.cost * max(sizes, default=0)
        total += sum(_additions(region.eqns) for region in eqn.regions)
    return total


def _needs_tapes(fn: Function) -> bool:
    return once(fn, "needs tapes", lambda f: _has_open_loop(f.eqns))


def _has_open_loop(eqns: Iterable[Eqn]) -> bool:
    return any(
        eqn.op.name == "while"
        or eqn.attrs.get("trips", 0) < 0
        or ((f := callee(eqn)) is not None and _needs_tapes(f))
        or any(_has_open_loop(region.eqns) for region in eqn.regions)
        for eqn in eqns
    )


def _has_open_sizes(fn: Function) -> bool:
    return once(fn, "open", lambda f: any(map(_is_open, f.eqns)))


def _is_open(eqn: Eqn) -> bool:
    return bool(dims_of(eqn)) or any(map(_is_open, (e for region in eqn.regions for e in region.eqns)))
