"""The interpreter computes what NumPy computes, in the declared types."""

from __future__ import annotations

import numpy as np
import pytest

from jitad import ops
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function, const
from jitad.ir.types import DTYPES, F32, F64, type_of
from tests.ir.programs import F, program, vector


def test_a_program_gives_what_numpy_gives() -> None:
    fn = program(lambda x, y: (ops.sum(ops.exp(x) * y, axes=(0,)), ops.gt(x, 0.0)), vector(3), F)
    x = np.array([1.0, -2.0, 0.5])
    total, positive = evaluate(fn, x, 3)
    assert total == np.sum(np.exp(x) * 3.0)
    assert isinstance(total, np.float64)
    np.testing.assert_array_equal(positive, x > 0)


@pytest.mark.parametrize("short", ["f32", "i8", "u16", "i32"])
def test_results_have_the_declared_dtype(short: str) -> None:
    """NumPy sums small integers as i64; the IR keeps the dtype, and wraps."""
    fn = program(lambda x: ops.sum(x, axes=(0,)), type_of(DTYPES[short], (300,)))
    (total,) = evaluate(fn, np.ones(300))
    assert total.dtype == DTYPES[short]
    assert total == np.ones(300, DTYPES[short]).sum(dtype=DTYPES[short])


def test_results_are_fresh() -> None:
    c = const(np.zeros(2))
    fn = program(lambda x: (x, x, c, ops.reshape(x, shape=(2, 1))), vector(2))
    x = np.ones(2)
    results = evaluate(fn, x)
    for r in results:
        r[...] = 7.0
    assert x.tolist() == [1.0, 1.0]
    assert c.data.tolist() == [0.0, 0.0]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(results) for b in results[:i])


def test_arguments_are_converted_to_the_declared_dtype() -> None:
    fn = program(lambda x: x * x, type_of(F32))
    assert evaluate(fn, 0.1)[0] == np.float32(0.1) * np.float32(0.1)


def test_wrong_arguments_are_refused() -> None:
    fn = program(lambda x: x, vector(2))
    with pytest.raises(TypeError, match="takes 1 arguments, 2 were given"):
        evaluate(fn, np.ones(2), 1.0)
    with pytest.raises(TypeError, match=r"%x: shape \(3,\) where f64\[2\] is declared"):
        evaluate(fn, np.ones(3))


def test_floating_point_errors_are_silent() -> None:
    fn = program(lambda x: (ops.log(x), 1.0 / x, ops.exp(x + 1e9)), F)
    assert evaluate(fn, 0.0) == [-np.inf, np.inf, np.inf]


def test_a_constant_function_needs_no_equation() -> None:
    fn = Function("f", (), (), (const(2.5),))
    assert evaluate(fn) == [2.5]
    assert evaluate(fn)[0].dtype == F64
