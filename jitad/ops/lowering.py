"""The kinds of lowering that a primitive can declare; `lower/` reads them and knows no op by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scalar:
    """Elementwise: `emit(e, eqn, *xs)` computes one element (or one vector of elements) from its operands'.

    `e` is the emitter (`lower/emitter.py`), the xs are its registers, of LLVM scalar or vector type.
    """

    emit: Callable[..., Any]


@dataclass(frozen=True)
class View:
    """Index arithmetic: the element of the result at `index` is an element of the operand.

    index(eqn, index) → the operand's index; entries are affine (`lower/index.py`), made by shift and scale.
    """

    index: Callable[..., Any]


@dataclass(frozen=True)
class Piecewise:
    """The element of the result is one of several operands' elements, by where the index lies.

    pieces(eqn) → list of Piece in order of priority; see `Piece`.
    """

    pieces: Callable[..., list[Piece]]


@dataclass(frozen=True)
class Piece:
    """Operand number `operand` covers `lo[d] + step[d]*k, 0 ≤ k < count[d]` of the result's axis d.

    add    the operand's element is added to what later pieces give, instead of replacing it
    """

    operand: int
    lo: tuple[int, ...]
    step: tuple[int, ...]
    count: tuple[int, ...]
    add: bool = False


@dataclass(frozen=True)
class Part:
    """The operand is where the result begins; nothing else of it is written."""


@dataclass(frozen=True)
class Reshape:
    """Same elements in C order under another shape: an alias of contiguous memory."""


@dataclass(frozen=True)
class Reduce:
    """Fold over the axes `eqn.attrs["axes"]`.

    `init(dtype)` is the identity, a Python number, and `combine(e, eqn, acc, x)` the (associative) operation.
    """

    init: Callable[..., Any]
    combine: Callable[..., Any]


@dataclass(frozen=True)
class Iota:
    """No operands: the element at `index` is `index[eqn.attrs["axis"]]`, converted to the dtype."""


@dataclass(frozen=True)
class Gather:
    """The element at `(*j, *rest)` is `x[idx0[j], idx1[j], …, *rest]`, for operands `x, idx0, idx1, …`.

    An index array of rank 0 serves every j. A negative index counts from the end of its axis; one outside
    `-n … n-1` is an IndexError at run time.
    """


@dataclass(frozen=True)
class ScatterInto:
    """Operands `base, update, idx0, …`: `update[j, *rest]` is stored or added at `base[idx0[j], …, *rest]`.

    Indices are those of `Gather`; j runs in C order, so that the last of repeated indices wins (add: they
    accumulate).
    """

    add: bool


@dataclass(frozen=True)
class Window:
    """Operands `x, start0, …`: a view whose operand's index is `start[d] + step[d]·index[d]`."""


@dataclass(frozen=True)
class WindowInto:
    """Operands `base, update, start0, …`: the update is stored or added where `Window` would read."""

    add: bool


@dataclass(frozen=True)
class Scan:
    """Running fold along `eqn.attrs["axis"]`, backwards if `eqn.attrs["reverse"]`.

    `init(dtype)` is what the accumulator starts from and `combine(e, eqn, acc, *xs)` its next value, which is
    also the element of the result; the xs are the elements of all operands (one shape) at that position.
    """

    init: Callable[..., Any]
    combine: Callable[..., Any]


@dataclass(frozen=True)
class ArgReduce:
    """Position (int64) along `eqn.attrs["axis"]` of the best element: start with the first, go on in order.

    `better(e, eqn, x, best)` → i1 says that the element x replaces the best so far.
    """

    better: Callable[..., Any]


@dataclass(frozen=True)
class Dot:
    """Sum of products over `eqn.attrs["contract"]`, per index of `eqn.attrs["batch"]` (see the op `dot`)."""


@dataclass(frozen=True)
class Region:
    """A loop or a branch around the code of its regions (see the ops `for`, `while`, `cond`)."""


@dataclass(frozen=True)
class CallOp:
    """Running another function of the program (see the op `call`)."""


@dataclass(frozen=True)
class TapeOp:
    """Making, extending or shortening a tape in place (see the ops `tape_new`, `push`, `pop`)."""


@dataclass(frozen=True)
class Check:
    """A condition that must hold: else the call fails with the exception and text in the attributes."""


@dataclass(frozen=True)
class Callback:
    """A call back into Python, of the op's reference with the operands as arrays, in the program's order.

    unless  only if the first operand, a bool, is false
    """

    unless: bool = False
