"""Operators in every form: infix, reflected, with numbers, arrays and NumPy scalars, as methods."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from np_harness import check_same, jnp, run, trace
from test_np_ufuncs import agrees

import jitad.math
from jitad.capture.tracer import Traced

ARITHMETIC = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "divmod": divmod,
}  # fmt: skip
RELATIONS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
BITS = {
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}

X = {
    "f8": np.array([0.5, 1.5, 2.0]),
    "f4": np.array([0.5, 1.5, 2.0], np.float32),
    "i8": np.array([1, 2, 3]),
    "i4": np.array([1, 2, 3], np.int32),
    "u1": np.array([1, 2, 3], np.uint8),
    "?": np.array([True, False, True]),
}
OTHERS: list[Any] = [
    2, 1.5, True, np.float64(2), np.float32(1.5), np.int64(3), np.int8(2), np.bool_(True),
    np.array([1.0, 2.0, 3.0]), np.array([[1], [2]], np.int32), np.array([True, False, True]), np.array(2.0),
]  # fmt: skip


#: Before 2.3, NumPy's `**` squared for any scalar 2, whatever its dtype.
OLD = np.lib.NumpyVersion(np.__version__) < "2.3.0"


@pytest.mark.parametrize("sign", [*ARITHMETIC, *RELATIONS])
def test_operators_with_everything(sign: str) -> None:
    op = {**ARITHMETIC, **RELATIONS}[sign]
    for x in X.values():
        for y in OTHERS:
            squares = sign == "**" and np.ndim(y) == 0 and y == 2
            if not (squares and OLD):
                agrees(lambda x, y=y: op(x, y), x)
            agrees(lambda x, y=y: op(y, x), x)
            if not (squares and (OLD or (x.dtype == bool and y is OTHERS[0]))):  # NumPy looks at the number 2
                agrees(lambda x, y: op(x, y), x, y)


@pytest.mark.parametrize("sign", list(BITS))
def test_bit_operators(sign: str) -> None:
    for x in (X["i8"], X["i4"], X["u1"], X["?"]):
        for y in (2, True, np.int64(3), X["i8"], X["?"]):
            agrees(lambda x, y=y: BITS[sign](x, y), x)
            agrees(lambda x, y=y: BITS[sign](y, x), x)


@pytest.mark.parametrize("op", [operator.neg, operator.pos, operator.abs, operator.invert])
def test_unary_operators(op: Any) -> None:
    for x in X.values():
        agrees(lambda x: op(x), x)


def test_matmul_operator_both_ways() -> None:
    a, v = np.arange(12.0).reshape(3, 4), np.arange(4.0)
    check_same(lambda v: a @ v, v)
    check_same(lambda a: a @ v, a)
    check_same(lambda v: [1.0, 2.0, 3.0, 4.0] @ v, v)
    check_same(lambda v: np.float64(2) * v, v)


def test_results_of_operators_stay_traced() -> None:
    x = np.array([1.0, 2.0])
    forms = [
        lambda x: x + 1, lambda x: 1 + x, lambda x: np.ones(2) * x, lambda x: np.float64(3) - x,
        lambda x: x == 1, lambda x: 1 == x, lambda x: np.ones(2) < x, lambda x: x.sum(), lambda x: x.T,
        lambda x: x.clip(0, 1), lambda x: np.add(1, x), lambda x: np.add.reduce(x),
        lambda x: x[0], lambda x: abs(x),
    ]  # fmt: skip
    for f in forms:
        assert isinstance(trace(f, x)[2], Traced)


def test_python_numbers_stay_weak() -> None:
    f = np.ones(3, np.float32)
    for g in (
        lambda s, f: (s * 2 + 1) * f,
        lambda s, f: f + s**2,
        lambda s, f: f * -s,
        lambda s, f: f - abs(s),
    ):
        (out,) = run(g, 0.5, f)
        assert out.dtype == np.float32
    assert run(lambda s: s**-1, 2)[0] == 0.5
    assert run(lambda s, f: f * np.sin(s), 0.5, f)[0].dtype == np.float64
    assert run(lambda s: s / 2, 3)[0].dtype == np.float64
    assert run(lambda s: s // 2, 3)[0].dtype == np.int64


def test_augmented_assignment_of_scalars_rebinds() -> None:
    def f(x: Any) -> Any:
        x += 1.0
        x *= 2.0
        return x

    assert run(f, np.float64(2.0)) == [6.0]


def test_comparison_with_none_is_false() -> None:
    assert trace(lambda x: x == None, np.ones(2))[2] is False  # noqa: E711


@pytest.mark.parametrize("name", [n for n in jitad.math.__all__ if callable(getattr(jitad.math, n))])
def test_math_is_math(name: str) -> None:
    import math

    if not hasattr(math, name):
        pytest.skip("not in this Python")
    args: tuple[Any, ...] = {
        "atan2": (0.3, 0.6), "pow": (0.3, 1.7), "copysign": (0.3, -1.0), "fmod": (5.3, 2.0),
        "hypot": (0.3, 0.4),
        "acosh": (1.3,), "isclose": (0.3, 0.3 + 1e-12), "ldexp": (0.3, 4), "fma": (0.3, 0.5, 2.0),
    }.get(name, (0.3,))  # fmt: skip
    ours, theirs = getattr(jitad.math, name), getattr(math, name)
    if name in ("fsum", "prod"):
        ours, theirs = (lambda x, f=f: f([x, 2 * x]) for f in (ours, theirs))
    if name in ("dist", "sumprod"):
        ours, theirs = (lambda x, f=f: f([x, 2 * x], [1.0, 3.0]) for f in (ours, theirs))
    want = theirs(*args)
    for got, w in zip(run(ours, *args), want if isinstance(want, tuple) else (want,), strict=True):
        np.testing.assert_allclose(got, w, rtol=1e-14)
    assert ours(*args) == want


def test_round_floor_and_divmod_of_scalars() -> None:
    import math

    x = 2.6
    assert run(lambda s: [round(s), round(s, 1), math.floor(s), math.ceil(s), math.trunc(s)], x) == [
        3,
        2.6,
        2,
        3,
        2,
    ]
    assert run(lambda s: list(divmod(s, 1.0)), x) == list(divmod(x, 1.0))


def test_array_of_nested_traced_values() -> None:
    check_same(
        lambda x, y: jnp.array([x, y, 3.0]), np.float64(1), np.float64(2), expected=np.array([1.0, 2, 3])
    )
    check_same(lambda x: jnp.array([[x[0], 1], [2, x[1]]]), np.ones(2), expected=np.array([[1.0, 1], [2, 1]]))
    check_same(
        lambda x: jnp.array([x, x], dtype=np.float32), np.ones(2), expected=np.ones((2, 2), np.float32)
    )
    check_same(lambda x: jnp.asarray(x), np.ones(2), expected=np.ones(2))
    check_same(lambda x: jnp.full((2, 2), x), np.float64(3), expected=np.full((2, 2), 3.0))
    check_same(lambda x: jnp.array(x, ndmin=2), np.ones(2), expected=np.ones((1, 2)))


def test_concrete_calls_are_numpy() -> None:
    assert type(jnp.sum(np.ones(3))) is np.float64
    assert type(jnp.zeros(3)) is np.ndarray
    assert jnp.exp(1.0) == np.exp(1.0)
    assert jnp.random is np.random
    assert type(jnp.array([1, 2])) is np.ndarray
    assert jnp.linalg.det(np.eye(2)) == 1.0
    out = trace(lambda x: x[jnp.arange(2)] * jnp.eye(2)[0], np.ones(3))
    assert isinstance(out[2], Traced)


@pytest.mark.parametrize("s", [True, False, 3, -1, 2.0], ids=repr)
@pytest.mark.parametrize(
    "f",
    [
        lambda s: s + s, lambda s: s * 2, lambda s: s - s, lambda s: -s, lambda s: +s, lambda s: abs(s),
        lambda s: s / 2, lambda s: s**2, lambda s: s + True, lambda s: (s > 0) + (s > -1), lambda s: s == 1,
        lambda s: ((s > 0) + (s >= -1)) * 1.5, lambda s: (s > 0) & (s < 3), lambda s: (s > 0) | 4,
        lambda s: sum([s > 0, s > -1]), lambda s: (s != 2) * np.ones(2, np.float32) * (s * 2),
        lambda s: np.where(s > 0, s, 0) + s, lambda s: -(s > 0), lambda s: (s > 0) << 2,
    ],
)  # fmt: skip
def test_python_numbers_count_as_in_python(f: Any, s: Any) -> None:
    """A Python bool is the int 0 or 1 to every operator but & | ^ between bools, where NumPy's is a truth."""
    want, (got,) = f(s), run(f, s)
    assert np.asarray(got).dtype == np.asarray(want).dtype
    np.testing.assert_array_equal(got, want)


def test_numpy_bools_and_functions_of_python_bools_are_truths() -> None:
    assert run(lambda s: ~s, True)[0] == -2
    assert run(lambda s: ~s, np.True_)[0] == np.False_
    assert run(lambda s: np.add(s, s), True)[0].dtype == bool
    assert run(lambda s: s + s, np.True_)[0].dtype == bool
