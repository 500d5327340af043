"""NumPy functions without a traced form, each with what to use instead."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..capture.known import known_arguments
from ..capture.tracer import implements, implements_method
from .core import located, unsupported

_LATER = "factorisations come later; write it with supported functions or pass the result as an argument"
_ORDER = "sorting comes later; np.max, np.min and np.argmax are there"
_WRITES = "build the new array with np.where, np.concatenate or np.stack"
_SIZE = "the size of its result is only known at run time; use np.where or a mask"

_REMEDIES: dict[str, str] = {
    **dict.fromkeys("sort argsort lexsort partition argpartition sort_complex".split(), _ORDER),
    **dict.fromkeys("median nanmedian percentile quantile nanpercentile nanquantile".split(), _ORDER),
    **dict.fromkeys(("searchsorted", "digitize"), "count with np.sum(x[:, None] >= edges, axis=1)"),
    **dict.fromkeys("histogram histogram2d histogramdd bincount".split(), "sum comparisons with the edges"),
    **dict.fromkeys(("unique", "union1d", "intersect1d", "setdiff1d", "setxor1d", "trim_zeros"), _SIZE),
    "isin": "compare with np.any(x[:, None] == values, axis=1)",
    **dict.fromkeys("apply_along_axis apply_over_axes piecewise".split(), "work on whole arrays"),
    "choose": "choose with np.select or np.take_along_axis",
    "nanmax": "np.max(np.where(np.isnan(x), -np.inf, x))",
    "nanmin": "np.min(np.where(np.isnan(x), np.inf, x))",
    "nanvar": "np.var with where=~np.isnan(x)",
    "nanstd": "np.std with where=~np.isnan(x)",
    "correlate": "np.convolve with the second vector reversed",
    "corrcoef": "np.cov, divided by the outer product of the standard deviations",
    "unwrap": "add multiples of 2π that were computed outside",
    "angle": "np.arctan2",
    "imag": "complex numbers are not supported yet",
    "save": "save the results outside the traced function",
}  # fmt: skip
_LINALG = (
    "cholesky cond det eig eigh eigvals eigvalsh inv lstsq matrix_rank pinv qr slogdet solve svd svdvals "
    "tensorinv tensorsolve"
).split()

#: methods that write into the array, refused also where its numbers are known
_WRITING = "sort partition setfield setflags itemset resize".split()
_READING = "argsort argpartition searchsorted choose tobytes tofile dump dumps byteswap getfield".split()


def _refuser(name: str, remedy: str, original: Any) -> Any:
    """What stands for `original`: itself where no operand depends on an argument, else the error."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        found = known_arguments((args, kwargs))
        if found is not None:
            return original(*found[0], **found[1])
        unsupported(name, remedy)

    return located(refuse, name)


def _writer(name: str, remedy: str) -> Any:
    """What stands for a function that writes into its operand: the error, always."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        unsupported(name, remedy)

    return located(refuse, name)


def _register() -> None:
    for name, remedy in _REMEDIES.items():
        if hasattr(np, name):
            implements(getattr(np, name))(_refuser(f"np.{name}", remedy, getattr(np, name)))
    for name in _LINALG:
        implements(getattr(np.linalg, name))(_refuser(f"np.linalg.{name}", _LATER, getattr(np.linalg, name)))
    for name in _READING:
        remedy = _REMEDIES.get(name, "use the result outside the traced function")
        implements_method(name)(_refuser(f"ndarray.{name}", remedy, getattr(np.ndarray, name)))
    for name in _WRITING:
        implements_method(name)(_writer(f"ndarray.{name}", _REMEDIES.get(name, _WRITES)))


_register()

UNSUPPORTED = tuple(sorted(_REMEDIES)) + tuple(f"linalg.{name}" for name in _LINALG)

__all__ = ["UNSUPPORTED"]
