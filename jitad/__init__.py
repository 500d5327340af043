"""jitad: differentiate NumPy programs and compile them."""

from .api.jit import Jit, jit
from .api.config import disable_jit
from .capture.tracer import is_traced
