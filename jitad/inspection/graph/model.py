"""A program as nodes, edges and nested boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...ir.graph import Const, Eqn, Function, Loc, Value, callee
from ...ir.text import Names

#: Attributes shown in a node, as far as they are short.
SHOWN = 24


@dataclass(frozen=True)
class Node:
    """One operation, input, constant or result.

    kind    "input", "constant", "op", "result"
    lines   of text: the operation, then name and type of what it gives, then values if they are known
    box     number of the box that it is in, −1: none
    origin  "" or what a derivative added: "tangent", "adjoint"
    value   what it gives, if that is one value
    """

    kind: str
    lines: tuple[str, ...]
    box: int = -1
    origin: str = ""
    loc: Loc | None = None
    value: Value | None = None


@dataclass(frozen=True)
class Edge:
    """A value on its way from the node `source` to the node `target`.

    flow  it leaves the program for the reverse sweep
    """

    source: int
    target: int
    label: str = ""
    flow: bool = False


@dataclass(frozen=True)
class Box:
    """A region, or one side of a picture; `outer` is the box around it, −1: none."""

    label: str
    outer: int = -1
    origin: str = ""


@dataclass(frozen=True)
class Graph:
    """The graph of a program: `dot`, `svg`, `png`; notebooks show it.

    sides  the boxes 0 and 1 stand beside each other, the second upside down: a program and its adjoint
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    boxes: tuple[Box, ...] = ()
    sides: bool = False
    places: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def dot(self) -> str:
        """The graph in Graphviz' language."""
        from .dot import dot_of

        return dot_of(self)

    @property
    def svg(self) -> str:
        """The picture as SVG. ImportError without igraph, which the extra `viz` brings."""
        from .svg import svg_of

        return svg_of(self)

    def png(self, zoom: float = 2.0) -> bytes:
        """The picture as PNG, `zoom` pixels for a point. ImportError without resvg_py (extra `viz`)."""
        from .png import png_of

        return png_of(self.svg, zoom)

    def save(self, path: str | Path) -> None:
        """Write a file by its ending: .svg, .png or .dot; ValueError for another."""
        path = Path(path)
        if path.suffix == ".png":
            path.write_bytes(self.png())
        elif path.suffix in (".svg", ".dot"):
            path.write_text(self.svg if path.suffix == ".svg" else self.dot, encoding="utf-8")
        else:
            raise ValueError(f"{path.name}: a graph is saved as .svg, .png or .dot")

    def _repr_svg_(self) -> str:
        return self.svg

    def with_lines(
        self, more: Mapping[int, tuple[str, ...]], labels: Mapping[int, str] | None = None
    ) -> Graph:
        """The same graph with further lines in nodes, and labels of edges."""
        nodes = [replace(n, lines=n.lines + more.get(k, ())) for k, n in enumerate(self.nodes)]
        edges = [replace(e, label=(labels or {}).get(k, e.label)) for k, e in enumerate(self.edges)]
        return replace(self, nodes=tuple(nodes), edges=tuple(edges))


def graph_of(fn: Function, sides: bool | None = None) -> Graph:
    """The graph of a function.

    sides  whether what a derivative added stands beside the rest; None: if there is any from reverse mode
    """
    if sides is None:
        sides = any(eqn.origin == "adjoint" for eqn in fn.eqns)
    return _Builder(fn, sides).graph()


