"""einsum: NumPy's contraction order, carried out by products of two operands at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..capture.constants import folded
from ..capture.tracer import Traced
from ..ir.graph import Value
from ..ir.types import BOOL, I64
from .core import refuse, surface, unsupported, wrapped
from .diagonals import diagonal_value, diagonal_view
from .products import dot_values
from .promotion import dtype_argument
from .values import as_value, broadcast, common_dtype, convert, reshape, transpose, truth
from .viewing import handle, transposed

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@surface(np.einsum, folds=False)
def einsum(*operands: Any, out: Any = None, optimize: Any = False, dtype: Any = None, **kwargs: Any) -> Any:
    """Sum of products over the indices that the result does not have.

    `einsum("ij,jk->ik", a, b)` or `einsum(a, [0, 1], b, [1, 2], [0, 2])`; an ellipsis stands for the axes
    without a letter. Operands are multiplied in the order that `numpy.einsum_path` finds.
    """
    refuse("einsum", out=out)
    subscripts, arrays = _arguments(operands)
    if len(arrays) == 1 and dtype is None and (view := _as_view(subscripts, handle(arrays[0]))) is not None:
        return view
    known = {"optimize": optimize, **({} if dtype is None else {"dtype": dtype})}
    if (found := folded(np.einsum, operands, known)) is not NotImplemented:
        return found
    values = [as_value(a) for a in arrays]
    dtype = dtype_argument(dtype) or common_dtype(values)
    values = [convert(v, I64 if dtype is BOOL else dtype) for v in values]
    inputs, output = _explicit(subscripts, [v.type.ndim for v in values])
    out_value = _contract(inputs, output, values)
    return wrapped(truth(out_value) if dtype is BOOL else out_value)


def _as_view(subscripts: str, x: Traced) -> Traced | None:
    """The view that NumPy gives when nothing is summed: axes permuted, or a diagonal; None if it sums."""
    (letters,), output = _explicit(subscripts, [x.ndim])
    if len(set(output)) != len(output) or set(letters) != set(output):
        return None
    if len(letters) == len(output):
        return transposed(x, tuple(letters.index(c) for c in output))
    repeated = [c for c in output if letters.count(c) > 1]
    if len(letters) != len(output) + 1:
        unsupported("einsum of several diagonals at once, which is a view in NumPy,", "np.diagonal, twice")
    (c,) = repeated
    first = letters.index(c)
    second = letters.index(c, first + 1)
    if x.shape[first] != x.shape[second]:
        raise ValueError(f"dimensions in single operand for collapsing index {c!r} don't match: {x.type}")
    axes = [d for k, d in enumerate(letters) if k not in (first, second)] + [c]
    diagonal = diagonal_view(x, 0, first, second, writeable=True)
    return transposed(diagonal, tuple(axes.index(d) for d in output))


def _arguments(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), list(operands[1:])
    pairs = list(operands)
    last = [pairs.pop()] if len(pairs) % 2 else []
    lists = pairs[1::2]
    text = ",".join(_subscript(s) for s in lists)
    return text + ("->" + _subscript(last[0]) if last else ""), pairs[::2]


def _subscript(indices: Any) -> str:
    return "".join("..." if i is Ellipsis else _LETTERS[i] for i in indices)


def _explicit(subscripts: str, ranks: list[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, without ellipses."""
    left, arrow, output = subscripts.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(ranks):
        raise ValueError(f"einsum {subscripts!r} names {len(inputs)} operands, {len(ranks)} were given")
    unused = [c for c in _LETTERS if c not in subscripts]
    hidden = [n - len(s.replace("...", "")) if "..." in s else 0 for s, n in zip(inputs, ranks)]
    widest = max(hidden, default=0)
    extra = unused[:widest]
    expanded = [s.replace("...", "".join(extra[widest - h :])) for s, h in zip(inputs, hidden)]
    for s, n, text in zip(expanded, ranks, inputs):
        if len(s) != n:
            raise ValueError(f"einsum: the subscripts {text!r} do not fit an operand with {n} axes")
    if not arrow:
        letters = left.replace(",", "").replace("...", "")
        output = "..." * bool(widest) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    output = output.replace("...", "".join(extra))
    missing = [c for c in output if not any(c in s for s in expanded)]
    if missing or len(set(output)) != len(output):
        raise ValueError(f"einsum: the result subscripts {output!r} repeat or use unknown letters")
    return expanded, output


