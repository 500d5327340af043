"""jitad.numpy: NumPy's functions over traced values; on concrete arrays they are NumPy's own.

Importing it teaches plain `numpy` calls, operators and methods to take traced values. A name that is not
covered is NumPy's, which raises NotImplementedError when it is handed a traced value.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as _numpy

from . import (
    creation,
    diagonals,
    einsum,
    filling,
    flat,
    indexing,
    joining,
    linalg,
    logic,
    norms,
    polynomials,
    products,
    pythonic,
    ramps,
    rearrange,
    redirects,
    reductions,
    shape,
    splitting,
    statistics,
    ufunc_methods,
    ufuncs,
    writing,
)
from . import unsupported as _unsupported

_REGISTERING = (flat, norms, ufunc_methods, writing, _unsupported)  # imported for what they register
_MODULES: tuple[ModuleType, ...] = (
    creation, diagonals, filling, indexing, joining, logic, polynomials, products, ramps, rearrange,
    reductions, shape, splitting, statistics,
)  # fmt: skip

_PUBLIC: dict[str, Any] = dict(ufuncs.UFUNCS)
for _module in _MODULES:
    for _name in _module.__all__:
        if hasattr(_numpy, _name.rstrip("_")):
            _PUBLIC[_name.rstrip("_")] = getattr(_module, _name)
_PUBLIC.update(
    array=creation.array,
    asarray=creation.asarray,
    einsum=einsum.einsum,
    linalg=linalg,
    concat=joining.concatenate,
    permute_dims=shape.transpose_,
    amax=reductions.max,
    amin=reductions.min,
    around=logic.round,
    row_stack=joining.vstack,
)
globals().update(_PUBLIC)
redirects.register_numpy(_PUBLIC)
redirects.register_questions()
pythonic.register_builtins()


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'jitad.numpy' has no attribute {name!r}")
    return getattr(_numpy, name)


def __dir__() -> list[str]:
    return sorted({*_PUBLIC, *(n for n in dir(_numpy) if not n.startswith("_"))})


__all__ = sorted(_PUBLIC)
