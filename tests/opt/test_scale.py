"""Multiples of multiples: merged where every bit stays, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from jitad.ir.evaluate import evaluate
from jitad.ir.text import parse, show
from jitad.opt import optimize

CHAINS = {
    "twice a multiple": "%0: f64[N] = mul 100.0, %t\n %1: f64[N] = add %0, %0",
    "minus a double": "%0: f64[N] = add %t, %t\n %1: f64[N] = neg %0",
    "minus a multiple": "%0: f64[N] = mul 0.3, %t\n %1: f64[N] = neg %0",
    "a multiple of minus": "%0: f64[N] = neg %t\n %1: f64[N] = mul 0.3, %0",
    "four times a multiple": "%0: f64[N] = mul %t, 7.0\n %1: f64[N] = mul %0, 4.0",
    "seven times a power": "%0: f64[N] = mul %t, 8.0\n %1: f64[N] = mul 7.0, %0",
}
KEPT = {
    "two factors": "%0: f64[N] = mul 3.0, %t\n %1: f64[N] = mul 7.0, %0",
    "a fraction": "%0: f64[N] = mul 0.1, %t\n %1: f64[N] = mul 2.0, %0",
    "half": "%0: f64[N] = mul 3.0, %t\n %1: f64[N] = mul 0.5, %0",
    "too many digits": "%0: f64[N] = mul 9007199254740991.0, %t\n %1: f64[N] = mul 2.0, %0",
}
RNG = np.random.default_rng(3)
NUMBERS = np.concatenate(
    [
        RNG.standard_normal(50) * 10.0 ** RNG.integers(-300, 300, 50),
        RNG.integers(-1000, 1000, 50) * 5e-324,
        RNG.uniform(-4, 4, 50) * 2.2250738585072014e-308,
        RNG.uniform(-1, 1, 50) * 1.7e308,
        [0.0, -0.0, np.inf, -np.inf, 1.0],
    ]
)


def program(chain: str, dtype: str = "f64"):
    text = f"func @f(%t: {dtype}[N]) -> {dtype}[N] {{\n {chain}\n return %1\n}}\n"
    return parse(text.replace("N", str(len(NUMBERS))).replace("f64", dtype))


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_multiples_of_multiples_are_one_product_with_the_same_bits(chain: str) -> None:
    fn = program(chain)
    merged = optimize(fn)
    assert len(merged.eqns) == 1, show(merged)
    with np.errstate(all="ignore"):
        (before,), (after,) = evaluate(fn, NUMBERS), evaluate(merged, NUMBERS)
    np.testing.assert_array_equal(before.view(np.int64), after.view(np.int64))


@pytest.mark.parametrize("chain", KEPT.values(), ids=KEPT)
def test_products_that_would_round_differently_stay(chain: str) -> None:
    assert len(optimize(program(chain)).eqns) == 2


def test_factors_must_be_exact_in_the_dtype() -> None:
    chain = "%0: f64[N] = mul 8388607.0:f32, %t\n %1: f64[N] = mul 4.0:f32, %0"
    assert len(optimize(program(chain.replace("f64", "f32"), "f32")).eqns) == 2
    chain = "%0: f64[N] = mul 100.0:f32, %t\n %1: f64[N] = mul 4.0:f32, %0"
    assert len(optimize(program(chain.replace("f64", "f32"), "f32")).eqns) == 1


def test_a_result_is_not_computed_twice() -> None:
    fn = parse(
        "func @f(%t: f64[9]) -> (f64[9], f64[9]) {\n"
        " %0: f64[9] = mul 3.0, %t\n %1: f64[9] = neg %0\n return %0, %1\n}\n"
    )
    assert [eqn.op.name for eqn in optimize(fn).eqns] == ["mul", "neg"]
