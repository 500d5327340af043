"""Reverse sweeps through loops whose slices have sizes that change: what is still in memory is not kept."""

from __future__ import annotations

import numpy as np

from jitad.ad import adjoint
from jitad.ir.evaluate import evaluate
from jitad.ir.text import parse
from jitad.ir.verify import check
from jitad.opt import optimize

#: Row i of A, from the left: A[i, j] = (A[i, j] - A[i, :j] · A[:j, j]) / A[j, j] for j < i.
LOWER = """func @lower(%A: f64[6,6]) -> f64[6,6] {
  %B: f64[6,6] = for 6, %A {trips=6, carried=1, reverse=false} @rows(%i: i64, %C: f64[6,6]) -> f64[6,6] {
    %D: f64[6,6] = for %i, %C {trips=-1, carried=1, reverse=false} @row(%j: i64, %E: f64[6,6]) -> f64[6,6] {
      %a: f64[1,%j] = window %E, %i, 0 {step=(1, 1), shape=(1, %j)}
      %b: f64[%j] = reshape %a {shape=(%j,)}
      %c: f64[%j,1] = window %E, 0, %j {step=(1, 1), shape=(%j, 1)}
      %d: f64[%j] = reshape %c {shape=(%j,)}
      %e: f64 = dot %b, %d {contract=((0,), (0,)), batch=((), ())}
      %f: f64 = gather %E, %i, %j
      %g: f64 = sub %f, %e
      %h: f64 = gather %E, %j, %j
      %k: f64 = div %g, %h
      %F: f64[6,6] = scatter_set %E, %k, %i, %j
      return %F
    }
    return %D
  }
  return %B
}"""

#: Each row of A is replaced by the sine of what is left of the diagonal: the old elements are needed.
SINES = """func @sines(%A: f64[6,6]) -> f64[6,6] {
  %B: f64[6,6] = for 6, %A {trips=6, carried=1, reverse=false} @rows(%i: i64, %C: f64[6,6]) -> f64[6,6] {
    %a: f64[1,%i] = window %C, %i, 0 {step=(1, 1), shape=(1, %i)}
    %b: f64[1,%i] = sin %a
    %D: f64[6,6] = set_window %C, %b, %i, 0 {step=(1, 1)}
    %c: f64[%i,1] = window %D, 0, %i {step=(1, 1), shape=(%i, 1)}
    %d: f64[%i,%i] = dot %c, %b {contract=((1,), (0,)), batch=((), ())}
    %E: f64[6,6] = add_window %D, %d, 0, 0 {step=(1, 1)}
    return %E
  }
  return %B
}"""


def _gradient(text: str, A: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    fn = check(optimize(check(parse(text))))
    step, differences = 1e-6, np.zeros_like(A)
    for at in np.ndindex(*A.shape):
        up, down = A.copy(), A.copy()
        up[at] += step
        down[at] -= step
        change = evaluate(fn, up)[0] - evaluate(fn, down)[0]
        differences[at] = np.sum(weights * change) / (2 * step)
    back = check(optimize(check(adjoint(fn))))
    return evaluate(back, A, weights)[-1], differences


def test_gradients_agree_with_differences():
    rng = np.random.default_rng(0)
    A, weights = rng.standard_normal((6, 6)) / 3 + 2 * np.eye(6), rng.standard_normal((6, 6))
    for text in (LOWER, SINES):
        np.testing.assert_allclose(*_gradient(text, A, weights), rtol=1e-6, atol=1e-8)


def test_windows_of_what_is_still_in_memory_are_not_kept():
    kept = adjoint(check(optimize(check(parse(LOWER))))).notes["kept"]
    assert sum(k.per_trip for k in kept) == 0


def test_parts_whose_size_changes_are_kept_with_room_for_the_largest():
    kept = adjoint(check(optimize(check(parse(SINES))))).notes["kept"]
    assert 0 < sum(k.per_trip for k in kept) < 6 * 6 * 8 + 6 * 8
