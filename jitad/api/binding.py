"""From the arguments of a call to leaves, their structure, and the key of a specialisation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from operator import index
from typing import Any, NamedTuple

import numpy as np

from ..capture.leaves import LeafType, leaf_key, leaf_type
from ..capture.tracer import Traced
from ..capture.trees import TreeSpec, flatten, paths, unflatten
from ..ir.named import named


class Call(NamedTuple):
    """One call's arguments: `args` by position with the static ones taken out, `kwargs` likewise.

    key     of all that decides which version it takes, sizes aside
    shapes  of the leaves; () of numbers
    numbers Python ints and bools among the leaves; None for others
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    static: tuple[tuple[int | str, Any], ...]
    leaves: list[Any]
    spec: TreeSpec
    key: Any
    shapes: tuple[tuple[int, ...], ...]
    numbers: tuple[int | None, ...]


class Binder:
    """How the arguments of one function are bound.

    static_argnums, static_argnames  parameters whose values are part of the specialisation; either names the
                                     parameter however it is passed
    """

    def __init__(self, f: Callable, static_argnums: Sequence[int], static_argnames: Sequence[str]) -> None:
        self.names, self.rest, named, more = parameters_of(f)
        self.takes_out = "out" in named
        self.signature_known = bool(self.names or self.rest)
        names = static_argnames
        numbers = tuple(n + len(self.names) if n < 0 else n for n in static_argnums)
        for n in numbers:
            if n < 0 or (self.signature_known and n >= len(self.names) and self.rest is None):
                raise ValueError(f"static_argnums: {name_of(f)} has no parameter {n}")
        for name in names:
            if name not in named and not more:
                raise ValueError(f"static_argnames: {name_of(f)} has no parameter {name!r}")
        self.static_numbers = {*numbers, *(self.names.index(n) for n in names if n in self.names)}
        self.static_names = {*names, *(self.names[n] for n in numbers if n < len(self.names))}

    @property
    def has_static(self) -> bool:
        return bool(self.static_numbers or self.static_names)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        """The call's leaves and key; TypeError for static arguments that cannot be compared."""
        if kwargs:
            args, kwargs = self._positional(args, kwargs)
        static: list[tuple[int | str, Any]] = []
        if self.has_static:
            static = [(i, args[i]) for i in sorted(self.static_numbers) if i < len(args)]
            static += [(n, kwargs[n]) for n in sorted(self.static_names) if n in kwargs]
            args = tuple(a for i, a in enumerate(args) if i not in self.static_numbers)
            kwargs = {n: a for n, a in kwargs.items() if n not in self.static_names}
        leaves, spec = flatten((args, kwargs))
        key = (spec, tuple([leaf_key(x) for x in leaves]), self._static_key(static))
        shapes = tuple([x.shape if isinstance(x, np.ndarray) else () for x in leaves])
        numbers = tuple([x if x.__class__ in (int, bool) else None for x in leaves])
        return Call(args, kwargs, tuple(static), leaves, spec, key, shapes, numbers)

    def merged(self, call: Call, leaves: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments again, with `leaves` in place of the call's own."""
        args, kwargs = unflatten(call.spec, leaves)
        if call.static:
            args = list(args)
            for where, value in call.static:
                if isinstance(where, int):
                    args.insert(where, value)
                else:
                    kwargs[where] = value
        return tuple(args), kwargs

    def leaf_names(self, call: Call) -> list[str]:
        """What to call each leaf in messages: `w`, `w['a'][0]`."""
        free = [i for i in range(len(call.args) + len(self.static_numbers)) if i not in self.static_numbers]
        names = [p for i, a in zip(free, call.args) for p in paths(a, self.name(i))]
        return names + [p for n, a in sorted(call.kwargs.items()) for p in paths(a, n)]

    def leaf_types(self, call: Call) -> tuple[list[LeafType], list[str]]:
        """Type and name of every leaf; raises for those that cannot be arguments."""
        names = self.leaf_names(call)
        return [leaf_type(x, name) for x, name in zip(call.leaves, names, strict=True)], names

    def name(self, i: int) -> str:
        """The name of the i-th positional argument."""
        if i < len(self.names):
            return self.names[i]
        return f"{self.rest}[{i - len(self.names)}]" if self.rest else f"args[{i}]"

    def _positional(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Keywords that continue the positional arguments become such: both ways share a version."""
        more = []
        for name in self.names[len(args) :]:
            if name not in kwargs:
                break
            more.append(name)
        if not more:
            return args, kwargs
        return (*args, *(kwargs[n] for n in more)), {n: a for n, a in kwargs.items() if n not in more}

    def _static_key(self, static: list[tuple[int | str, Any]]) -> tuple[Any, ...]:
        for where, value in static:
            name = self.name(where) if isinstance(where, int) else where
            if isinstance(value, Traced):
                raise NotImplementedError(
                    named(
                        "static-argument",
                        f"argument {name} is static, but got the traced value {value!r}; make it static in "
                        "the "
                        "transformations around this one too, or pass a Python value",
                    )
                )
            try:
                hash(value)
            except TypeError:
                raise TypeError(
                    named(
                        "static-argument",
                        f"the static argument {name} is a {type(value).__qualname__}, which is not hashable; "
                        "pass a tuple, string, number or another immutable value",
                    )
                ) from None
        return tuple((where, type(value), value) for where, value in static)


class Parameters(NamedTuple):
    """What a signature says: positional parameters, the name of `*args` or None, all names.

    more  any other keyword may be given, or there is no signature
    """

    by_position: list[str]
    rest: str | None
    all: set[str]
    more: bool


def parameters_of(f: Callable) -> Parameters:
    try:
        given = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return Parameters([], None, set(), True)
    by_position = [p.name for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in given if p.kind is p.VAR_POSITIONAL), None)
    more = any(p.kind is p.VAR_KEYWORD for p in given)
    return Parameters(by_position, rest, {p.name for p in given}, more)


def name_of(f: Any) -> str:
    """How messages call a function."""
    return getattr(f, "__qualname__", None) or getattr(f, "__name__", None) or repr(f)


def positions_of(given: Any, name: str) -> tuple[int, ...]:
    """An option that is one position, several or None, as a tuple."""
    try:
        return (index(given),) if hasattr(given, "__index__") else tuple(map(index, given or ()))
    except TypeError:
        raise TypeError(f"{name} is a position or several, got {given!r}") from None


def names_of(given: Any, name: str) -> tuple[str, ...]:
    """An option that is one name, several or None, as a tuple."""
    try:
        items = (given,) if isinstance(given, str) else tuple(given or ())
    except TypeError:
        items = (None,)
    if not all(isinstance(x, str) for x in items):
        raise TypeError(f"{name} is a name or several, got {given!r}")
    return items
