"""The primitives: one declaration each says everything the passes know about it."""

from .arithmetic import abs, add, div, fma, mul, neg, sign, sub
from .compare import eq, ge, gt, le, lt, ne
from .concatenate import concatenate
from .convert import convert, stop_gradient
from .dot import dot
from .exponential import cbrt, exp, exp2, expm1, log, log1p, log2, log10, sqrt
from .extremum import fmax, fmin, maximum, minimum
from .index import add_at, set_at, slice
from .logic import and_, invert, isfinite, isinf, isnan, not_, or_, shift_left, shift_right, signbit, xor
from .power import power
from .reduce import reduce_and, reduce_max, reduce_min, reduce_or, sum
from .select import select
from .shape import broadcast, iota, reshape, transpose
from .trigonometric import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cos,
    cosh,
    hypot,
    sin,
    sinh,
    tan,
    tanh,
)

__all__ = [
    "abs", "add", "add_at", "and_", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "broadcast", "cbrt", "concatenate", "convert", "cos", "cosh", "div", "dot", "eq", "exp", "exp2", "expm1",
    "fma", "fmax", "fmin", "ge", "gt", "hypot", "invert", "iota", "isfinite", "isinf", "isnan", "le", "log",
    "log10", "log1p", "log2", "lt", "maximum", "minimum", "mul", "ne", "neg", "not_", "or_", "power",
    "reduce_and", "reduce_max", "reduce_min", "reduce_or", "reshape", "select", "set_at", "shift_left",
    "shift_right", "sign", "signbit", "sin", "sinh", "slice", "sqrt", "stop_gradient", "sub", "sum", "tan",
    "tanh", "transpose", "xor",
]  # fmt: skip
