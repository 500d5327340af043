"""What rewritten code calls, as `__jitad__`: on plain values each operator does what Python does.

Loops and branches of a trace go to `STAGING`, if one is installed: `for_` and `while_` whenever a trace is
open, `if_`, `if_expression`, `and_`, `or_`, `not_` and `assert_` when the value that decides is traced.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from ..ir.graph import Loc
from ..ir.named import named
from .attempts import Unrollable, born, changing, consuming
from .attempts import effect as _effect
from .callees import callee
from .trace import stack
from .traced import Traced

Thunk = Callable[[], Any]
Getter = Callable[[], tuple]
Setter = Callable[[tuple], None]
Names = tuple[str, ...]


class Staging(Protocol):
    """What turns loops and branches of a trace into regions.

    `get` and `set` are for the variables `names`: those that the statement may change and that are read after
    it, or in it before they are bound. An unbound one is an `Unbound`.
    """

    def for_(
        self,
        iterable: Any,
        body: Callable[[Any], None],
        get: Getter,
        set: Setter,
        names: Names,
        keep_going: Thunk | None,
        loc: Loc,
    ) -> None: ...

    def while_(
        self,
        test: Thunk,
        body: Callable[[], None],
        get: Getter,
        set: Setter,
        names: Names,
        loc: Loc,
        runs: bool,
    ) -> None: ...

    def if_(
        self,
        condition: Any,
        then: Callable[[], None],
        orelse: Callable[[], None] | None,
        get: Getter,
        set: Setter,
        names: Names,
        loc: Loc,
    ) -> None: ...

    def if_expression(self, condition: Any, then: Thunk, orelse: Thunk, loc: Loc) -> Any: ...

    def and_(self, first: Any, *rest: Thunk) -> Any: ...

    def or_(self, first: Any, *rest: Thunk) -> Any: ...

    def not_(self, x: Any) -> Any: ...

    def returned(self, value: Any) -> Any: ...

    def assert_(self, condition: Any, message: Thunk | None, loc: Loc) -> None: ...


STAGING: Staging | None = None


class Unbound:
    """Stands for a variable that is not bound; `reason` says more, for the error of a read."""

    __slots__ = ("reason",)

    def __init__(self, reason: str = "") -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return "<unbound>"


UNBOUND = Unbound()


def _loc(line: int) -> Loc:
    return Loc(sys._getframe(2).f_code.co_filename, line)


# loops and branches


def for_(
    iterable: Any,
    body: Callable[[Any], None],
    get: Getter,
    set: Setter,
    names: Names,
    keep_going: Thunk | None,
    line: int,
) -> None:
    """`for`: `body` binds the target to its argument; `keep_going`, if not None, is false after `break`."""
    consuming(iterable)
    if STAGING is not None and stack():
        STAGING.for_(iterable, body, get, set, names, keep_going, _loc(line))
    else:
        plain_for(iterable, body, keep_going)


def plain_for(iterable: Iterable, body: Callable[[Any], None], keep_going: Thunk | None) -> None:
    """The loop as Python runs it."""
    consuming(iterable)
    if keep_going is None:
        for item in iterable:
            body(item)
    else:
        for item in iterable:
            body(item)
            if not keep_going():
                break


def while_(
    test: Thunk, body: Callable[[], None], get: Getter, set: Setter, names: Names, runs: bool, line: int
) -> None:
    """`while`; `test` is false after `break`; `runs`: the body runs once at least, as in `while True`."""
    if STAGING is not None and stack():
        STAGING.while_(test, body, get, set, names, _loc(line), runs)
    else:
        plain_while(test, body)


def plain_while(test: Thunk, body: Callable[[], None]) -> None:
    """The loop as Python runs it."""
    while test():
        body()


def if_(
    condition: Any,
    then: Callable[[], None],
    orelse: Callable[[], None] | None,
    get: Getter,
    set: Setter,
    names: Names,
    line: int,
) -> None:
    """`if`, with its `else` clause or None."""
    if isinstance(condition, Traced) and STAGING is not None:
        STAGING.if_(condition, then, orelse, get, set, names, _loc(line))
    elif condition:
        then()
    elif orelse is not None:
        orelse()


def if_expression(condition: Any, then: Thunk, orelse: Thunk, line: int) -> Any:
    """`then() if condition else orelse()`."""
    if isinstance(condition, Traced) and STAGING is not None:
        return STAGING.if_expression(condition, then, orelse, _loc(line))
    return then() if condition else orelse()


def assert_(condition: Any, message: Thunk | None, line: int) -> None:
    """`assert`."""
    if isinstance(condition, Traced) and STAGING is not None:
        STAGING.assert_(condition, message, _loc(line))
    elif not condition:
        raise AssertionError() if message is None else AssertionError(message())


# truth values


def and_(value: Any, *rest: Thunk) -> Any:
    """`value and …`: the first operand that is false, or the last."""
    for i, operand in enumerate(rest):
        if isinstance(value, Traced) and STAGING is not None:
            return STAGING.and_(value, *rest[i:])
        if not value:
            return value
        value = operand()
    return value


def or_(value: Any, *rest: Thunk) -> Any:
    """`value or …`: the first operand that is true, or the last."""
    for i, operand in enumerate(rest):
        if isinstance(value, Traced) and STAGING is not None:
            return STAGING.or_(value, *rest[i:])
        if value:
            return value
        value = operand()
    return value


def not_(x: Any) -> Any:
    """`not x`."""
    if isinstance(x, Traced) and STAGING is not None:
        return STAGING.not_(x)
    return not x


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    **{name: getattr(operator, name) for name in ("lt", "le", "gt", "ge", "eq", "ne")},
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


def compare(names: Names, left: Any, right: Any, *rest: Thunk) -> Any:
    """`left < right < …`: `and` over comparisons, each operand evaluated once."""
    first = _COMPARISONS[names[0]](left, right)
    last = [right]

    def next_comparison(name: str, operand: Thunk) -> Thunk:
        def evaluate() -> Any:
            before = last[0]
            last[0] = operand()
            return _COMPARISONS[name](before, last[0])

        return evaluate

    return and_(first, *map(next_comparison, names[1:], rest))


# variables


def load(read: Thunk, name: str, line: int, bound: tuple[int, ...]) -> Any:
    """A variable that may be unbound; `bound` are the lines that bind it.

    Raises UnboundLocalError with the lines if it is not.
    """
    try:
        value = read()
    except NameError:
        value = UNBOUND
    if not isinstance(value, Unbound):
        return value
    lines = f"line{'s' if len(bound) > 1 else ''} {', '.join(map(str, bound))}"
    where = f"; it is bound only in {lines}, in a branch or loop that may not run" if bound else ""
    raise UnboundLocalError(
        named(
            "unbound",
            f"the local variable {name!r} is read in line {line}, where it may have no value{where}"
            f"{'; ' + value.reason if value.reason else ''}",
        )
    )


def peek(read: Thunk) -> Any:
    """A variable, UNBOUND if it is not bound."""
    try:
        return read()
    except NameError:
        return UNBOUND


def nothing() -> tuple:
    """The getter of no variables."""
    return ()


def ignore(values: tuple) -> None:
    """The setter of no variables."""


_UPDATES: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, f"i{name}")
    for name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
}
_IMMUTABLE = (int, float, bool, complex, str, tuple, bytes, frozenset)


def update(value: Any, op: str, other: Any) -> Any:
    """The new value of `x` in `x += other` and the like."""
    if type(value) not in _IMMUTABLE and hasattr(type(value), f"__i{op}__"):
        changing(value)
    return _UPDATES[op](value, other)


def returned(value: Any) -> Any:
    """What a function returns that does so in several places."""
    return value if STAGING is None else STAGING.returned(value)


# objects


def made(obj: Any) -> Any:
    """A list, dict, set or generator that the program has just made."""
    return born(obj)


def changed(obj: Any) -> Any:
    """The object of an assignment or deletion of an item or attribute that is about to happen."""
    changing(obj)
    return obj


def iterate(obj: Any) -> Any:
    """Something whose items are about to be taken."""
    consuming(obj)
    return obj


def entered(manager: Any) -> Any:
    """A context manager that is about to be entered."""
    if type(manager).__name__ not in ("errstate", "nullcontext"):
        _effect(f"enters a context of {type(manager).__qualname__}")
    return manager


def effect(what: str, line: int) -> None:
    """An effect outside the function that is about to happen."""
    _effect(what)


def call(f: Any, *args: Any, **kwargs: Any) -> Any:
    """`f(*args, **kwargs)` as rewritten code does it."""
    return callee(f)(*args, **kwargs)


__all__ = [
    "STAGING",
    "UNBOUND",
    "Staging",
    "Unbound",
    "Unrollable",
    "and_",
    "assert_",
    "call",
    "callee",
    "changed",
    "compare",
    "effect",
    "entered",
    "for_",
    "if_",
    "if_expression",
    "ignore",
    "iterate",
    "load",
    "made",
    "not_",
    "nothing",
    "or_",
    "peek",
    "plain_for",
    "plain_while",
    "returned",
    "update",
    "while_",
]
