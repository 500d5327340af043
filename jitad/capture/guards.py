"""Guards: what a traced function assumed of the names it read; one that fails means a new trace."""

from __future__ import annotations

import math
from array import array
from collections import deque
from types import CellType
from typing import Any

import numpy as np


class Missing:
    """Stands for the contents of an empty cell or the value of an absent key."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = Missing()
#: Mutable containers, whose contents only Python can compare.
CONTAINERS = (list, dict, set, deque, bytearray, array)
_VALUES = (int, float, bool, complex, str, bytes, type(None), np.generic)


class CellGuard:
    """The closure cell holds `expected`."""

    __slots__ = ("cell", "expected", "name")
    native = True

    def __init__(self, cell: CellType, expected: Any, name: str) -> None:
        self.cell, self.expected, self.name = cell, expected, name

    def current(self) -> Any:
        try:
            return self.cell.cell_contents
        except ValueError:
            return MISSING

    def __repr__(self) -> str:
        return f"{self.name} is {short(self.expected)}"


class DictGuard:
    """The dict (of a module, an instance or a class) holds `expected` under the key."""

    __slots__ = ("dict", "key", "expected", "name")
    native = True

    def __init__(self, dict: dict[str, Any], key: str, expected: Any, name: str) -> None:
        self.dict, self.key, self.expected, self.name = dict, key, expected, name

    def current(self) -> Any:
        return self.dict.get(self.key, MISSING)

    __repr__ = CellGuard.__repr__


class AttributeGuard:
    """The object has `expected` in a slot, where only Python can look."""

    __slots__ = ("object", "expected", "name")
    native = False

    def __init__(self, object: Any, expected: Any, name: str) -> None:
        self.object, self.expected, self.name = object, expected, name

    def current(self) -> Any:
        return getattr(self.object, self.name, MISSING)

    __repr__ = CellGuard.__repr__


class DefaultsGuard:
    """The function still has the same tuple of default values."""

    __slots__ = ("function", "expected", "name")
    native = True

    def __init__(self, function: Any, name: str) -> None:
        self.function, self.expected, self.name = function, function.__defaults__, name

    def current(self) -> Any:
        return self.function.__defaults__

    def __repr__(self) -> str:
        return f"the defaults of {self.name}"


class ContentGuard:
    """A list, dict or array that was read outside traced operations has the contents it had.

    No pointer comparison can tell that, so a function with such a guard is always called through Python,
    and `explain` says so.

    arrays  compare the elements of arrays, too; otherwise it must be the same arrays
    """

    __slots__ = ("object", "expected", "name", "arrays")
    native = False

    def __init__(self, object: Any, name: str, arrays: bool = False) -> None:
        self.object, self.name, self.arrays = object, name, arrays
        self.expected = contents(object, arrays)

    def current(self) -> Any:
        return contents(self.object, self.arrays)

    def __repr__(self) -> str:
        return f"the contents of {self.name}"


Guard = CellGuard | DictGuard | AttributeGuard | DefaultsGuard | ContentGuard


def holds(guard: Guard) -> bool:
    """Whether the guard's assumption is still true; numbers and strings count by type and value."""
    now = guard.current()
    return now is guard.expected or (now.__class__ is guard.expected.__class__ and equal(now, guard.expected))


def equal(a: Any, b: Any) -> bool:
    """Equality of numbers, strings and tuples of them, by type and value (NaN = NaN, 0.0 ≠ -0.0)."""
    if a is b:
        return True
    if a.__class__ is not b.__class__:
        return False
    if a.__class__ is tuple:
        return len(a) == len(b) and all(map(equal, a, b))
    if not isinstance(a, _VALUES):
        return False
    if isinstance(a, (float, np.floating)):
        return (a != a and b != b) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return bool(a == b)


def contents(x: Any, arrays: bool = False, depth: int = 16) -> Any:
    """What `x` holds, comparable by `equal`; objects inside stand for themselves (by their identity)."""
    if isinstance(x, np.ndarray):
        return ("array", str(x.dtype), x.shape, x.tobytes()) if arrays else x
    if depth == 0 or isinstance(x, _VALUES):
        return x
    if isinstance(x, (list, tuple, deque)):
        return (type(x).__name__, *(contents(item, arrays, depth - 1) for item in x))
    if isinstance(x, dict):
        return ("dict", *((contents(k, arrays, 0), contents(v, arrays, depth - 1)) for k, v in x.items()))
    if isinstance(x, (set, frozenset)):
        return ("set", *sorted(map(repr, x)))
    if isinstance(x, (bytearray, array)):
        return type(x).__name__, bytes(x)
    return x


def short(x: Any) -> str:
    """A value for messages, in one short line."""
    if isinstance(x, np.ndarray):
        return f"an array {x.dtype}{list(x.shape)}"
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "..."
