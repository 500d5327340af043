"""Perturbation confusion: nested differentiation keeps its levels apart (Siskind and Pearlmutter, 2005)."""

import threading

import pytest

import jitad as jad

D = jad.derivative
FIRST = {"derivative": jad.derivative, "grad": jad.grad}


@pytest.mark.parametrize("inner", FIRST.values(), ids=FIRST)
@pytest.mark.parametrize("outer", FIRST.values(), ids=FIRST)
def test_the_classic_example(outer, inner):
    """d/dx (x · d/dy (x + y)) = 1, not 2."""
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0


@pytest.mark.parametrize("inner", FIRST.values(), ids=FIRST)
@pytest.mark.parametrize("outer", FIRST.values(), ids=FIRST)
def test_the_inner_point_depends_on_the_outer(outer, inner):
    """d/dx (d/dy y³ at y = x²) = d/dx 3 x⁴ = 12 x³."""
    assert outer(lambda x: inner(lambda y: y**3)(x**2))(2.0) == 96.0


def test_curried_functions():
    """d/dx d/dy (x y²) at (3, 5), with the inner function made by the outer one."""

    def f(x):
        def g(y):
            return x * y**2

        return D(g)(5.0)

    assert D(f)(3.0) == 10.0


def test_three_levels():
    f = lambda x: D(lambda y: x * D(lambda z: x * y * z)(y))(x)
    # ∂z gives x y; times x: x² y; ∂y gives x²; d/dx gives 2 x.
    assert D(f)(3.0) == 6.0
    assert jad.grad(f)(3.0) == 6.0


def test_a_pullback_called_in_an_inner_trace():
    def f(x):
        y, pullback = jad.vjp(lambda a: a**3, x)
        return D(lambda t: pullback(t)[0] * x)(2.0) + 0 * y

    # pullback(t) = 3 x² t, so the inner derivative is 3 x³.
    assert D(f)(2.0) == 36.0


def test_a_pushforward_called_in_an_inner_trace():
    def f(x):
        _, pushforward = jad.linearize(lambda a: a**3, x)
        return jad.grad(lambda t: pushforward(t) * x)(2.0)

    assert jad.grad(f)(2.0) == 36.0


def test_jit_between_the_levels():
    @jad.jit
    def inner(x):
        return D(lambda y: x * y)(1.0)

    assert D(lambda x: x * jad.jit(inner)(x))(3.0) == 6.0


def test_amazing_bug():
    """Manzyuk et al., Perturbation confusion in forward AD of higher-order functions (2019)."""
    shift = lambda u: lambda f: lambda x: f(x + u)
    derivative_at = D(lambda u: shift(u)(lambda y: y**3)(2.0))(0.0)
    assert derivative_at == 12.0
    # The same operator twice: d/du d/dv (x + u + v)³ = 6 x.
    assert D(lambda u: D(lambda v: shift(u)(shift(v)(lambda y: y**3))(2.0))(0.0))(0.0) == 12.0


def test_levels_in_threads():
    f = lambda k: lambda x: x * D(lambda y: x + k * y)(1.0)
    out = [None] * 8

    def work(k):
        out[k] = [D(f(k))(float(i)) for i in range(5)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert out == [[float(k)] * 5 for k in range(8)]
