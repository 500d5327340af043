"""The graph of the program as a pane: its picture, and the user's line of each node."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..stages import Line, Stage

if TYPE_CHECKING:
    from ..inspection import Inspection

TITLE = "the computational graph"
#: Nodes of a picture that can be read, and whose layout takes less than a second.
MOST = 400


def graph_stage(inspection: Inspection) -> tuple[Stage, str]:
    """A stage with a line for each node, and the picture as SVG without its colours: those of the page follow
    its switch. Where there is no picture the stage says why."""
    graph = inspection.graph()
    if len(graph.nodes) > MOST:
        many = "nodes are too many to be read in a picture; Inspection.graph().dot is the graph as text"
        return _no_picture(f"{len(graph.nodes)} {many}"), ""
    try:
        svg = re.sub(r"<style>.*?</style>", "", graph.svg, flags=re.S)
    except ImportError as error:
        return _no_picture(str(error)), ""
    lines = tuple(Line(" ".join(node.lines), node.loc, node.origin) for node in graph.nodes)
    return Stage("graph", TITLE, "graph", lines), svg


def _no_picture(reason: str) -> Stage:
    return Stage("graph", TITLE, "text", (Line(reason),))
