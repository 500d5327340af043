"""The first call of the gradient of an unrolled chain of sines: how compile time grows with the program."""

from __future__ import annotations

import time

import numpy as np

import jitad as jad
from benchmarks.harness import Report, Row, Target, agree
from benchmarks.peers import peer

LENGTHS = (300, 1000, 3000)
LIMITS = (0.3, 0.6, 1.5)
POINT = (0.5, 1.0, 1e-5)


def chain(np, n):
    """Return the function of n steps of `x = sin(x) * a + b`."""

    def f(x, a, b):
        for _ in jad.unroll(range(n)):  # a plain range would stay a loop
            x = np.sin(x) * a + b
        return x

    return f


def by_hand(n):
    """Return the derivative at POINT: the product of a cos(x) along the chain."""
    x, a, b = POINT
    slope = 1.0
    for _ in range(n):
        slope *= a * np.cos(x)
        x = np.sin(x) * a + b
    return slope


def first_call(name, gradient, n):
    """Return seconds of `gradient(*POINT)`, called for the first time; check its result."""
    start = time.perf_counter()
    found = float(gradient(*POINT))
    elapsed = time.perf_counter() - start
    agree(name, (found,), (by_hand(n),), rtol=1e-9)
    return elapsed


def with_jitad(n):
    """Seconds of the first call."""
    return first_call("jitad", lambda *args: jad.grad(chain(np, n))(*args), n)


def with_jax(n):
    """Seconds of the first call of the compiled gradient."""
    jax = peer("jax")
    return first_call("jax", lambda *args: jax.jit(jax.grad(chain(jax.numpy, n)))(*args), n)


def with_casadi(n):
    """Seconds to build and call CasADi's gradient, which its virtual machine interprets."""
    casadi = peer("casadi")

    def gradient(*point):
        x, a, b = (casadi.SX.sym(name) for name in "xab")
        return casadi.Function("g", [x, a, b], [casadi.gradient(chain(casadi, n)(x, a, b), x)])(*point)

    return first_call("casadi", gradient, n)


def with_autograd(n):
    """Seconds of the first call, as of every call: autograd compiles nothing."""
    autograd = peer("autograd")
    return first_call("autograd", lambda *args: autograd.grad(chain(np, n))(*args), n)


TOOLS = {
    "jitad": ("jitad", with_jitad),
    "JAX": ("jax", with_jax),
    "CasADi (interpreted)": ("casadi", with_casadi),
    "autograd (interpreted)": ("autograd", with_autograd),
}


def growth(times) -> float:
    """Return the exponent p of the fit time = c · nᵖ over LENGTHS."""
    return float(np.polyfit(np.log(LENGTHS), np.log(times), 1)[0])


def measure(module: str, tool) -> list[float | str]:
    """Return a tool's time for each length, after a short chain that warms it up."""
    if peer(module) is None:
        return ["not installed"] * len(LENGTHS)
    tool(3)
    return [tool(n) for n in LENGTHS]


def run() -> Report:
    """Measure each tool at each length and fit how it grows."""
    times = {name: measure(module, tool) for name, (module, tool) in TOOLS.items()}
    rows = [Row(f"{n} steps", {name: t[i] for name, t in times.items()}) for i, n in enumerate(LENGTHS)]
    exponents = {name: f"n^{growth(t):.2f}" for name, t in times.items() if isinstance(t[0], float)}
    rows.append(Row("growth", exponents))
    ours = times["jitad"]
    targets = [
        Target(f"gradient of {n} unrolled steps, first call", found, limit)
        for n, found, limit in zip(LENGTHS, ours, LIMITS)
    ]
    targets.append(Target("its growth: exponent of n", growth(ours), 1.2, ""))
    method = "From the Python function to the first gradient of `x = sin(x) * a + b`, repeated; process warm."
    return Report("First call of long programs", method, rows, targets)
