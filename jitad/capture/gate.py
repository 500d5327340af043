"""The gate: whether calls may take their native entry at once, a word that every entry compares."""

from __future__ import annotations

import threading

#: Every native entry has a guard that `GATE["open"]` is True. It is False while something anywhere is
#: traced (a call inside a trace must be recorded) or interpreted; calls then go through Python.
GATE: dict[str, bool] = {"open": True}

_lock = threading.Lock()
_closed = 0


def close() -> None:
    """Send all calls through Python until the matching `reopen`."""
    global _closed
    with _lock:
        _closed += 1
        GATE["open"] = False


def reopen() -> None:
    """Undo one `close`."""
    global _closed
    with _lock:
        _closed -= 1
        GATE["open"] = _closed == 0
