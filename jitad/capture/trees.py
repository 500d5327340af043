"""Trees of arguments and results: optree's containers, and dataclasses by field."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import optree

#: Dicts are flattened by sorted keys as arguments, in insertion order as results.
ARGUMENTS, RESULTS = "jitad", "jitad.results"
# Held for as long as this module lives: collecting it would switch the order back.
_insertion_ordered = optree.dict_insertion_ordered(True, namespace=RESULTS)
_insertion_ordered.__enter__()

_plain: set[type] = {np.ndarray, float, int, bool, str, np.float64, np.float32, np.int64, np.int32, np.bool_}
TreeSpec = optree.PyTreeSpec


def flatten(tree: Any, namespace: str = ARGUMENTS) -> tuple[list[Any], TreeSpec]:
    """Leaves and structure; dataclasses are traversed by field, `metadata={"static": True}` ones excepted."""
    leaves, spec = optree.tree_flatten(tree, namespace=namespace)
    for leaf in leaves:
        if leaf.__class__ not in _plain and _register(leaf.__class__):
            return flatten(tree, namespace)
    return leaves, spec


def unflatten(spec: TreeSpec, leaves: Sequence[Any]) -> Any:
    """The tree of structure `spec` with these leaves."""
    return optree.tree_unflatten(spec, leaves)


def paths(tree: Any, name: str) -> list[str]:
    """How each leaf of `tree` is written in Python when the tree is called `name`: `w['a'][0]`."""
    flatten(tree)
    return [a.codify(name) for a in optree.tree_accessors(tree, namespace=ARGUMENTS)]


def register(
    cls: type,
    flatten_node: Callable[[Any], tuple[Sequence[Any], Any]],
    unflatten_node: Callable[[Any, Sequence[Any]], Any],
) -> None:
    """Make `cls` a container: obj → (children, static), and (static, children) → obj."""
    for namespace in (ARGUMENTS, RESULTS):
        optree.register_pytree_node(cls, flatten_node, cast(Any, unflatten_node), namespace=namespace)


def _register(cls: type) -> bool:
    """Note a leaf's class; True if it is a dataclass and has been registered just now."""
    if not dataclasses.is_dataclass(cls):
        _plain.add(cls)
        return False
    fields = dataclasses.fields(cls)
    static = tuple(f.name for f in fields if f.metadata.get("static"))
    traced = tuple(f.name for f in fields if not f.metadata.get("static"))

    def split(obj: Any) -> tuple[Sequence[Any], Any, tuple[str, ...]]:
        return [getattr(obj, n) for n in traced], tuple(getattr(obj, n) for n in static), traced

    def build(fixed: Any, children: Sequence[Any]) -> Any:
        # Not through __init__, which may refuse what a gradient has in a field (None, say).
        obj = object.__new__(cls)
        for name, value in (*zip(traced, children), *zip(static, fixed)):
            object.__setattr__(obj, name, value)
        return obj

    for namespace in (ARGUMENTS, RESULTS):
        optree.register_pytree_node(
            cast(Any, cls),
            split,
            cast(Any, build),
            path_entry_type=optree.DataclassEntry,
            namespace=namespace,
        )
    return True
