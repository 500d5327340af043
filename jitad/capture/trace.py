"""Trace: one run of a Python function on traced values, with what it captured from outside."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..ir.builder import Builder
from ..ir.graph import Const, Eqn, Function, Loc, Value, substitute
from ..ir.named import named
from ..ir.types import I64, Type, type_of
from . import gate
from .arrays import Captures
from .handles import lose, lose_rivals, see, state_of, version_of
from .order import refuse_if_reordered
from .source import at, user_line

if TYPE_CHECKING:
    from .traced import Traced

_local = threading.local()
_SIZE = type_of(I64)


class Trace:
    """An open function. As a context manager it is the thread's innermost trace.

    params    the function's own parameters come first, then one per import
    imports   value of an enclosing trace → the parameter that stands for it here (closure conversion)
    sources   the same values → the trace that each belongs to
    cloner    of the outermost trace: makes the clones of the user's functions that are traced
    captures  arrays and guards; they belong to the outermost trace, where they become hidden inputs
    integers  its sizes and indices (see `integers`), once somebody asks for one
    writes    the root handles that were written in the outermost trace and those inside, in order
    """

    __slots__ = (
        "name",
        "loc",
        "builder",
        "outer",
        "root",
        "is_open",
        "imports",
        "sources",
        "captures",
        "cloner",
        "integers",
        "writes",
        "__weakref__",
    )

    def __init__(self, name: str = "f", loc: Loc | None = None) -> None:
        self.name = name
        self.loc = loc
        self.builder = Builder(name)
        self.outer: Trace | None = innermost()
        self.root: Trace = self if self.outer is None else self.outer.root
        self.captures: Captures = Captures() if self.outer is None else self.root.captures
        self.cloner: Any = None
        self.integers: Any = None
        self.writes: list[Traced] = []
        self.imports: dict[Value, Value] = {}
        self.sources: dict[Value, Trace] = {}
        self.is_open = False

    def __enter__(self) -> Trace:
        if self.outer is None:
            gate.close()
        stack().append(self)
        self.builder.__enter__()
        self.is_open = True
        return self

    def __exit__(self, failure: object = None, *_: object) -> None:
        self.is_open = False
        self.builder.__exit__()
        stack().pop()
        if self.outer is None:
            gate.reopen()
            if failure is not None:
                self._release()

    def _release(self) -> None:
        if self.cloner is not None:
            self.cloner.release()
            self.cloner = None

    def param(self, type: Type, hint: str = "") -> Value:
        """Append a parameter of the function itself; only before anything is imported."""
        return self.builder.param(type, hint)

    def import_(self, value: Value, owner: Trace) -> Value:
        """The parameter that stands for `value` of the enclosing trace `owner`."""
        found = self.imports.get(value)
        if found is None:
            for size in value.type.dims:
                self.import_(size, owner)
            found = self.imports[value] = self._parameter_for(value)
            self.sources[value] = owner
        return found

    def _parameter_for(self, value: Value) -> Value:
        """A parameter for an imported value; an integer is its own: types in which it is a size stay."""
        if value.type is not _SIZE:
            return self.builder.param(value.type, value.hint)
        self.builder.params.append(value)
        return value

    def bring(self, value: Value, owner: Trace) -> Value:
        """What stands here for an IR value of `owner`, this trace or an enclosing one."""
        if owner is self or value.__class__ is Const:
            return value
        assert self.outer is not None
        return self.import_(self.outer.bring(value, owner), self.outer)

    def see(self, x: Traced) -> Value:
        """The value here of a root handle of an enclosing trace (see `handles.see`)."""
        assert self.outer is not None
        value = see(x, self.outer)
        return value if value.__class__ is Const else self.import_(value, self.outer)

    def see_view(self, x: Traced, stamp: int) -> Value:
        """The value here of a view that belongs to an enclosing trace, read anew."""
        parent = see(x.state.parent, self)
        return x.state.step.seen_from(x.home, self).read(parent)

    def stamp(self, root: Traced) -> int:
        """A number that changes when what is seen here of a root is written."""
        return version_of(root)

    def may_assume(self, x: Traced) -> bool:
        """Whether a root handle holds here what it holds in its own trace; a region remembers the answer."""
        return self is x.home or (self.outer is not None and self.outer.may_assume(x))

    def write(self, x: Traced, value: Value) -> None:
        """Give the root handle `x` a new value; NotImplementedError if it belongs to an enclosing trace."""
        if x.home is not self:
            raise NotImplementedError(
                named(
                    "outside-write",
                    f"writing into the array {x.type} of the function around "
                    f"{self.name}{at(user_line(3))}: a "
                    "function that is differentiated leaves the arrays around it alone; pass the array as an "
                    "argument and return it",
                )
            )
        self.root.writes.append(x)
        state = state_of(x)
        if state.reshaped:
            refuse_if_reordered(x)
        x._value = value
        state.version += 1
        state.number = None
        if state.rivals:
            lose_rivals(x, self)

    def lose(self, x: Traced, text: str) -> None:
        """From here on nobody knows what the root `x` holds; NotImplementedError if it is not one of this."""
        if x.home is not self:
            raise NotImplementedError(named("lost-array", text))
        self.root.writes.append(x)
        lose(x, text)

    def finish(self, results: Sequence[Value]) -> Function:
        """The traced function: own parameters, then imports (in the order of `self.imports`)."""
        return self.builder.finish(results, self.loc)

    def finish_root(self, results: Sequence[Value]) -> Function:
        """`finish` of an outermost trace: arrays made inside become constants, others hidden inputs.

        The hidden inputs are the last parameters, in the order of `self.captures.inputs`.
        """
        if self.cloner is not None:
            self.cloner.copies.carry_back()
            self._release()
        constants = self.captures.settle()
        hidden = [i.param for i in self.captures.inputs]
        late = {*hidden, *constants}
        own = [p for p in self.builder.params if p not in late]
        if constants:
            _put(constants, self.builder.eqns)
        fn = self.builder.finish(substitute(results, constants), self.loc)
        return fn.replace(params=(*own, *hidden))

    def __repr__(self) -> str:
        return f"<trace of {self.name}, {'open' if self.is_open else 'finished'}>"


def _put(constants: dict[Value, Value], eqns: Sequence[Eqn]) -> None:
    """Replace the values that are constants after all, in equations and their regions."""
    for eqn in eqns:
        eqn.operands = substitute(eqn.operands, constants)
        if eqn.regions:
            for region in eqn.regions:
                _put(constants, region.eqns)
            eqn.regions = tuple([r.replace(results=substitute(r.results, constants)) for r in eqn.regions])


def stack() -> list[Trace]:
    """The traces open on this thread, outermost first."""
    try:
        return _local.stack
    except AttributeError:
        _local.stack = []
        return _local.stack


def innermost() -> Trace | None:
    """The innermost trace open on this thread, or None."""
    s = stack()
    return s[-1] if s else None


def tracing() -> bool:
    """Whether a trace is open on this thread."""
    return bool(stack())


def current_trace() -> Trace:
    """The innermost open trace; RuntimeError outside any."""
    s = stack()
    if not s:
        raise RuntimeError("no trace is open on this thread")
    return s[-1]
