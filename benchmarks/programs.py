"""The programs of tests/programs at NPBench's sizes: value and gradient beside NumPy, Numba, hand, JAX."""

from __future__ import annotations

import importlib
import math
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import ModuleType

import numpy as np

import jitad as jad
from benchmarks import hand_adjoints
from benchmarks.compare import Call, FreshCall, PythonCall, Refused, Tool, agree, leaves, measure
from benchmarks.harness import OURS, Report, Row, Target, ratio
from benchmarks.loops import HAND, JAX, fresh
from benchmarks.tapes import show_bytes, tape_bytes
from benchmarks.tools import jax_call
from tests.programs import PROGRAMS, UNROLLED
from tests.programs.program import Program, copies, loss, results

VALUE, NUMPY, NUMBA = f"{OURS} value", "NumPy value", "Numba value"
COMPILE, TAPE = "compiling", "tape"

#: The programs with an adjoint written by hand.
BY_HAND: dict[str, Callable[[Callable], Callable]] = {
    "seidel-2d": hand_adjoints.seidel_2d,
    "lu": hand_adjoints.lu,
    "cholesky": hand_adjoints.cholesky,
    "trmm": hand_adjoints.trmm,
    "syrk": hand_adjoints.syrk,
}
#: Where programs are written for JAX, under their names: `import jax` at their top.
FOR_JAX = (
    "jax_stencils",
    "jax_flows",
    "jax_solvers",
    "jax_matrices",
    "jax_models",
    "jax_recursions",
    "jax_signals",
)
#: Programs whose tapes must not grow faster than the matrix, and the sizes at which they are compared.
TAPELESS, TAPE_SIZES = ("lu", "cholesky", "trisolv"), (32, 64)
STENCILS = ("jacobi-1d", "jacobi-2d", "heat-3d", "horizontal-diffusion", "cavity-flow")

#: Steps of the differences that our gradient is checked with, of which one has to come as close as this: the
#: longer one meets kinks of programs with many minima.
STEPS, CLOSE = (1e-6, 1e-9), 1e-4
#: Turns that the tools take: some programs run for seconds.
TURNS = 2


def for_jax(name: str) -> Callable | None:
    """Return the program of that name for JAX; None if there is none."""
    modules = [importlib.import_module(f"benchmarks.{module}") for module in FOR_JAX]
    return next((f for m in modules if (f := getattr(m, name.replace("-", "_"), None)) is not None), None)


def in_numba(program: Program, arguments: tuple, numba: ModuleType) -> Call:
    """Return Numba's run of the same function object, if it takes it."""
    compiled = numba.njit(program.f, error_model="numpy")
    try:
        compiled(*copies(arguments))
    except numba.core.errors.NumbaError:
        raise Refused("refused") from None
    return FreshCall(compiled, arguments)


def in_jax(program: Program, arguments: tuple, weights: tuple, jax: ModuleType) -> Call:
    """Return JAX's value and gradient; integers are part of the program, as its loops want them."""
    function = for_jax(program.name)
    if function is None:
        raise Refused("–")
    places = [i for i, a in enumerate(arguments) if not isinstance(a, int)]

    def weighted(weights, *given):
        every = list(arguments)
        for i, a in zip(places, given):
            every[i] = a
        return sum(jax.numpy.sum(w * out) for w, out in zip(weights, results(function(*every))))

    argnums = tuple(1 + places.index(i) for i in program.wrt)
    held = tuple(arguments[i] for i in places)
    return jax_call(jax, jax.value_and_grad(weighted, argnums=argnums), (weights, *held))


def by_hand(program: Program, arguments: tuple, weights: tuple, numba: ModuleType) -> Call:
    """Return the adjoint written by hand, compiled by Numba; division by zero does not raise."""
    compiled = BY_HAND[program.name](lambda f: numba.njit(f, error_model="numpy"))
    return PythonCall(compiled, *arguments, *weights)


def difference(program: Program, f: Callable, arguments: tuple, gradient: Iterable[np.ndarray]) -> None:
    """Raise AssertionError unless the gradient is the slope of NumPy's own run along a random direction."""
    rng, slope, scale, directions = np.random.default_rng(2), 0.0, 0.0, {}
    for i, g in zip(program.wrt, gradient, strict=True):
        d = directions[i] = rng.standard_normal(np.shape(g))
        slope, scale = slope + np.sum(g * d), scale + np.sum(np.abs(g * d))
    found = []
    for step in STEPS:
        up, down = (along(arguments, directions, by) for by in (step, -step))
        found.append((f(*up) - f(*down)) / (2 * step))
        if np.allclose(found[-1], slope, rtol=CLOSE, atol=CLOSE * scale):
            return
    raise AssertionError(f"{program.name}: the gradient gives {slope}, differences {found}")


def along(arguments: tuple, directions: dict[int, np.ndarray], step: float) -> tuple:
    """Return fresh arguments moved along their directions."""
    return tuple(a + step * directions[i] if i in directions else a for i, a in enumerate(copies(arguments)))


def value_row(program: Program, arguments: tuple, work: str) -> Row:
    """Measure the value: ours, NumPy's and Numba's, all of the same function object."""
    expected = leaves(program.f(*copies(arguments)))
    native = jad.jit(program.f)
    tools = [
        Tool(VALUE, lambda: FreshCall(native, arguments)),
        Tool(NUMPY, lambda: FreshCall(program.f, arguments)),
        Tool(NUMBA, lambda numba: in_numba(program, arguments, numba), "numba"),
    ]
    row = measure(work, tools, expected, 1e-8, TURNS)
    return replace(row, versus={NUMPY: VALUE, NUMBA: VALUE})


