"""Forward and reverse accumulation step by step, with numbers: as a table, and as pictures.

The evaluation trace of Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 2 and 3: v₁, v₂ … are the
intermediate values; v̇ᵢ are tangents along one direction, v̄ᵢ adjoints, the derivatives of the result by vᵢ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ad.adjoint import adjoint
from ...ir.evaluate import evaluate
from ...ir.graph import Const, Eqn, Function, Value
from ...ir.text import Names
from .model import Graph, graph_of

#: More equations than this no one follows step by step.
MOST = 60
MODES = ("forward", "reverse")


@dataclass(frozen=True)
class Step:
    """One row: `name` gets `value` by `rule`, which with numbers is `numbers`.

    phase  "value", "tangent" or "adjoint"
    eqn    number of the equation, −1: an input
    """

    phase: str
    name: str
    rule: str
    numbers: str
    value: float
    eqn: int = -1


@dataclass(frozen=True)
class Accumulation:
    """What happens with a function of numbers at one point; printed, a table.

    steps   in the order in which they happen
    graph   the graph with values in nodes and partial derivatives on edges
    frames  pictures, SVG, one a step: what is known after it
    """

    mode: str
    steps: tuple[Step, ...]
    base: Graph
    numbers: tuple[dict[int, float], ...]
    partials: dict[int, str]

    @property
    def graph(self) -> Graph:
        return self._picture(len(self.steps))

    @property
    def frames(self) -> list[str]:
        return [self._picture(k + 1).svg for k in range(len(self.steps))]

    def _picture(self, count: int) -> Graph:
        lines: dict[int, tuple[str, ...]] = {}
        for step, node in zip(self.steps[:count], self._nodes()):
            lines[node] = (*lines.get(node, ()), f"{step.name} = {_shown(step.value)}")
        return self.base.with_lines(lines, self.partials)

    def _nodes(self) -> Iterator[int]:
        for places in self.numbers:
            yield from places

    def __str__(self) -> str:
        rows = [("", "step", "with numbers", "value")]
        phase = ""
        for s in self.steps:
            rows.append(
                (s.phase if s.phase != phase else "", f"{s.name} = {s.rule}", s.numbers, _shown(s.value))
            )
            phase = s.phase
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        return "\n".join("  ".join(x.ljust(w) for x, w in zip(row, widths)).rstrip() for row in rows)

    def _repr_html_(self) -> str:
        return f"<pre>{self}</pre>{self.graph.svg}"


def accumulation(fn: Function, values: Sequence[Any], mode: str = "reverse") -> Accumulation:
    """Follow `fn`, a function of numbers with one result, at a point.

    values  of its parameters
    mode    "reverse": values, then adjoints from the result back; "forward": value and tangent of each step,
            along the first floating parameter

    ValueError for another mode, for arrays, loops and branches, and for more than 60 equations.
    """
    if mode not in MODES:
        raise ValueError(f"mode is {' or '.join(MODES)}, not {mode!r}")
    _check(fn)
    return _Walk(fn, values).forward() if mode == "forward" else _Walk(fn, values).reverse()


def _check(fn: Function) -> None:
    every = [*fn.params, *(v for eqn in fn.eqns for v in (*eqn.operands, *eqn.results))]
    if len(fn.eqns) > MOST:
        raise ValueError(f"{fn.name} has {len(fn.eqns)} equations; step by step goes up to {MOST}")
    if array := next((v for v in every if v.ndim), None):
        raise ValueError(f"step by step needs a function of numbers; {fn.name} computes with {array.type}")
    if eqn := next((eqn for eqn in fn.eqns if eqn.regions), None):
        raise ValueError(f"step by step needs straight code; {fn.name} has a `{eqn.op.name}` at {eqn.loc}")
    if len(fn.results) != 1:
        raise ValueError(f"step by step needs one result; {fn.name} has {len(fn.results)}")


class _Walk:
    def __init__(self, fn: Function, values: Sequence[Any]) -> None:
        self.fn = fn
        self.base = graph_of(fn, sides=False)
        self.node = {n.value: k for k, n in enumerate(self.base.nodes) if n.value is not None}
        self.given = dict(zip(fn.params, values, strict=True))
        self.names = self._named()
        self.numbers: dict[Value, float] = {}
        self.partial: dict[tuple[Eqn, int], float] = {}
        self.steps: list[Step] = []
        self.places: list[dict[int, float]] = []

    def _named(self) -> dict[Value, str]:
        names = Names()
        names.give_all(self.fn)
        found = {p: names[p].lstrip("%") for p in self.fn.params}
        for k, eqn in enumerate(self.fn.eqns):
            found[eqn.results[0]] = f"v{_sub(k + 1)}"
        return found

    def add(self, step: Step, v: Value) -> None:
        self.steps.append(step)
        self.places.append({self.node[v]: step.value})

    def value(self, k: int, eqn: Eqn) -> None:
        xs = [self.read(v) for v in eqn.operands]
        out = eqn.results[0]
        self.numbers[out] = float(evaluate(_alone(eqn), *self._own(eqn))[0])
        for j, d in enumerate(self._partials(eqn)):
            if d is not None:
                self.partial[eqn, j] = d
        rule, numbers = _call(eqn, [self.text(v) for v in eqn.operands]), _call(eqn, list(map(_shown, xs)))
        self.add(Step("value", self.names[out], rule, numbers, self.numbers[out], k), out)

    def _own(self, eqn: Eqn) -> list[Any]:
        return [self.exact(v) for v in eqn.operands if not isinstance(v, Const)]

    def exact(self, v: Value) -> Any:
        return v.dtype.type(self.numbers[v])

    def _partials(self, eqn: Eqn) -> list[float | None]:
        """The derivatives of an equation's result by its operands; None for what has none."""
        flags = [v.type.is_float for v in eqn.operands if not isinstance(v, Const)]
        if not eqn.results[0].type.is_float or not any(flags):
            return [None] * len(eqn.operands)
        found = iter(evaluate(adjoint(_alone(eqn), flags, results=False), *self._own(eqn), 1.0))
        return [
            float(next(found)) if not isinstance(v, Const) and v.type.is_float else None for v in eqn.operands
        ]

    def read(self, v: Value) -> float:
        return float(v.data) if isinstance(v, Const) else self.numbers[v]

    def text(self, v: Value) -> str:
        return _shown(float(v.data)) if isinstance(v, Const) else self.names[v]

    def inputs(self) -> None:
        for p in self.fn.params:
            self.numbers[p] = float(self.given[p])
            self.add(Step("value", self.names[p], "input", "", self.numbers[p]), p)

    def reverse(self) -> Accumulation:
        self.inputs()
        for k, eqn in enumerate(self.fn.eqns):
            self.value(k, eqn)
        (result,) = self.fn.results
        if isinstance(result, Const):
            return self.done("reverse")
        bar: dict[Value, list[tuple[str, str, float]]] = {result: [("1", "1", 1.0)]}
        for k, eqn in reversed(list(enumerate(self.fn.eqns))):
            self._adjoint(k, eqn, bar)
        for p in self.fn.params:
            if p.type.is_float:
                self._summed(-1, p, bar.get(p, [("0", "0", 0.0)]))
        return self.done("reverse")

    def _adjoint(self, k: int, eqn: Eqn, bar: dict[Value, list[tuple[str, str, float]]]) -> None:
        """The adjoint of an equation's result is complete: its operands get their terms."""
        out = eqn.results[0]
        if out not in bar:
            return
        total = self._summed(k, out, bar[out])
        for j, v in enumerate(eqn.operands):
            if (d := self.partial.get((eqn, j))) is None:
                continue
            rule = f"{_bar(self.names[out])}·∂{self.names[out]}/∂{self.names[v]}"
            bar.setdefault(v, []).append((rule, f"{_shown(total)}·{_shown(d)}", total * d))

    def _summed(self, k: int, v: Value, terms: list[tuple[str, str, float]]) -> float:
        total = sum(x for _, _, x in terms)
        rule, numbers = " + ".join(t[0] for t in terms), " + ".join(t[1] for t in terms)
        self.add(Step("adjoint", _bar(self.names[v]), rule, numbers, total, k), v)
        return total

    def forward(self) -> Accumulation:
        self.inputs()
        dots = {p: 0.0 for p in self.fn.params if p.type.is_float}
        if dots:
            dots[next(iter(dots))] = 1.0
        for p, t in dots.items():
            self.add(Step("tangent", _dot(self.names[p]), "direction", "", t), p)
        for k, eqn in enumerate(self.fn.eqns):
            self.value(k, eqn)
            self._tangent(k, eqn, dots)
        return self.done("forward")

    def _tangent(self, k: int, eqn: Eqn, dots: dict[Value, float]) -> None:
        out = eqn.results[0]
        terms = []
        for j, v in enumerate(eqn.operands):
            if (d := self.partial.get((eqn, j))) is not None:
                rule = f"∂{self.names[out]}/∂{self.names[v]}·{_dot(self.names[v])}"
                terms.append((rule, f"{_shown(d)}·{_shown(dots[v])}", d * dots[v]))
        if out.type.is_float:
            dots[out] = sum(x for _, _, x in terms)
            rule = " + ".join(t[0] for t in terms) or "0"
            numbers = " + ".join(t[1] for t in terms) or "0"
            self.add(Step("tangent", _dot(self.names[out]), rule, numbers, dots[out], k), out)

    def done(self, mode: str) -> Accumulation:
        labels: dict[int, str] = {}
        for k, edge in enumerate(self.base.edges):
            target = self.base.nodes[edge.target].value
            eqn = next((e for e in self.fn.eqns if target is not None and e.results[0] is target), None)
            if eqn is None:
                continue
            source = self.base.nodes[edge.source].value
            of = [j for j, v in enumerate(eqn.operands) if v is source and (eqn, j) in self.partial]
            found = [self.partial[eqn, j] for j in of]
            if found:
                earlier = sum(
                    e.source == edge.source and e.target == edge.target for e in self.base.edges[:k]
                )
                labels[k] = _shown(found[min(earlier, len(found) - 1)])
        return Accumulation(mode, tuple(self.steps), self.base, tuple(self.places), labels)


