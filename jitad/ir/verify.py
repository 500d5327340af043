"""The verifier: is this function well formed? Run after each pass in tests."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from .calls import called
from .graph import Const, Eqn, Function, Value, dims_of, once
from .text import Names, show_eqn
from .types import I64, IRTypeError, Type, type_of

#: Equations printed before and after the one at fault.
_AROUND = 5


class VerifyError(IRTypeError):
    """A malformed function: a defect of the pass that made it, not of the user's program."""


def check(fn: Function) -> Function:
    """Return `fn` if it is well formed.

    Each value is defined once, before it is read, in this function or one around it; called functions read
    nothing but their parameters; the types of
    results are what `op.infer` gives for the operands; attributes are hashable; constants are
    read-only and of their type. Raises VerifyError with the value, the equation, the equations
    around it and the user's line. O(equations).
    """
    for f in called(fn):
        once(f, "checked", lambda f: _Check(f).function(f, {}))
    _Check(fn).function(fn, {})
    return fn


class _Check:
    def __init__(self, root: Function) -> None:
        self.root = root
        self.defined: dict[Value, None] = {}

    @cached_property
    def names(self) -> Names:
        names = Names()
        names.give_all(self.root)
        return names

    def function(self, fn: Function, outer: dict[Value, None]) -> None:
        scope = dict(outer)
        for i, p in enumerate(fn.params):
            for d in p.type.dims:
                self.dimension(d, scope, fn, None, f"of parameter {i}")
            self.define(p, scope, fn, None, f"parameter {i}")
        for i, eqn in enumerate(fn.eqns):
            self.equation(eqn, scope, fn, i)
        for k, r in enumerate(fn.results):
            self.read(r, scope, fn, len(fn.eqns), f"result {k}")

    def equation(self, eqn: Eqn, scope: dict[Value, None], fn: Function, i: int) -> None:
        for k, v in enumerate(eqn.operands):
            self.read(v, scope, fn, i, f"operand {k} of {eqn.op.name}")
        for key, x in eqn.attrs.items():
            try:
                hash(x)
            except TypeError:
                self.fail(f"{eqn.op.name}: attribute {key} is not hashable: {x!r}", fn, i)
        for d in dims_of(eqn):
            self.dimension(d, scope, fn, i, f"of {eqn.op.name}")
        for region in eqn.regions:
            self.function(region, scope)
        self.types(eqn, fn, i)
        for k, r in enumerate(eqn.results):
            self.define(r, scope, fn, i, f"result {k} of {eqn.op.name}")

    def types(self, eqn: Eqn, fn: Function, i: int) -> None:
        attrs: dict[str, Any] = eqn.attrs
        if eqn.regions:
            attrs = {**attrs, "regions": eqn.regions}
        try:
            inferred = eqn.op.infer(*[v.type for v in eqn.operands], **attrs)
        except (IRTypeError, TypeError, IndexError, ValueError) as e:
            self.fail(str(e), fn, i)
        inferred = (inferred,) if isinstance(inferred, Type) else tuple(inferred)
        declared = tuple(r.type for r in eqn.results)
        if declared != inferred:
            want, got = (", ".join(map(self.names.type, t)) for t in (inferred, declared))
            self.fail(f"{eqn.op.name}: gives {want}, the equation says {got}", fn, i)

    def dimension(self, d: Value, scope: dict[Value, None], fn: Function, i: int | None, what: str) -> None:
        if d.type is not type_of(I64):
            self.fail(f"a dimension {what}, {self.names[d]}, is {d.type}, not i64", fn, i)
        self.read(d, scope, fn, i, f"a dimension {what}")

    def define(self, v: Value, scope: dict[Value, None], fn: Function, i: int | None, what: str) -> None:
        if isinstance(v, Const):
            self.fail(f"{what} is a constant, {self.names[v]}", fn, i)
        if v in self.defined:
            self.fail(f"{what}, {self.names[v]}, is defined twice", fn, i)
        self.defined[v] = scope[v] = None

    def read(self, v: Value, scope: dict[Value, None], fn: Function, i: int | None, what: str) -> None:
        if isinstance(v, Const):
            self.constant(v, fn, i, what)
        elif v not in scope:
            why = "outside the region that defines it" if v in self.defined else "before it is defined"
            self.fail(f"{what}, {self.names.typed(v)}, is read {why}", fn, i)

    def constant(self, c: Const, fn: Function, i: int | None, what: str) -> None:
        data = c.data
        if not isinstance(data, np.ndarray | np.generic):
            self.fail(f"{what} is a constant that is no NumPy scalar or array: {data!r}", fn, i)
        if data.dtype != c.dtype or data.shape != c.shape:
            self.fail(f"{what} is a constant of {data.dtype}{list(data.shape)} that says {c.type}", fn, i)
        if isinstance(data, np.ndarray) and data.flags.writeable:
            self.fail(f"{what} is a constant array that can still be written, {c.type}", fn, i)

    def fail(self, message: str, fn: Function, i: int | None) -> None:
        """Raise, with the equations around number `i` of `fn` (None: at its parameters)."""
        eqns = fn.eqns
        lines = [message]
        if i is not None and i < len(eqns):
            lines.append(f"  in @{fn.name}:  {show_eqn(eqns[i], self.names)}")
        else:
            lines.append(f"  in @{fn.name}, at its {'parameters' if i is None else 'return'}")
        loc = eqns[i].loc if i is not None and i < len(eqns) else fn.loc
        if loc is not None:
            lines.append(f"  from       {loc}")
        at = 0 if i is None else i
        first = max(at - _AROUND, 0)
        for k, eqn in enumerate(eqns[first : at + _AROUND + 1], first):
            lines.append(f"  {'>' if k == i else ' '} {show_eqn(eqn, self.names)}")
        raise VerifyError("\n".join(lines))
