"""Python's builtins on traced values: what rewritten code calls instead of `max`, `int`, `isinstance` …"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..capture.constants import number_of
from ..capture.handles import is_array
from ..capture.redirect import register
from ..capture.tracer import Traced
from ..ir.types import F64, I64
from .core import located, unsupported, wrapped
from .logic import round as numpy_round
from .logic import where
from .reductions import all as all_of
from .reductions import any as any_of
from .ufuncs import SPECS
from .values import as_value, convert, reshape, truth

#: How many items builtins.max and min compare one by one; arrays of more are for np.max.
_MOST = 512


def is_instance(x: Any, classes: Any) -> bool:
    """`isinstance`: a traced array is an ndarray, a traced number a Python number or a NumPy scalar."""
    if not isinstance(x, Traced) or Traced in _flat(classes):
        return isinstance(x, classes)
    return issubclass(class_of(x), classes)


def class_of(x: Any) -> type:
    """`type(x)`, as if `x` was not traced."""
    if not isinstance(x, Traced):
        return type(x)
    if is_array(x):
        return np.ndarray
    return {"f": float, "b": bool}.get(x.dtype.kind, int) if x.weak else x.dtype.type


def _type(*args: Any) -> Any:
    return class_of(*args) if len(args) == 1 else type(*args)


def _flat(classes: Any) -> tuple[Any, ...]:
    return tuple(c for k in classes for c in _flat(k)) if isinstance(classes, tuple) else (classes,)


def _on_traced(original: Callable[..., Any], f: Callable[..., Any]) -> None:
    """Let `f` take the place of the builtin where the first argument is traced."""
    traced = located(f, original.__name__)

    def call(*args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], Traced) and number_of(args[0]) is None:
            return traced(*args, **kwargs)
        return original(*args, **kwargs)

    call.__name__ = original.__name__
    register(original, call)


def _number(x: Traced, what: str) -> Any:
    """The IR value, of shape (), of a number or an array of shape ()."""
    if x.ndim:
        raise TypeError(f"{what}(): only arrays of shape () can be converted to Python numbers, not {x.type}")
    return as_value(x)


def _int(x: Traced, *base: Any) -> Any:
    return wrapped(convert(_number(x, "int"), I64), True)


def _float(x: Traced) -> Any:
    return wrapped(convert(_number(x, "float"), F64), True)


def _bool(x: Traced) -> Any:
    if x.size != 1:
        raise ValueError(
            "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
        )
    return wrapped(truth(reshape(as_value(x), ())), True)


def _round(x: Traced, ndigits: Any = None) -> Any:
    if is_array(x):
        return numpy_round(x, 0 if ndigits is None else ndigits)
    if ndigits is not None:
        out = numpy_round(x, ndigits)
        return wrapped(out.value, x.weak)
    v = _number(x, "round")
    return wrapped(convert(ops.rint(v) if v.dtype.kind == "f" else v, I64), True)


def _extreme(original: Callable[..., Any], compare: str) -> None:
    """builtins.max or min: the first of the items that no other beats, as Python compares them."""

    def call(*args: Any, **kwargs: Any) -> Any:
        items: Any = args
        if len(args) == 1:
            items = args[0] if isinstance(args[0], (Traced, list, tuple)) else list(args[0])
        if not isinstance(items, Traced) and not any(isinstance(x, Traced) for x in items):
            return original(items, **kwargs) if len(args) == 1 else original(*args, **kwargs)
        return traced(items, **kwargs)

    def fold(items: Any, **kwargs: Any) -> Any:
        if kwargs.get("key") is not None:
            unsupported(f"{original.__name__} with key=", "np.argmax or np.argmin")
        found = list(items) if len(items) <= _MOST else None
        if found is None:
            unsupported(f"{original.__name__}() of {len(items)} items", f"np.{original.__name__}")
        if not found:
            return original(found, **kwargs)
        best = found[0]
        for x in found[1:]:
            best = _better(x, best, compare)
        return best

    traced = located(fold, original.__name__)
    call.__name__ = original.__name__
    register(original, call)


def _is_python_int(x: Any) -> bool:
    if isinstance(x, Traced):
        return x.weak and x.dtype is I64
    return x.__class__ is int


def _better(x: Any, best: Any, compare: str) -> Any:
    if not isinstance(x, Traced) and not isinstance(best, Traced):
        return x if bool(SPECS[compare].numpy(x, best)) else best
    if _is_python_int(x) and _is_python_int(best):  # of sizes the bounds of these are known
        op = ops.maximum if compare == "greater" else ops.minimum
        return wrapped(op(as_value(best), as_value(x)), True)
    beats = SPECS[compare](x, best, weak=True)
    if beats.ndim:
        raise ValueError(
            "The truth value of an array with more than one element is ambiguous. "
            "Use np.maximum or np.minimum, np.max or np.min"
        )
    picked = where(beats, x, best)
    weak = all(y.weak if isinstance(y, Traced) else not isinstance(y, np.generic) for y in (x, best))
    return wrapped(picked.value, True) if weak else picked


def _quantifier(original: Callable[..., Any], whole: Callable[..., Any], decides: bool, combine: Any) -> None:
    """builtins.any or all: of traced items all are evaluated, up to a known one that decides."""

    def of_array(items: Traced) -> Any:
        if items.ndim != 1:
            raise ValueError("The truth value of an array with more than one element is ambiguous")
        return wrapped(whole(items).value, True)

    traced = located(of_array, original.__name__)

    def call(items: Any, /) -> Any:
        if isinstance(items, Traced) and items.ndim and number_of(items) is None:
            return traced(items)
        found: Any = None
        for x in items:
            if isinstance(x, Traced) and number_of(x) is None:
                mine = as_value(_bool(x))
                found = mine if found is None else combine(found, mine)
            elif bool(x) is decides:
                return decides
        return (not decides) if found is None else wrapped(found, True)

    call.__name__ = original.__name__
    register(original, call)


def _len(x: Any) -> Any:
    if hasattr(x, "is_selection"):
        return x.count()
    return x.shape[0] if isinstance(x, Traced) and x.ndim else len(x)


def register_builtins() -> None:
    """Enter all of them."""
    register(isinstance, is_instance)
    register(type, _type)
    for original, f in ((int, _int), (float, _float), (bool, _bool), (builtins.round, _round)):
        _on_traced(original, f)
    register(len, _len)
    _extreme(builtins.max, "greater")
    _extreme(builtins.min, "less")
    _quantifier(builtins.any, any_of, True, ops.or_)
    _quantifier(builtins.all, all_of, False, ops.and_)


__all__ = ["class_of", "is_instance", "register_builtins"]
