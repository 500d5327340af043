"""Code that runs as it is, with its own globals: nothing is replaced in it, what it reads is compared."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from .guards import CellGuard, ContentGuard, DictGuard
from .names import names_of
from .owners import is_library, is_library_function

if TYPE_CHECKING:
    from .closure import Cloner


def watch_class(cls: type, cloner: Cloner) -> None:
    """Watch the methods of a user's class and of its bases."""
    for f in _methods(cls):
        watch(f, cloner)


def watch(f: FunctionType, cloner: Cloner) -> None:
    """Guard every name that `f` reads, arrays and containers by their contents; likewise what it calls."""
    if f in cloner.watched:
        return
    cloner.watched.add(f)
    for holder, name, value, kind in _reads(f):
        cloner.guard(value, kind, holder, name)
        if isinstance(value, FunctionType) and not is_library_function(value):
            watch(value, cloner)
        elif isinstance(value, (np.ndarray, list, dict, set)):
            cloner.captures.guards.append(ContentGuard(value, name, arrays=True))


def _reads(f: FunctionType) -> Iterator[tuple[Any, str, Any, type]]:
    """Where each name is kept, the name, its value, and the kind of its guard."""
    for name in names_of(f.__code__).globals:
        if name in f.__globals__:
            yield f.__globals__, name, f.__globals__[name], DictGuard
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or ()):
        try:
            yield cell, name, cell.cell_contents, CellGuard
        except ValueError:
            continue


def _methods(cls: type) -> Iterator[FunctionType]:
    """The Python functions in a user's class and its bases, those behind properties and class methods too."""
    for owner in cls.__mro__:
        if not is_library(owner):
            for value in list(vars(owner).values()):
                f = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
                if isinstance(f, FunctionType) and not is_library_function(f):
                    yield f
