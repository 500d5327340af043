"""The table of docs/programs.md, from the report of the case `programs`."""

from __future__ import annotations

from pathlib import Path

from benchmarks.harness import OURS, Report, Row, ratio
from benchmarks.loops import HAND, JAX
from benchmarks.programs import COMPILE, NUMBA, NUMPY, TAPE, VALUE
from benchmarks.text import show_number, show_time, table, targets
from tests.programs import PROGRAMS

PAGE = Path(__file__).parent.parent / "docs" / "programs.md"
BEGIN, END = "<!-- programs -->", "<!-- end -->"
HEADER = (
    "program",
    "what it asks for",
    "value",
    "beside NumPy",
    "beside Numba",
    "gradient",
    "beside value",
    "beside hand",
    "beside JAX",
    "compiling",
    "tape",
)


def line(row: Row) -> list[str]:
    """Return the cells of one program."""
    cells = row.cells

    def seconds(name: str) -> str:
        cell = cells.get(name)
        return show_time(cell) if isinstance(cell, float) else cell or "–"

    def beside(ours: str, theirs: str) -> str:
        found = ratio(cells.get(ours), cells.get(theirs))
        return seconds(theirs) if found is None else f"{show_number(found)}×"

    return [
        row.work,
        PROGRAMS[row.work.split(",")[0]].features,
        seconds(VALUE),
        beside(VALUE, NUMPY),
        beside(VALUE, NUMBA),
        seconds(OURS),
        beside(OURS, VALUE),
        beside(OURS, HAND),
        beside(OURS, JAX),
        seconds(COMPILE),
        seconds(TAPE),
    ]


def generated(report: Report) -> str:
    """Return what stands between the marks: the figures over all programs, and the table."""
    return f"{targets(report.targets)}\n\n{table(list(HEADER), [line(row) for row in report.rows])}"


def rewritten(text: str, report: Report) -> str:
    """Return the page with its generated part renewed."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{generated(report)}\n\n{END}{after}"


def write(report: Report) -> None:
    """Renew the page."""
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), report), encoding="utf-8")
