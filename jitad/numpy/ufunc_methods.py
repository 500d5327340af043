"""The methods of ufuncs: reduce, accumulate, outer; reduceat is refused by name, `at` is in `filling`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..capture.tracer import implements
from . import reductions, statistics
from .core import NoValue, located, refuse, unsupported, wrapped
from .ufuncs import SPECS
from .values import as_value, reshape

#: ufunc → the reduction that its `reduce` is
_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "add": reductions.sum,
    "multiply": reductions.prod,
    "maximum": reductions.max,
    "minimum": reductions.min,
    "logical_and": reductions.all,
    "logical_or": reductions.any,
}
_SCANS: dict[str, Callable[..., Any]] = {"add": statistics.cumsum, "multiply": statistics.cumprod}


def _reduce(name: str, f: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = NoValue,
        where: Any = True,
    ) -> Any:
        refuse(f"{name}.reduce", out=None if out == (None,) else out)
        keywords: dict[str, Any] = {"keepdims": keepdims}
        if name in ("add", "multiply"):
            keywords["dtype"] = dtype
        else:
            refuse(f"{name}.reduce", dtype=dtype)
        if name.startswith("logical"):
            refuse(f"{name}.reduce", initial=initial)
        else:
            keywords["initial"] = initial
        return f(array, axis, where=NoValue if where is True else where, **keywords)

    return reduce


def _accumulate(name: str, f: Callable[..., Any]) -> Callable[..., Any]:
    def accumulate(array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        refuse(f"{name}.accumulate", out=None if out == (None,) else out)
        return f(array, axis, dtype)

    return accumulate


def _outer(name: str) -> Callable[..., Any]:
    def outer(a: Any, b: Any, /, *, out: Any = None, **keywords: Any) -> Any:
        refuse(f"{name}.outer", **keywords)
        x, y = as_value(a), as_value(b)
        return SPECS[name](wrapped(reshape(x, x.type.shape + (1,) * y.type.ndim)), wrapped(y))

    return outer


def _absent(name: str, method: str) -> Callable[..., Any]:
    remedies = {
        "reduceat": "sum slices, or take differences of np.cumsum",
        "reduce": "write the reduction with np.sum, np.prod, np.max or np.min",
        "accumulate": "write a loop, or use np.cumsum or np.cumprod",
    }

    def absent(*args: Any, **kwargs: Any) -> Any:
        unsupported(f"{name}.{method}", remedies[method])

    return absent


def _register() -> None:
    for name, spec in SPECS.items():
        methods: dict[str, Callable[..., Any]] = {
            m: _absent(name, m) for m in ("reduceat", "reduce", "accumulate")
        }
        if name in _REDUCTIONS:
            methods["reduce"] = _reduce(name, _REDUCTIONS[name])
        if name in _SCANS:
            methods["accumulate"] = _accumulate(name, _SCANS[name])
        if spec.numpy.nin == 2:
            methods["outer"] = _outer(name)
        for method, f in methods.items():
            implements((spec.numpy, method))(located(f, f"{name}.{method}"))


_register()

COVERED: dict[str, tuple[str, ...]] = {
    "reduce": tuple(_REDUCTIONS),
    "accumulate": tuple(_SCANS),
    "outer": tuple(name for name, spec in SPECS.items() if spec.numpy.nin == 2),
}

__all__ = ["COVERED"]
