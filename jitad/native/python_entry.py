"""The entry point in Python, where the native one cannot be used: same checks, same results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from jitad.native.call import invoke
from jitad.native.engine import NativeModule
from jitad.native.signature import (
    MISSING,
    PYTHON_DTYPES,
    ArgOf,
    CellGuard,
    DefaultsGuard,
    DictOf,
    Guard,
    Leaf,
    ListOf,
    Signature,
    Static,
    Tree,
    TupleOf,
)

_INT64 = np.iinfo(np.int64)


def guard_holds(guard: Guard) -> bool:
    """Whether the cell or dict still holds the object it held when the code was made."""
    if isinstance(guard, CellGuard):
        try:
            return guard.cell.cell_contents is guard.expected
        except ValueError:
            return guard.expected is MISSING
    if isinstance(guard, DefaultsGuard):
        return guard.function.__defaults__ is guard.expected
    return guard.dict.get(guard.key, MISSING) is guard.expected


def _array_matches(
    leaf: Leaf, value: Any, sizes: dict[int, int] | None = None, least: int = 0, *, writeable: bool = False
) -> bool:
    return (
        type(value) is np.ndarray
        and value.dtype == leaf.dtype
        and leaf.bind(value.shape, {} if sizes is None else sizes, least)
        and value.flags.c_contiguous
        and value.flags.aligned
        and (value.flags.writeable or not writeable)
    )


def _leaf_matches(leaf: Leaf, value: Any, sizes: dict[int, int], least: int) -> bool:
    if leaf.kind == "array":
        return _array_matches(leaf, value, sizes, least)
    if leaf.kind == "scalar":
        return type(value) is leaf.dtype.type
    if type(value) is int and leaf.dtype.kind == "i":
        return _INT64.min <= value <= _INT64.max and leaf.takes(value, sizes, least)
    return type(value) is PYTHON_DTYPES[leaf.dtype] and leaf.takes(value, sizes, least)


def _items(tree: TupleOf | ListOf | DictOf, value: Any) -> Sequence[Any] | None:
    """The items of a container in the tree's order, or None if it is another container."""
    kind = {TupleOf: tuple, ListOf: list, DictOf: dict}[type(tree)]
    if type(value) is not kind or len(value) != len(tree.items):
        return None
    if not isinstance(tree, DictOf):
        return value
    return [value[key] for key in tree.keys] if all(key in value for key in tree.keys) else None


def _flatten(tree: Tree, value: Any, found: list[Any], accept: Callable[[Tree, Any], bool]) -> bool:
    """Put the leaves of `value` into `found`, if `accept` likes every node that is not a container."""
    if isinstance(tree, (TupleOf, ListOf, DictOf)):
        items = _items(tree, value)
        return items is not None and all(_flatten(t, v, found, accept) for t, v in zip(tree.items, items))
    if isinstance(tree, Leaf):
        found.append(value)
    return accept(tree, value)


def _accept_argument(sizes: dict[int, int], least: int) -> Callable[[Tree, Any], bool]:
    def accept(tree: Tree, value: Any) -> bool:
        if isinstance(tree, Static):
            return value is tree.obj
        return isinstance(tree, Leaf) and _leaf_matches(tree, value, sizes, least)

    return accept


def _accept_out(sizes: dict[int, int]) -> Callable[[Tree, Any], bool]:
    def accept(tree: Tree, value: Any) -> bool:
        if value is None:
            return True
        if isinstance(tree, Static):
            return value is tree.obj
        return isinstance(tree, Leaf) and _array_matches(tree, value, sizes, writeable=True)

    return accept


def _complete(signature: Signature, sizes: dict[int, int], leaves: Sequence[Any]) -> bool:
    """Enter the sizes that follow from those of the arguments."""
    first = [sizes[i] for i in range(signature.sizes.count)]
    sizes.update(enumerate(signature.sizes.compute(first, leaves), len(first)))
    return True


def _disjoint(outs: Sequence[Any], operands: Sequence[Any]) -> bool:
    arrays = [x for x in operands if isinstance(x, np.ndarray)]
    for out in outs:
        if out is not None:
            if any(np.may_share_memory(out, x) for x in arrays):
                return False
            arrays.append(out)
    return True


def _build(tree: Tree, results: Iterator[Any], leaves: Sequence[Any]) -> Any:
    if isinstance(tree, Leaf):
        return next(results)
    if isinstance(tree, Static):
        return tree.obj
    if isinstance(tree, ArgOf):
        return leaves[tree.index]
    items = [_build(item, results, leaves) for item in tree.items]
    if isinstance(tree, DictOf):
        return dict(zip(tree.keys, items))
    return tuple(items) if isinstance(tree, TupleOf) else items


def build_python_entry(kernel: NativeModule, signature: Signature) -> Callable[..., Any]:
    """What `build_entry` returns, as a Python function: for every interpreter, some microseconds a call."""
    address = kernel.address(signature.symbol)

    def entry(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        leaves: list[Any] = []
        outs: list[Any] = []
        sizes: dict[int, int] = {}
        accept = _accept_argument(sizes, signature.sizes.least)
        captured = [array for _, array in signature.captures]
        suits = (
            not kwargs
            and all(guard_holds(guard) for guard in signature.guards)
            and len(args) == len(signature.args)
            and all(_flatten(t, v, leaves, accept) for t, v in zip(signature.args, args))
            and all(_array_matches(leaf, array) for leaf, array in signature.captures)
            and _complete(signature, sizes, leaves)
            and (out is None or _flatten(signature.result, out, outs, _accept_out(sizes)))
            and _disjoint(outs, [*leaves, *captured])
        )
        if not suits:
            given = {} if out is None else {"out": out}
            return signature.fallback(*args, **given, **kwargs)
        results = invoke(address, signature, leaves, outs or None)
        return _build(signature.result, iter(results), leaves)

    entry.__name__ = entry.__qualname__ = signature.symbol
    entry.kernel = kernel  # type: ignore[attr-defined]  # the code lives as long as the function
    return entry
