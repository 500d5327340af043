"""The benchmarks: every column is right at small sizes, and reports become the page they should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import (
    __main__,
    axpy,
    black_scholes,
    budget,
    compare,
    coupled,
    elementary,
    gmm,
    least_squares,
    lengths,
    log_sum_exp,
    logistic,
    loop_compile,
    loops,
    lorenz,
    programs,
    programs_page,
    recurrence,
    recurrent,
    seidel,
    sizes,
    sparse_rows,
    tridiagonal,
    unbounded,
)
from benchmarks.harness import OURS, Report, Row, Target, geometric_mean, merged
from benchmarks.loops import plain
from benchmarks.peers import peer
from benchmarks.text import show
from tests.programs import PROGRAMS
from tests.programs.program import copies, loss

ROWS = {
    "axpy": lambda: axpy.row("small", 40),
    "black_scholes": lambda: black_scholes.row("small", 40),
    "gmm": lambda: gmm.row(3, 2, 20),
    "log_sum_exp": lambda: log_sum_exp.row(40),
    "logistic": lambda: logistic.logistic_row("small", 40),
    "network": logistic.network_row,
    "polynomial": lambda: least_squares.polynomial_row(17),
    "waves": lambda: least_squares.trigonometric_row(17),
    "lorenz, scalars": lambda: loops.row(lorenz.rk4_loops(7)[0]),
    "lorenz, array": lambda: loops.row(lorenz.rk4_loops(7)[1]),
    "lorenz, euler": lambda: loops.row(lorenz.euler_loop(7)),
    "coupled, array": lambda: loops.row(coupled.loops(7, 5)[0]),
    "coupled, list": lambda: loops.row(coupled.loops(7, 5)[1]),
    "seidel": lambda: loops.row(seidel.loops(6, 3)[0]),
    "tridiagonal": lambda: loops.row(tridiagonal.loops(9)[0]),
    "recurrent": lambda: loops.row(recurrent.loops(5, 3, 4)[0]),
    "sparse rows": lambda: loops.row(sparse_rows.loops(9, 3)[0]),
    "recurrence": lambda: loops.row(recurrence.loop(9)),
    "unbounded": lambda: unbounded.both(9),
    "program, by hand": lambda: programs.row(PROGRAMS["seidel-2d"], "test"),
    "program, where integers are data": lambda: programs.row(PROGRAMS["spmv-entries"], "test"),
    "budget": lambda: budget.row(200, 1),
    "power": lambda: elementary.row("power", "f8"),
    "digamma": lambda: elementary.row("digamma", "f4"),
}


@pytest.mark.parametrize("name", ROWS)
def test_every_column_is_right_before_it_is_timed(name, monkeypatch):
    monkeypatch.setattr(compare, "BUDGET", 0.0)
    row = ROWS[name]()
    assert isinstance(row.cells[OURS], float)
    assert set(row.versus) <= set(row.cells)


def test_a_wrong_column_is_refused():
    tool = compare.Tool("wrong", lambda: compare.PythonCall(lambda: 1.0))
    with pytest.raises(AssertionError, match="wrong"):
        compare.prepare(tool, (2.0,), 1e-10)


def row(work: str, ours: float, theirs: float | str) -> Row:
    return Row(work, {OURS: ours, "JAX": theirs}, {"JAX": OURS}, counted=True, traffic=8e9, flops=1e9)


def test_first_calls_of_loops_are_measured_for_every_program():
    row, targets = loop_compile.measure(seidel.loops(5, 2)[0])
    assert isinstance(row.cells[OURS], float) and len(targets) == 2
    assert all(case.loops() for case in loop_compile.CASES)


@pytest.mark.parametrize("case", list(lengths.cases()), ids=lambda case: case.name)
def test_lengths_cost_two_compilations(case):
    assert lengths.compilations(case, range(20, 30)) == 2
    row = lengths.row(case, 40)
    assert set(row.cells) == {lengths.VALUES, lengths.SPECIALISED} and row.best_ratio() is not None


@pytest.mark.parametrize("name", programs.BY_HAND)
def test_adjoints_by_hand_are_central_differences(name):
    program = PROGRAMS[name]
    arguments = program.arguments()
    weights = program.weights(arguments)
    f = loss(program, weights)
    value, *gradient = compare.leaves(programs.BY_HAND[name](plain)(*arguments, *weights))
    assert value == pytest.approx(f(*copies(arguments)), rel=1e-12)
    programs.difference(program, f, arguments, gradient)


def test_programs_for_jax_are_those_of_numpy():
    pytest.importorskip("jax")
    jax = peer("jax")
    written = [name for name in PROGRAMS if programs.for_jax(name) is not None]
    assert len(written) >= 15
    for name in written:
        program = PROGRAMS[name]
        arguments = program.arguments()
        weights = program.weights(arguments)
        f = loss(program, weights)
        value, *gradient = compare.leaves(programs.in_jax(program, arguments, weights, jax).run())
        assert value == pytest.approx(f(*copies(arguments)), rel=1e-10), name
        programs.difference(program, f, arguments, gradient)


def test_the_page_of_programs_is_made_from_the_report():
    cells = {programs.VALUE: 1e-3, programs.NUMBA: "refused", OURS: 3e-3, "JAX": 6e-2, programs.COMPILE: 0.1}
    found = Row("lu, S", {**cells, programs.TAPE: "0 B"}, {})
    report = Report("Programs", "", [found], programs.targets([found]))
    page = programs_page.rewritten("A page.\n<!-- programs -->old<!-- end -->\nMore.\n", report)
    assert page.startswith("A page.") and page.endswith("More.\n") and "old" not in page
    for part in ("| lu, S", PROGRAMS["lu"].features, "refused", "3.00×", "0.05×", "20.00×", "0 B"):
        assert part in page


def test_geometric_mean_is_over_rows_with_a_peer():
    rows = [row("a", 1.0, 4.0), row("b", 1.0, 1.0), row("c", 1.0, "not installed"), Row("d", {OURS: 1.0})]
    assert geometric_mean(rows) == (pytest.approx(0.5), 2)
    assert geometric_mean([]) == (None, 0)


def test_columns_on_all_threads_do_not_count_as_peers():
    found = merged(Report("t", "m", [row("a", 1.0, 4.0)]), Report("t", "m", [row("a", 0.9, 0.1)]))
    assert found.rows[0].best_ratio() == (0.25, "JAX")
    assert "JAX, all threads" in show(found, {})


def test_a_report_shows_ratios_shares_and_verdicts_and_survives_json():
    targets = [Target("fast", 0.25, 0.8, "×"), Target("wide", 80.0, 85.0, " %", True), Target("x", None, 1.0)]
    report = Report("Title", "Method.", [row("a", 1.0, 4.0)], targets, ["A note."], {"stream": 16e9})
    text = show(Report.from_json(report.to_json()), {"stream": 16e9, "fma": 1e10})
    for part in (
        "4 s (0.25×)",
        "8.00 GB/s",
        "50 %",
        "10 %",
        "| met ",
        "| missed ",
        "not measured",
        "A note.",
    ):
        assert part in text


def test_the_page_names_the_machine_and_every_target():
    report = Report("Title", "Method.", [row("a", 1.0, 4.0)], [Target("fast", 0.25, 0.8, "×")])
    page = __main__.page([__main__.summary([report]), report], {})
    for part in ("machine:", "numpy", "fast", "geometric mean", "## Title", "0.25× (JAX)"):
        assert part in page


def test_every_case_has_a_module():
    folder = Path(__main__.__file__).parent
    assert all((folder / f"{case}.py").exists() for case in __main__.CASES)


def test_a_case_runs_in_a_process_of_its_own():
    command = [sys.executable, "-m", "benchmarks", "--json", "machine"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
    )
    assert Report.from_json(done.stdout.splitlines()[-1]).figures["stream"] > 1e8


def test_the_plot_has_a_panel_for_each_function(tmp_path):
    pytest.importorskip("matplotlib")
    from benchmarks.plot import draw

    rows = [
        Row(f"{f}, n = {n}", {OURS: 1e-9 * n}) for f in ("Rosenbrock", "log-sum-exp") for n in sizes.SIZES
    ]
    draw(Report("Sizes", "", rows), tmp_path / "sizes.svg")
    assert (tmp_path / "sizes.svg").read_text().count('id="axes_') == 2
