"""The graph of the program as a pane: its picture, and the user's line of each node."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..stages import Line, Stage

if TYPE_CHECKING:
    from ..inspection import Inspection

TITLE = "the computational graph"
#: Lines of IR whose picture can still be read, and is laid out in less than a second.
MOST = 400


def graph_stage(inspection: Inspection) -> tuple[Stage, str]:
    """A stage with a line for each node, and the picture as SVG without its colours: those of the page follow
    its switch. Where there is no picture the stage says why."""
    shown = next(name for name in ("adjoint_ir", "tangent_ir", "ir") if name in inspection.functions)
    if len(inspection.stages[shown].lines) > MOST:
        return _no_picture(
            "too large to be read in a picture; Inspection.graph().dot is the graph as text"
        ), ""
    graph = inspection.graph()
    try:
        svg = re.sub(r"<style>.*?</style>", "", graph.svg, flags=re.S)
    except ImportError as error:
        return _no_picture(str(error)), ""
    lines = tuple(Line(" ".join(node.lines), node.loc, node.origin) for node in graph.nodes)
    return Stage("graph", TITLE, "graph", lines), svg


def _no_picture(reason: str) -> Stage:
    return Stage("graph", TITLE, "text", (Line(reason),))
