"""Every ufunc, over every pair of dtypes and of forms: the dtype, shape and value are NumPy's."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.special
from np_harness import check_derivatives, check_same, jnp, quiet, run

import jitad as jad
import jitad.scipy.special
from jitad.numpy.ufuncs import _TABLE
from jitad.scipy.special import FUNCTIONS

DTYPES = ("f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u1", "?")
NAMES = [name for name, _, _ in _TABLE]
#: where floats lie so that the function is finite there
DOMAINS = {
    "log": (0.2, 3), "log2": (0.2, 3), "log10": (0.2, 3), "log1p": (-0.5, 3), "sqrt": (0.2, 3),
    "arcsin": (-0.9, 0.9), "arccos": (-0.9, 0.9), "arccosh": (1.2, 3), "arctanh": (-0.9, 0.9),
    "power": (0.2, 2), "float_power": (0.2, 2), "cbrt": (0.3, 2),
    "logit": (0.1, 0.9), "xlogy": (0.2, 2), "xlog1py": (0.2, 2), "entr": (0.2, 2), "rel_entr": (0.2, 2),
    "kl_div": (0.2, 2), "gammaln": (0.5, 3), "psi": (0.5, 3), "betaln": (0.5, 3), "boxcox": (0.5, 3),
    "huber": (0.5, 3), "pseudo_huber": (0.5, 3), "digamma": (0.5, 3),
}  # fmt: skip


def values(dtype: str, shape: tuple[int, ...], name: str = "", phase: int = 0) -> Any:
    rng = np.random.default_rng(len(name) + 7 * phase)
    kind = np.dtype(dtype).kind
    if kind == "f":
        return np.asarray(rng.uniform(*DOMAINS.get(name, (-2, 2)), shape), dtype)
    if kind == "b":
        return np.asarray(rng.uniform(size=shape) > 0.5)
    low = 0 if kind == "u" or "shift" in name or "power" in name else -4
    return np.asarray(rng.integers(low, 5, shape), dtype)


def agrees(f: Any, *args: Any) -> None:
    """Same as NumPy; where NumPy raises TypeError or computes in float16, TypeError."""
    try:
        want = quiet(f, *args)
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error).__mro__[-4] if isinstance(error, TypeError) else ValueError):
            quiet(run, f, *args)
        return
    outs = want if isinstance(want, tuple) else (want,)
    if any(np.asarray(w).dtype == np.float16 for w in outs):
        with pytest.raises(TypeError, match="float16"):
            quiet(run, f, *args)
        return
    check_same(f, *args, rtol=2e-13, expected=want)


def arity(name: str) -> int:
    return getattr(np, name).nin


@pytest.mark.parametrize("name", [n for n in NAMES if arity(n) == 1])
def test_unary_dtypes(name: str) -> None:
    for dtype in DTYPES:
        x = values(dtype, (3, 4), name)
        for module in (np, jnp):
            agrees(lambda x, m=module: getattr(m, name)(x), x)
        agrees(lambda x: getattr(np, name)(x), x[0, 0])
    agrees(lambda x: getattr(np, name)(x), 1)
    agrees(lambda x: getattr(np, name)(x), 0.75)


@pytest.mark.parametrize("name", [n for n in NAMES if arity(n) == 2])
def test_binary_dtypes(name: str) -> None:
    f = lambda x, y: getattr(np, name)(x, y)
    for a, b in itertools.product(DTYPES, DTYPES):
        agrees(f, values(a, (3, 4), name), values(b, (4,), name, 1))
    for dtype in DTYPES:
        x = values(dtype, (3,), name)
        for number in (2, 1.5, True):
            agrees(lambda x, n=number: getattr(np, name)(x, n), x)
            agrees(lambda x, n=number: getattr(jnp, name)(n, x), x)
            agrees(f, x, number)
        agrees(lambda x: getattr(np, name)(x, np.array([2.5], "f4")), x)


@pytest.mark.parametrize("name", NAMES)
def test_ufunc_broadcasts(name: str) -> None:
    f = lambda *xs: getattr(np, name)(*xs)
    whole = name in ("bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift")
    t = "i8" if whole else "f8"
    if name == "ldexp":
        agrees(f, values("f8", (3, 1)), values("i4", (1, 4)))
        return
    if arity(name) == 1:
        for shape in ((), (0,), (2, 0), (1,), (2, 1, 3)):
            agrees(f, values(t, shape, name))
        return
    for s, u in (
        ((3, 1), (1, 4)),
        ((), (3,)),
        ((1,), (3,)),
        ((1, 1), (3,)),
        ((0,), (1,)),
        ((2, 1), (2, 0)),
        ((1,), ()),
    ):
        agrees(f, values(t, s, name), values(t, u, name, 1))


@pytest.mark.parametrize("name", [n for n, _, differentiable in _TABLE if differentiable])
def test_ufunc_derivatives(name: str) -> None:
    args = [values("f8", (3, 4), name, k) for k in range(arity(name))]
    if name == "ldexp":
        args[1] = values("i4", (3, 4))
    check_derivatives(lambda *xs: getattr(np, name)(*xs), *args)


@pytest.mark.parametrize("name", [n for n, _, differentiable in _TABLE if not differentiable])
def test_other_ufuncs_carry_no_derivative(name: str) -> None:
    if name in ("bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"):
        pytest.skip("no floats")
    args = [values("f8", (3, 4), name, k) for k in range(arity(name))]
    for g in jad.grad(lambda *xs: np.sum(1.0 * getattr(np, name)(*xs)), argnums=tuple(range(len(args))))(
        *args
    ):
        assert not np.any(g)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_special_functions(name: str) -> None:
    original = getattr(scipy.special, name)
    ours = getattr(jitad.scipy.special, name)
    args = [values("f8", (3, 4), name, k) for k in range(original.nin)]
    for f in (original, ours):
        check_same(lambda *xs, f=f: f(*xs), *args, rtol=1e-12, expected=original(*args))
        check_derivatives(lambda *xs, f=f: f(*xs), *args)
    narrow = [a.astype("f4") for a in args]
    check_same(lambda *xs: original(*xs), *narrow)
    check_same(lambda *xs: original(*xs), *[np.array([1, 2, 3])] * original.nin, rtol=1e-12)


EDGES = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 1e-310, 1e300, -1e300, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("name", NAMES)
def test_ufunc_edges(name: str) -> None:
    if name in ("bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift", "ldexp"):
        pytest.skip("integers only; no edges among floats")
    f = lambda *xs: getattr(np, name)(*xs)
    if arity(name) == 1:
        agrees(f, EDGES)
    else:
        agrees(f, EDGES[:, None], EDGES)


@pytest.mark.parametrize(
    "name",
    ["xlogy", "xlog1py", "entr", "rel_entr", "kl_div", "logit", "expit", "log_expit", "log_ndtr", "ndtr"],
)
def test_special_edges(name: str) -> None:
    f = getattr(scipy.special, name)
    if f.nin == 1:
        check_same(lambda x: f(x), np.append(EDGES, [0.35, 0.65, -5, -14.9, -15.1, -40, 5, 30]), rtol=1e-11)
    else:
        check_same(lambda x, y: f(x, y), EDGES[:, None], EDGES, rtol=1e-11)


INTEGER_EDGES = [np.iinfo(np.int64).min, -3, -1, 0, 1, 2, 70, np.iinfo(np.int64).max]


@pytest.mark.parametrize("name", [
    "add", "subtract", "multiply", "floor_divide", "remainder", "fmod", "divmod", "maximum", "left_shift",
    "right_shift", "less", "greater_equal", "equal",
])  # fmt: skip
def test_integer_edges(name: str) -> None:
    x = np.array(INTEGER_EDGES)
    agrees(lambda x, y: getattr(np, name)(x, y), x[:, None], x)
    if name in ("less", "greater_equal", "equal"):
        agrees(lambda x, y: getattr(np, name)(x, y), x[:, None], x.astype(np.uint64))
        agrees(lambda x, y: getattr(np, name)(y, x), x[:, None], x.astype(np.uint64))


@pytest.mark.parametrize("number", [300, -5, 2**70, -(2**70)])
@pytest.mark.parametrize("name", ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"])
def test_comparisons_beyond_the_dtype(name: str, number: int) -> None:
    x = np.array([0, 255, 7], np.uint8)
    agrees(lambda x: getattr(np, name)(x, number), x)
    agrees(lambda x: getattr(np, name)(number, x), x)
