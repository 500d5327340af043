"""The gradient of the Gaussian mixture of the ADBench suite: time, memory, and the cost beside the value."""

from __future__ import annotations

from types import ModuleType

import jitad as jad
from benchmarks import mixture as hands
from benchmarks.compare import Call, PythonCall, Tool, measure, prepare
from benchmarks.examples import FOR_JAX, read
from benchmarks.harness import ELEMENTARY, OURS, Report, Row, Target, on_all_threads, ratio
from benchmarks.memory import FINEST, peak_apart
from benchmarks.tools import jax_call, jax_gradient, numba_by_hand, numpy_by_hand, ours, torch_gradient

POINTS = 1000

# Dimensions, components, and the limit of our time beside JAX's.
SIZES = ((2, 5, 0.7), (10, 25, 0.7), (64, 100, 0.5))
ACTIVE = (0, 1, 2, 3)
VALUE, JAX_VALUE = f"{OURS} value", "JAX value"


def tools(example: ModuleType, arguments: tuple) -> list[Tool]:
    """Return every column; the example's source is ours and, its imports changed, JAX's."""

    def objective(_: ModuleType):
        return read("gmm", FOR_JAX).objective

    def jax_value(jax: ModuleType) -> Call:
        return jax_call(jax, objective(jax), arguments)

    value = jad.jit(example.objective)
    return [
        *ours(jad.value_and_grad(example.objective, argnums=ACTIVE), arguments, from_c=False),
        Tool(VALUE, lambda: PythonCall(value, *arguments), leading=1, compared=False),
        numpy_by_hand(hands.by_hand(example), arguments),
        numba_by_hand(lambda numba: hands.loops(example, numba), arguments),
        jax_gradient(objective, arguments, ACTIVE),
        Tool(JAX_VALUE, jax_value, "jax", leading=1, compared=False),
        torch_gradient(hands.for_torch(example), arguments, ACTIVE),
    ]


def prepared(title: str, d: int, k: int) -> Call | str:
    """Return the checked call of one column, for `benchmarks.memory`."""
    example = read("gmm", {})
    arguments = example.sample(POINTS, d, k)
    expected = hands.by_hand(example)(*arguments)
    (tool,) = [tool for tool in tools(example, arguments) if tool.title == title]
    return prepare(tool, expected, 1e-9)


def row(d: int, k: int, n: int = POINTS) -> Row:
    """Measure one size."""
    example = read("gmm", {})
    arguments = example.sample(n, d, k)
    pairs = float(n * k)
    return measure(
        f"d = {d}, k = {k}",
        tools(example, arguments),
        hands.by_hand(example)(*arguments),
        1e-9,
        counted=True,
        traffic=8.0 * (arguments[4].size + 2 * sum(a.size for a in arguments[:4])),
        flops=pairs * (2.0 * d * (d + 1) + 6.0 * d + ELEMENTARY),
    )


def show_memory(size: float | None) -> str:
    """Return bytes as text."""
    if size is None:
        return "–"
    return "at most 1 MB" if size <= FINEST else f"{size / 1e6:.1f} MB"


def memory(d: int, k: int) -> tuple[str, Target]:
    """Return what the calls need at their highest, as a note, and the target beside JAX."""
    found = {title: peak_apart("gmm", title, d, k) for title in (OURS, "NumPy by hand", "JAX", "PyTorch")}
    texts = [f"{tool} {show_memory(size)}" for tool, size in found.items()]
    beside = ratio(found[OURS], found["JAX"])
    target = Target(f"mixture d = {d}, k = {k}, peak memory beside JAX", beside, 1.0, "×")
    return f"Peak memory, d = {d}, k = {k}: {', '.join(texts)}.", target


def run() -> Report:
    """Measure each size; memory once, on one thread."""
    report = Report(
        "Gaussian mixture",
        f"Value and gradient with respect to all parameters, {POINTS} points (ADBench); one thread. Memory\n"
        "is what a warm call takes beyond its arguments, results included, in a process of its own.",
    )
    for d, k, limit in SIZES:
        found = row(d, k)
        report.rows.append(found)
        if on_all_threads():
            continue
        note, beside = memory(d, k)
        cells, name = found.cells, f"mixture d = {d}, k = {k}"
        report.notes.append(note)
        report.targets += [
            Target(f"{name}, beside JAX", ratio(cells[OURS], cells["JAX"]), limit, "×"),
            beside,
            Target(f"{name}, gradient beside value", ratio(cells[OURS], cells[VALUE]), 3.5, "×"),
        ]
    return report
