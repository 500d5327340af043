"""Random programs of views and writes: NumPy, the interpreter, native code and derivatives agree."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from mutation_programs import environment, function, programs

import jitad as jad

COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    "derandomize": True,
}


@settings(max_examples=120, **COMMON)
@given(programs())
def test_values(lines):
    f, arguments = function(lines), list(environment().values())
    with np.errstate(all="ignore"):
        expected = f(*environment().values())
    with jad.disable_jit():
        found = jad.jit(f)(*arguments)
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12, err_msg="\n".join(lines))
    for x, y in zip(arguments, environment().values()):
        np.testing.assert_array_equal(x, y)


@settings(max_examples=15, **COMMON)
@given(programs())
def test_native_values(lines):
    f = function(lines)
    with np.errstate(all="ignore"):
        expected = f(*environment().values())
    for x, y in zip(jad.jit(f)(*environment().values()), expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12, err_msg="\n".join(lines))


@settings(max_examples=25, **COMMON)
@given(programs())
def test_derivatives(lines):
    f = function(lines)
    _, _, i, j, k = environment().values()

    def loss(a, s):
        return sum(np.sum(x * np.cos(np.arange(x.size).reshape(x.shape))) for x in f(a, s, i, j, k))

    a, s = list(environment().values())[:2]
    with jad.disable_jit(), np.errstate(all="ignore"):
        if np.isfinite(loss(a, s)):
            jad.check_grads(loss, (a + 1e-3, s), order=1)
