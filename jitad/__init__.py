"""jitad: differentiate NumPy programs and compile them."""

from .api.config import disable_jit
from .api.forward import derivative, jvp, linearize, stop_gradient
from .api.jit import Jit, jit
from .api.reverse import grad, value_and_grad, vjp
from .capture.errors import EscapedTraceError, TracedValueError
from .capture.tracer import is_traced

__all__ = [
    "EscapedTraceError",
    "Jit",
    "TracedValueError",
    "derivative",
    "disable_jit",
    "grad",
    "is_traced",
    "jit",
    "jvp",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
