"""Random IR programs: the interpreter, native code under every setting, the passes and the text agree."""

from __future__ import annotations

import numpy as np

from jitad import opt
from jitad.ir.evaluate import evaluate
from jitad.ir.same import same
from jitad.ir.text import parse, show
from jitad.ir.verify import check

from .budget import programs
from .ir_programs import Case
from .ir_programs import programs as ir_programs
from .native_runs import CHUNKS, FULL, LOOPS, PLAIN, REGISTERS, compiled
from .rounding import expected


@programs(35, ir_programs())
def test_native_is_the_interpreter(case: Case) -> None:
    """Unoptimised, in registers, in loops, in chunks; the same bits when called again."""
    fn = check(case.fn)
    want = expected(fn, case.arguments)
    call = compiled(fn, PLAIN)
    first = call(*case.arguments)
    want.check(first, "O0")
    call(*[np.roll(a, 1) if a.dtype.kind == "f" else a for a in case.arguments])
    again = call(*case.arguments)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, again)), "another result on reuse"
    want.check(compiled(fn, LOOPS)(*case.arguments), "loops")


@programs(30, ir_programs())
def test_optimised_native_is_the_interpreter(case: Case) -> None:
    """As the pipeline does it: optimised, contracted, at full optimisation, in chunks."""
    fn = check(opt.contract(check(opt.optimize(case.fn))))
    want = expected(case.fn, case.arguments, rearranged=True)
    want.check(compiled(fn, FULL)(*case.arguments), "O3")
    want.check(compiled(fn, CHUNKS)(*case.arguments), "chunks")
    want.check(compiled(fn, REGISTERS)(*case.arguments), "O1")


@programs(25, ir_programs())
def test_passes_keep_the_meaning(case: Case) -> None:
    """Text round trip; optimize changes no bit but those of powers; contract rounds once less."""
    fn = check(case.fn)
    assert same(parse(show(fn)), fn)
    want = expected(fn, case.arguments)
    optimized = check(opt.optimize(fn))
    want.check(evaluate(optimized, *case.arguments), "optimize")
    assert len(opt.optimize(optimized).eqns) <= len(optimized.eqns)
    loose = expected(fn, case.arguments, rearranged=True)
    loose.check(evaluate(check(opt.contract(optimized)), *case.arguments), "contract")
