"""What a function can see, taken apart: traced values by type, everything else by what it is."""

from __future__ import annotations

import functools
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from .constants import number_of
from .handles import View, is_array, is_contiguous, root_of, strides_of
from .owners import is_library
from .traced import Traced

#: Trees of more nodes than this are not compared.
MOST_NODES = 400
#: Known elements of more bytes than this are not compared.
_MOST_BYTES = 4096


class Doubt(Exception):
    """Something that cannot be compared cheaply and for certain: the call is traced."""


class Described:
    """A tree taken apart.

    key     equal for trees in which a function finds the same, traced values aside
    leaves  these, in order, each once
    kept    objects that `key` knows by their id
    """

    __slots__ = ("parts", "leaves", "kept", "_seen", "_nodes")

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self.leaves: list[Traced] = []
        self.kept: list[Any] = []
        self._seen: dict[int, int] = {}
        self._nodes = 0

    @property
    def key(self) -> tuple:
        return tuple(self.parts)

    def add(self, x: Any) -> None:
        """Take `x` apart; Doubt where that is not possible."""
        cls = x.__class__
        if cls is Traced:
            self._traced(x)
        elif cls is int or cls is str or cls is bool or x is None:
            self.parts.append((cls, x))
        elif cls is float or cls is complex or isinstance(x, np.generic):
            self.parts.append((cls, x.hex() if cls is float else repr(x)))
        elif cls is FunctionType or isinstance(x, (type, np.ufunc, BuiltinFunctionType, Enum, np.dtype)):
            self._by_identity(x)
        elif isinstance(x, ModuleType):
            if not is_library(x):
                raise Doubt
            self._by_identity(x)
        else:
            self._node(x, cls)

    def _node(self, x: Any, cls: type) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise Doubt
        if cls is slice:
            x = (x.start, x.stop, x.step)
        elif cls is MethodType:
            x = (x.__func__, x.__self__)
        elif cls is functools.partial:
            x = (x.func, x.args, x.keywords)
        if isinstance(x, tuple) and (
            cls in (tuple, slice, MethodType, functools.partial) or hasattr(x, "_fields")
        ):
            self.parts.append((cls, len(x)))
            for item in x:
                self.add(item)
        elif cls is list:
            self.parts.append((cls, len(x), self._number(x)))
            for item in x:
                self.add(item)
        elif cls is dict:
            self.parts.append((cls, len(x), self._number(x)))
            for name, item in x.items():
                self.add(name)
                self.add(item)
        elif cls in (range, bytes):
            self.parts.append((cls, x))
        elif isinstance(x, np.ndarray) and x.size == 0:
            self.parts.append((cls, str(x.dtype), x.shape))
        else:
            raise Doubt

    def _number(self, x: Any) -> int:
        """The same for the same object, so that names of one object are told from names of two."""
        self.kept.append(x)
        return self._seen.setdefault(id(x), len(self._seen))

    def _by_identity(self, x: Any) -> None:
        self.kept.append(x)
        self.parts.append((x.__class__, id(x)))

    def _traced(self, x: Traced) -> None:
        known = self._seen.get(id(x))
        if known is not None:
            self.parts.append((Traced, known))
            return
        number = self._number(x)
        self.leaves.append(x)
        elements = number_of(x)
        content = None
        if elements is not None:
            array = np.asarray(elements)
            if array.nbytes > _MOST_BYTES:
                raise Doubt
            content = array.tobytes()
        root = root_of(x)
        if root.state is not None and (root.state.lost or root.state.rivals or root.state.later):
            raise Doubt
        layout = None if x.state.__class__ is not View else (is_contiguous(x), strides_of(x))
        self.parts.append((Traced, number, x.type, x.weak, is_array(x), layout, content))
