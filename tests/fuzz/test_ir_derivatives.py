"""Derivatives of random IR programs: both modes, differences, second order, natively, and split in two."""

from __future__ import annotations

import numpy as np

from jitad import opt
from jitad.ad import adjoint, split, tangent
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function
from jitad.ir.verify import check

from .budget import programs
from .derivatives import Differences, agree, comparable, directions, finite_alike, floating, product, slack
from .ir_programs import Case, smooth_programs
from .native_runs import CHUNKS, FULL, LOOPS, PLAIN, REGISTERS, compiled
from .rounding import expected


def ready(fn: Function) -> Function:
    """`fn` as it is when it is lowered."""
    return check(opt.contract(check(opt.optimize(check(fn)))))


@programs(22, smooth_programs())
def test_both_modes_give_the_same_product(case: Case) -> None:
    """⟨ct, tangent(t)⟩ = ⟨adjoint(ct), t⟩; both keep the primal's bits."""
    fn, n = case.fn, len(case.fn.results)
    ts, cts = directions(fn.params, 1), directions(fn.results, 2)
    forward = expected(check(tangent(fn)), [*case.arguments, *ts], rearranged=True)
    back = expected(check(adjoint(fn)), [*case.arguments, *cts], rearranged=True)
    for primal in (forward.values[:n], back.values[:n]):
        for x, y in zip(primal, evaluate(fn, *case.arguments)):
            assert x.tobytes() == np.asarray(y).tobytes()
    if comparable(forward, back):
        a, b = product(cts, forward.values[n:]), product(ts, back.values[n:])
        agree(a, b, slack(cts, forward, n) + slack(ts, back, n), "forward and reverse")
    else:
        push, pull = tangent(fn), adjoint(fn, results=False)
        finite_alike(
            lambda xs: evaluate(push, *xs, *ts), lambda xs: evaluate(pull, *xs, *cts), case.arguments
        )


@programs(18, smooth_programs(single=False).filter(lambda case: "stop_gradient" not in str(case.fn)))
def test_tangent_is_the_central_difference(case: Case) -> None:
    fn = case.fn.replace(results=tuple(r for r in case.fn.results if r.type.is_float))
    n, on = len(fn.results), floating(fn.params)
    ts = directions(fn.params, 3)
    found = expected(tangent(fn), [*case.arguments, *ts], rearranged=True)

    def run(*moved: np.ndarray) -> list[np.ndarray]:
        given = iter(moved)
        return evaluate(fn, *[next(given) if f else a for a, f in zip(case.arguments, on)])

    at = [a for a, f in zip(case.arguments, on) if f]
    differences = Differences(run, at, ts, expected(fn, case.arguments, rearranged=True))
    differences.check(found.values[n:], found.bounds[n:])


@programs(12, smooth_programs())
def test_second_order_agrees_in_every_mix_of_modes(case: Case) -> None:
    """⟨ct, t·∂²f·u⟩ by tangent of tangent, tangent of adjoint, adjoint of tangent, adjoint of adjoint."""
    fn, on = case.fn, floating(case.fn.params)
    ts, us, cts = directions(fn.params, 4), directions(fn.params, 5), directions(fn.results, 6)
    if not cts:
        return
    no_t, no_ct, xs = [False] * len(ts), [False] * len(cts), case.arguments
    floats = floating(fn.results)
    once = _floating_results(tangent(fn), floats)
    back = adjoint(fn, results=False)
    zeros = [np.zeros_like(ct) for ct in cts]
    runs = (
        (tangent(once, [*on, *no_t]), [*xs, *ts, *us], 2 * len(cts), [*zeros, *cts]),
        (tangent(back, [*on, *no_ct]), [*xs, *cts, *us], len(ts), ts),
        (adjoint(once, [*on, *no_t], results=False), [*xs, *ts, *zeros, *cts], 0, us),
        (adjoint(back, [*on, *no_ct], results=False), [*xs, *cts, *ts], 0, us),
    )
    found = [(expected(check(f), args, rearranged=True), first, ws) for f, args, first, ws in runs]
    if comparable(*(e for e, _, _ in found)):
        products = [(product(ws, e.values[first:]), slack(ws, e, first)) for e, first, ws in found]
        for value, bound in products[1:]:
            agree(products[0][0], value, products[0][1] + bound, "second order")


def _floating_results(derived: Function, floats: list[bool]) -> Function:
    """A tangent without the primal's other results."""
    n = len(floats)
    primal = [r for r, f in zip(derived.results[:n], floats) if f]
    return derived.replace(results=(*primal, *derived.results[n:]))


@programs(18, smooth_programs())
def test_native_derivatives_are_the_interpreter(case: Case) -> None:
    """Tangent, adjoint, and the tangent of the adjoint; of some of the parameters."""
    fn = case.fn
    on = floating(fn.params)
    some = [f and k % 2 == 0 for k, f in enumerate(on)]
    ts, cts = directions(fn.params, 7), directions(fn.results, 8)
    back, gradient = adjoint(fn, some), adjoint(fn, results=False)
    for derived, arguments, setting in (
        (tangent(fn), [*case.arguments, *ts], LOOPS),
        (back, [*case.arguments, *cts], FULL),
        (back, [*case.arguments, *cts], CHUNKS),
        (tangent(gradient, [*on, *[False] * len(cts)]), [*case.arguments, *cts, *ts], PLAIN),
    ):
        want = expected(check(derived), arguments, rearranged=True)
        want.check(compiled(ready(derived), setting)(*arguments), f"{derived.name}, {setting}")


@programs(12, smooth_programs())
def test_split_adjoint_is_the_adjoint(case: Case) -> None:
    """The primal with residuals, then the pullback: the same bits interpreted, the same numbers natively."""
    fn = case.fn
    back = opt.optimize(adjoint(fn))
    cts = directions(fn.results, 9)
    parts = split(back, len(fn.params))
    check(parts.forward), check(parts.backward)
    whole = expected(back, [*case.arguments, *cts], rearranged=True)

    def both(forward, backward) -> list[np.ndarray]:
        early = list(forward(*case.arguments))
        residuals = early[len(early) - parts.residuals :]
        late = iter(backward(*residuals, *cts))
        done = iter(early)
        return [np.asarray(next(done) if known else next(late)) for known in parts.known]

    interpreted = both(lambda *xs: evaluate(parts.forward, *xs), lambda *xs: evaluate(parts.backward, *xs))
    for x, y in zip(interpreted, whole.values):
        assert x.tobytes() == y.tobytes()
    native = both(compiled(ready(parts.forward), REGISTERS), compiled(ready(parts.backward), LOOPS))
    whole.check(native, "split")
