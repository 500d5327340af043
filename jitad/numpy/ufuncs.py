"""The ufuncs: a table of NumPy's name, what it computes, and which operators are made of it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..capture.handles import is_array
from ..capture.tracer import implements_method
from . import kernels as k
from .core import located
from .elementwise import Elementwise, binary_operator, ufunc, unary_operator

_FLAT = False  # results without a derivative

#: name, kernel, whether it carries derivatives
_TABLE: list[tuple[str, Any, bool]] = [
    # arithmetic
    ("add", k.on_bools(ops.or_, ops.add), True),
    ("subtract", ops.sub, True),
    ("multiply", k.on_bools(ops.and_, ops.mul), True),
    ("divide", ops.div, True),
    ("floor_divide", ops.floor_divide, _FLAT),
    ("remainder", ops.remainder, True),
    ("fmod", k.fmod, True),
    ("divmod", lambda x, y: (ops.floor_divide(x, y), ops.remainder(x, y)), True),
    ("modf", k.modf, True),
    ("power", k.power, True),
    ("float_power", k.power, True),
    ("negative", ops.neg, True),
    ("positive", k.same, True),
    ("absolute", k.on_bools(k.same, ops.abs), True),
    ("fabs", ops.abs, True),
    ("sign", ops.sign, _FLAT),
    ("square", lambda x: ops.mul(x, x), True),
    ("reciprocal", k.on_floats(k.reciprocal, k.integer_reciprocal), True),
    ("conjugate", k.same, True),
    # exponentials, logarithms, roots
    ("exp", ops.exp, True),
    ("exp2", ops.exp2, True),
    ("expm1", ops.expm1, True),
    ("log", ops.log, True),
    ("log2", ops.log2, True),
    ("log10", ops.log10, True),
    ("log1p", ops.log1p, True),
    ("sqrt", ops.sqrt, True),
    ("cbrt", ops.cbrt, True),
    ("logaddexp", ops.logaddexp, True),
    ("logaddexp2", k.logaddexp2, True),
    ("ldexp", k.ldexp, True),
    # trigonometric and hyperbolic
    ("sin", ops.sin, True),
    ("cos", ops.cos, True),
    ("tan", ops.tan, True),
    ("arcsin", ops.arcsin, True),
    ("arccos", ops.arccos, True),
    ("arctan", ops.arctan, True),
    ("arctan2", ops.arctan2, True),
    ("hypot", ops.hypot, True),
    ("sinh", ops.sinh, True),
    ("cosh", ops.cosh, True),
    ("tanh", ops.tanh, True),
    ("arcsinh", ops.arcsinh, True),
    ("arccosh", ops.arccosh, True),
    ("arctanh", ops.arctanh, True),
    ("deg2rad", k.RADIANS, True),
    ("radians", k.RADIANS, True),
    ("rad2deg", k.DEGREES, True),
    ("degrees", k.DEGREES, True),
    # rounding
    ("floor", k.on_floats(ops.floor, k.same), _FLAT),
    ("ceil", k.on_floats(ops.ceil, k.same), _FLAT),
    ("trunc", k.on_floats(ops.trunc, k.same), _FLAT),
    ("rint", ops.rint, _FLAT),
    # choice
    ("maximum", k.on_bools(ops.or_, ops.maximum), True),
    ("minimum", k.on_bools(ops.and_, ops.minimum), True),
    ("fmax", k.on_bools(ops.or_, k.on_floats(ops.fmax, ops.maximum)), True),
    ("fmin", k.on_bools(ops.and_, k.on_floats(ops.fmin, ops.minimum)), True),
    ("heaviside", k.heaviside, True),
    ("copysign", ops.copysign, True),
    # comparisons
    ("equal", k.comparison(ops.eq, False, False), _FLAT),
    ("not_equal", k.comparison(ops.ne, True, True), _FLAT),
    ("less", k.comparison(ops.lt, True, False), _FLAT),
    ("less_equal", k.comparison(ops.le, True, False), _FLAT),
    ("greater", k.comparison(ops.gt, False, True), _FLAT),
    ("greater_equal", k.comparison(ops.ge, False, True), _FLAT),
    # logic and bits
    ("logical_and", k.logical(ops.and_), _FLAT),
    ("logical_or", k.logical(ops.or_), _FLAT),
    ("logical_xor", k.logical(ops.xor), _FLAT),
    ("logical_not", k.logical(ops.not_), _FLAT),
    ("bitwise_and", ops.and_, _FLAT),
    ("bitwise_or", ops.or_, _FLAT),
    ("bitwise_xor", ops.xor, _FLAT),
    ("invert", k.on_bools(ops.not_, ops.invert), _FLAT),
    ("left_shift", ops.shift_left, _FLAT),
    ("right_shift", ops.shift_right, _FLAT),
    # predicates
    ("isnan", k.on_floats(ops.isnan, k.everywhere(False)), _FLAT),
    ("isinf", k.on_floats(ops.isinf, k.everywhere(False)), _FLAT),
    ("isfinite", k.on_floats(ops.isfinite, k.everywhere(True)), _FLAT),
    ("signbit", ops.signbit, _FLAT),
]

_COMPARES = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}
_LOGICAL = _COMPARES | {"bitwise_and", "bitwise_or", "bitwise_xor"}

SPECS = {
    name: Elementwise(name, getattr(np, name), kernel, name in _COMPARES, name in _LOGICAL)
    for name, kernel, _ in _TABLE
}
UFUNCS = {name: ufunc(SPECS[name], differentiable=differentiable) for name, _, differentiable in _TABLE}
_ALIASES = {
    "abs": "absolute",
    "true_divide": "divide",
    "mod": "remainder",
    "pow": "power",
    "conj": "conjugate",
    "acos": "arccos",
    "asin": "arcsin",
    "atan": "arctan",
    "atan2": "arctan2",
    "acosh": "arccosh",
    "asinh": "arcsinh",
    "atanh": "arctanh",
    "bitwise_not": "invert",
    "bitwise_invert": "invert",
    "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
}
UFUNCS.update({alias: UFUNCS[name] for alias, name in _ALIASES.items()})

#: operator name without underscores → ufunc; each also reflected
_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "divmod": "divmod",
    "pow": "power",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
_COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


def _python_power(x: Any, y: Any, modulo: Any = None) -> Any:
    """`x ** y`; a traced Python int to a negative constant power is a float, as in Python."""
    if modulo is not None:
        return NotImplemented
    if x.weak and y.__class__ is int and y < 0 and x.dtype.kind == "i":
        y = float(y)
    if x.dtype.kind == "b" and not x.weak and y.__class__ is int and y == 2:
        return _square(x)  # the operator squares, in int8, where np.power promotes to int64
    return _power(x, y)


def _repeating(multiply: Callable[..., Any]) -> Callable[..., Any]:
    """`*`, which of a Python sequence and an integer of shape () repeats the sequence, as in NumPy."""

    def product(x: Any, y: Any) -> Any:
        if isinstance(y, (list, tuple, str, bytes)) and x.dtype.kind in "iu" and not (x.ndim or is_array(x)):
            return y * operator.index(x)
        return multiply(x, y)

    return product


_power, _square = binary_operator(SPECS["power"]), unary_operator(SPECS["square"])


def _register_operators() -> None:
    for name, target in _BINARY.items():
        implements_method(f"__{name}__")(binary_operator(SPECS[target]))
        implements_method(f"__r{name}__")(binary_operator(SPECS[target], reflected=True))
    implements_method("__pow__")(_python_power)
    for name, reflected in (("__mul__", False), ("__rmul__", True)):
        implements_method(name)(_repeating(binary_operator(SPECS["multiply"], reflected=reflected)))
    for name, target in _COMPARISONS.items():
        implements_method(f"__{name}__")(binary_operator(SPECS[target]))
    for name, target in _UNARY.items():
        implements_method(f"__{name}__")(unary_operator(SPECS[target]))
    implements_method("conj", "conjugate")(located(lambda x: x, "conjugate"))


_register_operators()

__all__ = ["SPECS", "UFUNCS"]
