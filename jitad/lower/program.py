"""A program as LLVM text: the functions that it calls, then the C function itself."""

from __future__ import annotations

from ..ir.calls import called
from ..ir.graph import Function
from .callee import lower_callee
from .chunk import Text
from .kernel import Kernel, Lowered, Program
from .timers import Timers


def lower(fn: Function, symbol: str, *, timed: bool = False) -> Lowered:
    """Lower `fn` to LLVM text whose C function is called `symbol`; `timed`: with timers between its steps.

    Parameters and results are C-contiguous, aligned arrays in native byte order (bool one byte),
    scalars too, each by pointer. Outputs must not overlap inputs or each other.
    """
    program = Program(Text(symbol, len(fn.params), len(fn.results)))
    program.timers = Timers(symbol) if timed else None
    for number, function in enumerate(called(fn)):
        program.callees[function] = lower_callee(function, f"{symbol}.call{number}", program)
    return Kernel(fn, symbol, program).emit()
