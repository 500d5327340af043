"""The summary line of random programs."""

from __future__ import annotations

import pytest

from .budget import NOTES, RAN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not RAN:
        return
    terminalreporter.section("random programs")
    for name, count in sorted(RAN.items()):
        terminalreporter.write_line(f"{count:8d}  {name}")
    terminalreporter.write_line(f"{sum(RAN.values()):8d}  random programs ran")
    for what, count in sorted(NOTES.items()):
        terminalreporter.write_line(f"{count:8d}  {what}")
