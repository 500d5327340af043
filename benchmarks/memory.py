"""The memory that a call takes beyond its arguments: `python -m benchmarks.memory case tool [size ...]`."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.compare import Call

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")

#: What the system's counts resolve, with some thousand bytes to spare for other changes of the process.
FINEST = 10**6

#: Freed memory goes back to the system at once, so that what one call needed does not hide the next one's.
ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "JITAD_KEPT_BYTES": "0",
}


def resident(field: str) -> int:
    """Return a size of this process in bytes: VmRSS (now) or VmHWM (the highest since `forget`)."""
    for line in STATUS.read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def peak(call: Call) -> int:
    """Return the bytes that a warm call takes at its highest, results included; not less than FINEST."""
    call.run()
    call.run()
    CLEAR.write_text("5")  # the highest size counts from here
    before = resident("VmRSS")
    results = call.run()
    highest = resident("VmHWM")
    del results
    return max(highest - before, FINEST)


def peak_apart(module: str, tool: str, *sizes: int) -> float | None:
    """Return `peak` of the call that `module.prepared(tool, *sizes)` makes in a process of its own.

    None when the tool is not installed or this system does not tell.
    """
    if not CLEAR.exists():
        return None
    command = [sys.executable, "-m", "benchmarks.memory", module, tool, *map(str, sizes)]
    done = subprocess.run(command, env={**os.environ, **ENVIRONMENT}, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main(module: str, tool: str, *sizes: str) -> None:
    """Measure here and print the bytes, or null."""
    call = importlib.import_module(f"benchmarks.{module}").prepared(tool, *map(int, sizes))
    print(json.dumps(None if isinstance(call, str) else float(peak(call))))


if __name__ == "__main__":
    main(*sys.argv[1:])
