"""Change of dtype, and the op that cuts derivatives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value
from ..ir.op import Op, Sample
from ..ir.types import DTYPES, IRTypeError, Type, is_float, is_supported
from .elementwise import elementwise, quiet
from .lowering import Scalar
from .sampling import EXTREMES, bools, lazily, points, unary


def _infer(x: Type, *, dtype: Any) -> Type:
    if not is_supported(np.dtype(dtype)):
        raise IRTypeError(f"convert: the IR has no dtype {dtype}")
    return x.with_dtype(np.dtype(dtype))


def _tangent(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    (t,) = tangents
    return None if t is None or not eqn.result.type.is_float else convert(t, **eqn.attrs)


def _adjoint(eqn: Eqn, ct: Value) -> list[Value | None]:
    (x,) = eqn.operands
    return [convert(ct, dtype=x.dtype) if x.type.is_float else None]


def _emit(e: Any, eqn: Eqn, x: Any) -> Any:
    source, target = eqn.operands[0].dtype, eqn.result.dtype
    if source == target:
        return x
    if target.kind == "b":
        return e.fcmp("une", x, e.const(0.0, x)) if is_float(source) else e.icmp("ne", x, e.const(0, x))
    if is_float(target):
        return _emit_to_float(e, x, source, target)
    if is_float(source):
        return _emit_to_integer(e, x, target)
    if target.itemsize == source.itemsize and source.kind != "b":
        return x  # the same bits, read with or without a sign
    if source.kind != "b" and target.itemsize < source.itemsize:
        return e.cast("trunc", x, target)
    return e.cast("sext" if source.kind == "i" else "zext", x, target)


def _emit_to_float(e: Any, x: Any, source: np.dtype, target: np.dtype) -> Any:
    if is_float(source):
        return e.cast("fpext" if target.itemsize > source.itemsize else "fptrunc", x, target)
    return e.cast("sitofp" if source.kind == "i" else "uitofp", x, target)


def _emit_to_integer(e: Any, x: Any, target: np.dtype) -> Any:
    """What x86 conversions give: the least integer out of range and for NaN; narrow and unsigned wrap."""
    if target == DTYPES["u64"]:
        half = e.const(2.0**63, x)
        big = e.fcmp("oge", x, half)
        low = _emit_guarded(e, e.select(big, e.op("fsub", x, half), x), DTYPES["i64"])
        return e.select(big, e.op("xor", low, e.const(-(2**63), low)), low)
    if target == DTYPES["u32"]:
        return e.cast("trunc", _emit_guarded(e, x, DTYPES["i64"]), target)
    if target.itemsize < 4:
        return e.cast("trunc", _emit_guarded(e, x, DTYPES["i32"]), target)
    return _emit_guarded(e, x, target)


def _emit_guarded(e: Any, x: Any, target: np.dtype) -> Any:
    bound = 2.0 ** (8 * target.itemsize - 1)
    # Just below -bound truncation gives -bound too, which is also the value for everything outside.
    inside = e.op("and", e.fcmp("oge", x, e.const(-bound, x)), e.fcmp("olt", x, e.const(bound, x)))
    whole = e.cast("fptosi", e.select(inside, x, e.const(0.0, x)), target)
    return e.select(inside, whole, e.const(int(-bound), whole))


@lazily
def _samples() -> Iterable[Sample]:
    to = lambda x, t, smooth=False: Sample((x,), {"dtype": DTYPES[t]}, smooth)
    out = [to(points(s), "f32", True) for s in ((), (5,), (3, 4), (1,), (0,))]
    out += [to(points(s, dtype="f32"), "f64", True) for s in ((), (3, 4), (0, 3))]
    out += [to(points((5,)), "f64", True)]
    floats = points((3, 4), (-90, 90))
    out += [to(floats.astype(s), t) for s in ("f8", "f4") for t in ("i64", "i32", "i16", "i8", "bool")]
    out += [to(np.abs(floats), t) for t in ("u64", "u32", "u16", "u8")]
    out += [to(np.array(EXTREMES), "bool"), to(np.array([2.0**63, 2.0**64 - 4096.0]), "u64")]
    out += [to(np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, -(2.0**63)]), "i64")]
    whole = ("i64", "i32", "i8", "u64", "u32", "u8", "bool", "f64", "f32")
    out += [to(points((3, 4), (-300, 300), s), t) for s in ("i64", "i32") for t in whole]
    out += [to(points((3, 4), (0, 200), s), t) for s in ("u64", "u8") for t in whole]
    out += [to(bools((5,)), t) for t in whole]
    return out


convert = Op(
    "convert",
    "the values in another dtype, as NumPy's astype does it",
    infer=_infer,
    reference=quiet(lambda x, *, dtype: np.asarray(x).astype(dtype)),
    tangent=_tangent,
    adjoint=_adjoint,
    lowering=Scalar(_emit),
    samples=_samples(),
    simplify=lambda operands, attrs: operands[0] if operands[0].dtype == np.dtype(attrs["dtype"]) else None,
    elementwise=True,
)

stop_gradient = elementwise(
    "stop_gradient",
    "x, with derivative zero",
    dtypes="fiub",
    scalar=lambda e, eqn, x: x,
    reference=lambda x: x,
    samples=unary(dtypes="fib"),
    cost=0,
)
