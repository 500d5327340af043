"""Where nodes and boxes stand: layers by igraph (Sugiyama's method), box by box from the inside out.

A box is laid out by itself and is then one large node of the box around it. igraph gives layers and the order
in them, with as few crossings as it finds; widths are given here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .model import Graph

#: Points: width of a character, height of a line, padding in nodes and boxes, gaps between nodes and layers.
CHARACTER, LINE, PAD, GAP, LAYER = 6.7, 15.0, 8.0, 18.0, 34.0
#: Height of the title of a box.
TITLE = 20.0
#: Sweeps that move nodes towards their neighbours.
SWEEPS = 12


@dataclass
class Item:
    """A node, or a box with what is in it; `x` and `y` are of its middle in the box around it."""

    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


@dataclass
class Layout:
    """Places of nodes and boxes in the picture, by their numbers; and its size."""

    nodes: dict[int, Item] = field(default_factory=dict)
    boxes: dict[int, Item] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def layout_of(graph: Graph) -> Layout:
    """Lay a graph out. ImportError without igraph."""
    return _Layout(graph).whole()


def size_of(lines: Sequence[str]) -> tuple[float, float]:
    """Width and height of a node with these lines."""
    return CHARACTER * max(map(len, lines), default=0) + 2 * PAD, LINE * len(lines) + 2 * PAD


class _Layout:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.result = Layout()
        self.outer = {k: box.outer for k, box in enumerate(graph.boxes)}

    def whole(self) -> Layout:
        width, height = self._box(-1)
        self._shift(-1, PAD, PAD)
        self.result.width, self.result.height = width + 2 * PAD, height + 2 * PAD
        return self.result

    def _box(self, box: int) -> tuple[float, float]:
        """Lay out what is in a box, from its upper left corner; its size."""
        items: dict[tuple[str, int], Item] = {}
        for k, inner in enumerate(self.graph.boxes):
            if inner.outer == box:
                width, height = self._box(k)
                title = CHARACTER * len(inner.label)
                item = Item(max(width, title) + 2 * PAD, height + 2 * PAD + TITLE)
                items["box", k] = self.result.boxes[k] = item
        for k, node in enumerate(self.graph.nodes):
            if node.box == box:
                items["node", k] = self.result.nodes[k] = Item(*size_of(node.lines))
        if self.graph.sides and box == -1:
            return _beside(list(items.values()))
        size = self._layers(box, items)
        if self.graph.sides and box == 1:
            for item in items.values():
                item.y = size[1] - item.y
        return size

    def _layers(self, box: int, items: dict[tuple[str, int], Item]) -> tuple[float, float]:
        keys = list(items)
        number = {key: k for k, key in enumerate(keys)}
        edges = set()
        for edge in self.graph.edges:
            ends = [self._seen(edge.source, box), self._seen(edge.target, box)]
            if ends[0] in number and ends[1] in number and ends[0] != ends[1]:
                edges.add((number[ends[0]], number[ends[1]]))
        return place([items[key] for key in keys], sorted(edges))

    def _seen(self, node: int, box: int) -> tuple[str, int]:
        """What a node is in a box: itself, or the inner box around it."""
        at = self.graph.nodes[node].box
        if at == box:
            return "node", node
        while at >= 0 and self.outer[at] != box:
            at = self.outer[at]
        return "box", at

    def _shift(self, box: int, x: float, y: float) -> None:
        """From places in a box to places in the picture."""
        for k, node in enumerate(self.graph.nodes):
            if node.box == box:
                self.result.nodes[k].x += x
                self.result.nodes[k].y += y
        for k, inner in enumerate(self.graph.boxes):
            if inner.outer == box:
                item = self.result.boxes[k]
                item.x, item.y = item.x + x, item.y + y
                self._shift(k, item.x - item.width / 2 + PAD, item.y - item.height / 2 + PAD + TITLE)


def _beside(items: list[Item]) -> tuple[float, float]:
    height = max((item.height for item in items), default=0.0)
    at = 0.0
    for item in items:
        item.x, item.y = at + item.width / 2, height / 2
        at += item.width + 3 * GAP
    return at - 3 * GAP if items else 0.0, height


def place(items: list[Item], edges: list[tuple[int, int]]) -> tuple[float, float]:
    """Place items in layers from above, from the upper left corner; the size of all."""
    if not items:
        return 0.0, 0.0
    rows = _rows(len(items), edges)
    neighbours: list[list[int]] = [[] for _ in items]
    for a, b in edges:
        neighbours[a].append(b)
        neighbours[b].append(a)
    for row in rows:
        at = 0.0
        for k in row:
            items[k].x = at + items[k].width / 2
            at += items[k].width + GAP
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 else reversed(rows):
            _settle([items[k] for k in row], [_wanted(items, neighbours[k], items[k].x) for k in row])
    left = min(item.x - item.width / 2 for item in items)
    top = 0.0
    for row in rows:
        height = max(items[k].height for k in row)
        for k in row:
            items[k].x -= left
            items[k].y = top + height / 2
        top += height + LAYER
    return max(item.x + item.width / 2 for item in items), top - LAYER


def _rows(count: int, edges: list[tuple[int, int]]) -> list[list[int]]:
    """Layers from above, each from left to right."""
    try:
        import igraph
    except ImportError:
        raise ImportError(
            "pictures of graphs need igraph: pip install 'jitad[viz]'; `dot` needs nothing"
        ) from None
    layers = _longest_paths(count, edges)
    found = igraph.Graph(count, edges, directed=True).layout_sugiyama(layers=layers, maxiter=50)
    order = sorted(range(count), key=lambda k: (layers[k], found[k][0], k))
    rows: list[list[int]] = [[] for _ in range(max(layers) + 1)]
    for k in order:
        rows[layers[k]].append(k)
    return rows


def _longest_paths(count: int, edges: list[tuple[int, int]]) -> list[int]:
    """The layer of each item: below all that it comes from, and sources just above what reads them first."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        above[b].append(a)
        below[a].append(b)
    waiting = [len(x) for x in above]
    ready = [k for k in range(count) if not waiting[k]]
    layers = [0] * count
    for k in ready:
        for b in below[k]:
            layers[b] = max(layers[b], layers[k] + 1)
            waiting[b] -= 1
            if not waiting[b]:
                ready.append(b)
    for k in range(count):
        if not above[k] and below[k]:
            layers[k] = min(layers[b] for b in below[k]) - 1
    return layers


def _wanted(items: list[Item], neighbours: list[int], x: float) -> float:
    return sum(items[k].x for k in neighbours) / len(neighbours) if neighbours else x


def _settle(row: list[Item], wanted: list[float]) -> None:
    """Move items of a row to where they want to be as far as their order and widths allow.

    Neighbours that would overlap stand side by side, at the mean of what they want.
    """
    groups: list[tuple[list[int], float]] = []  # members, and the left border that they want on average
    for k, item in enumerate(row):
        members, at = [k], wanted[k] - item.width / 2
        while groups and groups[-1][1] + _extent(row, groups[-1][0]) + GAP > at:
            others, left = groups.pop()
            shift = _extent(row, others) + GAP
            at = (left * len(others) + (at - shift) * len(members)) / (len(others) + len(members))
            members = others + members
        groups.append((members, at))
    for members, at in groups:
        for k in members:
            row[k].x = at + row[k].width / 2
            at += row[k].width + GAP


def _extent(row: list[Item], members: list[int]) -> float:
    return sum(row[k].width for k in members) + GAP * (len(members) - 1)
