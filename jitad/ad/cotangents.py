"""The sums of cotangents in a reverse sweep, and the masks that keep branches not taken at exactly 0.

The cotangent of a branch of `select` is zero where the other branch was taken. Formed as a product with a
partial derivative that is infinite or NaN there (log, sqrt, division … of the values that the `where` was
written to avoid) it would be NaN. So a cotangent on its way back through elementwise ops carries its mask;
while it does, what it holds at masked places means nothing ("stale"). It is selected by the mask, once,
before it meets an op that mixes elements, a sum with a cotangent of another mask, or a parameter. The mask
decides, not the cotangent's value: an infinity on the branch that was taken stays.
"""

from __future__ import annotations

from typing import Any

from ..ir.builder import Builder
from ..ir.graph import Eqn, Value, reads
from ..ir.op import Scatter, lookup
from . import masks
from .activity import no_rule
from .tangent import zeros


class Cotangents:
    """Cotangents by value. Those outside `vary` are dropped as they come.

    `masks` has, for values whose cotangent is masked, the mask and whether the cotangent is stale.
    """

    def __init__(self, builder: Builder, vary: set[Value]) -> None:
        self.builder = builder
        self.vary = vary
        self.sums: dict[Value, Value] = {}
        self.masks: dict[Value, tuple[Value, bool]] = {}
        self.logic = _Logic()
        self._add = lookup("add")

    def reverse(self, eqn: Eqn) -> None:
        """Take the cotangents of the results of `eqn` and add what they contribute to its operands."""
        op, results = eqn.op, eqn.results
        if op.adjoint is None:
            raise no_rule(eqn, "adjoint")
        self.builder.loc = eqn.loc
        if len(results) == 1:
            out = results[0]
            if op.name == "select" or out in self.masks:
                if out in self.sums:
                    self._reverse_masked(eqn, out)
                return
            ct: Any = self.sums.pop(out, None)
            if ct is None:
                return
        else:
            ct = tuple(self.take(r) for r in results)
            if all(c is None for c in ct):
                return
        sums, vary, masked = self.sums, self.vary, self.masks
        for v, part in zip(reads(eqn), op.adjoint(eqn, ct)):
            if part is None or v not in vary:
                continue
            if v in masked or part.__class__ is Scatter:
                self.add(v, part)
            else:
                old = sums.get(v)
                sums[v] = part if old is None else self._add(old, part)

    def take(self, v: Value) -> Value | None:
        """Remove and return the cotangent of `v`, exact zeros where masked; None if it is zero throughout."""
        ct = self.sums.pop(v, None)
        mask, stale = self.masks.pop(v, (None, False))
        return masks.masked(mask, ct) if stale else ct  # type: ignore[arg-type]

    def add(self, v: Value, part: Value | Scatter, mask: Value | None = None, stale: bool = False) -> None:
        """Add one contribution to the cotangent of `v`; `stale`: it is yet to be selected by `mask`."""
        if v not in self.vary:
            return
        old_mask, old_stale = self.masks.pop(v, (None, False))
        old = self.sums.get(v)
        if old is None:
            self.sums[v] = part.add_to(zeros(v.type)) if isinstance(part, Scatter) else part
            joint = mask
        elif mask is not None and mask is old_mask and not isinstance(part, Scatter):
            self.sums[v] = self._add(old, part)
            joint, stale = mask, stale or old_stale
        else:
            if old_stale:
                old = masks.masked(old_mask, old)  # type: ignore[arg-type]
            if isinstance(part, Scatter):
                self.sums[v] = part.add_to(old)
            else:
                self.sums[v] = self._add(old, masks.masked(mask, part) if stale else part)  # type: ignore[arg-type]
            joint, stale = self.logic.either(mask, old_mask), False
        if joint is not None:
            self.masks[v] = joint, stale

    def _reverse_masked(self, eqn: Eqn, out: Value) -> None:
        if eqn.op.elementwise:
            mask, stale = self.masks.pop(out, (None, False))
            self._reverse_elementwise(eqn, self.sums.pop(out), mask, stale or eqn.op.singular)
            return
        mask, _ = self.masks[out]
        ct = self.take(out)
        moves = eqn.op.name in masks.MOVES
        for k, (v, part) in enumerate(zip(reads(eqn), eqn.op.adjoint(eqn, ct))):  # type: ignore[misc]
            if part is None or v not in self.vary:
                continue
            if moves or not isinstance(part, Scatter):
                after = masks.through(eqn, mask, k)
                self.add(v, part, after, after is not None and not moves)
            else:
                self.add(v, part)

    def _reverse_elementwise(self, eqn: Eqn, ct: Value, mask: Value | None, stale: bool) -> None:
        if eqn.op.name == "select":
            taken = eqn.operands[0]
            guards = (None, self.logic.both(mask, taken), self.logic.both(mask, self.logic.negation(taken)))
            parts: Any = (None, ct, ct)
            stale = True
        else:
            guards = (mask,) * len(eqn.operands)  # type: ignore[assignment]
            parts = eqn.op.adjoint(self._widened(eqn), ct)  # type: ignore[misc]
        for v, part, guard in zip(eqn.operands, parts, guards):
            if part is None or v not in self.vary:
                continue
            if part.type is v.type:
                self.add(v, part, guard, stale)
            else:  # a rank-0 operand: the mask first, then the sum over the elements
                part = masks.masked(guard, part) if stale else part  # type: ignore[arg-type]
                part = lookup("sum")(part, axes=tuple(range(part.ndim)))
                self.add(v, part, masks.narrowed(guard, v))  # type: ignore[arg-type]

    def _widened(self, eqn: Eqn) -> Eqn:
        """`eqn` with its varying rank-0 operands repeated, so that its rule leaves the sum to us."""
        shape = eqn.results[0].type.shape
        if not shape or all(v.type.shape or v not in self.vary for v in eqn.operands):
            return eqn
        wide = lookup("broadcast")
        operands = tuple(
            wide(v, shape=shape, axes=()) if not v.type.shape and v in self.vary else v for v in eqn.operands
        )
        return Eqn(eqn.op, operands, eqn.attrs, eqn.results, eqn.loc, (), eqn.origin)


class _Logic:
    """And, or, not of masks; each formed once, so that equal masks are the same value."""

    def __init__(self) -> None:
        self.known: dict[tuple[Any, ...], Value] = {}
        self.negations: dict[Value, Value] = {}

    def negation(self, mask: Value) -> Value:
        if mask not in self.negations:
            opposite = lookup("not")(mask)
            self.negations[mask], self.negations[opposite] = opposite, mask
        return self.negations[mask]

    def both(self, a: Value | None, b: Value) -> Value:
        return b if a is None or a is b else self._once("and", a, b)

    def either(self, a: Value | None, b: Value | None) -> Value | None:
        """None, nothing known, if either is None or one is the negation of the other."""
        if a is None or b is None or self.negations.get(a) is b:
            return None
        return a if a is b else self._once("or", a, b)

    def _once(self, name: str, a: Value, b: Value) -> Value:
        key = (name, a, b)
        if key not in self.known:
            self.known[key] = lookup(name)(a, b)
        return self.known[key]
