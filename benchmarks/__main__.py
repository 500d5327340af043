"""Run the cases named on the command line, or all of them and write RESULTS.md and its plot.

Each case runs in a process of its own, so that no tool's threads or caches disturb another case. Cases with a
column "all threads" run twice: on one processor with one thread, then with the threads that tools start by
themselves.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks import programs_page
from benchmarks.harness import Report, Target, geometric_mean, merged
from benchmarks.native import compiler_version
from benchmarks.peers import processor, versions
from benchmarks.plot import draw
from benchmarks.text import show, show_number, targets

ONE, ALL = "one", "all"

# Each case with the threads it is measured on.
CASES = {
    "machine": (ONE,),
    "rosenbrock": (ONE,),
    "rosenbrock_dict": (ONE,),
    "rosenbrock_large": (ONE,),
    "gradient_ratio": (ONE,),
    "first_call": (ALL,),
    "chain": (ALL,),
    "calls": (ONE,),
    "imports": (ALL,),
    "elementary": (ONE,),
    "black_scholes": (ONE, ALL),
    "log_sum_exp": (ONE, ALL),
    "gmm": (ONE, ALL),
    "least_squares": (ONE, ALL),
    "logistic": (ONE, ALL),
    "axpy": (ONE, ALL),
    "lorenz": (ONE,),
    "coupled": (ONE,),
    "seidel": (ONE,),
    "tridiagonal": (ONE,),
    "recurrent": (ONE,),
    "sparse_rows": (ONE,),
    "recurrence": (ONE,),
    "unbounded": (ONE,),
    "budget": (ONE,),
    "loop_compile": (ONE,),
    "programs": (ONE,),
    "lengths": (ONE,),
    "sizes": (ONE,),
}
RESULTS = Path(__file__).parent / "RESULTS.md"
PLOT = Path(__file__).parent / "sizes.svg"

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


def run_here(case: str) -> None:
    """Run one case in this process and print its report as one line of JSON."""
    report = importlib.import_module(f"benchmarks.{case}").run()
    print(report.to_json())


def run_apart(case: str, threads: str) -> Report:
    """Run one case in a fresh process, on one processor or with all threads, and return its report."""
    command = [sys.executable, "-m", "benchmarks", "--json", case]
    environment = {**os.environ, "BENCHMARK_THREADS": threads, "JITAD_CACHE": "0"}  # first calls compile
    pin = None
    if threads == ONE:
        environment.update(ONE_THREAD)
        if hasattr(os, "sched_setaffinity"):
            pin = partial(os.sched_setaffinity, 0, {min(os.sched_getaffinity(0))})
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=pin)
    if done.returncode != 0:
        raise SystemExit(f"benchmark {case} failed")
    return Report.from_json(done.stdout.splitlines()[-1])


def run(case: str) -> Report:
    """Run one case on each number of threads it asks for."""
    first, *more = [run_apart(case, threads) for threads in CASES[case]]
    for other in more:
        first = merged(first, other)
    return first


def summary(reports: list[Report]) -> Report:
    """Return the report over all reports: the geometric mean and where it is worst."""
    rows = [row for report in reports for row in report.rows]
    mean, count = geometric_mean(rows)
    lines = [(best, row.work) for row in rows if row.counted and (best := row.best_ratio()) is not None]
    worst = ", ".join(
        f"{work} {show_number(best[0])}× ({best[1]})" for best, work in sorted(lines)[-5:][::-1]
    )
    text = "geometric mean of gradient time beside the best peer of each"
    return Report(
        "All cases",
        f"Over {count} gradients; the best peer may be another tool or derivatives written by hand,\n"
        "but not one that reorders arithmetic.",
        targets=[Target(text, mean, 0.8, "×")],
        notes=[f"The largest ratios: {worst}."],
    )


def page(reports: list[Report], peaks: dict[str, float]) -> str:
    """Return all reports as the text of RESULTS.md."""
    verdicts = targets([t for report in reports for t in report.targets])
    intro = (
        "# Benchmark results\n\n"
        "Written by `make bench`; do not edit. Every tool gives the right answer before it is timed; times\n"
        "are the best of several runs, results waited for, on one thread unless a column says otherwise.\n"
        "The factor after a time is jitad's time as a multiple of it: below 1, jitad is faster. `from C` is\n"
        "native code called by native code, ours (the symbol that `compile` gives) as theirs. Traffic is\n"
        "what cannot be avoided: arguments read once, results written once; an elementary function counts\n"
        "as 20 operations. Peers get their own arrays and tensors, so that no conversion is part of their\n"
        "times, except in the Rosenbrock and `Gradient beside value` tables: NumPy arrays in and out.\n\n"
        f"- machine: {processor()}\n- {versions()}\n- {compiler_version()}\n\n{verdicts}\n\n"
        f"![time over sizes]({PLOT.name})\n\n"
    )
    return intro + "\n".join(show(report, peaks) for report in reports)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("case", nargs="*", choices=[[], *CASES], help="cases to run; all when none is named")
    parser.add_argument("--json", action="store_true", help="run one case here, print it as JSON")
    arguments = parser.parse_args()
    if arguments.json:
        run_here(arguments.case[0])
        return
    machine = run("machine")
    reports, peaks = [], machine.figures
    for case in arguments.case or CASES:
        reports.append(machine if case == "machine" else run(case))
        print(show(reports[-1], peaks), flush=True)
        if case == "sizes" and not arguments.case:
            print(draw(reports[-1], PLOT))
        if case == "programs":
            programs_page.write(reports[-1])
    if not arguments.case:
        reports.insert(0, summary(reports))
        print(show(reports[0], peaks))
        RESULTS.write_text(page(reports, peaks), encoding="utf-8")
        print(f"wrote {RESULTS.name}")


if __name__ == "__main__":
    main()
