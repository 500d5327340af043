"""Programs that call a function many times: where one body may stand for all calls, and where it must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import jitad as jad

X, P = 0.4, 0.7
V = np.array([0.3, -0.2, 0.7, 0.1])
LONG = np.linspace(-1, 2, 20)
SCALE = np.linspace(0.5, 1.5, 20)
counter = 0
FACTORS = {"a": 0.5}
WEIGHTS = [0.1, 0.2]


class Program(NamedTuple):
    f: Callable[..., Any]
    arguments: tuple[Any, ...]
    shared: str


PROGRAMS: dict[str, Program] = {}


def program(*arguments: Any, shared: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a program of these arguments; `shared`: the functions whose calls stay calls in its trace."""

    def enter(f: Callable[..., Any]) -> Callable[..., Any]:
        PROGRAMS[f.__name__] = Program(f, arguments, shared)
        return f

    return enter


def step(x, p):
    a = np.sin(x) * p + np.exp(-x * x)
    b = np.tanh(a + 0.5 * p) * np.sqrt(1.0 + a * a)
    return a / (1.0 + b * b) + 0.1 * np.cos(b)


@program(X, P, shared="step")
def a_chain(x, p):
    for _ in jad.unroll(range(12)):
        x = step(x, p)
    return x


@program(LONG, P, shared="step")
def arrays(x, p):
    for _ in jad.unroll(range(12)):
        x = step(x, p) * 0.5 + step(x, x[0]) * 0.1
    return np.sum(x * LONG)


@program(LONG, P, shared="step")
def in_a_loop_and_a_branch(x, p):
    for k in range(3):
        if x[k] > 0.0:
            for _ in jad.unroll(range(6)):
                x = step(x, p)
        else:
            for _ in jad.unroll(range(6)):
                x = step(x, -p) + 0.01
    return np.sum(x * LONG)


@program(X, P, shared="")
def static_values_differ(x, p):
    for k in jad.unroll(range(12)):
        x = step(x, 0.1 * k)
    return x * p


@program(X, P, shared="step")
def types_differ(x, p):
    v = V * p
    for _ in jad.unroll(range(6)):
        x, v = step(x, p), step(v, p)
    return x + np.sum(v * V)


@program(X, P, shared="scaled step")
def a_cell_is_rebound(x, p):
    factor = 1.0

    def scaled(y):
        return step(y, p) * factor

    for _ in jad.unroll(range(12)):
        x = scaled(x)
        factor = factor * 0.9
    return x


@program(X, P, shared="scaled step")
def a_cell_holds_a_traced_value(x, p):
    factor = p

    def scaled(y):
        return step(y, p) * factor

    for _ in jad.unroll(range(12)):
        x = scaled(x)
        factor = factor * 0.9
    return x


@program(X, P, shared="counted step")
def a_global_changes(x, p):
    global counter
    counter = 0

    def counted(y):
        return step(y, p) * (1 + counter)

    for _ in jad.unroll(range(8)):
        x = counted(x) * 0.5
        counter += 1
    counter = 0
    return x


def noted(x, p, seen):
    seen.append(x)
    return step(x, p)


@program(X, P, shared="step")
def a_list_grows(x, p):
    seen = []
    for _ in jad.unroll(range(8)):
        x = noted(x, p, seen)
    return x + sum(seen) + len(seen)


def weighted(x, weights):
    return step(x, weights[0]) * weights[1] + step(x, weights[1])


@program(X, P, shared="step")
def a_list_changes_between_calls(x, p):
    weights = [0.5, 0.25]
    for k in jad.unroll(range(8)):
        x = weighted(x, weights) * p
        weights[k % 2] = 0.1 * k
    return x


@program(X, P, shared="step weighted")
def a_list_of_traced_values(x, p):
    weights = [p, p * p]
    for k in jad.unroll(range(8)):
        x = weighted(x, weights)
        weights[k % 2] = x * 0.5
    return x


def from_dicts(x, params):
    return {"x": step(x["x"], params["p"]), "n": [x["n"][0] + 1, params]}


@program(X, P, shared="step")
def containers_come_back(x, p):
    tree, params = {"x": x, "n": [0, None]}, {"p": p}
    for _ in jad.unroll(range(8)):
        tree = from_dicts(tree, params)
        tree["n"][1]["p"] = tree["n"][1]["p"] * 0.9
    return tree["x"] * tree["n"][0] + params["p"]


def tupled(state, p):
    x, (y, n) = state
    return step(x, p), (step(y, x), n)


