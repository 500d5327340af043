"""Arrays of one number are made where they are read: in a region, rather than in memory before it."""

from __future__ import annotations

from ..ir.graph import Const, Eqn, Function, Value, renamed_eqn


def sink(fn: Function) -> Function:
    """Return `fn` with broadcasts of constants repeated in each region that reads them. O(equations)."""
    if not any(eqn.regions for eqn in fn.eqns):
        return fn
    return _sunk(fn, {})


def _sunk(fn: Function, around: dict[Value, Eqn]) -> Function:
    """The function, and in front of it copies of what it reads of the broadcasts made around it."""
    made = {eqn.results[0]: eqn for eqn in fn.eqns if _is_uniform(eqn)}
    read = dict.fromkeys(v for eqn in fn.eqns for v in eqn.operands)
    read.update(dict.fromkeys(fn.results))
    env: dict[Value, Value] = {}
    copies = [renamed_eqn(around[v], env) for v in read if v in around]
    known = {**around, **made}
    eqns = []
    for eqn in fn.eqns:
        if eqn.regions:
            regions = tuple(_sunk(region, known) for region in eqn.regions)
            eqn = Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)
        eqns.append(eqn)
    if not copies:
        return fn.replace(eqns=tuple(eqns))
    return _reading(fn.replace(eqns=tuple(eqns)), env, copies)


def _reading(fn: Function, env: dict[Value, Value], copies: list[Eqn]) -> Function:
    """The function reading the copies, which come first. What its regions read they have made themselves."""
    eqns = [
        Eqn(e.op, tuple(env.get(v, v) for v in e.operands), e.attrs, e.results, e.loc, e.regions, e.origin)
        for e in fn.eqns
    ]
    return fn.replace(eqns=(*copies, *eqns), results=tuple(env.get(v, v) for v in fn.results))


def _is_uniform(eqn: Eqn) -> bool:
    return eqn.op.name == "broadcast" and isinstance(eqn.operands[0], Const) and eqn.operands[0].is_scalar
