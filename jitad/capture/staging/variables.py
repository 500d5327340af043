"""The variables that a loop or branch assigns: trees of numbers and arrays, and everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...ir.types import Type
from ..handles import is_array, settle
from ..leaves import LeafType, leaf_type
from ..operators import Unbound
from ..tracer import Traced, lift
from ..trees import RESULTS, TreeSpec, flatten, unflatten


class Leaf(NamedTuple):
    """The type of a leaf that is carried; `weak` if it is a Python number."""

    type: Type
    weak: bool


class Variable(NamedTuple):
    """What a variable holds: the leaves of a tree; or, with no `spec`, an object that is no such tree.

    value  the object itself
    """

    value: Any
    spec: TreeSpec | None
    leaves: tuple[Any, ...]


def variable(value: Any) -> Variable:
    """`value` taken apart, if it is a tree of numbers and arrays alone."""
    if isinstance(value, Unbound) or value is None or isinstance(value, (str, bytes)):
        return Variable(value, None, ())
    if isinstance(value, (Traced, int, float, np.generic, np.ndarray)):
        return Variable(value, _LEAF, (value,)) if is_leaf(value) else Variable(value, None, ())
    try:
        leaves, spec = flatten(value, RESULTS)
    except (TypeError, ValueError):
        return Variable(value, None, ())
    if leaves and all(is_leaf(x) for x in leaves):
        return Variable(value, spec, tuple(leaves))
    return Variable(value, None, ())


_LEAF = flatten(0.0, RESULTS)[1]


def is_leaf(x: Any) -> bool:
    """Whether `x` can be carried."""
    if isinstance(x, Traced):
        return True
    try:
        leaf_type(x, "")
    except (TypeError, OverflowError, NotImplementedError):
        return False
    return True


def rebuilt(like: Variable, leaves: Sequence[Any]) -> Any:
    """The variable's value with other leaves."""
    assert like.spec is not None
    return unflatten(like.spec, leaves)


def said(v: Variable) -> str:
    """What a variable holds, in words."""
    if isinstance(v.value, Unbound):
        return "unbound"
    if v.spec is None:
        return f"a {type(v.value).__name__}"
    if len(v.leaves) == 1:
        return str(leaf(v.leaves[0]).type)
    return f"a {type(v.value).__name__} of {len(v.leaves)}"


def leaf(x: Any) -> Leaf:
    """The type that `x` has as a carried value."""
    found: LeafType = leaf_type(x, "")
    return Leaf(found.type, found.weak)


def is_handle(x: Any) -> bool:
    """Whether `x` is an array that can be written in place, rather than a number."""
    return isinstance(x, Traced) and is_array(x)


def returned(value: Any) -> Any:
    """`value`, which a function returns: from now on somebody may read it while arrays are written."""
    if isinstance(value, (Traced, tuple, list, dict)):
        for x in variable(value).leaves:
            if is_handle(x):
                settle(x)
    return value


def is_concrete(x: Any) -> bool:
    """Whether `x` is a number that Python knows."""
    return not isinstance(x, (Traced, np.ndarray))


def same_object(a: Any, b: Any) -> bool:
    """Whether a variable still holds what it held; equal Python numbers count."""
    if a is b:
        return True
    if type(a) is not type(b) or isinstance(a, (Traced, np.ndarray)):
        return False
    if isinstance(a, (int, float, str, np.generic)):
        return bool(a == b) and repr(a) == repr(b)
    return False


def joined(a: Leaf, b: Leaf) -> Leaf | None:
    """The type that holds both: equal ones, or that of the other where one is a Python number; else None."""
    if a == b:
        return a
    if a.type.shape != b.type.shape:
        return None
    if a.type is b.type:
        return Leaf(a.type, False)
    if a.weak and b.weak:
        return a if _RANK[a.type.dtype.kind] > _RANK[b.type.dtype.kind] else b
    if a.weak and _gives_way(a, b):
        return b
    if b.weak and _gives_way(b, a):
        return a
    return None


_RANK = {"b": 0, "i": 1, "u": 1, "f": 2}


def _gives_way(weak: Leaf, strong: Leaf) -> bool:
    """Whether a Python number may take the dtype of the other without a change of its value's kind."""
    return _RANK[weak.type.dtype.kind] <= _RANK[strong.type.dtype.kind]


def lifted(x: Any, target: Leaf) -> Traced:
    """`x` in the innermost trace, converted to the type."""
    from ... import ops
    from ..tracer import call

    t = lift(x)
    if t.dtype == target.type.dtype:
        return t
    return call(ops.convert, t, dtype=target.type.dtype, weak=target.weak)
