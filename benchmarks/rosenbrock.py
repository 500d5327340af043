"""Value and gradient of Rosenbrock's function of 2 and 10 variables: what a call costs."""

from __future__ import annotations

import numpy as np

import jitad as jad
from benchmarks.by_hand import numba_into, numba_new, numpy_value_and_grad
from benchmarks.harness import Report, Row, Target, agree, beside, best, best_call, ratio
from benchmarks.peers import measure_with


def rosenbrock(x):
    """The function as one writes it in NumPy."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def with_jitad(x):
    """Seconds a call of `value_and_grad`."""
    f = jad.value_and_grad(rosenbrock)
    agree("jitad", f(x), numpy_value_and_grad(x))
    return best_call(f, x)


def with_jitad_out(x):
    """Seconds a call into the caller's arrays."""
    f, out = jad.value_and_grad(rosenbrock), (np.empty(()), np.empty_like(x))
    f(x, out=out)
    agree("jitad out=", out, numpy_value_and_grad(x))
    return best("f(x, out=out)", {"f": f, "x": x, "out": out})


def with_numba(x):
    """Seconds a call by hand, fresh gradient."""

    def measure(numba):
        f = numba_new(numba, numba_into(numba))
        agree("numba", f(x), numpy_value_and_grad(x))
        return best_call(f, x)

    return measure_with("numba", measure)


def with_numba_out(x):
    """Seconds a call by hand, gradient written into the caller's array."""

    def measure(numba):
        f, gradient = numba_into(numba), np.empty_like(x)
        agree("numba out", (f(x, gradient), gradient), numpy_value_and_grad(x))
        return best_call(f, x, gradient)

    return measure_with("numba", measure)


def with_jax(x):
    """Seconds a call, results as NumPy arrays."""

    def measure(jax):
        def f(x):
            return jax.numpy.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

        compiled = jax.jit(jax.value_and_grad(f))

        def call(x):
            value, gradient = compiled(x)
            return np.asarray(value), np.asarray(gradient)

        agree("jax", call(x), numpy_value_and_grad(x))
        return best_call(call, x)

    return measure_with("jax", measure)


def with_autograd(x):
    """Seconds a call; autograd interprets."""

    def measure(autograd):
        f = autograd.value_and_grad(rosenbrock)
        agree("autograd", f(x), numpy_value_and_grad(x))
        return best_call(f, x)

    return measure_with("autograd", measure)


def casadi_function(casadi, n: int):
    """Return CasADi's function x → (value, gradient) on scalar symbols."""
    x = casadi.SX.sym("x", n)
    value = casadi.sum1(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
    return casadi.Function("rosenbrock", [x], [value, casadi.densify(casadi.gradient(value, x))])


def with_casadi(x):
    """Seconds a call, results as NumPy arrays."""

    def measure(casadi):
        f = casadi_function(casadi, len(x))

        def call(x):
            value, gradient = f(x)
            return float(value), gradient.full().ravel()

        agree("casadi", call(x), numpy_value_and_grad(x))
        return best_call(call, x)

    return measure_with("casadi", measure)


def with_casadi_out(x):
    """Seconds a call through CasADi's buffers, the arrays bound beforehand."""

    def measure(casadi):
        buffer, trigger = casadi_function(casadi, len(x)).buffer()
        value, gradient = np.empty(1), np.empty_like(x)
        buffer.set_arg(0, memoryview(x))
        buffer.set_res(0, memoryview(value))
        buffer.set_res(1, memoryview(gradient))
        trigger()
        agree("casadi buffer", (value[0], gradient), numpy_value_and_grad(x))
        return best_call(trigger)

    return measure_with("casadi", measure)


def with_torch(x):
    """Seconds a call of eager PyTorch."""

    def measure(torch):
        def call(x):
            t = torch.from_numpy(x).requires_grad_()
            value = torch.sum(100.0 * (t[1:] - t[:-1] ** 2) ** 2 + (1.0 - t[:-1]) ** 2)
            value.backward()
            return value.item(), t.grad.numpy()

        agree("torch", call(x), numpy_value_and_grad(x))
        return best_call(call, x)

    return measure_with("torch", measure)


def plain(x: np.ndarray, work: str) -> Row:
    """Measure every tool with NumPy arrays in and fresh NumPy arrays out."""
    cells = {
        "jitad": with_jitad(x),
        "Numba by hand": with_numba(x),
        "NumPy by hand": best_call(numpy_value_and_grad, x),
        "JAX": with_jax(x),
        "autograd": with_autograd(x),
        "CasADi": with_casadi(x),
        "PyTorch": with_torch(x),
    }
    return Row(work, cells, beside(cells), counted=True)


def into_buffers(x: np.ndarray, work: str) -> Row:
    """Measure the tools that can write into the caller's arrays."""
    cells = {"jitad": with_jitad_out(x), "Numba by hand": with_numba_out(x), "CasADi": with_casadi_out(x)}
    return Row(work, cells, beside(cells), counted=True)


def run() -> Report:
    """Measure n = 2 and 10, with fresh results and into the caller's arrays."""
    method = "Value and gradient, NumPy array in; fresh results, or the caller's arrays where a tool can."
    report = Report("Rosenbrock, a call", method)
    for n in (2, 10):
        x = np.linspace(-1.2, 1.0, n)
        fresh, out = plain(x, f"n = {n}"), into_buffers(x, f"n = {n}, caller's arrays")
        report.rows += [fresh, out]
        ours, numba = fresh.cells["jitad"], fresh.cells["Numba by hand"]
        report.targets += [
            Target(f"Rosenbrock n = {n}, fresh results", ours, 0.2e-6),
            Target(f"Rosenbrock n = {n}, beside Numba by hand", ratio(ours, numba), 0.4, "×"),
            Target(f"Rosenbrock n = {n}, `out=`", out.cells["jitad"], 0.12e-6),
        ]
    return report
