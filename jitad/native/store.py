"""Machine code on disk: what was compiled once is only linked the next time, in whichever process.

An entry is a file whose name is the digest of everything that decides its code: LLVM text, machine, settings,
version of LLVM. It is written beside its place and moved there, so that readers see it whole or not at all. A
file that is not exactly what was written, or that others than its owner may write, is passed over.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

#: Entries beyond so many bytes in all are removed, the longest unused first.
MOST_BYTES = 256 * 2**20
#: How often, in entries written by this process, the whole is looked at for that.
LOOK_EVERY = 32
#: Changes when the format does.
_HEAD = b"jitad machine code 1\n"
_ENDING = ".code"

_written = count(1)


@dataclass(frozen=True)
class Entry:
    """An object, the functions that it defines, and the names that it needs."""

    code: bytes
    exports: list[str]
    imports: list[str]


@dataclass(frozen=True)
class Info:
    """What is on disk. directory  None: nothing is kept."""

    directory: Path | None
    entries: int
    nbytes: int


def directory() -> Path | None:
    """Where entries are: JITAD_CACHE if that is a path, else in the user's cache; None: JITAD_CACHE=0."""
    chosen = os.environ.get("JITAD_CACHE", "")
    if chosen == "0":
        return None
    if chosen not in ("", "1"):
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "jitad"
    except RuntimeError:  # a user without a home
        return None


def key_of(*parts: str) -> str:
    """The name of the entry that is decided by these texts."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def load(key: str) -> Entry | None:
    """The entry of that name; None if there is none, or none that can be trusted."""
    if (place := directory()) is None:
        return None
    path = place / (key + _ENDING)
    try:
        with open(path, "rb") as file:
            if not _is_ours(os.fstat(file.fileno())):
                return None
            found = _read(file.read())
        os.utime(path)  # used now
    except OSError:
        return None
    return found


def _is_ours(stat: os.stat_result) -> bool:
    """Whether nobody but this user may have written a file; Windows sees to that by itself."""
    if not hasattr(os, "getuid"):
        return True
    return stat.st_uid == os.getuid() and not stat.st_mode & 0o022


def _read(data: bytes) -> Entry | None:
    """An entry from its text: head, digest of the rest, names, code."""
    head, digest, rest = data[: len(_HEAD)], data[len(_HEAD) : len(_HEAD) + 32], data[len(_HEAD) + 32 :]
    if head != _HEAD or hashlib.sha256(rest).digest() != digest:
        return None
    names, _, code = rest.partition(b"\n")
    found = json.loads(names)
    return Entry(code, found["exports"], found["imports"])


def save(key: str, entry: Entry) -> None:
    """Keep an entry. Where that cannot be, nothing is kept: the code runs all the same."""
    if (place := directory()) is None:
        return
    names = json.dumps({"exports": entry.exports, "imports": entry.imports}).encode()
    rest = names + b"\n" + entry.code
    with contextlib.suppress(OSError):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(place, key, _HEAD + hashlib.sha256(rest).digest() + rest)
        if next(_written) % LOOK_EVERY == 0:
            _shrink(place)


def _replace(place: Path, key: str, data: bytes) -> None:
    """Write a file in one step."""
    number, name = tempfile.mkstemp(dir=place)
    try:
        with open(number, "wb") as file:
            file.write(data)
        os.replace(name, place / (key + _ENDING))
    except OSError:
        with contextlib.suppress(OSError):
            os.remove(name)
        raise


def _entries(place: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Entries, and files that a process left half-written."""
    with contextlib.suppress(OSError), os.scandir(place) as found:
        for item in found:
            if item.name.endswith(_ENDING) or item.name.startswith(tempfile.gettempprefix()):
                with contextlib.suppress(OSError):
                    yield Path(item.path), item.stat()


def _shrink(place: Path) -> None:
    entries = sorted(_entries(place), key=lambda entry: entry[1].st_mtime, reverse=True)
    total = 0
    for path, stat in entries:
        total += stat.st_size
        if total > MOST_BYTES:
            with contextlib.suppress(OSError):
                path.unlink()


def info() -> Info:
    """How much is on disk."""
    place = directory()
    stats = [] if place is None else [stat for _, stat in _entries(place)]
    return Info(place, len(stats), sum(stat.st_size for stat in stats))


def clear() -> int:
    """Remove all entries; how many there were. OSError where one cannot be removed."""
    place = directory()
    removed = 0
    for path, _ in [] if place is None else list(_entries(place)):
        path.unlink(missing_ok=True)
        removed += 1
    return removed
