"""Running sums and products, and the linear recurrence that differentiates the products without dividing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Value, const
from ..ir.op import Op, Sample
from ..ir.types import I64, IRTypeError, Type, is_int
from .arithmetic import add, mul, sub
from .concatenate import concatenate
from .elementwise import kind, quiet
from .extremum import maximum
from .index import slice
from .lowering import Scan
from .sampling import lazily, points
from .shape import broadcast
from .window import set_window, window


def _infer(name: str, dtypes: str, arity: int = 1) -> Callable[..., Type]:
    def infer(*xs: Type, axis: int, reverse: bool) -> Type:
        x = xs[0]
        if len(xs) != arity or any(t is not x for t in xs):
            raise IRTypeError(f"{name}: takes {arity} operands of one type, got {', '.join(map(str, xs))}")
        if not 0 <= axis < x.ndim:
            raise IRTypeError(f"{name}: axis {axis} is outside {x}, which has {x.ndim} axes")
        if x.dtype.kind not in dtypes:
            raise IRTypeError(f"{name}: {x} has the wrong dtype")
        return x

    return infer


@lazily
def _samples(arity: int = 1, integers: bool = True) -> Iterable[Sample]:
    out = []
    cases = (((5,), 0), ((3, 4), 0), ((3, 4), 1), ((2, 3, 2), 1), ((1,), 0), ((0,), 0), ((0, 3), 1))
    for shape, axis in cases:
        for reverse in (False, True):
            xs = tuple(points(shape, phase=k) for k in range(arity))
            out.append(Sample(xs, {"axis": axis, "reverse": reverse}))
    for t in ("f32", "i64", "u8", "i32") if integers else ("f32",):
        xs = tuple(points((3, 4), (0, 3), t, k) for k in range(arity))
        out.append(Sample(xs, {"axis": 1, "reverse": False}, t == "f32"))
    return out


def _accumulate(ufunc: Any) -> Callable[..., Any]:
    def reference(x: Any, *, axis: int, reverse: bool) -> Any:
        x = np.flip(x, axis) if reverse else np.asarray(x)
        out = ufunc.accumulate(x, axis=axis, dtype=x.dtype)
        return np.flip(out, axis).copy() if reverse else out

    return quiet(reference)


def _fold(name: str) -> Callable[..., Any]:
    return lambda e, eqn, acc, x: e.op("f" + name if kind(eqn) == "f" else name, acc, x)


def shifted(x: Value, fill: float, axis: int, reverse: bool) -> Value:
    """Each element's predecessor along `axis` (`reverse`: successor); `fill` for the one that has none."""
    n = x.shape[axis]
    if not is_int(n):
        return _shifted_open(x, fill, axis, reverse)
    if n == 0:
        return x
    at = lambda first: tuple(first if d == axis else 0 for d in range(x.ndim))
    length = lambda k: tuple(k if d == axis else m for d, m in enumerate(x.shape))
    rest = slice(x, start=at(1 if reverse else 0), step=(1,) * x.ndim, shape=length(n - 1))
    edge = broadcast(const(fill, x.dtype), shape=length(1), axes=())
    return concatenate(rest, edge, axis=axis) if reverse else concatenate(edge, rest, axis=axis)


def _shifted_open(x: Value, fill: float, axis: int, reverse: bool) -> Value:
    """The same along an axis whose length is a value of the program."""
    rest = maximum(sub(x.shape[axis], 1), 0)
    shape = tuple(rest if d == axis else m for d, m in enumerate(x.shape))
    ones, zero, one = (1,) * x.ndim, const(0, I64), const(1, I64)
    at = lambda first: tuple(first if d == axis else zero for d in range(x.ndim))
    read, write = (at(one), at(zero)) if reverse else (at(zero), at(one))
    edge = broadcast(const(fill, x.dtype), shape=x.shape, axes=())
    return set_window(edge, window(x, *read, step=ones, shape=shape), *write, step=ones)


