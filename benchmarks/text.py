"""The text form of reports: Markdown tables of times, ratios, targets and roofline figures."""

from __future__ import annotations

from benchmarks.harness import ALL_THREADS, OURS, Cell, Report, Row, Target, ratio


def show_time(t: float) -> str:
    """Return seconds with three digits and a fitting unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if t >= scale:
            return f"{t / scale:.3g} {unit}"
    return f"{t / 1e-9:.0f} ns"


def show_number(x: float) -> str:
    """Return a ratio or percentage with two decimals, or two digits when it is small."""
    return f"{x:.2f}" if abs(x) >= 0.1 else f"{x:.2g}"


def show_figure(x: float | None, unit: str) -> str:
    """Return a measured figure or a limit in its unit."""
    if x is None:
        return "–"
    return show_time(x) if unit == "s" else show_number(x) + unit


def show_cell(row: Row, tool: str) -> str:
    """Return the text of one cell: the time and, for a peer, ours as a multiple of it."""
    cell: Cell = row.cells.get(tool)
    if not isinstance(cell, float):
        return cell or "–"
    beside = ratio(row.cells.get(row.versus.get(tool, "")), cell)
    return show_time(cell) + ("" if beside is None else f" ({show_number(beside)}×)")


def table(header: list[str], lines: list[list[str]]) -> str:
    """Return a Markdown table with padded columns."""
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]
    rows = [header, ["-" * w for w in widths], *lines]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |" for row in rows)


def times(rows: list[Row]) -> list[str]:
    """Return the tables of times: on one thread and, where they were measured, on all."""
    tools = list(dict.fromkeys(name for row in rows for name in row.cells))
    several = [name for name in tools if name.endswith(ALL_THREADS)]
    groups = [[name for name in tools if name not in several], several]
    return [
        table(["", *group], [[row.work, *(show_cell(row, tool) for tool in group)] for row in rows])
        for group in groups
        if group
    ]


def share(reached: float, peak: float | None) -> str:
    """Return a rate as a percentage of a peak."""
    return "–" if not peak else f"{100 * reached / peak:.0f} %"


def roofline(rows: list[Row], peaks: dict[str, float]) -> str:
    """Return bytes and operations a second that ours reached, beside the measured peaks of the machine."""
    lines = []
    for row in rows:
        time = row.cells.get(OURS)
        if not isinstance(time, float) or row.traffic is None or row.flops is None:
            continue
        bandwidth, rate = row.traffic / time, row.flops / time
        lines.append(
            [
                row.work,
                f"{bandwidth / 1e9:.2f} GB/s",
                share(bandwidth, peaks.get("stream")),
                f"{rate / 1e9:.2f} GFLOP/s",
                share(rate, peaks.get("fma")),
            ]
        )
    return table(["jitad", "traffic", "of stream", "arithmetic", "of FMA peak"], lines) if lines else ""


def targets(found: list[Target]) -> str:
    """Return the table of figures to reach."""
    lines = [
        [
            t.text,
            ("≥ " if t.at_least else "≤ ") + show_figure(t.limit, t.unit),
            show_figure(t.measured, t.unit),
            t.verdict,
        ]
        for t in found
    ]
    return table(["target", "limit", "measured", ""], lines) if lines else ""


def show(report: Report, peaks: dict[str, float]) -> str:
    """Return a report as Markdown; `peaks` are the figures of the case `machine`."""
    parts = [f"## {report.title}", report.method]
    if report.rows:
        parts += [*times(report.rows), roofline(report.rows, peaks)]
    parts += [targets(report.targets), *report.notes]
    return "\n\n".join(part for part in parts if part) + "\n"
