# ruff: noqa: C408
"""Rewritten code on traced values: every function that is called runs rewritten, however it is reached."""

import functools
import operator

import numpy as np
import pytest

import jitad as jad


def absolute(x):
    if x < 0:
        return -x
    return x


class Shape:
    def __init__(self, size, *, scale=1.0):
        self.size = absolute(size) * scale

    def area(self):
        total = 0.0
        for _ in range(2):
            total += self.size if self.size > 1.0 else self.size**2
        return total

    def __call__(self, x):
        return x * 2.0 if x > self.size else x


class Square(Shape):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)

    def area(self):
        return super().area() + (1.0 if self.size > 1.0 else 0.0)


def newton(a):
    x = a
    while True:
        new = 0.5 * (x + a / x)
        if abs(new - x) < 1e-12:
            break
        x = new
    return new


def first_above(x, bound):
    for i in range(20):
        x = x * 1.5
        if x > bound:
            return x
        elif i > 5:
            continue
        x = x + 0.1
    return -x


def by_cases(x):
    if x < -1:
        return x * x
    if x < 0:
        y = 2.0 * x
    elif x < 1 and not x == 0.5:
        y = 3.0 * x
    else:
        return 0.0 if 2 < x < 3 else x
    return y + 1.0


CALLS = {
    "a global": lambda x: absolute(x),
    "a value": lambda x: [absolute][0](x),
    "an operator": lambda x: operator.itemgetter(0)([absolute])(x),
    "a partial": lambda x: functools.partial(absolute, x)(),
    "map": lambda x: sum(map(absolute, [x, 2 * x])),
    "a lambda": lambda x: (lambda y: y if y > 0 else -y)(x),
    "a method": lambda x: Shape(x).area(),
    "an inherited constructor": lambda x: Square(x, scale=2.0).area(),
    "a bound method": lambda x: [Square(x).area][0](),
    "an unbound method": lambda x: Shape.area(Square(x)),
    "an object": lambda x: Shape(1.0)(x),
    "a decorated function": lambda x: cached(x),
    "star arguments": lambda x: by_cases(*[x]) + by_cases(*(), **dict(x=x)),
    "newton": lambda x: newton(absolute(x) + 1.0),
    "early return": lambda x: first_above(x, 3.0),
    "never returns early": lambda x: first_above(x, 1e9),
}


def decorate(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs)

    return wrapper


@decorate
def cached(x):
    return absolute(x)


@pytest.mark.parametrize("name", CALLS)
def test_called_in_every_way(name):
    f = CALLS[name]
    compiled, gradient = jad.jit(f), jad.grad(f)
    for x in (-1.7, -0.3, 0.6, 2.5, 4.0):
        assert compiled(x) == pytest.approx(f(x), rel=1e-12)
        difference = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
        assert gradient(x) == pytest.approx(difference, rel=1e-6, abs=1e-6)


def test_functions_as_static_arguments_are_rewritten_and_guarded():
    factor = 2.0

    def callback(x):
        return x * factor if x > 0 else x

    apply = jad.jit(lambda x, f: f(x) + 1.0, static_argnums=1)
    assert apply(3.0, callback) == 7.0
    factor = 3.0
    assert apply(3.0, callback) == 10.0
    assert apply(-3.0, callback) == -2.0


def test_a_variable_bound_in_one_branch_only():
    def f(x):
        if x > 0:
            y = x
        return y

    with pytest.raises(UnboundLocalError, match=r"'y' is read in line \d+.* bound only in line"):
        jad.jit(f)(1.0)


def test_the_error_of_a_function_without_source_says_so():
    names = {"np": np}
    exec("def f(x):\n    return x if x > 0 else -x\n", names)
    with pytest.raises(
        NotImplementedError, match=r"condition .* f runs as it is: its source is not available"
    ):
        jad.jit(names["f"])(1.0)


def test_the_error_of_what_stays_plain_says_so():
    def f(x):
        return x > 0 and (y := x) > 1 and y

    with pytest.raises(
        NotImplementedError, match="f runs as it is: `and` or `or` whose later operands assign"
    ):
        jad.jit(f)(1.0)

    def numbers(x):
        if x > 0:
            yield x

    with pytest.raises(NotImplementedError, match="numbers runs as it is: it is a generator"):
        jad.jit(lambda x: sum(numbers(x)))(1.0)