def _tangent_cumsum(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    (t,) = tangents
    return None if t is None else cumsum(t, **eqn.attrs)


def _turned(eqn: Eqn) -> dict[str, Any]:
    """The attributes of the scan in the other direction."""
    return {"axis": eqn.attrs["axis"], "reverse": not eqn.attrs["reverse"]}


cumsum: Op = Op(
    "cumsum",
    "running sum along an axis, from the far end if `reverse`",
    infer=_infer("cumsum", "fiu"),
    reference=_accumulate(np.add),
    tangent=_tangent_cumsum,
    adjoint=lambda eqn, ct: [cumsum(ct, **_turned(eqn))],
    lowering=Scan(lambda dtype: 0, _fold("add")),
    samples=_samples(),
)


# out[k] = out[k-1]·x[k] gives t_out[k] = x[k]·t_out[k-1] + out[k-1]·t[k]: a linear recurrence, exact at
# zeros, and its own derivatives are recurrences again, so every order costs O(n).


def _previous(eqn: Eqn, fill: float) -> Value:
    return shifted(eqn.result, fill, **eqn.attrs)


def _costate(eqn: Eqn, factor: Value, ct: Value) -> Value:
    """The recurrence backwards: λ[k] = ct[k] + factor[k+1]·λ[k+1]."""
    turned = _turned(eqn)
    return recurrence(shifted(factor, 0.0, **turned), ct, **turned)


def _tangent_cumprod(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    (t,) = tangents
    return None if t is None else recurrence(eqn.operands[0], mul(t, _previous(eqn, 1.0)), **eqn.attrs)


cumprod = Op(
    "cumprod",
    "running product along an axis, from the far end if `reverse`",
    infer=_infer("cumprod", "fiu"),
    reference=_accumulate(np.multiply),
    tangent=_tangent_cumprod,
    adjoint=lambda eqn, ct: [mul(_costate(eqn, eqn.operands[0], ct), _previous(eqn, 1.0))],
    lowering=Scan(lambda dtype: 1, _fold("mul")),
    samples=_samples()
    + [
        Sample((np.array([2.0, 0.0, 3.0, 0.0, 5.0]),), {"axis": 0, "reverse": False}),
        Sample((np.array([2.0, 0.0, 3.0, 4.0]),), {"axis": 0, "reverse": True}),
    ],
)


def _run(a: Any, b: Any, *, axis: int, reverse: bool) -> Any:
    out = np.zeros_like(b)
    order = range(out.shape[axis])
    state = 0
    for k in reversed(order) if reverse else order:
        at = (slice_all,) * axis + (k,)
        state = a[at] * state + b[at]
        out[at] = state
    return out


slice_all = np.s_[:]


def _tangent_recurrence(eqn: Eqn, tangents: list[Value | None]) -> Value | None:
    a, _ = eqn.operands
    ta, tb = tangents
    if ta is None and tb is None:
        return None
    drive = tb
    if ta is not None:
        drive = mul(ta, _previous(eqn, 0.0))
        drive = drive if tb is None else add(drive, tb)
    return recurrence(a, drive, **eqn.attrs)


def _adjoint_recurrence(eqn: Eqn, ct: Value) -> list[Value]:
    costate = _costate(eqn, eqn.operands[0], ct)
    return [mul(costate, _previous(eqn, 0.0)), costate]


recurrence = Op(
    "recurrence",
    "out[k] = a[k]·out[k-1] + b[k] along an axis, from 0; from the far end if `reverse`",
    infer=_infer("recurrence", "f", arity=2),
    reference=quiet(_run),
    tangent=_tangent_recurrence,
    adjoint=_adjoint_recurrence,
    lowering=Scan(lambda dtype: 0, lambda e, eqn, acc, a, b: e.op("fadd", e.op("fmul", a, acc), b)),
    samples=_samples(arity=2, integers=False),
    cost=2,
)
