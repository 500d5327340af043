"""jitad.numpy.linalg: norms and products; everything else is numpy.linalg's, for concrete arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..capture.tracer import implements
from ..ir.graph import Value, const
from ..ir.types import F64
from .core import surface, wrapped
from .diagonals import diagonal as _diagonal
from .diagonals import trace as _trace
from .norms import matrix_norm, norm, vector_norm
from .products import cross, matmul, matmul_values, outer, tensordot, vecdot
from .shape import matrix_transpose
from .values import as_value, broadcast, convert

implements(np.linalg.cross)(cross)
implements(np.linalg.matmul)(matmul)
implements(np.linalg.outer)(outer)
implements(np.linalg.tensordot)(tensordot)
implements(np.linalg.vecdot)(vecdot)
implements(np.linalg.matrix_transpose)(matrix_transpose)


@surface(np.linalg.diagonal, name="linalg.diagonal", folds=False)
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Diagonals of the last two axes."""
    return _diagonal(x, offset, -2, -1)


@surface(np.linalg.trace, name="linalg.trace")
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sums of the diagonals of the last two axes."""
    return _trace(x, offset, -2, -1, dtype)


@surface(np.linalg.multi_dot, name="linalg.multi_dot")
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """Product of several matrices, in the cheapest order."""
    from .einsum import einsum

    values = [as_value(a) for a in arrays]
    letters = "abcdefghijklmnopqrstuvwxyz"
    terms = [letters[k : k + 2] for k in range(len(values))]
    if values[0].type.ndim == 1:
        terms[0] = terms[0][1:]
    if values[-1].type.ndim == 1:
        terms[-1] = terms[-1][:1]
    ends = "".join(t for t in (terms[0][:-1], terms[-1][1:]))
    return einsum(",".join(terms) + "->" + ends, *map(wrapped, values))


@surface(np.linalg.matrix_power, name="linalg.matrix_power")
def matrix_power(a: Any, n: Any) -> Any:
    """A square matrix to a static power ≥ 0, by repeated squaring."""
    v, n = as_value(a), n.__index__()
    if v.type.ndim < 2 or v.type.shape[-1] != v.type.shape[-2]:
        raise np.linalg.LinAlgError(f"Last 2 dimensions of the array must be square: {v.type}")
    if n < 0:
        raise NotImplementedError(
            "matrix_power with a negative power needs an inverse, which is not supported yet"
        )
    if n == 0:
        return wrapped(broadcast(convert(const(np.eye(v.type.shape[-1]), F64), v.dtype), v.type.shape))
    return wrapped(_power(v, n))


def _power(v: Value, n: int) -> Value:
    if n == 1:
        return v
    half = _power(v, n // 2)
    square = matmul_values(half, half)
    return matmul_values(square, v) if n % 2 else square


def __getattr__(name: str) -> Any:
    return getattr(np.linalg, name)


__all__ = [
    "cross",
    "diagonal",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
