"""Every row of the table: traced NumPy gives NumPy's value, dtype and shape, and right derivatives."""

from __future__ import annotations

import np_cases
import numpy as np
import pytest
from np_harness import check_derivatives, check_same, jnp

ROWS = list(np_cases.rows())


@pytest.mark.parametrize("expression", [e for _, e, _ in ROWS])
def test_traced_numpy_is_numpy(expression: str) -> None:
    names = np_cases.names_in(expression)
    args = [np_cases.A[n] for n in names]
    check_same(np_cases.function(expression, names, np), *args)
    if ".reduce" in expression or ".accumulate" in expression or ".outer" in expression[:18]:
        return  # methods of ufuncs belong to NumPy's ufunc objects
    check_same(np_cases.function(expression, names, jnp), *args)


@pytest.mark.parametrize("expression", [e for _, e, d in ROWS if d])
def test_derivatives_agree(expression: str) -> None:
    names = np_cases.names_in(expression)
    args = [np_cases.A[n] for n in names]
    check_derivatives(np_cases.function(expression, names, np), *args)