def _sizes(inputs: list[str], values: list[Value]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for s, v in zip(inputs, values):
        for c, n in zip(s, v.type.shape):
            if sizes.setdefault(c, n) != n and 1 not in (n, sizes[c]):
                types = ", ".join(str(w.type) for w in values)
                raise ValueError(f"einsum: index {c!r} has lengths {sizes[c]} and {n} in operands {types}")
            if sizes[c] == 1:
                sizes[c] = n
    return sizes


def _contract(inputs: list[str], output: str, values: list[Value]) -> Value:
    sizes = _sizes(inputs, values)
    terms = [_squeezed(_diagonal(s, v), sizes) for s, v in zip(inputs, values)]
    for picked in _path(inputs, output, values):
        chosen = [terms.pop(k) for k in sorted(picked, reverse=True)][::-1]
        needed = set(output).union(*[s for s, _ in terms])
        result = chosen[0]
        for k, other in enumerate(chosen[1:], 2):
            later = needed.union(*[s for s, _ in chosen[k:]])
            result = _product(result, other, later)
        terms.append(_summed(result, needed))
    ((letters, v),) = terms
    return _arranged(letters, v, output, sizes)


def _path(inputs: list[str], output: str, values: list[Value]) -> list[tuple[int, ...]]:
    if len(values) <= 2:
        return [tuple(range(len(values)))]
    dummies = [np.broadcast_to(np.float64(0), v.type.shape) for v in values]
    path, _ = np.einsum_path(",".join(inputs) + "->" + output, *dummies, optimize="greedy")
    return path[1:]


def _diagonal(letters: str, v: Value) -> tuple[str, Value]:
    """Without repeated letters: each pair of equal indices becomes its diagonal."""
    for c in letters:
        while letters.count(c) > 1:
            i = letters.index(c)
            j = letters.index(c, i + 1)
            if v.type.shape[i] != v.type.shape[j]:
                raise ValueError(
                    f"einsum: index {c!r} has lengths {v.type.shape[i]} and {v.type.shape[j]} in {v.type}"
                )
            v = diagonal_value(v, 0, i, j)
            letters = letters[:i] + letters[i + 1 : j] + letters[j + 1 :] + c
    return letters, v


def _squeezed(term: tuple[str, Value], sizes: dict[str, int]) -> tuple[str, Value]:
    """Without axes of length 1 that broadcast against longer ones."""
    letters, v = term
    kept = [i for i, c in enumerate(letters) if v.type.shape[i] == sizes[c]]
    return "".join(letters[i] for i in kept), reshape(v, tuple(v.type.shape[i] for i in kept))


def _summed(term: tuple[str, Value], needed: set[str]) -> tuple[str, Value]:
    letters, v = term
    axes = tuple(i for i, c in enumerate(letters) if c not in needed)
    if not axes:
        return term
    return "".join(c for c in letters if c in needed), ops.sum(v, axes=axes)


def _product(a: tuple[str, Value], b: tuple[str, Value], needed: set[str]) -> tuple[str, Value]:
    """The product of two terms, summed over the indices that nothing else needs."""
    (s, x), (t, y) = _summed(a, needed | set(b[0])), _summed(b, needed | set(a[0]))
    shared = [c for c in s if c in t]
    batch = [c for c in shared if c in needed]
    summed = [c for c in shared if c not in needed]
    places = lambda letters, of: tuple(of.index(c) for c in letters)
    out = dot_values(x, y, (places(summed, s), places(summed, t)), (places(batch, s), places(batch, t)))
    free = [c for c in s if c not in shared] + [c for c in t if c not in shared]
    return "".join(batch + free), out


def _arranged(letters: str, v: Value, output: str, sizes: dict[str, int]) -> Value:
    """Axes in the order of the result; those that every operand had broadcast away come back."""
    letters, v = _summed((letters, v), set(output))
    present = [c for c in output if c in letters]
    v = transpose(v, tuple(letters.index(c) for c in present))
    return broadcast(
        reshape(v, tuple(sizes[c] if c in letters else 1 for c in output)), tuple(sizes[c] for c in output)
    )


__all__ = ["einsum"]
