"""Loops and branches: ops whose bodies are regions, which may read the values around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir.builder import current
from ..ir.graph import Function, Value
from ..ir.op import Op
from ..ir.types import BOOL, I64, Dim, IRTypeError, Type, type_of
from .lowering import Region

Regions = tuple[Function, ...]


def _expect(name: str, what: str, found: Sequence[Type], wanted: Sequence[Type]) -> None:
    if tuple(found) != tuple(wanted):
        raise IRTypeError(
            f"{name}: {what} ({', '.join(map(str, found))}) where ({', '.join(map(str, wanted))}) is needed"
        )


# for


def _infer_for(
    count: Type,
    *operands: Type,
    trips: int,
    carried: int,
    reverse: bool,
    regions: Regions,
    rows: Dim | None = None,
) -> tuple[Type, ...]:
    (body,) = regions
    inits, stacks = operands[:carried], operands[carried:]
    length = rows if trips < 0 else trips
    _expect("for", "the count is", [count], [type_of(I64)])
    for s in stacks:
        if length is None or s.item is not None or not s.shape or s.shape[0] != length:
            raise IRTypeError(f"for: a stacked operand is {s}, the trips are {trips}")
    elements = [s.with_shape(s.shape[1:]) for s in stacks]
    _expect("for", "the body takes", body.param_types, [type_of(I64), *inits, *elements])
    _expect("for", "the body carries", body.result_types[:carried], inits)
    collected = body.result_types[carried:]
    if not collected:
        return inits
    if length is None:
        raise IRTypeError("for: results are stacked only where the trips are known, or the rows are given")
    return (*inits, *(t.with_shape((length, *t.shape)) for t in collected))


def _run_for(
    count: Any,
    *operands: Any,
    trips: int,
    carried: int,
    reverse: bool,
    regions: tuple[Callable[..., list[Any]], ...],
    rows: Any = None,
) -> tuple[Any, ...]:
    (body,) = regions
    state, stacks = list(operands[:carried]), operands[carried:]
    n = int(count)
    collected: dict[int, list[Any]] = {}
    for k in range(n - 1, -1, -1) if reverse else range(n):
        out = body(np.int64(k), *state, *(s[k] for s in stacks))
        state, collected[k] = out[:carried], out[carried:]
    if n == 0:
        return (*state, *(np.zeros((0, *t.shape), t.dtype) for t in body.result_types[carried:]))  # type: ignore[attr-defined]
    columns = zip(*(collected[k] for k in range(n)))
    return (*state, *(np.stack([np.asarray(x) for x in column]) for column in columns))


for_: Op = Op(
    "for",
    "body(k, carried…, elements…) → (carried…, collected…) for k = 0 … count−1, backwards if `reverse`; "
    "operands: count, `carried` first values, stacks whose k-th rows are the elements; "
    "results: the last carried values, stacks of what was collected. `trips`: the count if known, else −1; "
    "then `rows`, if given, is the value that stacks have as their first dimension: the count, 0 if negative",
    infer=_infer_for,
    reference=_run_for,
    tangent=None,
    adjoint=None,
    lowering=Region(),
    samples=(),
)


# while


def _infer_while(*inits: Type, regions: Regions) -> tuple[Type, ...]:
    test, body = regions
    for region in regions:
        _expect("while", "a region takes", region.param_types, inits)
    _expect("while", "the condition gives", test.result_types, [type_of(BOOL)])
    _expect("while", "the body carries", body.result_types, inits)
    return tuple(inits)


def _run_while(*inits: Any, regions: tuple[Callable[..., list[Any]], ...]) -> tuple[Any, ...]:
    test, body = regions
    state = list(inits)
    while bool(test(*state)[0]):
        state = body(*state)
    return tuple(state)


while_: Op = Op(
    "while",
    "the second region's results carried as long as the first, of the same values, is true",
    infer=_infer_while,
    reference=_run_while,
    tangent=None,
    adjoint=None,
    lowering=Region(),
    samples=(),
)


# cond


def _infer_cond(choice: Type, *, regions: Regions) -> tuple[Type, ...]:
    then, orelse = regions
    _expect("cond", "the condition is", [choice], [type_of(BOOL)])
    for region in regions:
        _expect("cond", "a branch takes", region.param_types, [])
    _expect("cond", "the second branch gives", orelse.result_types, then.result_types)
    return then.result_types


cond: Op = Op(
    "cond",
    "the results of the first region if the operand is true, else of the second; only that one runs",
    infer=_infer_cond,
    reference=lambda choice, *, regions: tuple(regions[0 if bool(choice) else 1]()),
    tangent=None,
    adjoint=None,
    lowering=Region(),
    samples=(),
)


def _infer_checkpoint(*, regions: Regions) -> tuple[Type, ...]:
    (body,) = regions
    _expect("checkpoint", "the region takes", body.param_types, [])
    return body.result_types


checkpoint: Op = Op(
    "checkpoint",
    "the results of its region, whose inner values a reverse sweep computes again rather than keep them",
    infer=_infer_checkpoint,
    reference=lambda *, regions: tuple(regions[0]()),
    tangent=None,
    adjoint=None,
    lowering=Region(),
    samples=(),
)


def region_op(op: Op, operands: Sequence[Value], regions: Regions, **attrs: Any) -> tuple[Value, ...]:
    """Append an op with regions to the current builder; its results, always a tuple."""
    return current().emit(op, tuple(operands), attrs, regions)
