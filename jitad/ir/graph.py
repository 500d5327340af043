"""What a program is: values, equations and functions; immutable once built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from .types import Shape, Type, tape_of, type_of

if TYPE_CHECKING:
    from .op import Op

T = TypeVar("T")


class Loc(NamedTuple):
    """A line of the user's program."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Value:
    """One SSA value. Identity is its name; `hint` only helps the printer.

    likely  of an integer that is a dimension: what it may be about, for estimates of cost; 0: nobody knows
    """

    __slots__ = ("type", "hint", "likely")

    def __init__(self, type: Type, hint: str = "", likely: int = 0) -> None:
        self.type = type
        self.hint = hint
        self.likely = likely

    @property
    def dtype(self) -> np.dtype:
        return self.type.dtype

    @property
    def shape(self) -> Shape:
        return self.type.shape

    @property
    def ndim(self) -> int:
        return self.type.ndim

    @property
    def size(self) -> int:
        return self.type.size

    def __repr__(self) -> str:
        return f"%{self.hint or hex(id(self))}: {self.type}"


class Const(Value):
    """A constant operand: a NumPy scalar, or a (small) read-only array."""

    __slots__ = ("data",)

    def __init__(self, data: Any, type: Type) -> None:
        super().__init__(type)
        self.data = data

    @property
    def is_scalar(self) -> bool:
        return not self.type.shape

    def __repr__(self) -> str:
        return f"{self.data!r}: {self.type}"


def const(data: Any, dtype: Any = None) -> Const:
    """A constant from a Python number, a NumPy scalar or an array (copied, then read-only)."""
    array = np.array(data, dtype=dtype)
    if not array.shape:
        return Const(array[()], type_of(array.dtype))
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return Const(array, type_of(array.dtype, array.shape))


class Eqn:
    """`results = op(operands) {attrs}`, with the user's line it came from."""

    __slots__ = ("op", "operands", "attrs", "results", "regions", "loc", "origin")

    def __init__(
        self,
        op: Op,
        operands: tuple[Value, ...],
        attrs: dict[str, Any],
        results: tuple[Value, ...],
        loc: Loc | None = None,
        regions: tuple[Function, ...] = (),
        origin: str = "",
    ) -> None:
        self.op = op
        self.operands = operands
        self.attrs = attrs
        self.results = results
        self.regions = regions
        self.loc = loc
        self.origin = origin  # "" for primal equations, "tangent"/"adjoint" for derived ones

    @property
    def result(self) -> Value:
        (out,) = self.results
        return out

    def __repr__(self) -> str:
        return f"{self.results} = {self.op.name} {self.operands} {self.attrs or ''}"


@dataclass(frozen=True, eq=False)
class Function:
    """Typed parameters, equations in order, results; a region is a Function too.

    memo  what has been derived from this very function: one called in many places is optimised and
          differentiated once
    """

    name: str
    params: tuple[Value, ...]
    eqns: tuple[Eqn, ...]
    results: tuple[Value, ...]
    loc: Loc | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def replace(self, **changes: Any) -> Function:
        return replace(self, **changes)

    @property
    def param_types(self) -> tuple[Type, ...]:
        return tuple(p.type for p in self.params)

    @property
    def result_types(self) -> tuple[Type, ...]:
        return tuple(r.type for r in self.results)

    def __str__(self) -> str:
        from .text import show

        return show(self)


def renamed(region: Function, env: dict[Value, Value]) -> Function:
    """A copy of a region with new values; what it reads from around it is replaced as `env` says."""
    env = dict(env)
    params = renamed_values(region.params, env)
    eqns = tuple(renamed_eqn(eqn, env) for eqn in region.eqns)
    return region.replace(params=params, eqns=eqns, results=substitute(region.results, env))


def renamed_eqn(eqn: Eqn, env: dict[Value, Value]) -> Eqn:
    """A copy of `eqn` under the renaming `env`, with new results, which are entered there."""
    operands = substitute(eqn.operands, env)
    regions = tuple(renamed(region, env) for region in eqn.regions)
    attrs = substituted_attrs(eqn, env)
    return Eqn(eqn.op, operands, attrs, renamed_values(eqn.results, env), eqn.loc, regions, eqn.origin)


def renamed_values(values: Sequence[Value], env: dict[Value, Value]) -> tuple[Value, ...]:
    """New values for these, whose types have the dimensions that `env` says; entered there in order."""
    out = []
    for v in values:
        new = env[v] = Value(substituted_type(v.type, env), v.hint, v.likely)
        out.append(new)
    return tuple(out)


def substitute(values: Sequence[Value], env: dict[Value, Value]) -> tuple[Value, ...]:
    """`values` with those that `env` renames replaced."""
    return tuple(env.get(v, v) for v in values)


def substituted_type(type: Type, env: dict[Value, Value]) -> Type:
    """The type with the dimensions that `env` says; a constant becomes an int."""
    if not type.dims or not any(d in env for d in type.dims):
        return type
    if type.item is not None:
        return tape_of(substituted_type(type.item, env))
    return type_of(type.dtype, substituted_dims(type.shape, env))


