"""`doctor`: versions, processor, BLAS; a kernel is compiled and called."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any

import numpy as np

import jitad

from ..api.reverse import value_and_grad
from ..inspection.amounts import count, seconds
from ..native import engine, store
from ..native.layout import entry_supported
from . import target

NEEDED = ("numpy", "scipy", "llvmlite", "optree")
EXTRA = ("igraph", "resvg_py", "pygments", "rich", "jax", "autograd", "numba")


def add(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("doctor", help="versions, processor, BLAS; compile and call something")
    target.add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found, well = examined()
    if options.json:
        print(json.dumps({**found, "well": well}))
    else:
        width = max(map(len, found))
        for name, said in found.items():
            print(f"{name.ljust(width)}  {said}")
        print("all is well" if well else "something is wrong: see above")
    return 0 if well else 1


def examined() -> tuple[dict[str, str], bool]:
    """What was found, by name, and whether all is as it must be."""
    host, info = engine.host(), store.info()
    fma = "FMA" if host.has_fma else "no FMA: sums of products are slower"
    bits = f"vectors of {host.vector_bits} bits, {fma}"
    found = {
        "jitad": jitad.__version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()}), {platform.platform()}",
        **{name: _version(name) for name in (*NEEDED, *EXTRA)},
        "processor": f"{host.cpu}, {host.triple}; {bits}",
        "entry": "native" if entry_supported() else "through ctypes: some microseconds a call",
        "cache": "off"
        if info.directory is None
        else f"{info.directory}, {info.entries} entries, {count(info.nbytes, 'B')}",
    }
    well = True
    for name, check in (("kernel", _kernel), ("BLAS", _blas)):
        try:
            found[name] = check()
        except Exception as error:
            found[name], well = f"FAILED: {type(error).__name__}: {error}", False
    return found, well


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing" if name in NEEDED else "not installed"


def _timed(f: Callable, *args: Any) -> tuple[float, float, Any]:
    """The first call, the best of a thousand, and the result."""
    start = perf_counter()
    result = f(*args)
    first, best = perf_counter() - start, np.inf
    for _ in range(1000):
        start = perf_counter()
        f(*args)
        best = min(best, perf_counter() - start)
    return first, best, result


def _kernel() -> str:
    """The gradient of a small function, compiled, called, and right."""

    def rosenbrock(x: Any) -> Any:
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    first, best, (value, gradient) = _timed(value_and_grad(rosenbrock), np.zeros(5))
    if value != 4.0 or gradient.tolist() != [-2.0, -2.0, -2.0, -2.0, 0.0]:
        raise RuntimeError(f"the gradient of Rosenbrock's function at 0 came out as {gradient}")
    return f"first call {seconds(first)}, then {seconds(best)}"


def _blas() -> str:
    """A product of matrices that is left to BLAS."""
    a = np.arange(4900.0).reshape(70, 70) / 4900
    _, best, (value, _) = _timed(value_and_grad(lambda a: np.sum((a @ a) ** 2)), a)
    if not np.allclose(value, np.sum((a @ a) ** 2)):
        raise RuntimeError(f"a product of 70 × 70 came out as {value}")
    config: Any = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    speed = 3 * 2 * 70**3 / best / 1e9
    return f"SciPy's; {speed:.1f} Gflop/s on 70 × 70; NumPy has {blas['name']} {blas['version']}"
