"""Timers between the steps of a program, for its profile: ticks and runs of each, counted in a global array.

Steps outside loops have one each, those inside and those of functions that are called only if a run of theirs
takes so long that two readings of the clock do not matter.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import TYPE_CHECKING

from .roots import RegionRoot, Step
from .work import work_of_step

if TYPE_CHECKING:
    from .kernel import Kernel

#: Additions from which a step in a loop is timed: some microseconds; two readings take up to 80 ns.
TIMED_WORK = 20_000
#: The processor's clock that programs may read.
CLOCK = "llvm.readsteadycounter" if platform.machine() in ("arm64", "aarch64") else "llvm.readcyclecounter"


class Timers:
    """The timers of one program; `steps` in the order of their numbers."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.steps: list[Step] = []

    def around(self, kernel: Kernel, step: Step, emit: Callable[[], None]) -> None:
        """Emit a step, timed if it is worth it."""
        if (kernel.depth or kernel.is_called) and not _is_long(kernel, step):
            emit()
            return
        e, number = kernel.e, len(self.steps)
        self.steps.append(step)
        e.declarations[CLOCK] = f"declare i64 @{CLOCK}()"
        before = e.define(f"call i64 @{CLOCK}()", "i64")
        emit()
        ticks = e.op("sub", e.define(f"call i64 @{CLOCK}()", "i64"), before)
        for place, amount in ((2 * number, ticks), (2 * number + 1, e.literal(1, "i64"))):
            at = e.gep(self._array, "i64", str(place))
            total = e.op("add", e.define(f"load i64, ptr {at}", "i64"), amount)
            e.put(f"store i64 {total.text}, ptr {at}")

    @property
    def _array(self) -> str:
        return f'@"{self.symbol}.ticks.array"'

    def globals(self) -> list[str]:
        """The array, the function `ticks` that says where it is, and `now`, which reads the clock."""
        return [
            f"{self._array} = internal global [{2 * len(self.steps) + 1} x i64] zeroinitializer",
            f'define ptr @"{self.symbol}.ticks"() nounwind {{',
            f"ret ptr {self._array}",
            "}",
            f'define i64 @"{self.symbol}.now"() nounwind {{',
            f"%now = call i64 @{CLOCK}()",
            "ret i64 %now",
            "}",
        ]


def _is_long(kernel: Kernel, step: Step) -> bool:
    """Whether a run of a step is known to take long; loops whose trips are not known may be short."""
    root = step.roots[0]
    if isinstance(root, RegionRoot) and "trips" in root.eqn.attrs and root.eqn.attrs["trips"] < 0:
        return False
    return work_of_step(kernel.buffers, step) >= TIMED_WORK
