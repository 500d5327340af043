"""Copies that stand for a user's objects during a trace, and how what was written into them gets back."""

from __future__ import annotations

from typing import Any

from ..ir.named import named
from .traced import Traced


class Copies:
    """Originals and their stand-ins, by identity; both are kept alive."""

    def __init__(self) -> None:
        self._by_original: dict[int, tuple[Any, Any]] = {}
        self._by_copy: dict[int, tuple[Any, Any]] = {}
        self._dicts: list[tuple[dict, dict, dict, bool]] = []
        self._lists: list[tuple[list, list, list]] = []
        self._slots: dict[tuple[int, str], tuple[Any, Any, Any]] = {}

    def copy_of(self, original: Any) -> Any:
        """The stand-in of `original`, or None."""
        found = self._by_original.get(id(original))
        return None if found is None else found[1]

    def remember(self, original: Any, copy: Any) -> None:
        """Enter a pair that needs no carrying back."""
        self._by_original[id(original)] = original, copy
        self._by_copy[id(copy)] = original, copy

    def copy_dict(self, original: dict, is_module: bool = False) -> dict:
        """A copy whose later changes, those by `put` aside, are carried back."""
        copy = dict(original)
        self.remember(original, copy)
        self._dicts.append((original, copy, dict(original), is_module))
        return copy

    def put(self, copy: dict, key: Any, value: Any) -> None:
        """Set a replacement in a copied dict; it does not count as a change."""
        copy[key] = value
        for _, other, initial, _ in self._dicts:
            if other is copy:
                initial[key] = value

    def copy_list(self, original: list, items: list) -> list:
        """A list of the replaced items whose later changes are carried back."""
        copy = list(items)
        self.remember(original, copy)
        self._lists.append((original, copy, list(items)))
        return copy

    def adopt(self, original: Any, copy: Any) -> None:
        """Give the new object `copy` the state of `original`, as a dict that is carried back."""
        state = getattr(original, "__dict__", None)
        if state is not None:
            copy.__dict__.update(state)
            self._dicts.append((state, copy.__dict__, dict(state), False))
        for slot in _slots(type(original)):
            if hasattr(original, slot):
                self.put_slot(original, copy, slot, getattr(original, slot))
        self.remember(original, copy)

    def put_slot(self, original: Any, copy: Any, slot: str, value: Any) -> None:
        """Set a replacement in a slot of a copied object; it does not count as a change."""
        object.__setattr__(copy, slot, value)
        self._slots[id(original), slot] = original, copy, value

    def carry_back(self) -> None:
        """Apply to the originals what was written into their copies.

        Raises NotImplementedError if a global variable was given a traced value.
        """
        for original, copy, initial, is_module in self._dicts:
            for key in [k for k in (*initial, *copy) if copy.get(k, self) is not initial.get(k, self)]:
                if key not in copy:
                    original.pop(key, None)
                    continue
                value = self._original(copy[key])
                if is_module and isinstance(value, Traced):
                    raise NotImplementedError(
                        named(
                            "outside-write",
                            f"the traced function stores {value!r} in the global variable {key!r}; "
                            "return it instead",
                        )
                    )
                original[key] = value
        for (_, slot), (obj, copy_obj, value) in self._slots.items():
            if (now := getattr(copy_obj, slot, value)) is not value:
                object.__setattr__(obj, slot, self._original(now))
        for original_list, copy_list, initial_list in self._lists:
            if len(copy_list) != len(initial_list) or any(
                a is not b for a, b in zip(copy_list, initial_list)
            ):
                original_list[:] = [self._original(x) for x in copy_list]

    def release(self) -> None:
        """Let go of everything, so that the trace keeps no object of the user's alive.

        Copied globals get their originals back: they refer to clones, which refer to them, and such a
        ring would hold what the user has since dropped until the garbage collector comes by.
        """
        for original, copy, _, is_module in self._dicts:
            if is_module:
                copy.clear()
                copy.update(original)
        for table in (self._by_original, self._by_copy, self._dicts, self._lists, self._slots):
            table.clear()

    def _original(self, value: Any) -> Any:
        found = self._by_copy.get(id(value))
        return value if found is None else found[0]


def _slots(cls: type) -> list[str]:
    """The names of all slots of a class and its bases."""
    slots: list[str] = []
    for base in cls.__mro__:
        own = base.__dict__.get("__slots__", ())
        slots += [own] if isinstance(own, str) else list(own)
    return [s for s in slots if s not in ("__dict__", "__weakref__")]
