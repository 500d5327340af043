"""The signature of a compiled function as a table of words, which the entry interpreter walks.

The table starts with the header words below. Nodes lie at byte offsets from its start: a word with the
kind, then the fields of that kind. Objects are pointers; the caller keeps them alive.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from jitad.native import layout
from jitad.native.signature import (
    MISSING,
    ArgOf,
    CellGuard,
    DefaultsGuard,
    Leaf,
    ListOf,
    Signature,
    Size,
    Sizes,
    Static,
    Tree,
    TupleOf,
)

HEADER = (
    "guard_count guards arg_count args capture_count captures result leaves operand_count input_count arity "
    "kernel fallback on_status release_gil scratch_bytes out_name size_count size_total least step_count "
    "steps"
).split()

# Node kinds. Leaves share the fields: descr, type number, its synonym, bytes, rank, two objects, dims. An INT
# or BOOL has no objects; there it says if it must be some number (1) or a size of the call (2), and which.
ARRAY, SCALAR, FLOAT, INT, BOOL, STATIC, TUPLE, LIST, DICT, ARGOF, NUMPY_BOOL = range(11)
# Where calls differ bytes are minus those of one element, and words of dims are negative (`_Writer.length`).
_PYTHON_KINDS = {"f": FLOAT, "i": INT, "b": BOOL}

# What a step of `signature.Sizes` does, by number.
STEPS = "const leaf add sub mul floor_divide maximum minimum lt le eq and or select".split()

# Up to so many operands the interpreter calls the kernel itself; beyond, through a packed call.
MAX_DIRECT_OPERANDS = 24
PACKED = 255


class _Writer:
    """Words written so far, and the objects that they point to."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes.count
        self.words: list[int] = [0] * len(HEADER)
        self.objects: list[Any] = []
        self.held = 0
        self.known: set[int] = set()

    def pointer(self, obj: Any) -> int:
        self.objects.append(obj)
        return id(obj)

    def block(self, words: list[int]) -> int:
        offset = 8 * len(self.words)
        self.words += words
        return offset

    def header(self, **fields: int) -> None:
        for name, value in fields.items():
            self.words[HEADER.index(name)] = value

    def leaf(self, leaf: Leaf, *, is_result: bool) -> int:
        dtype = leaf.dtype
        kind, first, second = ARRAY, 0, 0
        if leaf.kind == "python":
            kind = _PYTHON_KINDS[dtype.kind]
            if leaf.value is not None:
                first, second = 1 + isinstance(leaf.value, Size), self.length(leaf.value)
        elif leaf.kind == "scalar" and dtype.kind == "b" and is_result:
            kind, first, second = NUMPY_BOOL, self.pointer(np.True_), self.pointer(np.False_)
        elif leaf.kind == "scalar":
            kind, first, second = SCALAR, self.pointer(dtype.type), layout.scalar_allocator(dtype.type)
        number, synonym = layout.type_numbers(dtype)
        nbytes = -leaf.nbytes if leaf.is_open else leaf.nbytes
        fields = [kind, self.pointer(dtype), number, synonym, nbytes, len(leaf.shape), first, second]
        return self.block(fields + self.dims(leaf))

    def dims(self, leaf: Leaf) -> list[int]:
        return [self.length(n) for n in leaf.shape]

    def length(self, n: int | Size) -> int:
        """A length, or for a size of the call ~(2·index + whether it is met for the first time)."""
        if not isinstance(n, Size):
            return int(n)
        first = n.index not in self.known
        self.known.add(n.index)
        return ~(2 * n.index + first)

    def tree(self, tree: Tree, *, is_result: bool) -> int:
        if isinstance(tree, Leaf):
            return self.leaf(tree, is_result=is_result)
        if isinstance(tree, Static):
            return self.block([STATIC, self.pointer(tree.obj)])
        if isinstance(tree, ArgOf):
            return self.block([ARGOF, tree.index + self.sizes])
        children = [self.tree(item, is_result=is_result) for item in tree.items]
        if isinstance(tree, TupleOf):
            return self.block([TUPLE, len(children), *children])
        self.held += len(children)
        if isinstance(tree, ListOf):
            return self.block([LIST, len(children), *children])
        if len(tree.keys) != len(children):
            raise ValueError(f"a dict of {len(tree.keys)} keys and {len(children)} items")
        pairs = [
            word
            for key, child in zip(tree.keys, children, strict=True)
            for word in (self.pointer(key), child)
        ]
        return self.block([DICT, len(children), *pairs])

    def guards(self, signature: Signature) -> int:
        words: list[int] = []
        for guard in signature.guards:
            expected = 0 if guard.expected is MISSING else self.pointer(guard.expected)
            if isinstance(guard, CellGuard):
                words += [self.pointer(guard.cell), 0, expected]
            elif isinstance(guard, DefaultsGuard):
                # Read as if it were a cell whose contents are the function's field.
                words += [
                    self.pointer(guard.function) + layout.FUNCTION_DEFAULTS - layout.CELL_CONTENTS,
                    0,
                    expected,
                ]
            else:
                words += [self.pointer(guard.dict), self.pointer(guard.key), expected]
        return self.block(words)


