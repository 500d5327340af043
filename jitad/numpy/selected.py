"""x[mask] under a mask known at run time only: what is selected, without its size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from .. import ops
from ..capture.attempts import born
from ..capture.source import at, user_line
from ..capture.trace import current_trace
from ..capture.tracer import Traced
from ..ir.graph import Value, const
from . import norms, reductions, statistics
from .core import NoValue, begin, wrapped
from .masks import fits_every_selection, same_value, under_mask
from .values import as_value, select

_REMEDY = "choose with np.where(mask, x, fill), or reduce with where=mask"


class Selected(NDArrayOperatorsMixin):
    """The elements of an array where a traced mask is true.

    dense     the array that they were selected from, or what was computed from it element by element
    mask      of the shape of `dense`
    trailing  how many axes of `dense` follow those of the mask, which are one axis of NumPy's result
    first     how many stand before them; if any, only reductions over all axes are there

    Elements that are not selected are computed too, but no result depends on them, nor does a derivative.
    """

    __array_priority__ = 2e6
    is_selection = True

    def __init__(self, dense: Traced, mask: Value, trailing: int, first: int) -> None:
        self.dense = dense
        self.mask = mask
        self.trailing = trailing
        self.first = first
        born(self)

    def _like(self, dense: Traced) -> Selected:
        return Selected(dense, self.mask, self.trailing, self.first)

    # what NumPy's array would have

    @property
    def dtype(self) -> np.dtype:
        return self.dense.dtype

    @property
    def size(self) -> Traced:
        """How many elements are selected: a traced Python int."""
        return wrapped(reductions.count_nonzero(wrapped(self.mask)).value, True)

    @property
    def ndim(self) -> int:
        return self.trailing + 1

    @property
    def shape(self) -> tuple[Any, ...]:
        if self.first:
            _refuse("its shape")
        lengths = self.dense.shape[self.dense.ndim - self.trailing :]
        rows: Any = self.size
        if lengths:
            rows = rows // int(np.prod(lengths))
        return (rows, *lengths)

    @property
    def real(self) -> Selected:
        return self

    def count(self) -> Traced:
        """What `len` gives."""
        return self.shape[0]

    def copy(self, order: str = "C") -> Selected:
        return self._like(self.dense)

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Selected:
        return self._elementwise(lambda x: x.astype(dtype), (self,))

    def ravel(self, order: str = "C") -> Selected:
        if self.trailing or self.first:
            _refuse("ravel")
        return self._like(self.dense)

    flatten = ravel

    # elementwise

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc is np.matmul and method == "__call__" and not kwargs:
            return _dot(*inputs)
        out = kwargs.pop("out", None)
        if method == "reduce" and ufunc in _UFUNC_REDUCTIONS and out is None:
            return _UFUNC_REDUCTIONS[ufunc](*inputs, **{"axis": 0, **kwargs})
        if method != "__call__" or kwargs.get("where", True) is not True:
            _refuse(f"np.{ufunc.__name__}.{method}")
        result = self._elementwise(lambda *xs: ufunc(*xs, **kwargs), inputs)
        if out is None:
            return result
        (target,) = out
        if not isinstance(target, Selected) or not np.can_cast(result.dtype, target.dtype, "same_kind"):
            raise TypeError(
                f"Cannot cast ufunc {ufunc.__name__!r} output from {result.dtype!r} to "
                f"{getattr(target, 'dtype', type(target))!r} with casting rule 'same_kind'"
            )
        target.dense = result.dense.astype(target.dtype)
        return target

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        found = _FUNCTIONS.get(func)
        if found is not None:
            return found(*args, **kwargs)
        if func in _ELEMENTWISE:
            return self._elementwise(lambda *xs: func(*xs, **kwargs), args)
        _refuse(f"np.{func.__name__}")

    def _elementwise(self, f: Callable[..., Any], operands: Any) -> Any:
        dense = []
        for x in operands:
            if isinstance(x, Selected):
                self._require_same(x)
                dense.append(x.dense)
                continue
            if not fits_every_selection(np.shape(x) if not isinstance(x, Traced) else x.shape, self.trailing):
                _refuse("an operation between it and an array")
            dense.append(x)
        out = f(*dense)
        if isinstance(out, tuple):
            return tuple(map(self._like, out))
        if out.shape != self.dense.shape:
            _refuse("an operation that is not elementwise")
        return self._like(out)

    def _require_same(self, other: Selected) -> None:
        if not self.is_like(other.mask) or (self.trailing, self.first) != (other.trailing, other.first):
            _refuse("an operation between selections of different masks")

    def is_like(self, mask: Value) -> bool:
        """Whether `mask` is the mask of this selection, computed again perhaps."""
        return same_value(self.mask, mask, current_trace())

    # reductions

    def reduced(self, f: Callable[..., Any], axis: Any, **keywords: Any) -> Any:
        """`f(dense, axis, where=mask)` with the axis of the selection as the axes of the mask."""
        if axis is not None:
            if self.first or axis.__class__ is not int or axis not in (0, -1 - self.trailing):
                _refuse("a reduction along another axis than the first")
            axis = tuple(range(self.dense.ndim - self.trailing))
        return f(self.dense, axis=axis, where=wrapped(self.mask), **keywords)

    def __bool__(self) -> NoReturn:
        _refuse("its truth value")

    def __len__(self) -> NoReturn:
        _refuse("its length as a Python int")

    def __iter__(self) -> NoReturn:
        _refuse("iteration over it")

    def __getitem__(self, key: Any) -> NoReturn:
        _refuse("indexing it")

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        _refuse("writing into part of it")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        _refuse("its elements as an array")

    def __getattr__(self, name: str) -> Any:
        method = _METHODS.get(name)
        if method is not None:
            return lambda *args, **kwargs: method(self, *args, **kwargs)
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a selection has no attribute {name!r}")
        _refuse(f"ndarray.{name}")

    def __repr__(self) -> str:
        return f"<selection from {self.dense!r}>"

    def not_an_array(self) -> str:
        """Why it cannot be an operand or a result."""
        return f"the elements selected by a traced mask, whose number is known at run time only; {_REMEDY}"


def select_elements(x: Traced, key: Any, place: int) -> Selected:
    """`x[key]` for a key with one traced mask, as a copy of what `x` holds now."""
    view, mask, trailing = under_mask(x, key, place)
    dense = wrapped(as_value(view))
    entry = key[place] if isinstance(key, tuple) else key
    return Selected(dense, mask, trailing, dense.ndim - trailing - entry.ndim)


def _refuse(what: str) -> NoReturn:
    raise NotImplementedError(
        f"{what} is not supported for elements that were selected by a traced mask, as their number is known "
        f"at run time only; {_REMEDY}{at(user_line(3))}"
    )


def _filled(x: Selected, fill: Any) -> Traced:
    """The dense array with a number where nothing is selected."""
    return wrapped(select(x.mask, as_value(x.dense), const(fill, x.dense.dtype)))


def _fold(f: Callable[..., Any]) -> Callable[..., Any]:
    def reduction(a: Selected, axis: Any = None, **keywords: Any) -> Any:
        keywords = {k: v for k, v in keywords.items() if v is not NoValue and v is not None}
        if set(keywords) - {"dtype", "ddof", "initial", "keepdims"} or keywords.pop("keepdims", False):
            _refuse(f"np.{f.__name__} with {', '.join(keywords) or 'keepdims'}")
        begin((a.dense,))
        return a.reduced(f, axis, **keywords)

    return reduction


def _extreme(name: str) -> Callable[..., Any]:
    f, ufunc = getattr(reductions, name), {"max": "maximum", "min": "minimum"}[name]

    def reduction(a: Selected, axis: Any = None, **keywords: Any) -> Any:
        begin((a.dense,))
        if keywords.get("initial", NoValue) is NoValue:
            text = f"zero-size array to reduction operation {ufunc} which has no identity"
            some = reductions.any(wrapped(a.mask))
            builder = current_trace().builder
            builder.emit(ops.check, (some.value,), {"error": "ValueError", "text": text})
            dtype = a.dense.dtype
            low, high = (-np.inf, np.inf) if dtype.kind == "f" else (False, True)
            if dtype.kind in "iu":
                low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
            keywords["initial"] = low if name == "max" else high
        return _fold(f)(a, axis, **keywords)

    return reduction


def _norm(x: Selected, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if x.trailing or axis not in (None, 0, -1) or keepdims or ord not in (None, 1, 2, np.inf):
        _refuse("this np.linalg.norm")
    begin((x.dense,))
    flat = _filled(x, 0).reshape(-1)
    return norms.norm(flat, ord)


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    if (
        not (isinstance(a, Selected) and isinstance(b, Selected))
        or a.trailing
        or b.trailing
        or out is not None
    ):
        _refuse("np.dot of it and an array")
    a._require_same(b)
    begin((a.dense,))
    return _METHODS["sum"](a * b)


def _count_nonzero(a: Selected, axis: Any = None, **keywords: Any) -> Any:
    return _METHODS["sum"](a != 0, axis, **keywords)


def _average(a: Selected, axis: Any = None, weights: Any = None, **keywords: Any) -> Any:
    if weights is None:
        return _METHODS["mean"](a, axis, **keywords)
    return _METHODS["sum"](a * weights, axis) / _METHODS["sum"](weights, axis)


def _ptp(a: Selected, axis: Any = None) -> Any:
    return _METHODS["max"](a, axis) - _METHODS["min"](a, axis)


_METHODS: dict[str, Callable[..., Any]] = {
    "sum": _fold(reductions.sum),
    "prod": _fold(reductions.prod),
    "any": _fold(reductions.any),
    "all": _fold(reductions.all),
    "mean": _fold(statistics.mean),
    "var": _fold(statistics.var),
    "std": _fold(statistics.std),
    "max": _extreme("max"),
    "min": _extreme("min"),
    "dot": _dot,
}
_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    **{getattr(np, name): f for name, f in _METHODS.items()},
    np.amax: _METHODS["max"],
    np.amin: _METHODS["min"],
    np.ptp: _ptp,
    np.count_nonzero: _count_nonzero,
    np.average: _average,
    np.linalg.norm: _norm,
    np.inner: _dot,
    np.vdot: _dot,
    np.size: lambda a, axis=None: a.size if axis is None else _refuse("np.size along an axis"),
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.ravel: lambda a, order="C": a.ravel(),
    np.copy: lambda a, *args, **kwargs: a.copy(),
}
_UFUNC_REDUCTIONS = {
    np.add: _METHODS["sum"],
    np.multiply: _METHODS["prod"],
    np.maximum: _METHODS["max"],
    np.minimum: _METHODS["min"],
    np.logical_and: _METHODS["all"],
    np.logical_or: _METHODS["any"],
}
#: Functions that are not ufuncs, but elementwise.
_ELEMENTWISE = {
    np.where, np.clip, np.nan_to_num, np.round, np.isclose, np.zeros_like, np.ones_like, np.full_like,
    np.real, np.sinc, np.select,
}  # fmt: skip

__all__ = ["Selected", "select_elements"]
