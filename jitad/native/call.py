"""The general call path: any NumPy input converted, the kernel called through ctypes, any output layout."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from jitad.native import callback
from jitad.native.engine import compile_module
from jitad.native.interrupt import INTERRUPTED, reraise
from jitad.native.layout import entry_supported
from jitad.native.runtime import packed_llvm
from jitad.native.signature import Leaf, Signature, Size

__all__ = ["entry_supported", "invoke", "raise_status"]

_CTYPES_MAX_OPERANDS = 1000


def _direct(array: np.ndarray) -> bool:
    """Whether a kernel can read the array where it is."""
    return array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative


def _describe(leaf: Leaf) -> str:
    lengths = [f"n{d.index}" if isinstance(d, Size) else str(d) for d in leaf.shape]
    return f"{leaf.dtype} of shape ({', '.join(lengths)}{',' * (len(lengths) == 1)})"


def _check(name: str, array: np.ndarray, leaf: Leaf) -> None:
    if array.dtype.newbyteorder("=") != leaf.dtype:
        raise TypeError(
            f"{name} is {array.dtype} of shape {array.shape}, the compiled code takes {_describe(leaf)}"
        )
    if array.shape != leaf.shape:
        raise ValueError(f"{name} has shape {array.shape}, the compiled code takes {_describe(leaf)}")


def _input(name: str, value: Any, leaf: Leaf) -> np.ndarray:
    """`value` as an array that the kernel can read: itself where possible, else a copy."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose mask would be lost; pass its data")
    array = np.asarray(value)
    if array.dtype == object:
        raise TypeError(f"{name} is a {type(value).__name__}, which is no {leaf.dtype}: {value!r}"[:200])
    _check(name, array, leaf)
    return array if _direct(array) else np.array(array, dtype=leaf.dtype, order="C")


def _check_out(index: int, value: Any, leaf: Leaf) -> np.ndarray:
    name = f"out[{index}]"
    if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a {type(value).__name__}; it has to be an ndarray or None")
    _check(name, value, leaf)
    if not value.flags.writeable:
        raise ValueError(f"{name} is read-only")
    return value.view(np.ndarray)


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    try:
        return bool(np.shares_memory(a, b, max_work=100_000))  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def _outputs(
    leaves: Sequence[Leaf], out: Sequence[Any] | None, inputs: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], list[tuple[np.ndarray, np.ndarray]]]:
    """Arrays for the kernel to write, and pairs (array of the caller's, array to copy into it afterwards)."""
    given = [None] * len(leaves) if out is None else list(out)
    if len(given) != len(leaves):
        raise TypeError(f"out has {len(given)} entries, the result {len(leaves)}")
    targets = [
        None if v is None else _check_out(i, v, leaf) for i, (v, leaf) in enumerate(zip(given, leaves))
    ]
    for i, a in enumerate(targets):
        for j, b in enumerate(targets[:i]):
            if a is not None and b is not None and _overlap(a, b):
                raise ValueError(f"out[{j}] and out[{i}] share memory")
    written, copies = [], []
    for target, leaf in zip(targets, leaves):
        if target is not None and _direct(target) and not any(np.may_share_memory(target, x) for x in inputs):
            written.append(target)
            continue
        fresh = np.empty(leaf.known_shape, leaf.dtype)
        written.append(fresh)
        if target is not None:
            copies.append((target, fresh))
    return written, copies


@cache
def _prototype(operands: int) -> Any:
    return ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * operands)


@lru_cache(maxsize=64)
def _packed(address: int, operands: int) -> Any:
    return compile_module(packed_llvm("kernel", operands), symbols={"kernel": address})


def _run(address: int, arrays: Sequence[np.ndarray]) -> int:
    pointers = [array.ctypes.data for array in arrays]
    if len(pointers) <= _CTYPES_MAX_OPERANDS:
        return _prototype(len(pointers))(address)(*pointers)
    module = _packed(address, len(pointers))
    return _prototype(1)(module.address("kernel.packed"))((ctypes.c_void_p * len(pointers))(*pointers))


def raise_status(signature: Signature, status: int) -> None:
    """Raise what a kernel's status other than 0 stands for."""
    if status == -1:
        raise MemoryError(f"{signature.symbol}: no memory for the workspace")
    if status == INTERRUPTED:
        reraise()
    if status == callback.RAISED:
        callback.reraise()
    signature.on_status(status)
    raise SystemError(f"{signature.symbol}: on_status returned although the kernel failed with {status}")


def _result(leaf: Leaf, array: np.ndarray) -> Any:
    if leaf.kind == "array":
        return array
    return array[()] if leaf.kind == "scalar" else array.item()


def _sizes(signature: Signature, leaves: Sequence[Any]) -> list[int]:
    """The sizes of a call: ValueError where an argument's shape does not fit."""
    sizes: dict[int, int] = {}
    for i, (leaf, x) in enumerate(zip(signature.input_leaves(), leaves)):
        if leaf.is_open and not leaf.bind(np.shape(x), sizes, signature.sizes.least):
            raise ValueError(
                f"argument leaf {i} has shape {np.shape(x)}, the compiled code takes {_describe(leaf)}, with "
                f"the sizes {sizes} of other arguments"
            )
        if not leaf.takes(x, sizes, signature.sizes.least):
            raise ValueError(f"argument leaf {i} is {x}, the compiled code takes {leaf.value}")
    first = [sizes[i] for i in range(signature.sizes.count)]
    return [*first, *signature.sizes.compute(first, leaves)]


def invoke(
    kernel_address: int, signature: Signature, leaves: Sequence[Any], out: Sequence[Any] | None = None
) -> list[Any]:
    """Call a kernel on flat arguments and return its outputs, flat.

    leaves  one value per argument leaf: an array of any layout, byte order and alignment, or a NumPy or
            Python scalar. Its dtype must be the leaf's up to byte order, its shape the leaf's. Arrays that
            are contiguous, aligned and native are read in place, others from a copy
    out     None, or per output leaf an array of any layout to write into, or None to have one made

    An array in `out` may share memory with arguments: the result is then computed aside and copied. Outputs
    are what the leaf's kind says (an array, a NumPy scalar, a Python scalar), and the given array where there
    is one. The GIL is released while the kernel runs. Guards are not looked at.

    Raises TypeError for a wrong dtype or number of leaves, ValueError for a wrong shape, a read-only `out`
    and two that share memory, MemoryError, and what `signature.on_status` raises.
    """
    input_leaves, output_leaves = signature.input_leaves(), signature.output_leaves()
    if len(leaves) != len(input_leaves):
        raise TypeError(f"{signature.symbol} takes {len(input_leaves)} leaves, not {len(leaves)}")
    sizes = _sizes(signature, leaves)
    input_leaves = tuple(leaf.at(sizes) for leaf in input_leaves)
    output_leaves = tuple(leaf.at(sizes) for leaf in output_leaves)
    inputs = [_input(f"argument leaf {i}", v, leaf) for i, (v, leaf) in enumerate(zip(leaves, input_leaves))]
    inputs += [
        _input(f"captured array {i}", array, leaf) for i, (leaf, array) in enumerate(signature.captures)
    ]
    written, copies = _outputs(output_leaves, out, inputs)
    numbers = [np.array(n) for n in sizes[: signature.sizes.count]]
    if status := _run(kernel_address, [*numbers, *inputs, *written]):
        raise_status(signature, status)
    for target, fresh in copies:
        np.copyto(target, fresh)
    given = [None] * len(written) if out is None else out
    return [
        _result(leaf, array) if mine is None else mine
        for leaf, array, mine in zip(output_leaves, written, given)
    ]
