"""Graphviz' language."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Graph, Node

SHAPES = {"input": "ellipse", "constant": "plaintext", "op": "box", "result": "ellipse"}
COLOURS = {"": "#1f5f8b", "tangent": "#3f7d20", "adjoint": "#b5451c"}


def dot_of(graph: Graph) -> str:
    """The graph as text for `dot`; boxes are clusters."""
    lines = [
        f"digraph {_quoted(graph.name)} {{",
        "  rankdir=TB",
        '  node [fontname="monospace", fontsize=11]',
    ]
    lines += _inside(graph, -1, "  ")
    for edge in graph.edges:
        attrs = [f"label={_quoted(edge.label)}"] if edge.label else []
        attrs += ["style=dashed", "constraint=false"] if edge.flow else []
        tail = f" [{', '.join(attrs)}]" if attrs else ""
        lines.append(f"  n{edge.source} -> n{edge.target}{tail}")
    return "\n".join([*lines, "}", ""])


def _inside(graph: Graph, box: int, pad: str) -> Iterator[str]:
    for k, node in enumerate(graph.nodes):
        if node.box == box:
            yield pad + _node(k, node)
    for k, inner in enumerate(graph.boxes):
        if inner.outer == box:
            yield f"{pad}subgraph cluster_{k} {{"
            yield f"{pad}  label={_quoted(inner.label)}"
            yield from _inside(graph, k, pad + "  ")
            yield f"{pad}}}"


def _node(number: int, node: Node) -> str:
    label = _quoted("\n".join(node.lines))
    return f'n{number} [label={label}, shape={SHAPES[node.kind]}, color="{COLOURS[node.origin]}"]'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