@program(X, P, shared="step tupled")
def tuples(x, p):
    state = (x, (p, 3))
    for _ in jad.unroll(range(8)):
        state = tupled(state, p)
    return state[0] + state[1][0] * state[1][1]


def written(v, p):
    v[1:] = step(v[:-1], p)
    return np.sum(v)


@program(LONG, P, shared="step")
def an_argument_is_written(v, p):
    v, total = v.copy(), 0.0
    for _ in jad.unroll(range(8)):
        total = total + written(v, p)
    return total + np.sum(v * LONG)


def head(v, p):
    step(v, p)
    return v[:2]


@program(LONG, P, shared="step")
def a_view_of_an_argument(v, p):
    v = v * 1.0
    for _ in jad.unroll(range(6)):
        first = head(v, p)
        first[0] = step(first[1], p)
    return np.sum(v * LONG)


def itself(v, p):
    return v, step(v, p)


@program(LONG, P, shared="itself step")
def an_argument_comes_back(v, p):
    v = v * 1.0
    for _ in jad.unroll(range(6)):
        same, new = itself(v, p)
        same[0] = p
        v = v + new * 0.1
    return np.sum(v * LONG)


def fresh(v, p):
    return step(v, p) * SCALE


@program(LONG, P, shared="fresh step")
def results_are_written(v, p):
    for k in jad.unroll(range(6)):
        v = fresh(v, p)
        v[k] = 0.1 * p
    return np.sum(v * LONG)


@program(LONG, P, shared="step")
def views_as_arguments(v, p):
    total = 0.0
    for k in jad.unroll(range(6)):
        total = total + np.sum(step(v[k : k + 10], p)) * (k + 1) + np.sum(step(v[k : k + 10][::2], p))
    return total


def by_sign(x, p):
    if x > 0.0:
        return step(x, p)
    return -step(-x, p)


@program(X, P, shared="by_sign step")
def branches_inside(x, p):
    for _ in jad.unroll(range(8)):
        x = by_sign(x - 0.5, p)
    return x


def known_or_not(v, p):
    if v[0] > 0.5:
        return np.sum(v) * step(p, p)
    return np.sum(v) - step(p, p)


@program(X, P, shared="step")
def known_elements_differ(x, p):
    total = x
    for k in jad.unroll(range(8)):
        total = total + known_or_not(np.array([0.2 * k, 1.0]), p)
    return total


def raising(x, p, n=3):
    y = step(x, p)
    for _ in range(n):
        y = y * 0.5 + x
    return y


@program(X, P, shared="raising step")
def defaults_and_keywords(x, p):
    for k in jad.unroll(range(12)):
        x = raising(x, p) * 0.1 if k % 2 else raising(p=p, x=x, n=5) * 0.1
    return x


def until(x, p):
    while x < 2.0:
        x = x + 0.1 + 0.1 * step(x, p) ** 2
    return x - 1.9


@program(X, P, shared="step until")
def loops_of_unknown_length(x, p):
    for _ in jad.unroll(range(6)):
        x = until(x, p)
    return x


def inner_gradient(x, p):
    return step(x, p) + 0.1 * jad.grad(step)(x, p)


@program(X, P, shared="inner_gradient step")
def gradients_inside(x, p):
    for _ in jad.unroll(range(8)):
        x = inner_gradient(x, p)
    return x


def halves(x):
    n = len(x)
    if n == 1:
        return np.sin(x[0])
    return halves(x[: n // 2]) * np.cos(halves(x[n // 2 :]))


@program(np.linspace(0.1, 0.9, 64), P, shared="halves")
def recursion(x, p):
    return halves(x) * p


def transform(re, im):
    n = re.shape[0]
    if n == 1:
        return re, im
    (a, b), (c, d) = transform(re[0::2], im[0::2]), transform(re[1::2], im[1::2])
    k = np.arange(n // 2)
    cos, sin = np.cos(2 * np.pi * k / n), -np.sin(2 * np.pi * k / n)
    c, d = cos * c - sin * d, cos * d + sin * c
    return np.concatenate([a + c, a - c]), np.concatenate([b + d, b - d])


@program(np.sin(np.arange(64.0)), np.cos(np.arange(64.0) ** 2), shared="transform")
def fourier(re, im):
    a, b = transform(re, im)
    return np.sum(np.arange(64) * (a * a + b * b) ** 2) * 1e-4


class Layer:
    def __init__(self, weight):
        self.weight = weight

    def __call__(self, x):
        return step(self.weight * x, x)


@program(LONG, P, shared="step")
def objects(x, p):
    layers = [Layer(p * k) for k in range(6)]
    for layer in layers:
        x = layer(x)
    return np.sum(x * LONG)