def substituted_dims(shape: Iterable[Any], env: dict[Value, Value]) -> tuple[Any, ...]:
    """Entries of a shape, or of an attribute like it, with the values that `env` renames replaced."""
    return tuple(as_dim(env.get(d, d)) if isinstance(d, Value) else d for d in shape)


def as_dim(v: Value) -> Any:
    """An integer value as a dimension: a constant is an int."""
    return int(v.data) if isinstance(v, Const) else v


def substituted_attrs(eqn: Eqn, env: dict[Value, Value]) -> dict[str, Any]:
    """The attributes of an equation with the dimensions that `env` says; the same dict without any."""
    if not any(d in env for d in dims_of(eqn)):
        return eqn.attrs
    return {k: _substituted_attr(x, env) for k, x in eqn.attrs.items()}


def _substituted_attr(x: Any, env: dict[Value, Value]) -> Any:
    if isinstance(x, tuple):
        return substituted_dims(x, env)
    return as_dim(env.get(x, x)) if isinstance(x, Value) else x


def retyped(eqn: Eqn, env: dict[Value, Value]) -> Eqn:
    """`eqn` with the dimensions that `env` says, in its attributes and the types of its results.

    Results whose types change are new values, entered in `env`. The same equation where nothing changes.
    """
    attrs = substituted_attrs(eqn, env)
    if not any(d in env for r in eqn.results for d in r.type.dims):
        if attrs is eqn.attrs:
            return eqn
        return Eqn(eqn.op, eqn.operands, attrs, eqn.results, eqn.loc, eqn.regions, eqn.origin)
    return Eqn(
        eqn.op, eqn.operands, attrs, renamed_values(eqn.results, env), eqn.loc, eqn.regions, eqn.origin
    )


def enter_old(old: Eqn, new: Eqn, env: dict[Value, Value]) -> None:
    """Enter for the results of `old`, retyped as `new`, what has been entered for those of `new`."""
    for r, v in zip(old.results, new.results):
        if v is not r:
            env[r] = env.get(v, v)


def retyped_params(region: Function, env: dict[Value, Value]) -> tuple[Value, ...]:
    """The parameters of a region with the dimensions that `env` says; new ones are entered there."""
    out = []
    for p in region.params:
        if any(d in env for d in p.type.dims):
            (p,) = renamed_values((p,), env)
        out.append(p)
    return tuple(out)


def is_open(fn: Function) -> bool:
    """Whether some dimension of the program, outside its regions, is a value."""
    return any(p.type.dims for p in fn.params) or any(r.type.dims for eqn in fn.eqns for r in eqn.results)


def dims_of(eqn: Eqn) -> tuple[Value, ...]:
    """The values that are dimensions of what `eqn` reads or gives, those in its attributes among them."""
    for v in eqn.operands:
        if v.type.dims:
            break
    else:
        for v in eqn.results:
            if v.type.dims:
                break
        else:
            return ()
    return tuple(dict.fromkeys(d for v in (*eqn.operands, *eqn.results) for d in v.type.dims))


def count_uses(eqns: Iterable[Eqn], results: Iterable[Value] = ()) -> dict[Value, int]:
    """How often each value is read by `eqns` and `results` (regions included)."""
    uses: dict[Value, int] = {}
    for eqn in eqns:
        for v in (*eqn.operands, *dims_of(eqn)):
            uses[v] = uses.get(v, 0) + 1
        for region in eqn.regions:
            for v, n in count_uses(region.eqns, region.results).items():
                uses[v] = uses.get(v, 0) + n
    for v in results:
        uses[v] = uses.get(v, 0) + 1
    return uses


def free_values(region: Function) -> list[Value]:
    """The values that `region` reads from the scope around it, each once, in order of first use."""
    bound = set(region.params)
    free: dict[Value, None] = {}

    def read(values: Iterable[Value]) -> None:
        for v in values:
            if v not in bound and not isinstance(v, Const):
                free[v] = None

    for p in region.params:
        read(p.type.dims)
    for eqn in region.eqns:
        read(eqn.operands)
        for inner in eqn.regions:
            read(free_values(inner))
        read(dims_of(eqn))
        bound.update(eqn.results)
    read(region.results)
    return list(free)


def reads(eqn: Eqn) -> tuple[Value, ...]:
    """What `eqn` reads: its operands, what its regions read from the scope around them, and dimensions."""
    dims = dims_of(eqn)
    if not eqn.regions:
        return (*eqn.operands, *dims) if dims else eqn.operands
    return (*eqn.operands, *(v for region in eqn.regions for v in free_values(region)), *dims)


def has_effect(eqn: Eqn) -> bool:
    """Whether `eqn`, or an equation in its regions, does something beside giving results."""
    if eqn.op.effect or any(has_effect(inner) for region in eqn.regions for inner in region.eqns):
        return True
    function = callee(eqn)
    return function is not None and once(function, "effect", lambda f: any(map(has_effect, f.eqns)))


# calls


def callee(eqn: Eqn) -> Function | None:
    """The function that `eqn` calls, one object for all equations that call it; None if it is no call."""
    return eqn.attrs.get("function")


def once(function: Function, key: Any, make: Callable[[Function], T]) -> T:
    """`make(function)`, kept under `key` with the function, so that it is made once."""
    if key not in function.memo:
        return function.memo.setdefault(key, make(function))
    return function.memo[key]
