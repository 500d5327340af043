"""Programs that random testing found to go wrong once."""

from __future__ import annotations

import numpy as np
import pytest

import jitad as jad
from jitad.ir.graph import Function
from jitad.ir.text import parse
from jitad.ir.verify import check

from .native_runs import CHUNKS, FULL, LOOPS, PLAIN, REGISTERS, compiled
from .rounding import expected

#: What was wrong, and the program.
FOUND = {
    "a computed array in registers has no address for a gather": """
        func @f(%x: f64[2], %i: i64[2]) -> f64[2] {
          %0: f64[2] = add %x, %x
          %1: f64[2] = gather %0, %i
          return %1
        }""",
    "a product with a scalar is no BLAS call": """
        func @f(%x: f64[2], %y: f64[20]) -> f64[20] {
          %0: f64 = sum %x {axes=(0,)}
          %1: f64[20] = dot %0, %y {contract=((), ()), batch=((), ())}
          return %1
        }""",
    "an update with its own base, backwards, is not in place": """
        func @f(%x: f64[20]) -> f64[20] {
          %0: f64[20] = exp %x
          %1: f64[20] = add_at %0, %x {start=(0,), step=(1,)}
          %2: f64[20] = add_at %1, %1 {start=(19,), step=(-1,)}
          %3: f64[10] = slice %2 {start=(0,), step=(2,), shape=(10,)}
          %4: f64[20] = add_at %2, %3 {start=(0,), step=(2,)}
          return %4
        }""",
    "pieces of what an update or a scan reads": """
        func @f(%x: f64[20]) -> (f64[40], f64[60]) {
          %0: f64[40] = concatenate %x, %x {axis=0}
          %1: f64[40] = cumsum %0 {axis=0, reverse=true}
          %2: f64[60] = iota {shape=(60,), axis=0, dtype=f64}
          %3: f64[20] = slice %0 {start=(1,), step=(2,), shape=(20,)}
          %4: f64[40] = set_at %0, %3 {start=(0,), step=(2,)}
          %5: f64[60] = add_at %2, %4 {start=(20,), step=(1,)}
          return %1, %5
        }""",
    "an update that covers the base it overwrites": """
        func @f(%x: f64[20], %y: f64[20]) -> f64[20] {
          %0: f64[10] = slice %x {start=(0,), step=(2,), shape=(10,)}
          %1: f64[20] = add_at %x, %0 {start=(0,), step=(2,)}
          %2: f64[20] = set_at %1, %y {start=(0,), step=(1,)}
          %3: f64[20] = add_at %2, %0 {start=(1,), step=(2,)}
          return %3
        }""",
    "the second operand of a scan is read too": """
        func @f(%x: f64[20]) -> (f64[20], f64[20]) {
          %0: f64[20] = sin %x
          %1: f64[20] = cumsum %0 {axis=0, reverse=false}
          %2: f64[20] = cumsum %1 {axis=0, reverse=true}
          %3: f64[20] = recurrence %0, %1 {axis=0, reverse=false}
          %4: f64[20] = cumsum %3 {axis=0, reverse=false}
          return %4, %2
        }""",
    "a product reads registers through a transposition": """
        func @f(%x: f64[3]) -> f64[3,3] {
          %0: f64[3] = floor %x
          %1: f64[3] = transpose %0 {axes=(0,)}
          %2: f64[3,3,3] = iota {shape=(3, 3, 3), axis=0, dtype=f64}
          %3: f64[3,3] = dot %1, %2 {contract=((0,), (0,)), batch=((), ())}
          return %3
        }""",
    "one map of a nest overwrites what another reads in the overlap of the last vector": """
        func @f(%x: f64[12], %y: f64[12]) -> (f64[12], f64[12]) {
          %0: f64[12] = cumsum %x {axis=0, reverse=false}
          %1: f64[12] = cumsum %y {axis=0, reverse=false}
          %2: f64[12] = sin %0
          %3: f64[12] = sin %2
          %4: f64[12] = mul %1, %2
          %5: f64[12] = mul %4, %3
          return %3, %5
        }""",
    "stored numbers are read as indices in the overlap of the last vector": """
        func @f(%x: f64[20], %i: i64[20]) -> f64[3] {
          %0: f64[20] = sin %x
          %1: f64[20] = cos %0
          %2: i64[20] = remainder %i, 20
          %3: f64[20] = gather %0, %2
          %4: f64[20] = gather %1, %2
          %5: f64[3] = gather %3, dense<i64[3]: 14, 5, 0>
          %6: f64[3] = gather %4, dense<i64[3]: 14, 5, 0>
          %7: f64[3] = mul %5, %6
          return %7
        }""",
}


def arguments(fn: Function) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    whole = lambda n, shape: rng.integers(-n, n, shape)
    return [rng.uniform(-2, 2, p.shape) if p.type.is_float else whole(p.shape[0], p.shape) for p in fn.params]


@pytest.mark.parametrize("what", FOUND)
@pytest.mark.parametrize("setting", [PLAIN, REGISTERS, LOOPS, CHUNKS, FULL], ids=str)
def test_lowering(what: str, setting) -> None:
    fn = check(parse(FOUND[what]))
    xs = arguments(fn)
    expected(fn, xs).check(compiled(fn, setting)(*xs), what)


@pytest.mark.parametrize("f", [lambda x: np.fmod(x, 2.0), lambda x: np.modf(x)[0]])
@pytest.mark.parametrize("at", [0.0, -0.0, 0.5, -0.5, 2.5, -2.5])
def test_fractions_have_slope_one_also_at_zero(f, at: float) -> None:
    assert jad.derivative(f)(at) == 1.0
    assert np.signbit(jad.jit(f)(at)) == np.signbit(f(at))


@pytest.mark.parametrize("f", [np.sum, np.prod, np.max, lambda x, axis: np.all(x > 0, axis=axis)])
def test_folds_of_numbers_over_axis_0(f) -> None:
    assert jad.jit(lambda x: f(x, axis=0))(2.0) == f(np.float64(2.0), axis=0)


def test_integral_of_nothing() -> None:
    assert jad.jit(np.trapezoid)(np.zeros(0)) == 0.0
