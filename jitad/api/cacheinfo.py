"""What `cache_info()` returns: the versions of a compiled function, and why each was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..capture.leaves import LeafType
    from ..ir.graph import Value
    from .version import Version


class VersionInfo(NamedTuple):
    """One version.

    types    name and type of each argument leaf: {"x": "f64[%n]"}; {"k": "i64 = 3"}: its value is compiled in
    sizes    how many sizes of arguments are values of the program; 0: all are compiled in
    reason   why it was made
    seconds  that tracing and compiling took so far
    stages   the same for each stage: "capture", "differentiate", "optimize", "lower", "llvm"
    code     bytes of machine code; 0: not compiled yet
    """

    types: dict[str, str]
    sizes: int
    reason: str
    seconds: float
    stages: dict[str, float]
    code: int

    @classmethod
    def of(cls, version: Version) -> VersionInfo:
        names = {d: f"%n.{i}" if i else "%n" for i, d in enumerate(version.sizes)}
        types = {n: _shown(t, names) for n, t in zip(version.names, version.leaves)}
        seconds = dict(version.seconds)
        total = sum(seconds.values())
        return cls(types, len(version.sizes), version.reason, total, seconds, version.code_bytes)

    @property
    def arguments(self) -> str:
        """The arguments with their types."""
        return ", ".join(f"{n}: {t}" for n, t in self.types.items()) or "none"

    @property
    def spent(self) -> str:
        """What the seconds went to, in percent."""
        parts = [f"{stage} {100 * s / self.seconds:.0f}" for stage, s in self.stages.items() if self.seconds]
        return ", ".join(parts)


def _shown(leaf: LeafType, names: dict[Value, str]) -> str:
    text = leaf.type.show(names.get)
    return text if leaf.value is None else f"{text} = {names.get(leaf.value, leaf.value)}"


class _Counts(NamedTuple):
    traces: int
    versions: int


class CacheInfo(_Counts):
    """How often a function was traced, and how many versions are kept; printed, a table of them.

    entries  a `VersionInfo` for each version kept
    """

    entries: tuple[VersionInfo, ...]

    @classmethod
    def of(cls, traces: int, entries: Sequence[VersionInfo]) -> CacheInfo:
        info = cls(traces, len(entries))
        info.entries = tuple(entries)
        return info

    def __reduce__(self) -> Any:
        return type(self).of, (self.traces, self.entries)

    def __str__(self) -> str:
        rows = [("arguments", "compiled because", "seconds", "of which %", "code")]
        for e in self.entries:
            rows.append((e.arguments, e.reason, f"{e.seconds:.3f}", e.spent, f"{e.code} bytes"))
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ["  ".join([*(x.ljust(w) for x, w in zip(row, widths)), row[4]]) for row in rows]
        return "\n".join(lines)

    __repr__ = __str__
