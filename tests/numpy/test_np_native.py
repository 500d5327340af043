"""The table compiled: native code gives NumPy's value, dtype and shape for every row."""

from __future__ import annotations

from typing import Any

import np_cases
import numpy as np
import pytest
from np_harness import flat, quiet

import jitad as jad


@pytest.mark.parametrize("expression", [e for _, e, _ in np_cases.rows()])
def test_native_code_is_numpy(expression: str) -> None:
    names = np_cases.names_in(expression)
    f = np_cases.function(expression, names, np)
    args: list[Any] = [np_cases.A[n] for n in names]
    want = flat(quiet(f, *args))
    got = flat(quiet(jad.jit(f), *args))
    assert len(got) == len(want)
    for g, w in zip(got, want):
        g, w = np.asarray(g), np.asarray(w)
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        loose = 3e-5 if w.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(g, w, rtol=loose, atol=loose)
