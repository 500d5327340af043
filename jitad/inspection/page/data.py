"""What the page shows, as lists of strings and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...ir.graph import Loc
from ..stages import Stage
from .folds import spans
from .marks import marks
from .picture import graph_stage
from .weights import costs

if TYPE_CHECKING:
    from ..inspection import Inspection
    from ..profile import Profile

#: Panes, from left to right: title, whether it is open at first, and the stages that it can show, the first
#: one that there is at first.
PANES = (
    ("source", True, ("source",)),
    ("IR", True, ("ir", "simplified_ir")),
    ("adjoint", True, ("adjoint_ir", "tangent_ir")),
    ("optimised", True, ("optimized_ir", "lowered_ir")),
    ("LLVM", True, ("optimized_llvm", "llvm")),
    ("assembly", True, ("asm",)),
    ("plan", False, ("plan",)),
    ("machine", False, ("remarks",)),
    ("memory", False, ("memory",)),
    ("graph", False, ("graph",)),
)
#: Characters of a line that are shown.
LONGEST = 2000
_ORIGINS = {"": 0, "library": 2}


def page_data(inspection: Inspection, profile: Profile | None = None) -> dict[str, Any]:
    """Everything that the page knows.

    places  the user's lines, as a number of `files` and a line
    stages  lines as text; of each the number of its place, its equation and its origin (0: the program, 1: a
            derivative, 2: library), its `marks` and `spans`
    costs   per place: shares of the work, or of the time of a profile, instructions, those of vectors
    """
    places = Places()
    graph, picture = graph_stage(inspection)
    stages = {**inspection.stages, "graph": graph}
    marked = marks(stages)
    return {
        "name": inspection.name,
        "signature": _signature(inspection),
        "stages": {name: _stage(stage, marked[name], places) for name, stage in stages.items()},
        "panes": _panes(list(stages)),
        "costs": [[places.of(loc), *_rounded(cost)] for loc, cost in costs(inspection, profile).items()],
        "measured": profile is not None,
        "memory": _bytes(inspection),
        "derivative": _derivative(stages),
        "picture": picture,
        "places": places.rows,
        "files": list(places.files),
    }


class Places:
    """The user's lines by number."""

    def __init__(self) -> None:
        self.files: dict[str, int] = {}
        self.numbers: dict[Loc, int] = {}
        self.rows: list[tuple[int, int]] = []

    def of(self, loc: Loc | None) -> int:
        """The number of a line; −1 for none."""
        if loc is None:
            return -1
        if loc not in self.numbers:
            self.numbers[loc] = len(self.rows)
            self.rows.append((self.files.setdefault(loc.file, len(self.files)), loc.line))
        return self.numbers[loc]


def _stage(stage: Stage, marked: Sequence[int], places: Places) -> dict[str, Any]:
    texts = [_cut(line.text) for line in stage.lines]
    return {
        "title": stage.title,
        "language": stage.language,
        "texts": texts,
        "places": [places.of(line.loc) for line in stage.lines],
        "eqns": [line.eqn for line in stage.lines],
        "origins": [_ORIGINS.get(line.origin, 1) for line in stage.lines],
        "marks": list(marked),
        "spans": spans(stage.language, texts),
    }


def _cut(text: str) -> str:
    """A line as it is shown: constant arrays can have millions of digits."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … {len(text) - LONGEST} characters more"


def _panes(names: list[str]) -> list[dict[str, Any]]:
    """The panes that have a stage; a second derivative's stages, `ir.2` …, are beside the first's."""
    found = []
    for title, is_open, kinds in PANES:
        shown = [name for kind in kinds for name in names if name.split(".")[0] == kind]
        if title == "adjoint" and shown:
            title = "tangent" if all(name.startswith("tangent") for name in shown) else title
        if shown:
            found.append({"title": title, "open": is_open, "stages": shown})
    return found


def _rounded(cost: Sequence[float]) -> list[float]:
    return [round(x, 4) for x in cost]


def _signature(inspection: Inspection) -> str:
    version = inspection.version
    return ", ".join(f"{n}: {t.type}" for n, t in zip(version.names, version.leaves))


def _derivative(stages: Mapping[str, Stage]) -> str:
    """What lines of derivatives are called."""
    origins = {line.origin for stage in stages.values() for line in stage.lines} - set(_ORIGINS)
    return origins.pop() if len(origins) == 1 else "derivative" if origins else ""


def _bytes(inspection: Inspection) -> dict[str, int]:
    """Bytes of the tape, those of an iteration of loops whose iterations are known only when they run, and of
    the workspace."""
    kept = inspection.captures.kept
    known = sum(k.total for k in kept if k.total >= 0)
    each = sum(k.per_trip for k in kept if k.total < 0)
    return {"tape": known, "each": each, "workspace": inspection.binary.lowered.workspace_bytes}
