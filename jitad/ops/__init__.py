"""The primitives: one declaration each says everything the passes know about it."""

from .argreduce import argmax, argmin
from .arithmetic import abs, add, div, fma, mul, neg, sign, sub
from .call import call
from .callback import assert_finite, breakpoint_, print_
from .check import check
from .compare import eq, ge, gt, le, lt, ne
from .concatenate import concatenate
from .control import checkpoint, cond, for_, while_
from .convert import convert, stop_gradient
from .dot import dot
from .exponential import cbrt, exp, exp2, expm1, log, log1p, log2, log10, sqrt
from .extremum import fmax, fmin, maximum, minimum
from .gather import gather, scatter_add, scatter_set
from .index import add_at, set_at, slice
from .logic import and_, invert, isfinite, isinf, isnan, not_, or_, shift_left, shift_right, signbit, xor
from .power import power
from .product import prod
from .reduce import reduce_and, reduce_max, reduce_min, reduce_or, sum
from .rounding import ceil, copysign, floor, floor_divide, remainder, rint, trunc
from .scan import cumprod, cumsum, recurrence
from .select import select
from .shape import broadcast, iota, reshape, transpose
from .special import digamma, erf, erfc, expit, gammaln, logaddexp, polygamma
from .tape import pop, push, roomy, tape_new
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
from .window import add_window, set_window, window

__all__ = [
    "abs", "add", "add_at", "add_window", "and_", "arccos", "arccosh", "arcsin", "arcsinh", "arctan",
    "arctan2", "arctanh", "argmax", "argmin", "assert_finite", "breakpoint_",
    "broadcast", "call", "cbrt", "ceil", "check", "checkpoint",
    "concatenate", "cond", "convert", "copysign", "cos", "cosh", "cumprod", "cumsum", "digamma", "div",
    "dot", "eq", "erf",
    "erfc", "exp", "exp2", "expit", "expm1", "floor", "floor_divide", "fma", "fmax", "fmin", "for_",
    "gammaln", "gather", "ge", "gt", "hypot", "invert", "iota", "isfinite", "isinf", "isnan", "le",
    "log", "log10", "log1p", "log2", "logaddexp", "lt", "maximum", "minimum", "mul", "ne", "neg", "not_",
    "or_", "polygamma", "pop", "power", "print_", "prod", "push", "recurrence", "reduce_and",
    "reduce_max", "reduce_min", "reduce_or", "remainder", "reshape", "rint", "roomy", "scatter_add",
    "scatter_set",
    "select", "set_at", "set_window", "shift_left", "shift_right", "sign", "signbit", "sin", "sinh", "slice",
    "sqrt", "stop_gradient", "sub", "sum", "tan", "tanh", "tape_new", "transpose", "trunc", "while_",
    "window", "xor",
]  # fmt: skip