def row(program: Program, size: str = "S") -> Row:
    """Check every tool, then measure value, gradient, compiling of the gradient, and what it keeps."""
    work = f"{program.name}, {size}"
    if program.name in UNROLLED and size != "test":
        return Row(work, {OURS: "unrolled"})
    arguments = program.arguments(size)
    weights = program.weights(arguments)
    f = loss(program, weights)
    both = jad.value_and_grad(f, argnums=program.wrt)
    value, gradient = both(*arguments)
    agree(f"{OURS}, {work}", (value,), (f(*copies(arguments)),), 1e-9)
    difference(program, f, arguments, leaves(gradient))
    values = value_row(program, arguments, work)
    tools = [Tool(OURS, lambda: PythonCall(both, *arguments))]
    if program.name in BY_HAND:
        tools.append(Tool(HAND, lambda numba: by_hand(program, arguments, weights, numba), "numba"))
    tools.append(Tool(JAX, lambda jax: in_jax(program, arguments, weights, jax), "jax"))
    found = measure(work, tools, leaves((value, gradient)), 1e-7, TURNS)
    cells = {**values.cells, **found.cells}
    cells[COMPILE] = compile_time(program, arguments, weights)
    cells[TAPE] = show_bytes(tape_bytes(both, arguments))
    return Row(work, cells, {**values.versus, **found.versus})


def compile_time(program: Program, arguments: tuple, weights: tuple, times: int = 3) -> float:
    """Return the median seconds from source, seen for the first time, to the gradient's machine code."""
    found = []
    for _ in range(times):
        new = replace(program, f=fresh(program.f))
        both = jad.value_and_grad(loss(new, weights), argnums=program.wrt)
        start = time.perf_counter()
        both.compile(*arguments)
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def tape_growth(program: Program) -> float | None:
    """Return the power of the matrix's order with which a tape grows: 0 for none; None: not known."""
    if program.name in UNROLLED:
        return None
    found = []
    for n in TAPE_SIZES:
        arguments = program.inputs({"N": n}, np.random.default_rng(0))
        both = jad.value_and_grad(loss(program, program.weights(arguments)), argnums=program.wrt)
        found.append(tape_bytes(both, arguments))
    small, large = found
    if small is None or large is None:
        return None
    return math.log(large / small) / math.log(TAPE_SIZES[1] / TAPE_SIZES[0]) if small else 0.0


def quotients(rows: list[Row], ours: str, theirs: str) -> dict[str, float]:
    """Return, by the row's name, the time in one column as a multiple of that in another."""
    found = {row.work: ratio(row.cells.get(ours), row.cells.get(theirs)) for row in rows}
    return {work: q for work, q in found.items() if q is not None}


def mean(found: dict[str, float]) -> float | None:
    """Return the geometric mean of quotients, if there are any."""
    return statistics.geometric_mean(found.values()) if found else None


def targets(rows: list[Row]) -> list[Target]:
    """Return the figures over all programs, and those of single ones."""
    hand, beside_value = quotients(rows, OURS, HAND), quotients(rows, OURS, VALUE)
    numba, jax = quotients(rows, VALUE, NUMBA), quotients(rows, JAX, OURS)
    compiling = [row.cells[COMPILE] for row in rows if isinstance(row.cells.get(COMPILE), float)]
    worst = max(beside_value, key=beside_value.__getitem__, default="none")
    stencils = {work: q for work, q in quotients(rows, OURS, JAX).items() if work.split(",")[0] in STENCILS}
    return [
        *(Target(f"{work}, gradient beside derivatives by hand", q, 1.5, "×") for work, q in hand.items()),
        *(Target(f"{work}, gradient beside JAX", q, 0.7, "×") for work, q in stencils.items()),
        Target(f"value beside Numba, mean of {len(numba)}", mean(numba), 1.0, "×"),
        Target(f"gradient beside value, mean of {len(beside_value)}", mean(beside_value), 3.5, "×"),
        Target(f"gradient beside value, worst: {worst}", beside_value.get(worst), 8.0, "×"),
        Target(f"JAX's gradient beside ours, mean of {len(jax)}", mean(jax), 20.0, "×", True),
        Target(f"compiling a gradient, longest of {len(compiling)}", max(compiling), 0.5),
        Target(f"compiling a gradient, median of {len(compiling)}", statistics.median(compiling), 0.2),
    ]


def run() -> Report:
    """Measure every program at size S, and those in time steps at size M."""
    rows = [row(program) for program in PROGRAMS.values()]
    rows += [row(PROGRAMS[name], "M") for name in STENCILS]
    method = (
        "Gradients of the weighted sum of what a program computes, value included; values of the program\n"
        "as it is, each call on fresh copies that are not part of the time. Numba compiles the same\n"
        "function object, or refuses it; JAX's programs are its users' way of writing the same loops.\n"
        "Compiling is from source, seen for the first time, to machine code. A tape is what loops keep\n"
        "for the way back."
    )
    tapes = [Target(f"{n}, tape: power of N", tape_growth(PROGRAMS[n]), 2.0, "") for n in TAPELESS]
    return Report("Programs", method, rows, [*targets(rows), *tapes])
