"""List the Python interpreters from 3.10 on that this machine has, one for each minor version."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST, NEWEST = 10, 14


def candidates() -> Iterator[Path]:
    """Yield paths that may be interpreters: this one, `python3.X` on PATH, pyenv's versions."""
    yield Path(sys.executable)
    for minor in range(OLDEST, NEWEST + 1):
        found = shutil.which(f"python3.{minor}")
        if found:
            yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob("versions/3.*/bin/python"))


def version_of(interpreter: Path) -> tuple[int, int] | None:
    """Return (major, minor) as the interpreter says it, or None when it does not run (a pyenv shim)."""
    command = [str(interpreter), "-c", "import sys; print(*sys.version_info[:2])"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return None
    major, minor = done.stdout.split()
    return int(major), int(minor)


def interpreters() -> dict[tuple[int, int], Path]:
    """Return the first working interpreter of each supported version, oldest version first."""
    found: dict[tuple[int, int], Path] = {}
    for path in candidates():
        version = version_of(path)
        if version and (3, OLDEST) <= version <= (3, NEWEST):
            found.setdefault(version, path)
    return dict(sorted(found.items()))


def main() -> None:
    """Print one path a line; with `--other`, only one, of another version than the running Python."""
    found = interpreters()
    if "--other" in sys.argv[1:]:
        others = [path for version, path in found.items() if version != sys.version_info[:2]]
        found_paths = others[-1:]
    else:
        found_paths = list(found.values())
    for path in found_paths:
        print(path)


if __name__ == "__main__":
    main()
