"""Addresses of native routines, by family."""

import ctypes

import numpy as np
import pytest
import scipy.special

from jitad.native.symbols import SymbolError, address, find


def double_function(name, arity=1):
    return ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * arity)(address(name))


@pytest.mark.parametrize(
    "name", ["psi", "gammaln", "erf", "erfc", "erfcx", "expit", "logit", "ndtri", "log_expit"]
)
def test_special_functions_are_the_double_ones(name):
    for x in (0.1, 0.5, 0.9):
        assert double_function(f"special.{name}")(x) == pytest.approx(
            getattr(scipy.special, name)(x), rel=1e-14
        )


@pytest.mark.parametrize("name", ["xlogy", "gammainc", "jv"])
def test_special_functions_of_two_arguments(name):
    expected = getattr(scipy.special, name)(1.5, 2.5)
    assert double_function(f"special.{name}", 2)(1.5, 2.5) == pytest.approx(expected, rel=1e-14)


def test_libm():
    assert double_function("libm.sin")(1.0) == np.sin(1.0)
    assert double_function("sin")(1.0) == np.sin(1.0)
    assert find("fma") and find("memcpy") and address("libc.malloc") == find("malloc")


def test_blas_takes_fortran_arguments():
    x, y = np.arange(5.0), np.arange(5.0) + 1
    n, one = ctypes.c_int(5), ctypes.c_int(1)
    ddot = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_void_p] * 5)(address("blas.ddot"))
    by = ctypes.addressof
    assert ddot(by(n), x.ctypes.data, by(one), y.ctypes.data, by(one)) == x @ y


def test_lapack_factorises():
    a = np.array([[4.0, 2.0], [2.0, 3.0]])
    n, info, upper = ctypes.c_int(2), ctypes.c_int(-9), ctypes.c_char(b"U")
    dpotrf = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(address("lapack.dpotrf"))
    by, expected = ctypes.addressof, np.linalg.cholesky(a)
    dpotrf(by(upper), by(n), a.ctypes.data, by(n), by(info))
    assert info.value == 0
    np.testing.assert_allclose(np.tril(a), expected, rtol=1e-15)


def test_c_api():
    assert address("python.PyFloat_Type") == id(float)
    assert address("numpy.PyArray_Type") == id(np.ndarray)


@pytest.mark.parametrize(
    "name",
    [
        "blas.nosuch",
        "lapack.x",
        "special.x",
        "libm.x",
        "python.x",
        "numpy.x",
        "nofamily.sin",
        "sinus",
        "blas.",
    ],
)
def test_unknown_names(name):
    assert find(name) is None
    with pytest.raises(SymbolError, match="no native routine"):
        address(name)
