"""Run the cases named on the command line, or all of them and write RESULTS.md.

Each case runs in a process of its own, so that no tool's threads or caches disturb another case.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

from benchmarks.harness import Report, show, table
from benchmarks.peers import processor, versions

CASES = (
    "rosenbrock",
    "rosenbrock_dict",
    "rosenbrock_large",
    "gradient_ratio",
    "first_call",
    "chain",
    "imports",
)
RESULTS = Path(__file__).parent / "RESULTS.md"


def run_here(case: str) -> None:
    """Run one case in this process and print its report as one line of JSON."""
    report = importlib.import_module(f"benchmarks.{case}").run()
    print(report.to_json())


def run_apart(case: str) -> Report:
    """Run one case in a fresh process and return its report."""
    command = [sys.executable, "-m", "benchmarks", "--json", case]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"benchmark {case} failed")
    return Report.from_json(done.stdout.splitlines()[-1])


def page(reports: list[Report]) -> str:
    """Return all reports as the text of RESULTS.md."""
    targets = [t for report in reports for t in report.targets]
    verdicts = table(["figure to reach", ""], [[t.text, t.verdict] for t in targets])
    intro = (
        "# Benchmark results\n\n"
        "Written by `make bench`; do not edit. Every tool gives the right answer before it is timed; times\n"
        "are the best of several runs, NumPy arrays in and NumPy arrays out, results waited for.\n\n"
        f"- machine: {processor()}\n- {versions()}\n\n{verdicts}\n\n"
    )
    return intro + "\n".join(show(report) for report in reports)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("case", nargs="*", choices=[[], *CASES], help="cases to run; all when none is named")
    parser.add_argument("--json", action="store_true", help="run one case here, print it as JSON")
    arguments = parser.parse_args()
    if arguments.json:
        run_here(arguments.case[0])
        return
    reports = []
    for case in arguments.case or CASES:
        reports.append(run_apart(case))
        print(show(reports[-1]), flush=True)
    if not arguments.case:
        RESULTS.write_text(page(reports), encoding="utf-8")
        print(f"wrote {RESULTS.name}")


if __name__ == "__main__":
    main()
