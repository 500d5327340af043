"""NumPy's functions that write into an array: copyto, fill, put, place, putmask, fill_diagonal, ufunc.at."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..capture import views
from ..capture.constants import write_number
from ..capture.handles import assign, see
from ..capture.trace import current_trace
from ..capture.tracer import Traced, implements
from ..ir.graph import Const, Value, const
from ..ir.types import BOOL, I64
from .core import located, surface, unsupported
from .indexing import bounded, common_index_shape, steps_to
from .keys import integer_value, mask_place
from .promotion import cast, normal, result_dtype
from .ufuncs import SPECS
from .values import as_value, axis_index, broadcast, concrete, convert, reshape, select
from .viewing import sliced, with_ones
from .writing import fitted, require_array


def _target(x: Any, function: str) -> Traced:
    """The array to write into; an error for one that is not traced."""
    if not isinstance(x, Traced):
        unsupported(f"{function} of traced values into an array from outside the traced function")
    require_array(x)
    return x


def _write(x: Traced, value: Value) -> None:
    assign(x, value, current_trace())


def _now(x: Traced) -> Value:
    return see(x, current_trace())


@surface(np.copyto, folds=False, open=True)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """The elements of `src`, broadcast, into `dst`, where the mask `where` is true."""
    x = _target(dst, "copyto")
    source = normal(src)
    if isinstance(source, Traced) and not source.weak:
        if not np.can_cast(source.dtype, x.dtype, casting):  # type: ignore[arg-type]
            raise TypeError(
                f"Cannot cast array data from {source.dtype!r} to {x.dtype!r} "
                f"according to the rule '{casting}'"
            )
    if where is True and write_number(x, ..., src):
        return
    new = fitted(cast(source, x.dtype), x.type.shape)
    _write(x, new if where is True else select(fitted(as_value(where), x.type.shape), new, _now(x)))


@surface(methods=("fill",), name="ndarray.fill", folds=False, open=True)
def _fill(x: Any, value: Any) -> None:
    """Every element set to one number."""
    _target(x, "fill")[...] = value


def _repeated(values: Any, count: int, dtype: np.dtype) -> Value:
    """`count` values, from the start again when they are used up; those too many left out."""
    v = convert(as_value(values), dtype)
    n = v.type.size
    if not n:
        raise ValueError("cannot put values from an empty sequence")
    flat = reshape(v, (n,))
    if n == 1:
        return broadcast(flat, (count,))
    places = const(np.arange(count) % n, I64)
    return flat if n == count else ops.gather(flat, places)


@surface(np.put, methods=("put",), folds=False)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Values at places of the flattened array, repeated as often as needed."""
    x = _target(a, "put")
    flat = with_ones(x, (x.size,))
    places = integer_value(as_value(ind))
    count = places.type.size
    if count:
        _write(
            flat,
            ops.scatter_set(
                _now(flat), _repeated(v, count, x.dtype), bounded(reshape(places, (count,)), x.size, mode)
            ),
        )


@surface(np.place, folds=False)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Values, repeated as often as needed, where a mask is true, in their order."""
    x = _target(arr, "place")
    mask = concrete(mask)
    if isinstance(mask, Traced):
        if as_value(vals).type.size != 1:
            unsupported("place of several values under a traced mask", "choose with np.where")
        copyto(x, convert_number(vals, x), "unsafe", reshaped_like(mask, x))
        return
    put(x, np.flatnonzero(mask), vals)


def convert_number(vals: Any, x: Traced) -> Any:
    """The only element of `vals`."""
    return x.__class__(reshape(convert(as_value(vals), x.dtype), ()), current_trace())


def reshaped_like(mask: Traced, x: Traced) -> Traced:
    """A mask of as many elements as `x`, in its shape."""
    return mask.__class__(reshape(as_value(mask), x.shape), current_trace())


@surface(np.putmask, folds=False)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """a.flat[n] = values.flat[n], repeated as often as needed, wherever the mask is true."""
    x = _target(a, "putmask")
    chosen = as_value(mask)
    if chosen.type.size != x.size:
        raise ValueError("putmask: mask and data must be the same size")
    new = reshape(_repeated(values, x.size, x.dtype), x.shape)
    chosen = reshape(chosen if chosen.dtype is BOOL else ops.ne(chosen, const(0, chosen.dtype)), x.shape)
    _write(x, select(chosen, new, _now(x)))


@surface(np.fill_diagonal, folds=False)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Values, repeated as often as needed, on the main diagonal; `wrap`: again below it in a tall matrix."""
    x = _target(a, "fill_diagonal")
    if x.ndim < 2:
        raise ValueError("array must be at least 2-d")
    if x.ndim == 2:
        step, end = x.shape[1] + 1, x.size if wrap else min(x.size, x.shape[1] * x.shape[1])
    else:
        if any(n != x.shape[0] for n in x.shape):
            raise ValueError("All dimensions of input must be of equal length")
        step, end = 1 + int(np.cumprod(x.shape[:-1]).sum()), x.size
    count = len(range(0, end, step))
    if count:
        diagonal = sliced(with_ones(x, (x.size,)), (0,), (step,), (count,), now=False)
        _write(diagonal, _repeated(val, count, x.dtype))


