"""Linear maps that own what they need: pullbacks (vjp) and pushforwards (linearize)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from .. import ad, pipeline
from ..capture.run import Subprogram
from ..capture.trace import tracing
from ..capture.tracer import Traced, lift
from ..capture.trees import register
from ..ir.graph import Function
from .differentiate import Structure, run_inline, trees
from .jit import Jit
from .residuals import Residuals


class Late:
    """What a linear map runs: the part of a split function that needs the tangents or cotangents.

    primals, result  structures of the arguments and of the result of the function that was differentiated
    known            which outputs of the map depend on the point alone, and are kept with the residuals
    """

    def __init__(
        self, split: ad.Split, skipped: int, primals: tuple[Structure, ...], result: Structure
    ) -> None:
        """`skipped`: how many results of the whole are primal ones."""
        self.fn: Function = split.backward
        self.known = split.known[skipped:]
        self.primals = primals
        self.result = result

    @cached_property
    def compiled(self) -> Jit:
        """The call of a map of this kind, compiled; the map itself is an argument."""
        eager = any(p.type.dims for p in self.fn.params)
        return Jit(lambda linear, *args: linear(*args), eager=eager, name=self.fn.name)


class LinearMap:
    """Base of pullbacks and pushforwards: residuals, and the program that reads them.

    A container for `jit`: it may be returned from compiled functions and passed to them.
    """

    __slots__ = ("_late", "_residuals", "_outputs")

    def __init__(self, late: Late, residuals: Sequence[Any], outputs: Sequence[Any]) -> None:
        self._late = late
        self._residuals = list(residuals)
        self._outputs = list(outputs)

    def _run(
        self, structures: Sequence[Structure], given: Sequence[Any], names: Sequence[str]
    ) -> list[Traced]:
        """The outputs for these trees of tangents or cotangents."""
        late = self._late
        residuals = Residuals(late.fn.params, [lift(x) for x in self._residuals])
        inputs = [x for row in zip(structures, given, names) for x in residuals.inputs(*row)]
        computed = iter(run_inline(late.fn, [*residuals.values(), *inputs]))
        ready = iter(self._outputs)
        return [lift(next(ready)) if known else next(computed) for known in late.known]


class Pullback(LinearMap):
    """The map ct ↦ (cotangent of each primal,) at a point; it owns what it reads.

    ct  a cotangent of the function's result: its structure, shapes and dtypes; None for integer leaves

    Returns a tuple with one tree per primal, with None for integer leaves. Raises TypeError for another
    structure or dtype, ValueError for another shape.
    """

    __slots__ = ()

    def __call__(self, ct: Any) -> tuple[Any, ...]:
        late = self._late
        if not tracing():
            return late.compiled(self, ct)
        return tuple(trees(late.primals, self._run([late.result], [ct], ["the cotangent"])))


class Pushforward(LinearMap):
    """The map (tangent of each primal) ↦ tangent of the result at a point; it owns what it reads.

    tangents  one tree per primal: its structure, shapes and dtypes; None or zeros for integer leaves

    Returns the tree of the result, with None for integer leaves. Raises TypeError for another structure or
    dtype, ValueError for another shape.
    """

    __slots__ = ()

    def __call__(self, *tangents: Any) -> Any:
        late = self._late
        if not tracing():
            return late.compiled(self, *tangents)
        check_count(late.primals, tangents)
        return late.result.tree(self._run(late.primals, tangents, tangent_names(tangents)))


def tangent_inputs(primals: Sequence[Structure], tangents: Sequence[Any]) -> list[Traced]:
    """The tangents of the active leaves, checked against what they belong to."""
    check_count(primals, tangents)
    rows = zip(primals, tangents, tangent_names(tangents))
    return [x for s, tree, name in rows for x in s.inputs(tree, name)]


def check_count(primals: Sequence[Structure], tangents: Sequence[Any]) -> None:
    """TypeError unless there is one tangent for each primal."""
    if len(tangents) != len(primals):
        raise TypeError(f"{len(primals)} tangents are required, one a primal, but {len(tangents)} were given")


def tangent_names(tangents: Sequence[Any]) -> list[str]:
    return [f"tangents[{i}]" for i in range(len(tangents))]


def run_early(
    whole: Function,
    sub: Subprogram,
    inputs: Sequence[Traced],
    primals: tuple[Structure, ...],
    result: Structure,
) -> tuple[list[Traced], Late, list[Traced], list[Traced]]:
    """Inline the part of `whole` that depends on the point alone.

    whole  the tangent or adjoint of `sub.fn`, with the results of that first

    Returns those results, the rest, its residuals, and the outputs that are known already.
    """
    parts = pipeline.split(whole, len(sub.fn.params))
    values = run_inline(parts.forward, [*sub.sizes, *inputs], sub.imports)
    count, n = sum(parts.known), len(sub.fn.results)
    primal = [Traced(x.value, x.home, weak) for x, weak in zip(values, sub.weak)]
    return primal, Late(parts, n, primals, result), values[count:], values[n:count]


def _register(cls: type[LinearMap]) -> None:
    def split(m: LinearMap) -> tuple[list[Any], Late]:
        return [m._residuals, m._outputs], m._late

    def build(late: Late, children: Sequence[Any]) -> LinearMap:
        return cls(late, *children)

    register(cls, split, build)


_register(Pullback)
_register(Pushforward)