def _alone(eqn: Eqn) -> Function:
    """One equation as a function of its operands that are no constants; one that is read twice is two."""
    params, operands = [], []
    for v in eqn.operands:
        if not isinstance(v, Const):
            v = Value(v.type)
            params.append(v)
        operands.append(v)
    out = Value(eqn.results[0].type)
    alone = Eqn(eqn.op, tuple(operands), eqn.attrs, (out,), eqn.loc)
    return Function("step", tuple(params), (alone,), (out,))


_INFIX = {"add": "+", "sub": "-", "mul": "·", "div": "/", "pow": "^"}


def _call(eqn: Eqn, xs: list[str]) -> str:
    if eqn.op.name in _INFIX and len(xs) == 2:
        return f"{xs[0]} {_INFIX[eqn.op.name]} {xs[1]}"
    if eqn.op.name == "neg":
        return f"-{xs[0]}"
    return f"{eqn.op.name}({', '.join(xs)})"


def _shown(x: float) -> str:
    return f"{x:.5g}" if np.isfinite(x) else str(x)


def _sub(n: int) -> str:
    return str(n).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _bar(name: str) -> str:
    return f"{name[0]}\u0304{name[1:]}"


def _dot(name: str) -> str:
    return f"{name[0]}\u0307{name[1:]}"
