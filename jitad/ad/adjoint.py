"""Reverse mode: the function that computes results, then walks back and sums cotangents."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.builder import Builder
from ..ir.graph import Function, Value
from ..ir.types import I64, type_of
from .activity import active_flags, active_values, carries
from .cotangents import Cotangents
from .kept import Account
from .memory import Memory
from .reversal import forward_sweep, reverse_sweep
from .schedules import BudgetError
from .tangent import zeros
from .tapes import Tapes


def adjoint(
    fn: Function, active: Sequence[bool] | None = None, *, results: bool = True, budget: int | None = None
) -> Function:
    """Return the function (params, cotangents of floating results) → (results, cotangents of active params).

    active   one flag a parameter; None: every floating one
    results  False leaves the primal results out
    budget   bytes that the loops may keep for their way back; None: as many as they need

    Cotangents have the type of what they belong to; a parameter that no result depends on gets an
    explicit zero, so that the signature follows from `fn` and the flags alone. The primal equations
    come first, as they are but for loops and branches, which also give what their reversals will
    read (`reversal.py`); derived ones carry their line and the origin "adjoint". Only equations
    between active parameters and results are reversed. Reads of part of an array accumulate in place
    (`Scatter`). A branch that a `where` did not take contributes exactly 0 (`cotangents.py`). One
    primal and one reverse sweep; what is dead afterwards is left to `opt.dce`. O(equations).
    Reverse accumulation: Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 3.

    Its note "kept" says what each loop keeps (`kept.py`).

    Raises TypeError if an active parameter is not floating, NotImplementedError (with the line) at an
    op without an adjoint rule, ValueError (with the line) where the budget is too small.
    """
    try:
        return _adjoint(fn, active_flags(fn, active), results, budget)
    except BudgetError as error:
        raise ValueError(error.text(budget or 0)) from None


def _adjoint(fn: Function, flags: Sequence[bool], results: bool, budget: int | None) -> Function:
    on = active_values(fn, flags)
    b = Builder(fn.name + ".adjoint")
    b.params.extend(fn.params)
    memory = Memory(fn) if any(eqn.regions for eqn in fn.eqns) else None
    numbers = (r for eqn in fn.eqns for r in eqn.results if r.type is type_of(I64))
    tapes = Tapes(Account(budget, memory, (*fn.params, *numbers)), outermost=True)
    forward, reversals = forward_sweep(fn.eqns, on, tapes)
    cotangents = Cotangents(b, on)
    with b:
        b.loc, b.origin = fn.loc, "adjoint"
        tapes.begin(b)
        b.eqns.extend(forward)
        for r in fn.results:
            if carries(r):
                cotangents.add(r, b.param(r.type, "ct"))
        reverse_sweep(fn.eqns, on, reversals, cotangents)
        b.loc = fn.loc
        out: list[Value] = [cotangents.take(p) or zeros(p.type) for p, on_ in zip(fn.params, flags) if on_]
    derived = b.finish([*fn.results, *out] if results else out, fn.loc)
    return derived.replace(notes={"kept": tuple(tapes.account.loops)})
