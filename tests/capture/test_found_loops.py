"""Loops, branches and writes that random testing found to go wrong once; each says what was wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jitad as jad
from jitad.capture.trees import flatten

Found = tuple[Callable[..., Any], tuple[Any, ...]]
FOUND: list[Found] = []
X, Y = 0.4, np.array([0.3, -0.2, 0.7, 0.1])
A = np.linspace(-0.9, 0.8, 12).reshape(3, 4)


def found(*args: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a program with arguments for it."""

    def enter(f: Callable[..., Any]) -> Callable[..., Any]:
        FOUND.append((f, args))
        return f

    return enter


@found(X)
def numbers_of_constant_arrays_inside_regions(x):
    """What turned out to be a constant was put for its parameter only outside regions."""
    B = np.ones(3)
    s = 0.1
    if x > 0.0:
        s = 0.3 * x if B.max() > x else 0.7
    return s


@found(X, A)
def written_after_an_early_return_of_the_same_array(x, A):
    """What is returned may be the array, but nothing is written after that."""
    B = A.copy()
    for _ in range(2):
        if B.sum() * x > 0.3:
            return x * B
        B = B + 0.1
    if x > 0.9:
        return B
    B[2] = x
    return B


@found(X, Y)
def written_after_a_loop_that_makes_it_another_array(x, y):
    """What nobody can read any more is no other name of the array."""
    a = y.copy()
    k = 0
    while k < 3 and a[0] < 0.8:
        k += 1
        a = a + 0.1 * x
    if x > 0.0:
        a[3] = x
    return a


@found(X, A)
def made_another_array_in_a_branch_of_a_loop_and_written(x, A):
    """Arrays that may be one were compared by their elements."""
    B = A * 1.0
    for _ in range(0, 4, 2):
        if B.max() > x:
            B = B * x
    B[1] = 0.5
    return B


@found(X, Y)
def results_in_place(x, y):
    """The array after `out=` was compared, element by element, with None."""
    a, b = y.copy(), np.zeros(4)
    np.sin(y, out=b)
    np.multiply(a, x, out=a)
    c = np.ones(4)
    np.multiply(c, 0.8, out=c)
    np.add(c, 0.8, c)
    return a, b, c * x


@found(X, A)
def a_part_under_a_mask_updated_in_a_branch(x, A):
    """The selected elements counted as an object from before the branch."""
    B = A.copy()
    for _ in range(3):
        if B.sum() < x:
            B[B > 0.1] *= 1.5
            B[B < -0.3] += x
    return B


@found(X, A)
def what_only_the_branches_read(x, A):
    """A variable that nobody reads later was merged, as an inner branch left it, or of two types."""
    w = x
    v = x
    s = 0.0
    if A.max() > 0.9:
        s = 1.0
    elif w > 0:
        w = 0.31 * x
    if s < x:
        v = v > 0
    else:
        v = 0.5 * v
        s = v + s
    return s + x


@found(X, Y)
def made_another_array_and_written_inside_branches_and_loops(x, y):
    """Writes in a region into what may be an array from around it, which nobody reads, were refused."""
    a = y.copy()
    s = 0.0
    if x > 0.1:
        if x > 1.0:
            a = a * 2.0
        a[1] = x
    for i in range(3):
        s = s + a.sum()
        if x > 0.3 * i:
            a = a * 0.5
        a[1] = 1.0 + np.sin(s)
    return a, s


@found(X, Y)
def any_and_all_of_traced_items(x, y):
    """The builtins asked a traced array and a generator of traced conditions for numbers."""
    s = 0.0
    if any(y > x) and not all(y > x):
        s = x
    if all(v < 0.9 for v in y) and any([False, y[0] > x, True]):
        s = s + 2.0 * x
    return s + x * all(y > -1.0) + any(v * x > 5.0 for v in y)


def copies(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(a.copy() if isinstance(a, np.ndarray) else a for a in args)


def same(one: Any, other: Any) -> None:
    a, b = flatten(one)[0], flatten(other)[0]
    assert len(a) == len(b)
    for x, y in zip(a, b):
        assert np.shape(x) == np.shape(y)
        np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("program", FOUND, ids=lambda p: p[0].__name__)
@pytest.mark.parametrize("interpreted", [True, False])
def test_numpys_values(program: Found, interpreted: bool) -> None:
    f, args = program
    mine, numpys = copies(args), copies(args)
    want = f(*numpys)
    if interpreted:
        with jad.disable_jit():
            got = jad.jit(f)(*mine)
    else:
        got = jad.jit(f)(*mine)
    same(got, want)
    same(mine, numpys)


@pytest.mark.parametrize("program", FOUND, ids=lambda p: p[0].__name__)
def test_derivatives(program: Found) -> None:
    f, args = program

    def loss(*args):
        out = f(*args)
        leaves = out if isinstance(out, tuple) else (out,)
        return sum(np.sum(np.cos(np.arange(1.0, np.size(x) + 1).reshape(np.shape(x))) * x) for x in leaves)

    mine = copies(args)
    jad.check_grads(loss, mine, order=1)
    same(mine, args)


def test_what_finally_writes_after_an_early_return_is_not_forgotten() -> None:
    def f(x, B):
        try:
            if x > 0:
                return B
            B[1] = 2.0
        finally:
            B[0] = 5.0
        return B

    with pytest.raises(NotImplementedError, match="may be another one"):
        jad.jit(f)(1.0, np.ones(3))


def test_a_conditional_none_is_no_missing_return() -> None:
    with pytest.raises(TypeError, match="in one branch"):
        jad.jit(lambda x: 1.0 if (x if x > 0 else None) is None else 2.0)(1.0)


def test_arrays_that_may_be_one_stay_so_out_of_regions_and_functions() -> None:
    def in_a_branch(x, y):
        a, b = y.copy(), np.cos(y)
        if x > 0:
            for _ in range(4):
                b = a
        a[0] = 7.0
        return b

    def pick(a, b, x):
        if x > 0:
            return a
        return b

    def returned(x, y):
        a, b = y.copy(), np.cos(y)
        z = pick(a, b, x)
        a[0] = 7.0
        return z

    def twice(x, y):
        a, b, c = y.copy(), np.cos(y), np.sin(y)
        z = a if x > 0 else b
        z = c if x > 1 else z
        a[0] = 7.0
        return z

    for f in (in_a_branch, returned, twice):
        with pytest.raises(NotImplementedError, match="may be another one"):
            jad.jit(f)(1.0, Y.copy())


def test_what_a_write_in_a_region_may_change_is_not_read_there_nor_afterwards() -> None:
    def afterwards(x, y):
        a = y.copy()
        c = a
        if x > 0:
            if x > 1:
                a = a * 2
            a[1] = 1.0
        return a, c

    def inside(x, y):
        a = y.copy()
        c, s = a, 0.0
        if x > 0:
            if x > 1:
                a = a * 2
            a[1] = 1.0
            s = c.sum()
        return a, s

    def next_iteration(x, y):
        a = y.copy()
        c, s = a, 0.0
        for _ in range(3):
            s = s + c.sum()
            if x > 1:
                a = a * 2
            a[1] = 1.0 + s
        return a, s

    for f in (afterwards, inside, next_iteration):
        with pytest.raises(NotImplementedError, match="may be another one"):
            jad.jit(f)(0.5, Y.copy())
