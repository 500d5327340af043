"""The plot over sizes: nanoseconds an element of the case `sizes`, one panel a function."""

from __future__ import annotations

from pathlib import Path

from benchmarks.harness import Report
from benchmarks.peers import peer


def draw(report: Report, path: Path) -> str:
    """Draw the rows `function, n = size` of a report as an SVG file; return what was done."""
    matplotlib = peer("matplotlib")
    if matplotlib is None:
        return "matplotlib is not installed: no plot"
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "benchmarks"  # the same data give the same file
    from matplotlib import pyplot

    functions = list(dict.fromkeys(row.work.split(", n = ")[0] for row in report.rows))
    figure, panels = pyplot.subplots(1, len(functions), figsize=(6 * len(functions), 4.5), sharey=True)
    for function, panel in zip(functions, panels):
        rows = [row for row in report.rows if row.work.startswith(function)]
        for tool in rows[0].cells:
            points = [
                (n, 1e9 * cell / n)
                for row in rows
                for n, cell in [(int(row.work.split(" = ")[1]), row.cells[tool])]
                if isinstance(cell, float)
            ]
            if points:
                panel.loglog(*zip(*points), marker="o", markersize=3, label=tool)
        panel.set(title=function, xlabel="n")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("ns an element")
    panels[0].legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    return f"wrote {path.name}"
