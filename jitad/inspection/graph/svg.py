"""SVG text, by its own layout; colours follow the reader's light or dark theme."""

from __future__ import annotations

from html import escape

from .layout import LINE, PAD, TITLE, Item, Layout, layout_of
from .model import Box, Edge, Graph, Node

STYLE = """
text { font: 11px ui-monospace, 'DejaVu Sans Mono', monospace; fill: #1c2833 }
.title { font-weight: bold } .label { font-size: 10px; fill: #7a3b00 }
.box { fill: #7f8c8d; fill-opacity: .08; stroke: #95a5a6; stroke-dasharray: 4 3 }
.node { fill: #fff; stroke: #1f5f8b; stroke-width: 1.2 } .constant { stroke: none; fill: none }
.tangent { stroke: #3f7d20 } .adjoint { stroke: #b5451c }
.edge { fill: none; stroke: #566573 } .flow { stroke: #b5451c; stroke-dasharray: 5 3; stroke-opacity: .7 }
.tip { fill: #566573 } .page { fill: #fff }
@media (prefers-color-scheme: dark) {
  text { fill: #e5e8e8 } .node { fill: #22303c; stroke: #7fb3d5 } .page { fill: #17202a }
  .label { fill: #f0b27a } .edge { stroke: #aeb6bf } .tip { fill: #aeb6bf }
  .tangent { stroke: #82c77a } .adjoint, .flow { stroke: #e59866 }
}
"""


def svg_of(graph: Graph) -> str:
    """The picture of a graph."""
    layout = layout_of(graph)
    w, h = layout.width, layout.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:.0f} {h:.0f}" width="{w:.0f}" '
        f'height="{h:.0f}">',
        f"<title>{escape(graph.name)}</title><style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>',
        '<rect class="page" width="100%" height="100%"/>',
    ]
    depth = sorted(layout.boxes, key=lambda k: _depth(graph, k))
    parts += [_box(graph.boxes[k], layout.boxes[k]) for k in depth]
    parts += [_edge(edge, layout) for edge in graph.edges]
    parts += [_node(node, layout.nodes[k], k) for k, node in enumerate(graph.nodes)]
    return "\n".join([*parts, "</svg>", ""])


def _depth(graph: Graph, box: int) -> int:
    return 0 if box < 0 else 1 + _depth(graph, graph.boxes[box].outer)


def _box(box: Box, at: Item) -> str:
    x, y = at.x - at.width / 2, at.y - at.height / 2
    size = f'width="{at.width:.1f}" height="{at.height:.1f}"'
    rect = f'<rect class="box" x="{x:.1f}" y="{y:.1f}" {size} rx="6"/>'
    return f'{rect}<text class="title" x="{x + PAD:.1f}" y="{y + TITLE - 6:.1f}">{escape(box.label)}</text>'


def _node(node: Node, at: Item, number: int) -> str:
    x, y = at.x - at.width / 2, at.y - at.height / 2
    round_ = at.height / 2 if node.kind in ("input", "result") else 4
    rect = (
        f'<rect class="node {node.kind} {node.origin}" x="{x:.1f}" y="{y:.1f}" width="{at.width:.1f}" '
        f'height="{at.height:.1f}" rx="{round_:.1f}"/>'
    )
    lines = []
    for k, line in enumerate(node.lines):
        title = ' class="title"' if k == 0 and node.kind == "op" else ""
        baseline = y + PAD + LINE * (k + 0.75)
        where = f'x="{at.x:.1f}" y="{baseline:.1f}" text-anchor="middle"'
        lines.append(f"<text{title} {where}>{escape(line)}</text>")
    place = f' data-line="{node.loc.line}"' if node.loc else ""
    return f'<g id="n{number}"{place}>{rect}{"".join(lines)}</g>'


def _edge(edge: Edge, layout: Layout) -> str:
    a, b = layout.nodes[edge.source], layout.nodes[edge.target]
    (x1, y1), (x2, y2), (u, v) = _ends(a, b, edge.flow)
    bends = f"{x1 + u:.1f} {y1 + v:.1f} {x2 - u:.1f} {y2 - v:.1f}"
    path = f"M{x1:.1f} {y1:.1f}C{bends} {x2:.1f} {y2:.1f}"
    kind = "edge flow" if edge.flow else "edge"
    drawn = f'<path class="{kind}" d="{path}" marker-end="url(#tip)"/>'
    if not edge.label:
        return drawn
    x, y = x1 + 0.8 * (x2 - x1) + 5, y1 + 0.6 * (y2 - y1)
    return f'{drawn}<text class="label" x="{x:.1f}" y="{y:.1f}">{escape(edge.label)}</text>'


Point = tuple[float, float]


def _ends(a: Item, b: Item, flow: bool) -> tuple[Point, Point, Point]:
    """Where an edge leaves and enters, and how it starts: downwards, upwards or sideways."""
    if flow and b.x - b.width / 2 > a.x + a.width / 2:
        start, end, bend = (a.x + a.width / 2, a.y), (b.x - b.width / 2, b.y), (0.4, 0.0)
    elif b.y - b.height / 2 >= a.y + a.height / 2:
        start, end, bend = (a.x, a.y + a.height / 2), (b.x, b.y - b.height / 2), (0.0, 0.4)
    elif a.y - a.height / 2 >= b.y + b.height / 2:
        start, end, bend = (a.x, a.y - a.height / 2), (b.x, b.y + b.height / 2), (0.0, -0.4)
    elif b.x > a.x:
        start, end, bend = (a.x + a.width / 2, a.y), (b.x - b.width / 2, b.y), (0.4, 0.0)
    else:
        start, end, bend = (a.x - a.width / 2, a.y), (b.x + b.width / 2, b.y), (-0.4, 0.0)
    length = abs(end[1] - start[1]) if bend[1] else abs(end[0] - start[0])
    return start, end, (bend[0] * length, bend[1] * length)
