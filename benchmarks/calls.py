"""The first call of gradients of programs that call one function many times: chains, layers, recursion."""

from __future__ import annotations

import time

import numpy as np

import jitad as jad
from benchmarks.harness import OURS, Report, Row, Target, agree, best_call

FIRST_CALL, BESIDE_INLINED = 0.5, 1.1
STEPS, FEW_STEPS, LAYERS, WIDTH, POINTS = 3000, 300, 200, 20, 1024


def step(x, p):
    """One step of a chain, 22 operations."""
    a = np.sin(x) * p + np.exp(-x * x)
    b = np.tanh(a + 0.5 * p) * np.sqrt(1.0 + a * a)
    c = a / (1.0 + b * b) + 0.1 * np.cos(b)
    return c - 0.3 * a * b


def chain(x, p):
    for _ in jad.unroll(range(STEPS)):
        x = step(x, p)
    return x


def inlined(x, p):
    """The first steps of the chain, without calls."""
    for _ in jad.unroll(range(FEW_STEPS)):
        a = np.sin(x) * p + np.exp(-x * x)
        b = np.tanh(a + 0.5 * p) * np.sqrt(1.0 + a * a)
        c = a / (1.0 + b * b) + 0.1 * np.cos(b)
        x = c - 0.3 * a * b
    return x


def layer(x, W, b):
    return np.tanh(W @ x + b)


def network(x, layers, weights):
    """Layers of one size, in a list."""
    for W, b in layers:
        x = layer(x, W, b)
    return np.sum(weights * x)


def transform(re, im):
    """The discrete Fourier transform, by halves."""
    n = re.shape[0]
    if n == 1:
        return re, im
    (a, b), (c, d) = transform(re[0::2], im[0::2]), transform(re[1::2], im[1::2])
    k = np.arange(n // 2)
    cos, sin = np.cos(2 * np.pi * k / n), -np.sin(2 * np.pi * k / n)
    c, d = cos * c - sin * d, cos * d + sin * c
    return np.concatenate([a + c, a - c]), np.concatenate([b + d, b - d])


def spectrum(re, im, weights):
    a, b = transform(re, im)
    return np.sum(weights * (a * a + b * b))


def cases():
    """Name, function and arguments of each program."""
    rng = np.random.default_rng(0)
    layers = [(rng.standard_normal((WIDTH, WIDTH)) / 5, rng.standard_normal(WIDTH)) for _ in range(LAYERS)]
    return (
        (f"{STEPS} calls in a chain", chain, (0.3, 0.7)),
        (f"{LAYERS} layers in a list", network, (rng.standard_normal(WIDTH), layers, rng.random(WIDTH))),
        (f"recursive FFT, n = {POINTS}", spectrum, tuple(rng.standard_normal(POINTS) for _ in range(3))),
    )


def first_call(f, arguments):
    """Seconds of the first call of the gradient, and of a further one; its value is checked."""
    function = jad.value_and_grad(f)
    start = time.perf_counter()
    value, _ = function(*arguments)
    first = time.perf_counter() - start
    agree(f.__name__, (value,), (f(*arguments),), rtol=1e-9)
    return first, best_call(function, *arguments)


def run() -> Report:
    """Measure each program, and the run of the chain beside that of the same steps without calls."""
    first_call(inlined, (0.3, 0.7))
    rows, found_targets = [], []
    for name, f, arguments in cases():
        first, run = first_call(f, arguments)
        rows += [Row(f"{name}, first call", {OURS: first}), Row(f"{name}, run", {OURS: run})]
        found_targets.append(Target(f"gradient of {name}, first call", first, FIRST_CALL))
    per_step = rows[1].cells[OURS] / STEPS
    _, few = first_call(inlined, (0.3, 0.7))
    beside = per_step / (few / FEW_STEPS)
    found_targets.append(Target("a step of the chain beside one inlined, run", beside, BESIDE_INLINED, "×"))
    return Report(
        "Functions called many times",
        "Value and gradient, from the Python function to the first result; process warm.",
        rows,
        found_targets,
    )