def _check(signature: Signature) -> None:
    def has_argof(tree: Tree) -> bool:
        return isinstance(tree, ArgOf) or any(has_argof(item) for item in getattr(tree, "items", ()))

    if any(has_argof(tree) for tree in signature.args):
        raise TypeError(f"{signature.symbol}: ArgOf describes a result, not an argument")
    inputs = len(signature.input_leaves())

    def check_result(tree: Tree) -> None:
        if isinstance(tree, ArgOf) and not 0 <= tree.index < inputs:
            raise ValueError(f"{signature.symbol}: the result is argument leaf {tree.index} of {inputs}")
        for item in getattr(tree, "items", ()):
            check_result(item)

    check_result(signature.result)


def encode(signature: Signature, kernel: int, *, packed: bool) -> tuple[bytes, list[Any]]:
    """The table for `signature`, and the objects it points to.

    kernel  address of the kernel, or of its packed form `i32 (ptr operands)` when there are more than
            MAX_DIRECT_OPERANDS operands
    """
    _check(signature)
    sizes = signature.sizes
    w = _Writer(sizes)
    args = [w.tree(tree, is_result=False) for tree in signature.args]
    if len(w.known) != sizes.count:
        raise ValueError(f"{signature.symbol}: {sizes.count} sizes, {len(w.known)} in the arguments")
    steps = sizes.steps or ()
    w.known.update(range(sizes.count + len(steps)))
    captures = [w.leaf(leaf, is_result=False) for leaf, _ in signature.captures]
    result = w.tree(signature.result, is_result=True)
    # The same leaves once more in operand order: sizes for the overlap test, types for allocation.
    numbers = [w.leaf(leaf, is_result=False) for leaf in signature.operand_leaves()[: sizes.count]]
    inputs = [w.leaf(leaf, is_result=False) for leaf in signature.input_leaves()]
    outputs = [w.leaf(leaf, is_result=True) for leaf in signature.output_leaves()]
    operands = numbers + inputs + captures + outputs
    pairs = [
        w_
        for node, (_, array) in zip(captures, signature.captures, strict=True)
        for w_ in (node, w.pointer(array))
    ]
    w.header(
        guard_count=len(signature.guards),
        guards=w.guards(signature),
        arg_count=len(args),
        args=w.block(args),
        capture_count=len(captures),
        captures=w.block(pairs),
        result=result,
        leaves=w.block(operands),
        operand_count=len(operands),
        input_count=len(operands) - len(outputs),
        arity=PACKED if packed else len(operands),
        kernel=kernel,
        fallback=w.pointer(signature.fallback),
        on_status=w.pointer(signature.on_status),
        release_gil=int(signature.release_gil),
        # pointer, object and 16 bytes of scalar for each operand; a word for each size; a reference for each
        # item of a list or dict
        scratch_bytes=32 * len(operands) + 8 * (sizes.count + len(steps) + w.held),
        out_name=w.pointer(layout.OUT),
        size_count=sizes.count,
        size_total=sizes.count + len(steps),
        least=sizes.least,
        step_count=len(steps),
        steps=w.block([word for s in steps for word in (STEPS.index(s.op), s.a, s.b, s.c)]),
    )
    return struct.pack(f"={len(w.words)}q", *w.words), w.objects
