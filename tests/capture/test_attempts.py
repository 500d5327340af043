# ruff: noqa: C408, C416, C417, F841, RUF059
"""An attempt to roll a loop stops before the first effect on an older Python object, and only then."""

import collections
import copy
import dataclasses
import functools
import inspect
import itertools
import json
import math
import operator
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special

import jitad as jad
from jitad.capture import attempts, closure, operators
from jitad.capture.attempts import Attempt, Unrollable
from jitad.capture.trace import Trace
from jitad.ir.graph import Loc


@pytest.fixture(autouse=True)
def mode():
    """Once, not natively and interpreted."""


def attempt(f, *args):
    """What `f` gives when it runs as the body of a loop that is to be rolled; the reason if it is not."""
    with Trace("test"):
        g = closure.clone(f)
        with Attempt(Loc("test", 1)):
            try:
                return g(*args)
            except Unrollable as error:
                return error


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0

    def moved(self, d):
        return Point(self.x + d, self.y)

    def move(self, d):
        self.x += d


class Counter:
    def __init__(self, start):
        self.count = start
        self.items = []

    def add(self, x):
        self.items.append(x)
        self.count += 1
        return self

    def __call__(self, x):
        return x + self.count


OLD = [3, 1, 2]
TABLE = {"a": [1], "b": 2}
POINT = Point(1.0)
ARRAY = np.arange(3.0)
TOTAL = 0
generator = (i for i in range(5))


def set_global():
    global TOTAL
    TOTAL = 1


def set_nonlocal():
    total = 0

    def add():
        nonlocal total
        total += 1

    return add


