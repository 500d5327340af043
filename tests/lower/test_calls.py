"""Calls in machine code and in derivatives: the same numbers as with everything inlined."""

import numpy as np
import pytest

from jitad import ad, opt
from jitad.ir.calls import called
from jitad.ir.evaluate import evaluate
from jitad.ir.text import parse
from jitad.ir.verify import check
from jitad.lower import kernel
from jitad.opt.inline import inline_where
from tests.lower.native import compile_function, run

RNG = np.random.default_rng(0)
SCALARS = """
func @f(%x: f64, %p: f64) -> f64 {
  %0: f64 = call %x, %p {function=@step}
  %1: f64 = call %0, %p {function=@step}
  %2: f64 = call %1, 0.5 {function=@step}
  return %2
}
func @step(%x: f64, %p: f64) -> f64 {
  %0: f64 = sin %x
  %1: f64 = mul %0, %p
  %2: f64 = exp %1
  %3: f64 = add %2, %x
  return %3
}
"""
ARRAYS = """
func @f(%x: f64[20], %A: f64[20,20], %n: i64) -> (f64, f64[20]) {
  %0: f64[20], %b: bool, %s: f64 = call %x, %A, %n {function=@step}
  %1: f64[20], %b2: bool, %s2: f64 = call %0, %A, %n {function=@step}
  %2: f64[20], %b3: bool, %s3: f64 = call %1, %A, 3 {function=@step}
  %3: f64[20], %b4: bool, %s4: f64 = call %2, %A, 4 {function=@step}
  %t: f64 = sum %3 {axes=(0,)}
  %u: f64 = mul %t, %s4
  %w: f64 = select %b2, %u, %s2
  return %w, %3
}
func @step(%x: f64[20], %A: f64[20,20], %n: i64) -> (f64[20], bool, f64) {
  %0: f64[20] = dot %A, %x {batch=((), ()), contract=((1,), (0,))}
  %1: f64[20] = tanh %0
  %g: f64 = gather %1, %n
  %2: bool = gt %g, 0.1
  %s: f64 = call %g {function=@sq}
  %z: f64[20] = mul %1, %s
  return %z, %2, %s
}
func @sq(%x: f64) -> f64 {
  %0: f64 = sin %x
  %1: f64 = mul %0, %x
  return %1
}
"""
IN_A_LOOP = """
func @f(%x: f64[3], %p: f64) -> f64[3] {
  %y: f64[3] = for 5, %x {trips=5, carried=1, reverse=false} @body(%k: i64, %c: f64[3]) -> f64[3] {
    %q: bool = gt %p, 0.0
    %d: f64[3] = cond %q @then() -> f64[3] {
      %a: f64[3] = call %c, %p {function=@step}
      %b: f64[3] = call %a, %p {function=@step}
      return %b
    } @otherwise() -> f64[3] {
      %e: f64[3] = call %c, 0.3 {function=@step}
      return %e
    }
    return %d
  }
  return %y
}
func @step(%x: f64[3], %p: f64) -> f64[3] {
  %0: f64[3] = sin %x
  %1: f64[3] = mul %0, %p
  %r: f64[3] = for 2, %1 {trips=2, carried=1, reverse=false} @inner(%k: i64, %c: f64[3]) -> f64[3] {
    %s: f64 = sum %c {axes=(0,)}
    %d: f64[3] = mul %c, %s
    %t: f64[3] = tanh %d
    %u: f64[3] = add %t, %x
    return %u
  }
  return %r
}
"""
PROGRAMS = {
    "scalars": (SCALARS, (0.3, 0.7)),
    "arrays": (ARRAYS, (RNG.standard_normal(20), RNG.standard_normal((20, 20)), 2)),
    "regions": (IN_A_LOOP, (RNG.standard_normal(3), 0.6)),
    "regions, the other branch": (IN_A_LOOP, (RNG.standard_normal(3), -0.6)),
}


def forms(fn):
    """The program and its derivatives of first and second order."""
    active = [p.dtype.kind == "f" for p in fn.params]
    tangent, adjoint = (opt.optimize(mode(fn, active)) for mode in (ad.tangent, ad.adjoint))
    seconds = [ad.adjoint(tangent), ad.tangent(adjoint), ad.adjoint(adjoint)]
    return [fn, tangent, adjoint, *map(opt.optimize, seconds)]


@pytest.mark.parametrize("lines", [kernel.CHUNK_LINES, 6])
@pytest.mark.parametrize("name", PROGRAMS)
def test_as_if_inlined(name, lines, monkeypatch):
    monkeypatch.setattr(kernel, "CHUNK_LINES", lines)
    text, arguments = PROGRAMS[name]
    for fn in forms(check(parse(text))):
        check(fn)
        flat = check(inline_where(fn, lambda f, calls: True))
        assert called(fn) and not called(flat)
        given = [np.asarray(x) for x in arguments]
        given += [RNG.standard_normal(p.shape) for p in fn.params[len(given) :]]
        native = run(opt.contract(fn), *given)
        for x, y, z in zip(evaluate(fn, *given), evaluate(flat, *given), native):
            np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-12)
            np.testing.assert_allclose(x, z, rtol=1e-11, atol=1e-12)


def test_one_pair_for_all_calls():
    fn = check(parse(SCALARS.replace("call %1, 0.5", "call %1, %p")))
    names = [f.name for f in called(ad.adjoint(fn))]
    assert sorted(names) == ["step.back", "step.forward"]


def test_failures_inside_end_the_call():
    text, (x, A, _) = PROGRAMS["arrays"]
    low, call = compile_function(parse(text))
    status, _ = call(x, A, np.asarray(25))
    assert low.messages[status][0] is IndexError
    assert call(x, A, np.asarray(2))[0] == 0


def test_many_numbers_are_kept_in_few_arrays():
    lines = [f"  %v{k + 1}: f64 = sin %v{k}\n" for k in range(40)]
    text = (
        "func @f(%x: f64) -> f64 {\n  %0: f64 = call %x {function=@g}\n"
        "  %1: f64 = call %0 {function=@g}\n  return %1\n}\n"
        f"func @g(%v0: f64) -> f64 {{\n{''.join(lines)}  return %v40\n}}\n"
    )
    adjoint = ad.adjoint(parse(text))
    forward = next(f for f in called(adjoint) if f.name == "g.forward")
    assert len(forward.results) <= 4
    (value, slope) = run(opt.optimize(adjoint), np.asarray(0.5), np.asarray(1.0))
    x, expected = 0.5, 1.0
    for _ in range(80):
        x, expected = np.sin(x), expected * np.cos(x)
    np.testing.assert_allclose((value, slope), (x, expected), rtol=1e-12)
