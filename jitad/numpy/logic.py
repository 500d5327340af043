"""Choice and comparison of whole arrays: where, select, clip, isclose, nan_to_num, rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..capture.handles import is_array
from ..capture.tracer import Traced, implements_method
from ..ir.graph import Value, const
from ..ir.types import BOOL, I64
from .core import NoValue, given, located, refuse, surface, unsupported, wrapped
from .lengths import agreeing
from .promotion import cast, normal, result_dtype
from .reductions import all as all_of
from .ufuncs import SPECS
from .values import as_value, broadcast, common_shape, concrete, convert, floating, truth
from .values import select as choose

_abs, _add, _mul, _sub = (SPECS[n] for n in ("absolute", "add", "multiply", "subtract"))


@surface(np.where, open=True)
def where(condition: Any, x: Any = NoValue, y: Any = NoValue, /) -> Any:
    """x where the condition holds, y elsewhere; the branch not taken contributes 0 to derivatives."""
    if (x is NoValue) != (y is NoValue):
        raise ValueError("either both or neither of x and y should be given")
    if x is NoValue:
        return nonzero(condition)
    a, b = normal(x), normal(y)
    dtype = result_dtype(a, b)
    mask, a, b = agreeing([truth(as_value(condition)), cast(a, dtype), cast(b, dtype)])
    shape = common_shape([v.type.shape for v in (mask, a, b)])
    return wrapped(broadcast(choose(mask, a, b), shape))


def _positions(name: str) -> Any:
    original = getattr(np, name)

    def f(a: Any) -> Any:
        found = concrete(a)
        if isinstance(found, Traced):
            unsupported(
                f"{name}, the size of whose result is only known at run time,",
                "choose with np.where(condition, x, y), or reduce with where=",
            )
        return original(found)

    f.__name__ = name
    f.__doc__ = f"`numpy.{name}` of arrays that depend on no argument; NotImplementedError for others."
    return surface(original, methods=("nonzero",) if name == "nonzero" else (), differentiable=False)(f)


nonzero, argwhere, flatnonzero = map(_positions, ("nonzero", "argwhere", "flatnonzero"))


@surface(np.select, open=True)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """The element of the first choice whose condition holds, else the default."""
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not len(condlist):
        raise ValueError("select with an empty condition list is not possible")
    choices = [normal(c) for c in (*choicelist, default)]
    dtype = result_dtype(*choices)
    masks = [as_value(c) for c in condlist]
    for i, m in enumerate(masks):
        if m.dtype is not BOOL:
            raise TypeError(f"invalid entry {i} in condlist: should be boolean ndarray")
    values = [cast(c, dtype) for c in choices]
    found = agreeing([*masks, *values])
    masks, values = found[: len(masks)], found[len(masks) :]
    shape = common_shape([v.type.shape for v in found])
    out = values[-1]
    for mask, value in zip(masks[::-1], values[-2::-1]):
        out = choose(mask, value, out)
    return wrapped(broadcast(out, shape))


def _clipped(a: Any, low: Any, high: Any) -> Any:
    out = wrapped(as_value(a), isinstance(a, Traced) and a.weak)
    if given(low) and not _beyond(low, out.dtype, -1):
        out = SPECS["maximum"](out, low)
    if given(high) and not _beyond(high, out.dtype, 1):
        out = SPECS["minimum"](out, high)
    return out


def _beyond(bound: Any, dtype: np.dtype, side: int) -> bool:
    """Whether a Python int lies at or past the end of an integer dtype, so that it limits nothing."""
    if bound.__class__ is not int or dtype.kind not in "iu":
        return False
    info = np.iinfo(dtype)
    return bool(bound >= info.max if side > 0 else bound <= info.min)


@surface(np.clip, open=True)
def clip(
    a: Any,
    a_min: Any = NoValue,
    a_max: Any = NoValue,
    out: Any = None,
    *,
    min: Any = NoValue,
    max: Any = NoValue,
) -> Any:
    """Limited to [a_min, a_max]; at a bound the derivative is shared equally."""
    refuse("clip", out=out)
    if (a_min is not NoValue or a_max is not NoValue) and (min is not NoValue or max is not NoValue):
        raise ValueError(
            "Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden."
        )
    return _clipped(a, a_min if min is NoValue else min, a_max if max is NoValue else max)


@surface(methods=("clip",), name="ndarray.clip", open=True)
def _clip_method(x: Any, min: Any = None, max: Any = None, out: Any = None) -> Any:
    """`x.clip(min, max)`."""
    refuse("clip", out=out)
    return _clipped(x, min, max)


@surface(np.nan_to_num, open=True)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """NaN and infinities replaced by numbers: 0 and the largest finite ones."""
    if not copy and isinstance(x, Traced) and is_array(x):
        from .writing import store

        return store(x, nan_to_num(x, True, nan, posinf, neginf), "nan_to_num")
    v = as_value(x)
    if v.dtype.kind != "f":
        return wrapped(v)
    info = np.finfo(v.dtype)
    high = info.max if posinf is None else posinf
    low = info.min if neginf is None else neginf
    nan, high, low = (cast(normal(c), v.dtype) for c in (nan, high, low))
    inf = const(np.inf, v.dtype)
    out = choose(ops.eq(v, inf), high, v)
    out = choose(ops.eq(v, const(-np.inf, v.dtype)), low, out)
    return wrapped(broadcast(choose(ops.isnan(v), nan, out), v.type.shape))


@surface(np.isclose, differentiable=False, open=True)
def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    """Whether |a - b| ≤ atol + rtol·|b|, elementwise; equal infinities are close."""
    x, y = (wrapped(floating(as_value(v))) for v in (a, b))
    near = SPECS["less_equal"](_abs(_sub(x, y)), _add(atol, _mul(rtol, _abs(y))))
    finite = SPECS["logical_and"](SPECS["isfinite"](y), near)
    close = SPECS["logical_or"](finite, SPECS["equal"](x, y))
    if equal_nan:
        both = SPECS["logical_and"](SPECS["isnan"](x), SPECS["isnan"](y))
        close = SPECS["logical_or"](close, both)
    return close


@surface(np.allclose, differentiable=False, open=True)
def allclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all elements are close; a traced bool."""
    return all_of(isclose(a, b, rtol, atol, equal_nan))


