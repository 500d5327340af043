"""A stage of a compilation as lines of text, each with the user's line and the equation it came from."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..ir.graph import Loc
from .highlight import html_text, rich_text


class Line(NamedTuple):
    """One line of a stage.

    text      as printed
    loc       the user's line that it serves; None: none in particular
    origin    "" for the program itself, "tangent" or "adjoint" for what a derivative added, "library" for
              elementary functions, which serve whichever line calls them
    eqn       number of the equation of `lowered_ir` that it belongs to, from 0; −1: to none, or unknown
    inferred  the line is not known of the instruction itself, but of those next to it
    """

    text: str
    loc: Loc | None = None
    origin: str = ""
    eqn: int = -1
    inferred: bool = False


@dataclass(frozen=True)
class Stage:
    """One stage: `print(stage)` shows it, rich's print in colours, notebooks too.

    name      by which an `Inspection` knows it
    title     what it is, in words
    language  "python", "ir", "llvm", "asm" or "text"
    """

    name: str
    title: str
    language: str
    lines: tuple[Line, ...]

    @classmethod
    def of_text(cls, name: str, title: str, text: str, language: str = "text") -> Stage:
        """A stage whose lines came from no line in particular."""
        return cls(name, title, language, tuple(map(Line, text.splitlines())))

    @property
    def text(self) -> str:
        return "\n".join([line.text for line in self.lines] + [""])

    def of_line(self, line: int, file: str | None = None) -> list[Line]:
        """The lines that serve a line of the user's, in any of the files or in one."""
        return [x for x in self.lines if x.loc and x.loc.line == line and file in (None, x.loc.file)]

    def save(self, path: str | Path) -> None:
        """Write the text to a file."""
        Path(path).write_text(self.text, encoding="utf-8")

    def diff(self, other: Stage) -> str:
        """What has to change in this stage for the other, as a unified diff."""
        lines = difflib.unified_diff(
            [line.text for line in self.lines],
            [line.text for line in other.lines],
            self.name,
            other.name,
            lineterm="",
        )
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        return self.text.rstrip("\n")

    def __rich__(self) -> Any:
        return rich_text(self)

    def _repr_html_(self) -> str:
        return html_text(self)

    def __repr__(self) -> str:
        return f"<stage {self.name}: {self.title}, {len(self.lines)} lines>"


def share_mapped(lines: Sequence[Line], direct: bool = False) -> float:
    """The share of lines, those of elementary functions aside, that are known to serve a line of the user's;
    `direct`: not by inference."""
    lines = [x for x in lines if x.origin != "library"]
    if not lines:
        return 1.0
    return sum(x.loc is not None and not (direct and x.inferred) for x in lines) / len(lines)
