"""jitad: differentiate NumPy programs and compile them."""

from . import math, numpy, scipy
from .api.check import check_grads
from .api.config import disable_jit, tape_budget
from .api.control import cond, fori_loop, roll, scan, switch, unroll, while_loop
from .api.debug import debug_nan
from .api.explain import explain
from .api.forward import derivative, jvp, linearize, stop_gradient
from .api.jit import Jit, jit
from .api.memory import checkpoint
from .api.reverse import grad, value_and_grad, vjp
from .api.values import assert_finite
from .api.values import breakpoint as breakpoint  # not in __all__: they would hide Python's own
from .api.values import print as print
from .capture.errors import EscapedTraceError, TracedValueError
from .capture.tracer import is_traced
from .inspection import Inspection, inspect

__version__ = "0.1.0"

__all__ = [
    "EscapedTraceError",
    "Inspection",
    "Jit",
    "TracedValueError",
    "assert_finite",
    "check_grads",
    "checkpoint",
    "cond",
    "debug_nan",
    "derivative",
    "disable_jit",
    "explain",
    "fori_loop",
    "grad",
    "inspect",
    "is_traced",
    "jit",
    "jvp",
    "linearize",
    "math",
    "numpy",
    "roll",
    "scan",
    "scipy",
    "stop_gradient",
    "switch",
    "tape_budget",
    "unroll",
    "value_and_grad",
    "vjp",
    "while_loop",
]
