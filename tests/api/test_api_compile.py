"""Ahead-of-time compilation: the address, and every stage as text."""

import ctypes

import numpy as np
import pytest

import jitad as jad

A = np.array([1.0, 2.0, 3.0])
TABLE = np.array([1.0, 10.0, 100.0])


@pytest.fixture
def compiled():
    return jad.value_and_grad(lambda x, k: np.sum(TABLE * x**2) * k).compile(A, 2.0)


def test_stages(compiled):
    assert "func @" in compiled.ir and "f64[3]" in compiled.ir
    assert "define i32" in compiled.llvm
    assert "define" in compiled.optimized_llvm and compiled.optimized_llvm != compiled.llvm
    assert "ret" in compiled.asm
    assert compiled.workspace_bytes >= 0
    assert "value_and_grad_<lambda>(x: f64[3], k: f64)" in repr(compiled)


def test_the_c_function(compiled):
    k, value, slope = np.array(2.0), np.zeros(()), np.zeros(3)
    pointers = [a.ctypes.data for a in (A, k, TABLE, value, slope)]
    assert compiled.ctypes(*pointers) == 0
    assert value == 2 * np.sum(TABLE * A**2)
    np.testing.assert_allclose(slope, 4 * TABLE * A)
    slope[:] = 0
    by_address = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 5)(compiled.address)
    assert by_address(*pointers) == 0
    np.testing.assert_allclose(slope, 4 * TABLE * A)


def test_it_is_called_with_its_own_types_only(compiled):
    _, slope = compiled(A, 3.0)
    np.testing.assert_allclose(slope, 6 * TABLE * A)
    out = np.zeros(3)
    assert compiled(A, 3.0, out=(None, out))[1] is out
    with pytest.raises(TypeError, match=r"was compiled for x: f64\[3\], k: f64"):
        compiled(A[:2], 3.0)


def test_compiling_shares_the_versions_of_calls():
    f = jad.jit(lambda x: x + 1)
    f.compile(A)
    np.testing.assert_array_equal(f(A), A + 1)
    assert f.cache_info() == (1, 1)
