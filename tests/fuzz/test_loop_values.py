"""Random Python functions with loops, branches, views and mutation: NumPy, interpreter and native code."""

from __future__ import annotations

from contextlib import nullcontext

import jitad as jad

from .budget import programs
from .loop_runs import Case, cases, copies, leaves, numpys, rolled, same, unless_refused


def check(case: Case) -> None:
    """The same results, and the same numbers in the arguments afterwards."""
    written = copies(case.arguments)
    want = numpys(case, written)
    for what, setting in (("interpreted", jad.disable_jit), ("native", nullcontext), ("rolled", rolled)):
        jitted, mine = jad.jit(case.f), copies(case.arguments)
        with setting():
            out = unless_refused(lambda jitted=jitted, mine=mine: jitted(*mine))
        if out is None:
            return
        same(leaves(out), want, what)
        same(leaves(mine), leaves(written), f"arguments, {what}")


@programs(12, cases())
def test_anything(case: Case) -> None:
    check(case)


@programs(8, cases("numbers"))
def test_numbers(case: Case) -> None:
    check(case)


@programs(10, cases("numbers", "sizes", "arrays"))
def test_sizes_that_depend_on_loops(case: Case) -> None:
    check(case)


@programs(10, cases("numbers", "arrays", "writes"))
def test_writes(case: Case) -> None:
    check(case)


@programs(8, cases("numbers", "arrays", "aliases"))
def test_views_and_second_names(case: Case) -> None:
    check(case)


@programs(10, cases("numbers", "calls"))
def test_calls(case: Case) -> None:
    check(case)


@programs(8, cases("arrays", "aliases", "calls"))
def test_calls_and_arrays(case: Case) -> None:
    check(case)
