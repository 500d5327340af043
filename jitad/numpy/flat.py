"""x.flat: all elements in C order, read as copies and written in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..capture.tracer import Traced, lift
from .core import begin, wrapped
from .viewing import with_ones


class Flat:
    """What `x.flat` is: indexed like a vector; what is read is a copy, what is written gets into `x`."""

    __slots__ = ("base",)
    __array_priority__ = 1e6

    def __init__(self, base: Traced) -> None:
        self.base = base

    def _vector(self) -> Any:
        begin((self.base,))
        return with_ones(self.base, (self.base.size,))

    def copy(self) -> Any:
        """All elements as a new vector."""
        return wrapped(lift(self._vector()).value)

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Any]:
        return iter(self.copy())

    def __getitem__(self, key: Any) -> Any:
        found = self._vector()[key]
        return found.copy() if isinstance(found, Traced) else found

    def __setitem__(self, key: Any, value: Any) -> None:
        self._vector()[key] = value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.copy().__array__(dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*_vectors(inputs), **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return func(*_vectors(args), **kwargs)


def _vectors(x: Any) -> Any:
    """Arguments with vectors in place of flat iterators."""
    if isinstance(x, (tuple, list)):
        return type(x)(_vectors(item) for item in x)
    return x.copy() if isinstance(x, Flat) else x


def install() -> None:
    """Give traced arrays the attribute `flat`."""
    Traced.flat = property(Flat, lambda x, value: Flat(x).__setitem__(..., value))  # type: ignore[attr-defined]


install()

__all__ = ["Flat"]