@surface(np.array_equal, differentiable=False)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    """Whether shapes and all elements are equal; a traced bool, or False at once if the shapes differ."""
    x, y = as_value(a1), as_value(a2)
    if x.type.shape != y.type.shape:
        return False
    same = SPECS["equal"](wrapped(x), wrapped(y))
    if equal_nan:
        nans = SPECS["logical_and"](SPECS["isnan"](wrapped(x)), SPECS["isnan"](wrapped(y)))
        same = SPECS["logical_or"](same, nans)
    return all_of(same)


@surface(np.array_equiv, differentiable=False)
def array_equiv(a1: Any, a2: Any) -> Any:
    """Whether all elements are equal after broadcasting."""
    x, y = as_value(a1), as_value(a2)
    try:
        common_shape([x.type.shape, y.type.shape])
    except ValueError:
        return False
    return all_of(SPECS["equal"](wrapped(x), wrapped(y)))


# Rounding to decimals


def _rounded(v: Value, decimals: int) -> Value:
    if v.dtype.kind != "f":
        if decimals >= 0:
            return v
        unsupported("rounding integers to tens", "divide, round and multiply")
    if decimals == 0:
        return ops.rint(v)
    scale = const(10.0 ** abs(decimals), v.dtype)
    if decimals > 0:
        return ops.div(ops.rint(ops.mul(v, scale)), scale)
    return ops.mul(ops.rint(ops.div(v, scale)), scale)


@surface(np.round, np.around, methods=("round",), differentiable=False, open=True)
def round(a: Any, decimals: Any = 0, out: Any = None) -> Any:
    """To the nearest number with so many decimals, halves to even."""
    refuse("round", out=out)
    return wrapped(_rounded(as_value(a), decimals.__index__()))


@surface(np.fix, differentiable=False, open=True)
def fix(x: Any, out: Any = None) -> Any:
    """Rounded towards zero."""
    refuse("fix", out=out)
    return SPECS["trunc"](x)


def _whole(name: str) -> Any:
    """`round`, `math.floor` … of a traced number: an integer, as Python's."""

    def method(x: Any, *digits: Any) -> Any:
        if x.ndim:
            raise TypeError(f"an array has no method {name}; use np.rint, np.floor, np.ceil or np.trunc")
        if digits and digits[0] is not None:
            return wrapped(_rounded(as_value(x), digits[0].__index__()), x.weak)
        if x.dtype.kind in "iub":
            return wrapped(convert(as_value(x), I64), True)
        return wrapped(convert(_WHOLE[name](as_value(x)), I64), True)

    return method


_WHOLE = {"__round__": ops.rint, "__floor__": ops.floor, "__ceil__": ops.ceil, "__trunc__": ops.trunc}
for _name in _WHOLE:
    implements_method(_name)(located(_whole(_name), _name))


@surface(np.sinc, open=True)
def sinc(x: Any) -> Any:
    """sin(πx)/(πx), 1 at 0."""
    from .kernels import sinc as formula

    return wrapped(formula(floating(as_value(x))))


@surface(np.result_type, differentiable=False, open=True)
def result_type(*arrays_and_dtypes: Any) -> np.dtype:
    """NumPy's result dtype; traced Python numbers are weak."""
    known = [
        a if not isinstance(a, Traced) else a.dtype if not a.weak else a.dtype.type(0).item()
        for a in arrays_and_dtypes
    ]
    return np.result_type(*known)


@surface(np.iscomplexobj, differentiable=False, open=True)
def iscomplexobj(x: Any) -> bool:
    """False: there are no complex traced values yet."""
    return False


@surface(np.isrealobj, differentiable=False, open=True)
def isrealobj(x: Any) -> bool:
    """True: there are no complex traced values yet."""
    return True


@surface(np.isneginf, differentiable=False, open=True)
def isneginf(x: Any, out: Any = None) -> Any:
    """Where x is -∞."""
    refuse("isneginf", out=out)
    return SPECS["equal"](x, -np.inf)


@surface(np.isposinf, differentiable=False, open=True)
def isposinf(x: Any, out: Any = None) -> Any:
    """Where x is +∞."""
    refuse("isposinf", out=out)
    return SPECS["equal"](x, np.inf)


__all__ = [
    "allclose",
    "argwhere",
    "array_equal",
    "array_equiv",
    "clip",
    "fix",
    "flatnonzero",
    "iscomplexobj",
    "isclose",
    "isneginf",
    "isposinf",
    "isrealobj",
    "nan_to_num",
    "nonzero",
    "result_type",
    "round",
    "select",
    "sinc",
    "where",
]
