"""Concrete arrays met while tracing: which are constants, which are inputs read by reference."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..ir.builder import Builder
from ..ir.graph import Loc, Value, const
from ..ir.named import named
from ..ir.types import is_supported, type_of
from .guards import ContentGuard, Guard
from .source import at


class Input(NamedTuple):
    """A hidden input: an array from outside, read at each call."""

    array: np.ndarray
    param: Value
    name: str


class _Met:
    """An array met by an op that no captured name stands for: whose it is shows when the trace ends."""

    __slots__ = ("owner", "interface", "snapshot", "param", "loc", "looked_at")

    def __init__(self, array: np.ndarray, param: Value, loc: Loc | None) -> None:
        owner = owner_of(array)
        self.owner = weakref.ref(owner)
        self.interface = array.__array_interface__
        self.snapshot = array.copy()
        self.param = param
        self.loc = loc
        self.looked_at = False

    def array(self) -> np.ndarray | None:
        """The array again, as a view of the memory it belongs to; None if that is gone."""
        owner = self.owner()
        return None if owner is None else np.asarray(_View(owner, self.interface))

    def same(self, array: np.ndarray) -> bool:
        """Whether `array` is this one, with the bytes it had."""
        return (
            self.owner() is owner_of(array)
            and same_interface(self.interface, array.__array_interface__)
            and same_bytes(self.snapshot, array)
        )


class _View:
    """Holder of memory for `np.asarray`; keeps its owner alive."""

    def __init__(self, owner: np.ndarray, interface: dict[str, Any]) -> None:
        self.owner = owner
        self.__array_interface__ = interface


class Captures:
    """What the outermost trace takes from outside: arrays as hidden inputs, and guards on names.

    decisions  what became of loops and branches (`staging.report`), by line and kind
    kept       what loops keep for their way back (`ad.kept`), each once, in order
    """

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self.guards: list[Guard] = []
        self.notes: list[str] = []
        self.decisions: dict[Any, Any] = {}
        self.kept: dict[Any, None] = {}
        self._by_id: dict[int, Input] = {}
        self._met: dict[int, list[_Met]] = {}
        self._looked_at: set[int] = set()

    def input(self, array: np.ndarray, builder: Builder, name: str = "") -> Value:
        """The parameter for an array known to be from outside."""
        found = self._by_id.get(id(array))
        if found is None:
            param = builder.param(array_type(array, name), name)
            found = self._by_id[id(array)] = Input(array, param, name)
            self.inputs.append(found)
        return found.param

    def meet(self, array: np.ndarray, builder: Builder, loc: Loc | None) -> Value:
        """The parameter for an array that an op met; the same one while its bytes stay the same."""
        found = self._by_id.get(id(array))
        if found is not None:
            return found.param
        earlier = self._met.setdefault(array.__array_interface__["data"][0], [])
        for met in earlier:
            if met.same(array):
                return met.param
        met = _Met(array, builder.param(array_type(array)), loc)
        earlier.append(met)
        return met.param

    def has(self, param: Value) -> bool:
        """Whether `param` stands for an array from outside."""
        known = any(i.param is param for i in self.inputs)
        return known or any(met.param is param for group in self._met.values() for met in group)

    def reader(self, param: Value) -> Callable[[], np.ndarray] | None:
        """How to look at the elements of the array that `param` stands for, which a guard then compares."""
        for i in self.inputs:
            if i.param is param:
                return lambda: self._look(i)
        for met in (m for group in self._met.values() for m in group):
            if met.param is param:
                met.looked_at = True
                return lambda: met.snapshot
        return None

    def _look(self, i: Input) -> np.ndarray:
        if id(i.array) not in self._looked_at:
            self._looked_at.add(id(i.array))
            self.guards.append(ContentGuard(i.array, i.name or "an array", arrays=True))
        return i.array

    def settle(self) -> dict[Value, Value]:
        """End the trace: arrays still alive elsewhere become inputs; return the constants for the others."""
        constants: dict[Value, Value] = {}
        for met in (m for group in self._met.values() for m in group):
            array = met.array()
            if array is None:
                constants[met.param] = const(met.snapshot, met.param.dtype)
            elif same_bytes(met.snapshot, array):
                self.inputs.append(Input(array, met.param, ""))
                if met.looked_at:
                    self.guards.append(ContentGuard(array, f"an array of line {met.loc}", arrays=True))
            else:
                raise NotImplementedError(
                    named(
                        "outside-write",
                        f"an array {met.param.type} from outside the traced function was changed while it "
                        "was "
                        f"traced; its first use is{at(met.loc)}. Pass it as an argument and return the new "
                        "array",
                    )
                )
        self._met.clear()
        return constants


def array_type(array: np.ndarray, name: str = "") -> Any:
    """The IR type of an array, byte order aside; the errors say what to do about other dtypes."""
    dtype = array.dtype if array.dtype.isnative else array.dtype.newbyteorder("=")
    if not is_supported(dtype):
        refuse_dtype(dtype, name)
    return type_of(dtype, array.shape)


def refuse_dtype(dtype: np.dtype, name: str = "") -> None:
    """Raise the error for a dtype that the IR does not have."""
    what = f"{name}: " if name else ""
    if dtype.kind == "c":
        raise NotImplementedError(
            named("argument-type", f"{what}complex numbers ({dtype}) are not supported yet")
        )
    if dtype.kind == "f":
        raise TypeError(
            named(
                "argument-type",
                f"{what}dtype {dtype} is not supported; convert with .astype(np.float32) or np.float64",
            )
        )
    raise TypeError(
        named(
            "argument-type",
            f"{what}dtype {dtype} is not supported; convert to a float, integer or bool array first",
        )
    )


def owner_of(array: np.ndarray) -> np.ndarray:
    """The array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def same_interface(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return all(a[k] == b[k] for k in ("data", "shape", "strides", "typestr"))


def same_bytes(a: np.ndarray, b: np.ndarray) -> bool:
    """Equality of contents bit for bit, so that NaN equals itself and 0.0 differs from -0.0."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