EFFECTS = {
    "append": lambda xs: xs.append(1),
    "extend": lambda xs: xs.extend([1]),
    "sort": lambda xs: xs.sort(),
    "pop": lambda xs: xs.pop(),
    "unbound method": lambda xs: list.append(xs, 1),
    "operator": lambda xs: operator.setitem(xs, 0, 1),
    "operator in place": lambda xs: operator.iadd(xs, [1]),
    "print": lambda xs: print(xs),
    "input": lambda xs: input(),
    "setattr": lambda xs: setattr(POINT, "x", 2.0),
    "delattr": lambda xs: delattr(POINT, "x"),
    "frozen": lambda xs: object.__setattr__(POINT, "x", 2.0),
    "method that changes": lambda xs: POINT.move(1),
    "next": lambda xs: next(generator),
    "list of an iterator": lambda xs: list(generator),
    "comprehension over an iterator": lambda xs: [x for x in generator],
    "star of an iterator": lambda xs: [*generator],
    "update of a dict": lambda xs: TABLE.update(a=1),
    "setdefault": lambda xs: TABLE.setdefault("z", 1),
    "inner list": lambda xs: TABLE["a"].append(1),
    "global": set_global,
    "library": lambda xs: json.dumps(xs),
    "settings": lambda xs: np.seterr(all="ignore"),
    "copyto": lambda xs: np.copyto(xs, 1),
    "reduce of a function": lambda xs: functools.reduce(lambda a, b: xs.append(a), [1, 2]),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_effects_stop_the_attempt_before_they_happen(name):
    f = EFFECTS[name]
    old = [3, 1, 2]
    state = copy.deepcopy((TABLE, POINT, TOTAL))
    error = attempt(f) if f.__code__.co_argcount == 0 else attempt(lambda: f(old))
    assert isinstance(error, Unrollable) and error.reason
    assert error.loc is None or error.loc.file == __file__
    assert old == [3, 1, 2] and (TABLE, POINT, TOTAL) == state
    assert inspect.getgeneratorstate(generator) == inspect.GEN_CREATED


def statements_with_effects():
    def item(xs):
        xs[0] = 1

    def delete(xs):
        del xs[0]

    def update_item(xs):
        xs[0] += 1

    def update(xs):
        xs += [1]

    def attribute(xs):
        POINT.x = 2.0

    def update_attribute(xs):
        POINT.x += 2.0

    def target_of_a_loop(xs):
        for xs[0] in range(2):
            pass

    def unpacking(xs):
        a, xs[1] = 1, 2

    def unpacking_an_iterator(xs):
        a, b, *c = generator

    def loop_over_an_iterator(xs):
        for _ in generator:
            pass

    def context(xs):
        with Manager():
            pass

    def in_a_try(xs):
        try:
            xs.append(1)
        except BaseException:
            return "caught"

    def in_a_finally(xs):
        try:
            xs.append(1)
        finally:
            xs.append(2)

    def inner_list(xs):
        ys = [xs]
        ys[0] += [1]

    return [f for f in locals().values() if callable(f)]


class Manager:
    def __enter__(self):
        raise AssertionError("entered")

    def __exit__(self, *_):
        pass


@pytest.mark.parametrize("f", statements_with_effects(), ids=lambda f: f.__name__)
def test_statements_with_effects_stop_the_attempt(f):
    old = [3, 1, 2]
    error = attempt(lambda: f(old))
    assert isinstance(error, Unrollable)
    assert old == [3, 1, 2] and POINT == Point(1.0)
    assert error.loc.line > f.__code__.co_firstlineno


def test_nonlocal_variables_stop_the_attempt():
    add = set_nonlocal()
    error = attempt(lambda: add())
    assert isinstance(error, Unrollable) and "total" in error.reason


FREE = {
    "builtins": lambda xs: (len(xs), sum(xs), max(xs), sorted(xs), isinstance(xs, list), round(2.4)),
    "iterators": lambda xs: (list(zip(xs, xs)), list(enumerate(xs)), next(iter(xs)), list(reversed(xs))),
    "itertools": lambda xs: list(itertools.chain(xs, itertools.repeat(1, 2))),
    "map": lambda xs: list(map(lambda x: x + 1, xs)),
    "reading": lambda xs: (xs.index(1), TABLE.get("a"), list(TABLE.items()), "a,b".split(","), xs.copy()),
    "math": lambda xs: (math.sin(1.0), math.prod(xs), operator.add(1, 2), operator.itemgetter),
    "numpy": lambda xs: (
        np.sin(1.0),
        np.zeros(3).shape,
        np.linalg.norm([3.0, 4.0]),
        np.float32(2),
        special.erf(0.0),
    ),
    "own list": lambda xs: [xs, ys := [], ys.append(1), ys.extend(xs), ys.sort()][1],
    "own dict": lambda xs: [d := dict(a=1), d.update(b=2), d.setdefault("c", 3)][0],
    "own deque": lambda xs: [d := collections.deque(xs), d.append(1), d.popleft()][0],
    "own object": lambda xs: Counter(1).add(2).add(3).count,
    "own generator": lambda xs: [g := (x for x in xs), next(g), list(g)][1:],
    "own partial": lambda xs: functools.partial(max, 1)(2),
    "dataclass": lambda xs: POINT.moved(2).x,
    "own copy": lambda xs: [ys := xs.copy(), ys.append(1)][0],
    "own sorted": lambda xs: [ys := sorted(xs), ys.pop()][0],
    "object with a call": lambda xs: Counter(3)(4),
    "exceptions": lambda xs: ValueError("x").args,
    "jitad": lambda xs: jad.is_traced(1.0),
    "recursion": lambda xs: (lambda f: f(f, 5))(lambda f, n: 1 if n < 2 else n * f(f, n - 1)),
    "namespace": lambda xs: SimpleNamespace(a=1).a,
    "super": lambda xs: Derived(2).items,
    "trivial function": lambda xs: (lambda x: x)(1) + identity(1),
}


def identity(x):
    return x


class Derived(Counter):
    def __init__(self, n):
        super().__init__(n)
        for i in range(n):
            self.add(i)


def statements_without_effects():
    def own_objects(xs):
        out, d, p = [], {}, Counter(0)
        for x in xs:
            out.append(x)
            out[-1] += 1
            d[x] = [x]
            d[x] += [x]
            p.count += x
            p.y = x
        del out[0], p.y
        a, *b = map(str, out)
        return out, d, p.count, a, b

    def contexts(xs):
        with np.errstate(all="ignore"):
            return np.divide(1.0, 0.0)

    def exceptions(xs):
        try:
            return xs[7]
        except IndexError as e:
            return str(e)

    def variables_of_inner_functions(xs):
        return [f(2) for f in [lambda x, y=y: x + y for y in xs]]

    return [f for f in locals().values() if callable(f)]


@pytest.mark.parametrize("f", [*FREE.values(), *statements_without_effects()])
def test_what_has_no_effect_goes_on(f):
    old = [3, 1, 2]
    expected = f(list(old))
    out = attempt(lambda: f(old))
    assert not isinstance(out, Unrollable), out.reason
    assert repr(out) == repr(expected) and old == [3, 1, 2]


def test_attempts_inside_each_other():
    with Attempt() as outer:
        xs = attempts.born([])
        attempts.changing(xs)
        with Attempt() as inner:
            assert attempts.current() is inner
            with pytest.raises(Unrollable) as info:
                attempts.changing(xs)
            assert info.value.attempt is inner
        attempts.changing(xs)
        assert attempts.current() is outer
        with pytest.raises(Unrollable) as info:
            attempts.changing([])
        assert info.value.attempt is outer
    assert attempts.current() is None
    attempts.changing([])


def test_outside_attempts_everything_happens():
    xs = [3, 1, 2]

    def f(x):
        xs.append(7)
        xs[0] += 1
        print(len(xs))
        return x * xs[0]

    assert jad.jit(f)(2.0) == 8.0
    assert xs == [4, 1, 2, 7]
    assert operators.callee(print) is print
