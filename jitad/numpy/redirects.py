"""What rewritten code calls instead of NumPy's functions, so that the arrays they make are traced ones."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..capture.constants import lifted
from ..capture.handles import is_array
from ..capture.redirect import register
from ..capture.trace import tracing
from ..capture.tracer import Traced
from ..ir.types import DTYPES
from .core import located, wrapped
from .promotion import cast, normal
from .values import canonical
from .viewing import fresh

#: NumPy's functions that write, print, or keep state: called as they are.
_LEFT_ALONE = frozenset(
    "copyto put put_along_axis place putmask fill_diagonal save savez savez_compressed savetxt load loadtxt "
    "genfromtxt fromfile memmap seterr geterr seterrcall geterrcall setbufsize getbufsize set_printoptions "
    "get_printoptions show_config show_runtime info test array2string array_repr array_str".split()
)


def redirected(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` with the arrays that it returns as traced constants."""

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        out = f(*args, **kwargs)
        return lifted(out) if out.__class__ is not Traced and tracing() else out

    return call


def register_numpy(public: dict[str, Any]) -> None:
    """Redirect NumPy's functions, to those of `public` where it has them, and its classes."""
    kinds = (types.FunctionType, types.BuiltinFunctionType, np.ufunc, type(np.sum))
    for module, mine in ((np, public), (np.linalg, {}), (np.fft, {})):
        for name, f in vars(module).items():
            if isinstance(f, kinds) and not name.startswith("_") and name not in _LEFT_ALONE:
                register(f, redirected(mine.get(name, f)))
    for dtype in DTYPES.values():
        register(dtype.type, _conversion(dtype.type))
    register(np.ndarray, redirected(located(_ndarray, "ndarray")))
    register(np.ndenumerate, _ndenumerate)


def _conversion(scalar: Any) -> Callable[..., Any]:
    def convert(*args: Any) -> Any:
        if len(args) != 1 or not isinstance(args[0], Traced):
            return lifted(scalar(*args))
        v = cast(normal(args[0]), canonical(scalar))
        return fresh(v) if v.type.shape else wrapped(v)

    convert.__name__ = scalar.__name__
    return located(convert, scalar.__name__)


def _ndarray(shape: Any, dtype: Any = float, *args: Any, **kwargs: Any) -> Any:
    """`np.ndarray(shape, dtype)`: zeros, as its elements are whatever was in memory."""
    if args or kwargs:
        return np.ndarray(shape, dtype, *args, **kwargs)
    return np.zeros(shape, dtype)


def _ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Pairs of index and element."""
    if not isinstance(arr, Traced):
        return iter(np.ndenumerate(arr))
    x: Any = arr
    return ((place, x[place]) for place in np.ndindex(arr.shape))


def result_type(*arrays_and_dtypes: Any) -> np.dtype:
    """NumPy's `result_type`, traced arrays by their dtypes."""
    return np.result_type(*[_as_dtype(a) if isinstance(a, Traced) else a for a in arrays_and_dtypes])


def _as_dtype(a: Traced) -> Any:
    if a.weak:
        return {"f": 0.0, "b": False}.get(a.dtype.kind, 0)
    return a.dtype


def isscalar(element: Any) -> bool:
    """Whether it is a number and not an array."""
    return not is_array(element) if isinstance(element, Traced) else np.isscalar(element)


def iterable(y: Any) -> bool:
    """Whether it can be iterated over."""
    return bool(y.ndim) if isinstance(y, Traced) else np.iterable(y)


def register_questions() -> None:
    """Functions that ask something of an array without computing."""
    register(np.result_type, result_type)
    register(np.isscalar, isscalar)
    register(np.iterable, iterable)


__all__ = ["redirected", "register_numpy", "register_questions"]
