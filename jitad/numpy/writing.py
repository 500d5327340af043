"""Writing into arrays: item assignment and in-place operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..capture import views
from ..capture.constants import write_number
from ..capture.handles import assign, is_array, root_of, see
from ..capture.trace import current_trace
from ..capture.tracer import METHODS, Traced, implements_method
from ..ir.graph import Value
from ..ir.types import Shape
from .core import located, surface, wrapped
from .indexing import steps_to
from .keys import mask_place
from .lengths import agreeing, fitting, is_open, shown
from .masks import write_masked
from .promotion import cast, normal
from .values import as_value, broadcast, common_shape, convert, reshape, select


@surface(methods=("__setitem__",), name="ndarray.__setitem__", folds=False, open=True)
def _setitem(x: Any, key: Any, value: Any) -> None:
    """`x[key] = value` for every key of reading; of repeated places in an index array the last one wins."""
    require_array(x)
    if x.state is not None and x.state.number is not None and write_number(x, key, value):
        return
    place = mask_place(key)
    if place is not None:
        write_masked(x, key, place, value)
        return
    trace = current_trace()
    steps, is_view = steps_to(x.type.shape, key)
    if is_view and _is_part(value, x) and views.same_view(views.viewed(x, steps, trace, now=False), value):
        return  # the end of x[key] op= y
    target = views.type_after(x.type, steps)
    new = fitted(cast(normal(value), target.dtype), target.shape)
    if new.type.dims or new.type.size:
        assign(x, views.write(see(x, trace), steps, new), trace)


def _is_part(value: Any, x: Traced) -> bool:
    return isinstance(value, Traced) and is_array(value) and root_of(value) is root_of(x)


def require_array(x: Any) -> None:
    """TypeError for traced numbers, which cannot be written."""
    if not is_array(x):
        kind = {"f": "float", "b": "bool"}.get(x.dtype.kind, "int") if x.weak else f"numpy.{x.dtype}"
        raise TypeError(f"{kind!r} object does not support item assignment")


def fitted(v: Value, shape: Shape) -> Value:
    """`v` broadcast to the shape of what it is written into; leading axes of length 1 are dropped."""
    given = v.type.shape
    extra = len(given) - len(shape)
    if extra > 0 and all(n == 1 for n in given[:extra]):
        v = reshape(v, given[extra:])
    if v.type.dims or is_open(shape):
        text = f"could not broadcast input array from shape {shown(given)} into shape {shown(shape)}"
        v = fitting(v, dict(enumerate(reversed(shape))), text)
    try:
        return broadcast(v, shape)
    except ValueError:
        texts = shown(given), shown(shape)
        raise ValueError(
            f"could not broadcast input array from shape {texts[0]} into shape {texts[1]}"
        ) from None


def store(x: Traced, result: Any, name: str, where: Any = True) -> Traced:
    """Write the result of the ufunc `name`, traced or a number, into the array `x`, as its `out=`.

    where  a mask that broadcasts: only where it is true

    Raises TypeError where NumPy's rule "same_kind" forbids the cast, ValueError if the shapes differ.
    """
    if not np.can_cast(result.dtype, x.dtype, "same_kind"):
        raise TypeError(
            f"Cannot cast ufunc {name!r} output from {result.dtype!r} to {x.dtype!r} "
            "with casting rule 'same_kind'"
        )
    require_array(x)
    if where is not True:
        mask, new = agreeing([as_value(where), as_value(result)])
        shape = common_shape([mask.type.shape, new.type.shape])
        result = wrapped(select(mask, convert(broadcast(new, shape), x.dtype), as_value(x)))
    shape = result.type.shape if isinstance(result, Traced) else result.shape
    if shape != x.type.shape:
        text = (
            f"non-broadcastable output operand with shape {shown(x.type.shape)} doesn't match the broadcast "
            f"shape {shown(shape)}"
        )
        result = wrapped(fitting(as_value(result), dict(enumerate(reversed(x.type.shape))), text))
        if result.type.shape != x.type.shape:
            raise ValueError(text)
    if not (x.state is not None and x.state.number is not None and write_number(x, ..., result)):
        trace = current_trace()
        assign(x, convert(as_value(result), x.dtype), trace)
    return x


_UFUNC_NAMES = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}


def _inplace(name: str) -> Any:
    operator = METHODS[f"__{name}__"]
    ufunc = _UFUNC_NAMES[name]
    written = located(lambda x, result: store(x, result, ufunc), f"__i{name}__")

    def update(x: Traced, other: Any) -> Any:
        result = operator(x, other)
        if result is NotImplemented or not is_array(x):
            return result
        return written(x, result)

    update.__name__ = update.__qualname__ = f"__i{name}__"
    return update


def _register() -> None:
    for name in _UFUNC_NAMES:
        implements_method(f"__i{name}__")(_inplace(name))


_register()

__all__ = ["fitted", "require_array", "store"]