@surface(np.put_along_axis, folds=False)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """Values at places along an axis, one index array entry for each place of the other axes."""
    x, i = _target(arr, "put_along_axis"), integer_value(as_value(indices))
    if axis is None:
        x, axis = with_ones(x, (x.size,)), 0
    if i.type.ndim != x.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    axis = axis_index(axis, x.ndim)
    others = tuple(n if k != axis else 1 for k, n in enumerate(x.shape))
    shape = common_index_shape([i.type.shape, others])
    keys = [
        broadcast(i, shape) if k == axis else ops.iota(shape=shape, axis=k, dtype=I64) for k in range(x.ndim)
    ]
    _write(x, ops.scatter_set(_now(x), fitted(cast(normal(values), x.dtype), shape), *keys))


# ufunc.at


def _at(name: str) -> Any:
    spec = SPECS[name]

    def at(a: Any, indices: Any, b: Any = None, /) -> None:
        x: Any = _target(a, f"{name}.at")
        operands = () if spec.numpy.nin == 1 else (b,)
        steps, is_view = steps_to(x.type.shape, indices) if mask_place(indices) is None else ([], True)
        if is_view:
            x[indices] = _checked(spec.numpy(x[indices], *operands), x, name)
        elif name in ("add", "subtract"):
            new = b if name == "add" else SPECS["negative"](b)
            _check_cast(result_dtype(normal(x), normal(b)), x, name)
            _write(x, _accumulated(_now(x), steps, new, x.dtype))
        elif _no_repeats(steps):
            x[indices] = _checked(spec.numpy(x[indices], *operands), x, name)
        else:
            unsupported(f"{name}.at with places that may be repeated", "np.add.at, or a loop")

    at.__name__ = f"{name}.at"
    return located(at, f"{name}.at")


def _check_cast(dtype: np.dtype, x: Traced, name: str) -> None:
    if not np.can_cast(dtype, x.dtype, "same_kind"):
        raise TypeError(
            f"Cannot cast ufunc {name!r} output from {dtype!r} to {x.dtype!r} with casting rule 'same_kind'"
        )


def _checked(result: Any, x: Traced, name: str) -> Any:
    _check_cast(result.dtype, x, name)
    return result


def _accumulated(base: Value, steps: list[views.Step], new: Any, dtype: np.dtype) -> Value:
    """`base` with `new` added at the places that the steps lead to, repeated ones each time."""
    k = next(i for i, s in enumerate(steps) if s.__class__ is views.Pick)
    inner = views.read(base, steps[:k])
    picked = steps[k].type(inner.type)
    target = views.type_after(picked, steps[k + 1 :])
    update = fitted(cast(normal(new), dtype), target.shape)
    update = views.write(inner, steps[k + 1 :], update)
    return views.write(base, steps[:k], ops.scatter_add(inner, update, *steps[k].places))


def _no_repeats(steps: list[views.Step]) -> bool:
    """Whether the places are known and each named once."""
    (pick,) = (s for s in steps if s.__class__ is views.Pick)
    if not all(isinstance(i, Const) for i in pick.places):
        return False
    rows = np.stack([np.ravel(i.data) for i in pick.places if isinstance(i, Const)], 1)
    return bool((rows >= 0).all()) and len(np.unique(rows, axis=0)) == len(rows)


def _register() -> None:
    for name, spec in SPECS.items():
        if spec.numpy.nout == 1:
            implements((spec.numpy, "at"))(_at(name))


_register()

__all__ = ["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"]
