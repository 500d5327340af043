"""The whole compiler on one screen, one line a stage."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from . import ad, opt
from .capture.leaves import LeafType
from .capture.run import Program, capture
from .ir.calls import called, map_called
from .ir.graph import Function, Loc
from .ops import callback

if TYPE_CHECKING:
    from .lower import Lowered
    from .native.engine import NativeModule

#: JITAD_CHECK=1 verifies the IR after every stage; the tests switch it on.
CHECK = os.environ.get("JITAD_CHECK", "") not in ("", "0")

_watcher: ContextVar[Callable[[str, Function], None] | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(by: Callable[[str, Function], None]) -> Iterator[None]:
    """Within this, `by(stage, function)` is called with what each stage makes.

    Stages are "traced" and "optimized" (`trace`), "primal", "simplified", "tangent" or "adjoint" (of
    derivatives, the innermost first), "lowered" (`compile_native`).
    """
    token = _watcher.set(by)
    try:
        yield
    finally:
        _watcher.reset(token)


class Binary(NamedTuple):
    """A compiled function: what was lowered, and the machine code."""

    lowered: Lowered
    module: NativeModule

    def bytes_asked(self) -> int:
        """How many bytes a tape could not get, in the last call that failed so."""
        address = self.module.address(f"{self.lowered.symbol}.asked")
        return ctypes.CFUNCTYPE(ctypes.c_int64)(address)()


#: Stage → what the time before it went to.
_SPENT_ON = {
    "traced": "capture",
    "primal": "capture",
    "simplified": "optimize",
    "optimized": "optimize",
    "tangent": "differentiate",
    "adjoint": "differentiate",
    "lowered": "lower",
}


@contextmanager
def timed(seconds: dict[str, float], rest: str) -> Iterator[None]:
    """Add what is spent within to `seconds`: "capture", "differentiate", "optimize", "lower" and, behind the
    last stage, `rest`. Who looks on goes on doing so."""
    outer, last = _watcher.get(), perf_counter()

    def spend(on: str) -> None:
        nonlocal last
        now = perf_counter()
        seconds[on] = seconds.get(on, 0.0) + now - last
        last = now

    def look(stage: str, fn: Function) -> None:
        spend(_SPENT_ON[stage])
        if outer is not None:
            outer(stage, fn)

    with watched(look):
        yield
    spend(rest)


def trace(f: Callable, leaves: Sequence[LeafType], hints: Sequence[str], call: Callable[..., Any]) -> Program:
    """Python function → optimised IR; `leaves` are the types of its arguments (see `capture.run.capture`)."""
    program = capture(f, leaves, hints, call)
    fn = noted("optimized", optimized(opt.inline(opt.roll(noted("traced", program.fn)))))
    return program._replace(fn=fn)


def tangent(fn: Function, active: Sequence[bool], differentiated: int) -> Function:
    """(params, tangents of active params) → (results, tangents of the floating ones among the first few)."""
    fn = noted("simplified", optimized(opt.inline(opt.roll(noted("primal", fn)))))
    whole = _all_results(fn, ad.tangent(_head(fn, differentiated), active), differentiated)
    return noted("tangent", checked(whole))


def adjoint(
    fn: Function,
    active: Sequence[bool],
    differentiated: int,
    budget: int | None = None,
    *,
    closed: bool = True,
) -> Function:
    """(params, cotangents of the first floating results) → (results, cotangents of active params).

    budget  bytes that its loops may keep
    closed  False: the sizes of results, and so of cotangents, may be values that `fn` computes; then the
            halves are programs (`split`), the whole is none
    """
    fn = opt.inline(opt.roll(noted("primal", fn)), taping=True, looping=budget is not None)
    fn = noted("simplified", optimized(fn))
    whole = _all_results(fn, ad.adjoint(_head(fn, differentiated), active, budget=budget), differentiated)
    return noted("adjoint", checked(whole) if closed else whole)


def separated(fn: Function, whole: Function) -> Function:
    """A tangent of `fn` whose values can be had without tangents, also those of loops."""
    apart = ad.separated(fn, whole)
    return whole if apart is whole else optimized(apart)


def split(whole: Function, known: int) -> ad.Split:
    """A tangent or adjoint in two: what depends on the first `known` parameters alone, and the rest."""
    parts = ad.split(whole, known)
    checked(parts.forward), checked(parts.backward)
    return parts


def compile_native(fn: Function, *, timed: bool = False) -> Binary:
    """Optimised IR → machine code; `timed`: with timers between its steps."""
    from . import lower, native
    from .native import callback as callbacks

    if called(fn):
        fn = optimized(opt.inline_single(fn))
    fn = noted("lowered", _for_machine(map_called(fn, _for_machine, "for machine")))
    callbacks.serve(_served)
    lowered = lower.lower(fn, f"jitad.{fn.name}", timed=timed)
    return Binary(lowered, native.engine.compile_module(lowered.llvm, stored=True))


def _served(name: str, operands: Sequence[Any], attrs: dict[str, Any], loc: Any) -> None:
    callback.served(name, operands, attrs, None if loc is None else Loc(*loc))


def _for_machine(fn: Function) -> Function:
    fn = checked(opt.sink(opt.block(opt.arrange(fn))))
    return checked(opt.postpone(checked(opt.contract(fn))))


def _head(fn: Function, count: int) -> Function:
    return fn.replace(results=fn.results[:count])


def _all_results(fn: Function, derived: Function, differentiated: int) -> Function:
    """Auxiliary results beside the derivative: `derived` still contains the primal equations."""
    return derived.replace(results=(*fn.results, *derived.results[differentiated:]))


def optimized(fn: Function) -> Function:
    """The standard optimisation, checked."""
    return checked(opt.optimize(checked(fn)))


def noted(stage: str, fn: Function) -> Function:
    """`fn`, shown to whoever looks on."""
    if (watcher := _watcher.get()) is not None:
        watcher(stage, fn)
    return fn


def checked(fn: Function) -> Function:
    """`fn`, verified if checks are on."""
    if CHECK:
        from .ir import verify

        verify.check(fn)
    return fn
