"""Activity: which values depend on the active parameters and reach a differentiable result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..ir.graph import Eqn, Function, Value, callee, once, reads
from ..ir.types import is_float


def carries(v: Value) -> bool:
    """Whether values of this type have derivatives."""
    return v.type.dtype.kind == "f"


def active_flags(fn: Function, active: Sequence[bool] | None) -> list[bool]:
    """`active` checked; None stands for every floating parameter.

    Raises TypeError if an integer or bool parameter is asked for, ValueError on a wrong length.
    """
    if active is None:
        return [is_float(p.dtype) for p in fn.params]
    if len(active) != len(fn.params):
        raise ValueError(f"@{fn.name} has {len(fn.params)} parameters, `active` has {len(active)} entries")
    for i, (p, on) in enumerate(zip(fn.params, active)):
        if on and not carries(p):
            raise TypeError(f"@{fn.name}: parameter {i} is {p.type}: only floats have derivatives")
    return [bool(on) for on in active]


def active_values(fn: Function, flags: Sequence[bool], results: Sequence[bool] | None = None) -> set[Value]:
    """The values, in regions too, that depend differentiably on an active parameter and reach a result.

    results  the flags of those that count; None: all

    One walk forwards and one backwards; bodies of loops are walked until nothing is added. Called functions
    are looked through once for each combination of flags.
    """
    varied = _varied(fn, flags)
    wanted = {r for k, r in enumerate(fn.results) if r in varied and (results is None or results[k])}
    _want(fn.eqns, wanted, varied)
    return wanted


def _varied(fn: Function, flags: Sequence[bool]) -> set[Value]:
    """What depends differentiably on the parameters flagged."""
    varied = {p for p, on in zip(fn.params, flags) if on}
    _vary(fn.eqns, varied)
    return varied


def _vary_call(eqn: Eqn, found: set[Value]) -> None:
    function = callee(eqn)
    assert function is not None
    flags = tuple(v in found for v in eqn.operands)
    out = once(function, ("varies", flags), lambda f: tuple(map(_varied(f, flags).__contains__, f.results)))
    found.update(r for r, on in zip(eqn.results, out) if on)


def _want_call(eqn: Eqn, wanted: set[Value], varied: set[Value]) -> None:
    function = callee(eqn)
    assert function is not None
    flags, out = tuple(v in varied for v in eqn.operands), tuple(r in wanted for r in eqn.results)
    if not any(out):
        return
    into = once(
        function,
        ("wants", flags, out),
        lambda f: tuple(map(active_values(f, flags, out).__contains__, f.params)),
    )
    wanted.update(v for v, on in zip(eqn.operands, into) if on)


def passes(eqn: Eqn) -> list[list[tuple[Value, Value]]]:
    """How values pass through the regions of `eqn`: (from, to) pairs into them, round them, out of them."""
    if eqn.op.name == "for":
        (body,) = eqn.regions
        n = eqn.attrs["carried"]
        params = body.params[1:]
        return [
            list(zip(eqn.operands[1:], params)),
            list(zip(body.results[:n], params)),
            list(zip((*params[:n], *body.results[n:]), eqn.results)),
        ]
    if eqn.op.name == "while":
        test, body = eqn.regions
        return [
            [*zip(eqn.operands, test.params), *zip(eqn.operands, body.params)],
            [*zip(body.results, body.params), *zip(body.results, test.params)],
            list(zip(body.params, eqn.results)),
        ]
    return [[], [], [(x, r) for region in eqn.regions for x, r in zip(region.results, eqn.results)]]


STRUCTURED = frozenset({"for", "while", "cond", "call", "checkpoint"})


def _vary(eqns: Iterable[Eqn], found: set[Value]) -> None:
    for eqn in eqns:
        if eqn.op.name == "call":
            _vary_call(eqn, found)
        elif eqn.op.name in STRUCTURED:
            _vary_inside(eqn, found)
        elif eqn.op.differentiable and not (
            found.isdisjoint(eqn.operands) and (not eqn.regions or found.isdisjoint(reads(eqn)))
        ):
            found.update([r for r in eqn.results if r.type.dtype.kind == "f"])


def _vary_inside(eqn: Eqn, found: set[Value]) -> None:
    into, around, out = passes(eqn)
    _follow(into, found)
    before = -1
    while before != len(found):
        before = len(found)
        for region in eqn.regions:
            _vary(region.eqns, found)
        _follow(around, found)
        if not around:
            break
    _follow(out, found)


def _follow(pairs: Iterable[tuple[Value, Value]], found: set[Value]) -> None:
    found.update([to for source, to in pairs if source in found])


def _want(eqns: Sequence[Eqn], wanted: set[Value], varied: set[Value]) -> None:
    for eqn in reversed(eqns):
        if eqn.op.name == "call":
            _want_call(eqn, wanted, varied)
        elif eqn.op.name in STRUCTURED:
            _want_inside(eqn, wanted, varied)
        elif not wanted.isdisjoint(eqn.results):
            wanted.update([v for v in reads(eqn) if v in varied])


def _want_inside(eqn: Eqn, wanted: set[Value], varied: set[Value]) -> None:
    into, around, out = passes(eqn)
    _lead(out, wanted, varied)
    before = -1
    while before != len(wanted):
        before = len(wanted)
        _lead(around, wanted, varied)
        for region in eqn.regions:
            _want(region.eqns, wanted, varied)
        if not around:
            break
    _lead(into, wanted, varied)


def _lead(pairs: Iterable[tuple[Value, Value]], wanted: set[Value], varied: set[Value]) -> None:
    wanted.update([source for source, to in pairs if to in wanted and source in varied])


def no_rule(eqn: Eqn, mode: str) -> NotImplementedError:
    """The error for an op that varies but declares no rule."""
    place = eqn.loc or "an unknown line"
    return NotImplementedError(f"{eqn.op.name} has no {mode} rule\n  from       {place}")
