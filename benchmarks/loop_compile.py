"""The first call of the gradients of loops, less the run: rewriting to machine code."""

from __future__ import annotations

from benchmarks import coupled, lorenz, recurrence, recurrent, seidel, sparse_rows, tridiagonal, unbounded
from benchmarks.harness import OURS, Cell, Report, Row, Target, ratio
from benchmarks.loops import COMPILE, COMPILE_BESIDE_JAX, JAX, Loop, jax_compile_time, our_compile_time
from benchmarks.peers import peer

CASES = (lorenz, coupled, seidel, tridiagonal, recurrent, sparse_rows, recurrence, unbounded)


def warm_up() -> None:
    """Compile a short loop with both tools, so that no import is part of what follows."""
    loop = lorenz.rk4_loops(5)[0]
    our_compile_time(loop)
    if peer("jax") is not None:
        jax_compile_time(loop)


def measure(loop: Loop) -> tuple[Row, list[Target]]:
    """Return the first calls of one program, and its targets."""
    cells: dict[str, Cell] = {OURS: our_compile_time(loop)}
    if loop.for_jax is not None:
        cells[JAX] = jax_compile_time(loop) if peer("jax") is not None else None
    found = Row(loop.work, cells, {JAX: OURS})
    targets = [Target(f"{loop.work}, first call less run", cells[OURS], COMPILE)]
    if loop.for_jax is not None:
        beside = ratio(cells[OURS], cells[JAX])
        targets.append(
            Target(f"{loop.work}, first call less run, beside JAX", beside, COMPILE_BESIDE_JAX, "×")
        )
    return found, targets


def run() -> Report:
    """Measure each program of the cases on loops."""
    report = Report(
        "First call of loops",
        "Value and gradient: median of three first calls of fresh functions, less the run; process warm.",
    )
    warm_up()
    for case in CASES:
        for loop in case.loops():
            found, targets = measure(loop)
            report.rows.append(found)
            report.targets += targets
    return report
