"""Simplification in one forward walk: constants folded, ops' own rules applied, equal equations shared."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Value, const, enter_old, retyped, retyped_params
from ..ir.op import lookup
from ..ops.lowering import Callback
from .scale import MULTIPLES, Multiple, merged, multiple_of, product

#: Swapping the operands of these changes no bit of the result.
_COMMUTATIVE = frozenset({"add", "mul", "and", "or", "xor", "eq", "ne"})
#: These only move elements: applied to copies of one element they give copies of it.
_MOVES = frozenset({"broadcast", "reshape", "transpose", "slice"})
#: What undoes these, given the right attributes.
_READ_BACK = {"set_at": "slice", "set_window": "window", "transpose": "transpose", "reshape": "reshape"}
#: Array constants up to this many bytes are compared by content, larger ones by identity.
_COMPARED_BYTES = 65536


def simplify(fn: Function) -> Function:
    """Return `fn` with each equation folded, rewritten by its op's `simplify` rule, or shared.

    Equations of scalar constants are computed now, by `op.reference`, in the dtype they declare. Two
    equations with the same op, operands and attributes become one; constants are the same when
    dtype and bits are. An elementwise op on copies of rank-0 values is done once, at rank 0. Nothing
    that could change a floating-point result: no x*0 → 0, no reassociation; but cotangents are not added to
    zero. Equations that stay are
    kept as they are, with their lines. O(equations).
    """
    with np.errstate(all="ignore"):
        return _Walk(fn.name).run(fn)


class _Walk:
    """The state of one walk: new names, what has been computed already, and which arrays are uniform."""

    def __init__(self, name: str, outer: _Walk | None = None) -> None:
        self.builder = Builder(name)
        self.env: dict[Value, Value] = dict(outer.env) if outer else {}
        self.seen: dict[tuple[Any, ...], tuple[Value, ...]] = dict(outer.seen) if outer else {}
        self.uniform: dict[Value, Value] = dict(outer.uniform) if outer else {}
        self.constants: dict[Any, Const] = outer.constants if outer else {}
        self.multiples: dict[Value, Multiple] = dict(outer.multiples) if outer else {}
        self.results: frozenset[Value] = frozenset()

    def run(self, fn: Function) -> Function:
        visit = self.visit
        self.results = frozenset(fn.results)
        params = retyped_params(fn, self.env)
        with self.builder:
            for eqn in fn.eqns:
                visit(eqn)
        results = tuple(self.final(r) for r in fn.results)
        return fn.replace(params=params, eqns=tuple(self.builder.eqns), results=results)

    def visit(self, eqn: Eqn) -> None:
        """Enter what replaces `eqn`, possibly itself."""
        if any(r.type.dims for r in (*eqn.operands, *eqn.results)):
            old, eqn = eqn, retyped(eqn, self.env)
            self.enter(eqn)
            enter_old(old, eqn, self.env)
        else:
            self.enter(eqn)

    def enter(self, eqn: Eqn) -> None:
        """Enter what replaces `eqn`, whose types are those of the values entered so far."""
        env = self.env
        op, attrs = eqn.op, eqn.attrs
        operands = []
        constant = True
        for v in eqn.operands:
            v = env.get(v, v)
            if v.__class__ is Const:
                v = self.intern(v)
            else:
                constant = False
            operands.append(v)
        if eqn.regions:
            return self.keep(eqn, tuple(operands), tuple(_Walk(r.name, self).run(r) for r in eqn.regions))
        if constant and operands and "function" not in attrs and self.fold(eqn, operands):
            return None
        if self.uniform and (op.elementwise or op.name in _MOVES) and self.narrow(eqn, operands):
            return None
        if op.simplify is not None and self.rewrite(eqn, operands):
            return None
        if op.name == "add" and eqn.origin == "adjoint" and self.begin_sum(eqn, operands):
            return None
        if op.name in MULTIPLES:
            eqn = self.scale(eqn, operands)
            op = eqn.op
        if op.name in _COMMUTATIVE and id(operands[0]) > id(operands[1]):
            key: tuple[Any, ...] = (op, operands[1], operands[0])
        else:
            key = (op, *operands)
        if attrs:
            key = (*key, *sorted(attrs.items()))
        known = self.seen.get(key)
        if known is not None:
            env.update(zip(eqn.results, known))
            return None
        if op.lowering.__class__ is not Callback and not any(
            r.type.item for r in eqn.results
        ):  # a tape has one reader
            self.seen[key] = eqn.results
        return self.keep(eqn, tuple(operands))

    def scale(self, eqn: Eqn, operands: list[Value]) -> Eqn:
        """The product that a multiple of a multiple is (into `operands`, too); notes what is one."""
        outer = multiple_of(eqn, tuple(operands))
        if outer is None:
            return eqn
        inner = self.multiples.get(outer.of)
        both = merged(outer, inner) if inner is not None and outer.of not in self.results else None
        if both is not None and (new := product(eqn, both)) is not None:
            eqn, outer = new, both
            operands[:] = [self.intern(v) if isinstance(v, Const) else v for v in new.operands]
        self.multiples[eqn.results[0]] = outer
        return eqn

    def keep(self, eqn: Eqn, operands: tuple[Value, ...], regions: tuple[Function, ...] = ()) -> None:
        """Append `eqn`, as a new one only where its operands or regions are new."""
        if operands != eqn.operands or any(a is not b for a, b in zip(regions, eqn.regions)):
            eqn = Eqn(eqn.op, operands, eqn.attrs, eqn.results, eqn.loc, regions, eqn.origin)
        self.builder.eqns.append(eqn)
        if eqn.op.name == "broadcast" and not operands[0].type.shape:
            self.uniform[eqn.results[0]] = operands[0]
        elif eqn.op.name in _READ_BACK:
            self.note_back(eqn, operands)

    def note_back(self, eqn: Eqn, operands: tuple[Value, ...]) -> None:
        """Enter what undoes `eqn`: the read of what it has just written, its axes in their order again."""
        back, attrs = _READ_BACK[eqn.op.name], eqn.attrs
        source, starts = operands[0], operands[2:]
        if eqn.op.name == "transpose":
            attrs = {"axes": tuple(attrs["axes"].index(a) for a in range(source.ndim))}
        elif eqn.op.name == "reshape":
            attrs = {"shape": source.shape}
        else:
            source = operands[1]
            attrs = {**attrs, "shape": source.shape}
        key = (lookup(back), eqn.results[0], *starts, *sorted(attrs.items()))
        self.seen[key] = (source,)

    def intern(self, v: Const) -> Const:
        """The one Const with these bits."""
        data = v.data
        key = (v.type, data.tobytes()) if data.nbytes <= _COMPARED_BYTES else v
        return self.constants.setdefault(key, v)

    def final(self, v: Value) -> Value:
        v = self.env.get(v, v)
        return self.intern(v) if isinstance(v, Const) else v

    def fold(self, eqn: Eqn, operands: list[Value]) -> bool:
        """Compute an equation of scalars now; False if it has arrays or its reference refuses."""
        if len(eqn.results) != 1 or eqn.results[0].type.shape or any(v.type.shape for v in operands):
            return False
        try:
            x = eqn.op.reference(*[v.data for v in operands], **eqn.attrs)  # type: ignore[attr-defined]
        except (ArithmeticError, LookupError, ValueError):
            return False  # it raises when it runs, if it runs
        self.env[eqn.results[0]] = self.intern(const(x, eqn.results[0].type.dtype))
        return True

    def narrow(self, eqn: Eqn, operands: list[Value]) -> bool:
        """Read copies of a rank-0 value as that value: in place in `operands`, or by a whole new equation."""
        uniform = self.uniform
        small = [uniform.get(v, v) for v in operands]
        if all(a is b for a, b in zip(small, operands)):
            return False
        out = eqn.results[0]
        if not eqn.op.elementwise:
            self.replace(eqn, self.filled(small[0], out, eqn))
            return True
        if any(v.type.shape for v in small):
            operands[:] = small  # another operand still has the shape of the result
            return False
        result = Value(out.type.with_shape(()))
        self.visit(Eqn(eqn.op, tuple(small), eqn.attrs, (result,), eqn.loc, (), eqn.origin))
        self.replace(eqn, self.filled(self.final(result), out, eqn))
        return True

    def filled(self, x: Value, out: Value, eqn: Eqn) -> Value:
        """An array of the type of `out` whose elements are all `x`."""
        if not out.type.shape:
            return x
        result = Value(out.type, out.hint)
        attrs = {"shape": out.type.shape, "axes": ()}
        self.share(Eqn(lookup("broadcast"), (x,), attrs, (result,), eqn.loc, (), eqn.origin))
        return result

    def begin_sum(self, eqn: Eqn, operands: list[Value]) -> bool:
        """A sum of cotangents that begins with zero is its first term; -0.0 stays -0.0 there."""
        (out,) = eqn.results
        for zero, term in (operands, operands[::-1]):
            if isinstance(zero, Const) and zero.type.is_float and term.type is out.type and not zero.ndim:
                if zero.data == 0.0 and not np.signbit(zero.data):
                    self.replace(eqn, term)
                    return True
        return False

    def share(self, eqn: Eqn) -> None:
        key = (eqn.op, *eqn.operands, *sorted(eqn.attrs.items()))
        known = self.seen.get(key)
        if known is None:
            self.seen[key] = eqn.results
            self.keep(eqn, eqn.operands)
        else:
            self.env.update(zip(eqn.results, known))

    def rewrite(self, eqn: Eqn, operands: list[Value]) -> bool:
        """Apply the op's own rule; equations that it makes are visited in turn."""
        b = self.builder
        mark = len(b.eqns)
        b.loc, b.origin = eqn.loc, eqn.origin
        simpler = eqn.op.simplify(tuple(operands), eqn.attrs)  # type: ignore[misc]
        fresh = b.eqns[mark:]
        del b.eqns[mark:]
        if simpler is None:
            return False
        for new in fresh:
            self.visit(new)
        self.replace(eqn, simpler)
        return True

    def replace(self, eqn: Eqn, simpler: Value) -> None:
        (out,) = eqn.results
        simpler = self.final(simpler)
        if simpler.type is not out.type:
            raise TypeError(f"simplify of {eqn.op.name} gives {simpler.type} where {out.type} was")
        self.env[out] = simpler
