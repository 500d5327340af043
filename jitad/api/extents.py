"""Lengths of results that calls differ in: from the IR to what the native call path computes them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..capture.errors import TracedValueError
from ..capture.leaves import LEAST
from ..capture.source import at
from ..ir.evaluate import evaluate
from ..ir.graph import Const, Eqn, Function, Value, reads
from ..ir.named import named
from ..ir.types import BOOL, I64
from ..native.signature import Size, Sizes, Step
from ..ops.callback import silenced
from ..opt import dce

#: Equations that are one step, and those that are one with its operands exchanged.
_STEPS = {
    "add", "sub", "mul", "floor_divide", "maximum", "minimum", "lt", "le", "eq", "and", "or", "select",
}  # fmt: skip
_EXCHANGED = {"gt": "lt", "ge": "le"}
_EXACT = (I64, BOOL)


class _NoStep(Exception):
    """An equation is none of the steps."""


class Extents:
    """How the lengths of the arrays of a program follow from a call's arguments.

    fn     parameters: `count` sizes, then the argument leaves, then arrays read by reference
    count  how many sizes are parameters
    leaves how many argument leaves there are
    """

    def __init__(self, fn: Function, count: int, leaves: int) -> None:
        """TracedValueError if a length depends on elements of arrays."""
        self.params = fn.params[:count]
        more = dict.fromkeys(d for r in fn.results for d in r.type.dims if d not in self.params)
        self.index: dict[Value, int] = {d: i for i, d in enumerate(self.params)}
        self._fn = _needed(fn, more)
        self._results = fn.results
        self._arguments = leaves
        self._refuse_data()
        steps: tuple[Step, ...] | None
        try:
            steps = self._steps(fn.params[count : count + leaves])
        except _NoStep:
            steps = None
            self.index |= {d: count + i for i, d in enumerate(more)}
        self.sizes = Sizes(count, LEAST if count else 0, steps, self.compute if more else lambda s, x: ())
        self._wanted = tuple(more)

    def shape(self, shape: Sequence[Any]) -> tuple[Any, ...]:
        """A shape in the terms of `native.signature`."""
        return tuple(Size(self.index[d]) if isinstance(d, Value) else d for d in shape)

    def compute(self, sizes: Sequence[int], leaves: Sequence[Any]) -> list[int]:
        """The sizes behind those that are parameters, in the order of the steps."""
        given = [*sizes, *leaves, *[None] * (len(self._fn.params) - len(sizes) - len(leaves))]
        read = dict(zip(self._fn.params, given))
        fn = self._fn.replace(params=tuple(p for p in self._fn.params if p.type.ndim == 0))
        found = [int(n) for n in evaluate(fn, *[read[p] for p in fn.params])]
        if self.sizes.steps is None:
            return found
        out = [0] * len(self.sizes.steps)
        for d, n in zip(self._wanted, found):
            if self.index[d] >= len(sizes):
                out[self.index[d] - len(sizes)] = n
        return out

    def _refuse_data(self) -> None:
        arrays = {p for p in self._fn.params if p.type.ndim}
        read = {v for eqn in _all(self._fn.eqns) for v in eqn.operands} & arrays
        if read:
            open_ = next(r.type for r in self._results if r.type.dims)
            raise TracedValueError(
                named(
                    "open-size",
                    f"a result of {self._fn.name}{at(self._fn.loc)} is {open_}, of a size that depends on "
                    "elements of an array, so that it is known only when the program has run; choose with "
                    "np.where, or return an array of a size that follows from the arguments",
                ),
                str(open_),
                self._fn.loc,
            )

    def _steps(self, leaves: Sequence[Value]) -> tuple[Step, ...]:
        out: list[Step] = []
        index = self.index
        arguments = {p: i for i, p in enumerate(leaves)}

        def add(step: Step) -> int:
            out.append(step)
            return len(self.params) + len(out) - 1

        def number(v: Value) -> int:
            if v in index:
                return index[v]
            if isinstance(v, Const) and v.dtype in _EXACT and v.is_scalar:
                return add(Step("const", int(v.data)))
            if v in arguments and v.dtype == I64 and not v.shape:
                index[v] = add(Step("leaf", arguments[v]))
                return index[v]
            raise _NoStep

        for eqn in self._fn.eqns:
            step = _step(eqn, [number(v) for v in eqn.operands])
            index[eqn.result] = add(step)
        for d in self._fn.results:
            number(d)
        return tuple(out)


def _needed(fn: Function, wanted: Iterable[Value]) -> Function:
    """What gives these values; checks and prints are left to the program itself."""
    results = tuple(wanted)
    live: set[Value] = set(results)
    kept: list[Eqn] = []
    for eqn in reversed(silenced(fn.eqns)):
        if not live.isdisjoint(eqn.results):
            kept.append(eqn)
            live.update(reads(eqn))
    return dce(fn.replace(eqns=tuple(reversed(kept)), results=results))


def _step(eqn: Eqn, operands: list[int]) -> Step:
    name = eqn.op.name
    if len(eqn.results) != 1 or eqn.result.shape or eqn.result.dtype not in _EXACT:
        raise _NoStep
    if any(v.dtype not in _EXACT or v.shape for v in eqn.operands):
        raise _NoStep
    if name in _EXCHANGED:
        return Step(_EXCHANGED[name], operands[1], operands[0])
    if name not in _STEPS:
        raise _NoStep
    return Step(name, *operands)


def _all(eqns: Sequence[Eqn]) -> list[Eqn]:
    """The equations, with those of their regions."""
    return [e for eqn in eqns for e in (eqn, *(x for r in eqn.regions for x in _all(r.eqns)))]
