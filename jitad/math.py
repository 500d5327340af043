"""jitad.math: the functions of `math` over traced numbers; on Python numbers they are math's own."""

from __future__ import annotations

import math as _math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import numpy as jnp
from .capture.redirect import register
from .capture.tracer import Traced, wrap
from .numpy.core import holds
from .scipy import special

pi, e, tau, inf, nan = _math.pi, _math.e, _math.tau, _math.inf, _math.nan


def _fsum(seq: Any) -> Any:
    return jnp.sum(jnp.stack(list(seq)))


def _log(x: Any, base: Any = None) -> Any:
    return jnp.log(x) if base is None else jnp.log(x) / jnp.log(base)


def _hypot(*coordinates: Any) -> Any:
    total = coordinates[0] if len(coordinates) > 1 else jnp.abs(coordinates[0])
    for c in coordinates[1:]:
        total = jnp.hypot(total, c)
    return total


def _dist(p: Any, q: Any) -> Any:
    return jnp.linalg.norm(jnp.subtract(jnp.array(p), jnp.array(q)))


def _prod(iterable: Any, *, start: Any = 1) -> Any:
    for x in iterable:
        start = start * x
    return start


def _isclose(a: Any, b: Any, *, rel_tol: Any = 1e-9, abs_tol: Any = 0.0) -> Any:
    tolerance = jnp.maximum(rel_tol * jnp.maximum(jnp.abs(a), jnp.abs(b)), abs_tol)
    near = jnp.logical_and(jnp.isfinite(a - b), jnp.abs(a - b) <= tolerance)
    return jnp.logical_or(near, jnp.equal(a, b))


def _sumprod(p: Any, q: Any) -> Any:
    return jnp.dot(jnp.array(p), jnp.array(q))


def _whole(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(x, name)()


#: name → what it is on traced numbers
_TABLE: dict[str, Callable[..., Any]] = {
    **{
        n: getattr(jnp, n)
        for n in "sin cos tan sinh cosh tanh sqrt cbrt exp exp2 expm1 log2 log10 log1p".split()
    },
    **{
        n: getattr(jnp, n)
        for n in "degrees radians fabs copysign fmod isnan isinf isfinite ldexp modf".split()
    },
    **{n: getattr(jnp, n) for n in "asin acos atan atan2 asinh acosh atanh pow".split()},
    "erf": special.erf,
    "erfc": special.erfc,
    "lgamma": special.gammaln,
    "log": _log,
    "hypot": _hypot,
    "dist": _dist,
    "fsum": _fsum,
    "prod": _prod,
    "sumprod": _sumprod,
    "isclose": _isclose,
    "fma": lambda x, y, z: x * y + z,
    "floor": _whole("__floor__"),
    "ceil": _whole("__ceil__"),
    "trunc": _whole("__trunc__"),
}


def _function(name: str) -> Callable[..., Any]:
    on_traced, original = _TABLE[name], getattr(_math, name, None)

    def f(*args: Any, **kwargs: Any) -> Any:
        args = tuple(
            list(a) if not isinstance(a, (Traced, np.ndarray)) and hasattr(a, "__next__") else a for a in args
        )
        if not holds(args) and original is not None:
            return original(*args, **kwargs)
        for x in args:
            if isinstance(x, Traced) and x.ndim and name not in _OF_SEQUENCES:
                raise TypeError(f"math.{name} takes numbers, not {x.type}; use np.{name}")
        return _as_python(on_traced(*args, **kwargs))

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"`math.{name}`, of traced numbers too."
    return f


_OF_SEQUENCES = {"dist", "fsum", "prod", "sumprod"}


def _as_python(out: Any) -> Any:
    """Results are Python numbers, which give way in promotion."""
    if isinstance(out, tuple):
        return tuple(_as_python(x) for x in out)
    if isinstance(out, Traced) and not out.ndim and out.dtype in (np.float64, np.int64):
        return wrap(out.value, weak=True)
    return out


_FUNCTIONS = {name: _function(name) for name in _TABLE}
globals().update(_FUNCTIONS)
for _name, _f in _FUNCTIONS.items():
    if hasattr(_math, _name):
        register(getattr(_math, _name), _f)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'jitad.math' has no attribute {name!r}")
    return getattr(_math, name)


__all__ = ["e", "inf", "nan", "pi", "tau", *_FUNCTIONS]