class _Builder:
    def __init__(self, fn: Function, sides: bool) -> None:
        self.fn, self.sides = fn, sides
        self.names = Names()
        self.names.give_all(fn)
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.boxes: list[Box] = [Box("program"), Box("reverse sweep", origin="adjoint")] if sides else []
        self.made: dict[Value, int] = {}

    def graph(self) -> Graph:
        late = self._cotangents()
        for p in self.fn.params:
            origin = "adjoint" if self.sides and p in late else ""
            self.made[p] = self._add(
                Node("input", self._typed(p), self._side(origin), origin, self.fn.loc, p)
            )
        self._region(self.fn.eqns, -1)
        for v in self.fn.results:
            source = self._source(v, -1)
            node = self.nodes[source]
            number = self._add(Node("result", ("result", *self._typed(v)[:1]), node.box, node.origin))
            self.edges.append(Edge(source, number))
        return Graph(self.fn.name, tuple(self.nodes), tuple(self.edges), tuple(self.boxes), self.sides)

    def _cotangents(self) -> set[Value]:
        """Parameters that only the reverse sweep reads."""
        read = {v for eqn in self.fn.eqns if eqn.origin != "adjoint" for v in eqn.operands}
        return {p for p in self.fn.params if p not in read and p.hint.startswith("ct")}

    def _side(self, origin: str) -> int:
        return (origin == "adjoint") if self.sides else -1

    def _region(self, eqns: tuple[Eqn, ...], box: int) -> None:
        for eqn in eqns:
            inside = self._side(eqn.origin) if box < 0 else box
            self._control(eqn, inside) if eqn.regions else self._op(eqn, inside)

    def _op(self, eqn: Eqn, box: int) -> None:
        value = eqn.results[0] if len(eqn.results) == 1 else None
        typed = [line for v in eqn.results for line in self._typed(v)]
        lines = (_title(eqn), *typed)
        number = self._add(Node("op", lines, box, eqn.origin, eqn.loc, value))
        for v in eqn.operands:
            self._edge(v, number)
        for v in eqn.results:
            self.made[v] = number

    def _control(self, eqn: Eqn, box: int) -> None:
        """A box for each region; its operands enter by parameters, its results leave by what it returns."""
        line = f", line {eqn.loc.line}" if eqn.loc else ""
        outer = self._box(Box(f"{eqn.op.name}{_trips(eqn)}{line}", box, eqn.origin))
        for region in eqn.regions:
            inner = outer if len(eqn.regions) == 1 else self._box(Box(region.name, outer, eqn.origin))
            inputs = eqn.operands[len(eqn.operands) - len(region.params) :] if region.params else ()
            if "trips" in eqn.attrs:
                inputs = eqn.operands
            for k, p in enumerate(region.params):
                node = Node("input", self._typed(p), inner, eqn.origin, eqn.loc, p)
                self.made[p] = self._add(node)
                if k < len(inputs):
                    self._edge(inputs[k], self.made[p])
            self._region(region.eqns, inner)
        last = eqn.regions[-1]
        for v, out in zip(eqn.results, last.results):
            node = Node("result", self._typed(v), outer, eqn.origin, eqn.loc, v)
            self.made[v] = self._add(node)
            for region in eqn.regions if eqn.op.name == "cond" else (last,):
                k = last.results.index(out)
                self._edge(region.results[k], self.made[v])

    def _edge(self, v: Value, target: int) -> None:
        if isinstance(v, Const) and v.is_scalar:
            return  # its text is in the title
        source = self._source(v, self.nodes[target].box)
        flow = self.nodes[source].origin != "adjoint" and self.nodes[target].origin == "adjoint"
        self.edges.append(Edge(source, target, flow=flow and self.sides))

    def _source(self, v: Value, box: int) -> int:
        if v not in self.made:
            text = self.names[v] if isinstance(v, Const) and v.is_scalar else "constant"
            box = 0 if box < 0 and self.sides else box
            self.made[v] = self._add(Node("constant", (text, str(v.type)), box))
        return self.made[v]

    def _add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _box(self, box: Box) -> int:
        self.boxes.append(box)
        return len(self.boxes) - 1

    def _typed(self, v: Value) -> tuple[str, ...]:
        return (f"{self.names[v]}: {self.names.type(v.type)}",)


def _title(eqn: Eqn) -> str:
    """The operation with its constants, and its attributes if they are short."""
    constants = [str(v.data) for v in eqn.operands if isinstance(v, Const) and v.is_scalar]
    name = eqn.op.name if (function := callee(eqn)) is None else f"call {function.name}"
    attrs = "" if callee(eqn) else ", ".join(f"{k}={x}" for k, x in eqn.attrs.items())
    attrs = attrs if len(attrs) <= SHOWN else ""
    return " ".join(filter(None, [name, *constants, attrs]))


def _trips(eqn: Eqn) -> str:
    trips = eqn.attrs.get("trips", -1)
    return f" {trips} trips" if trips >= 0 else ""
