"""Native entry points for versions: trees, captured arrays and guards in the terms of `native`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from optree import PyTreeKind

from ..capture import guards
from ..capture.gate import GATE
from ..capture.trees import TreeSpec

if TYPE_CHECKING:
    from .version import Version

#: Estimated work (flops and bytes) from which on a call releases the GIL: about 20 µs.
RELEASE_GIL = 40_000


class _NoEntry(Exception):
    """The structure is one that native entries do not read."""


def flat_signature(version: Version) -> Any:
    """The signature with every leaf an argument and a result of its own."""
    from ..native.signature import Leaf, Signature, Size, TupleOf

    extents = version.extents
    sizes: Any = {d: Size(i) for i, d in enumerate(version.sizes)}
    args = tuple(
        Leaf(t.dtype, tuple([sizes.get(d, d) for d in t.shape]), kind, sizes.get(value, value))
        for t, kind, value in version.leaves
    )
    results = TupleOf(
        tuple(_result_leaf(t.dtype, extents.shape(t.shape)) for t in version.program.fn.result_types)
    )
    return Signature(
        symbol=version.binary.lowered.symbol,
        args=args,
        captures=_captures(version),
        result=results,
        guards=(),
        release_gil=_release(version),
        fallback=_unreachable,
        on_status=version.on_status,
        sizes=extents.sizes,
    )


def native_entry(
    version: Version, spec: TreeSpec, static: dict[int, Any], fallback: Callable[..., Any]
) -> Any:
    """A builtin function for calls with arguments of structure `spec` = (positional, keywords), or None.

    static  position → the object that has to be passed there
    """
    from ..native import entry
    from ..native.signature import Static

    positional, keywords = spec.children()
    if not entry.entry_supported() or keywords.num_leaves or keywords.num_children:
        return None
    if not all(g.native for g in version.guards):
        return None
    flat = version.signature
    if flat.sizes.steps is None:
        return None
    try:
        leaves = iter(flat.args)
        args = [_tree(child, leaves) for child in positional.children()]
        result = _tree(version.program.out_spec, iter(flat.result.items))
    except _NoEntry:
        return None
    for i in sorted(static):
        args.insert(i, Static(static[i]))
    signature = type(flat)(
        symbol=flat.symbol,
        args=tuple(args),
        captures=flat.captures,
        result=result,
        guards=tuple(_native_guards(version)),
        release_gil=flat.release_gil,
        fallback=fallback,
        on_status=flat.on_status,
        sizes=flat.sizes,
    )
    return entry.build_entry(version.binary.module, signature)


def _release(version: Version) -> int:
    """Whether calls release the GIL, or from which size on: work is taken to grow with sizes."""
    work = version.binary.lowered.work
    if not version.sizes:
        return int(work >= RELEASE_GIL)
    return max(2, int(max(d.likely for d in version.sizes) * RELEASE_GIL / max(work, 1.0)))


def _tree(spec: TreeSpec, leaves: Iterator[Any]) -> Any:
    """A structure as a tree of native.signature."""
    from ..native.signature import DictOf, ListOf, Static, TupleOf

    kind = spec.kind
    if kind == PyTreeKind.LEAF:
        return next(leaves)
    if kind == PyTreeKind.NONE:
        return Static(None)
    items = tuple(_tree(child, leaves) for child in spec.children())
    if kind == PyTreeKind.TUPLE:
        return TupleOf(items)
    if kind == PyTreeKind.LIST:
        return ListOf(items)
    if kind == PyTreeKind.DICT:
        return DictOf(tuple(spec.entries()), items)
    raise _NoEntry


def _result_leaf(dtype: Any, shape: tuple[Any, ...]) -> Any:
    from ..native.signature import Leaf

    return Leaf(dtype, shape, "array" if shape else "scalar")


def _captures(version: Version) -> tuple[Any, ...]:
    """Hidden inputs, then the constants that the lowering takes from memory, in the kernel's order."""
    from ..native.signature import Leaf

    arrays = (*version.inputs, *version.binary.lowered.constants)
    return tuple((Leaf(a.dtype, a.shape, "array"), a) for a in arrays)


def _native_guards(version: Version) -> Iterator[Any]:
    from ..native import signature

    yield signature.DictGuard(GATE, "open", True)
    for g in version.guards:
        expected = signature.MISSING if g.expected is guards.MISSING else g.expected
        if isinstance(g, guards.CellGuard):
            yield signature.CellGuard(g.cell, expected)
        elif isinstance(g, guards.DictGuard):
            yield signature.DictGuard(g.dict, g.key, expected)
        elif isinstance(g, guards.DefaultsGuard):
            yield signature.DefaultsGuard(g.function, expected)


def _unreachable(*args: Any, **kwargs: Any) -> Any:
    raise SystemError("the general call path has no fallback")


__all__ = ["RELEASE_GIL", "flat_signature", "native_entry"]
