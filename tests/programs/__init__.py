"""Numerical programs from published definitions, as NumPy users write them."""

from __future__ import annotations

from jitad.capture.errors import TracedValueError

from . import linear_algebra, stencils
from .program import Program

#: Every program by its name.
ALL: dict[str, Program] = {
    program.name: program for family in (linear_algebra, stencils) for program in family.PROGRAMS
}

#: Programs that jitad refuses, and how: an error type and the start of its text.
PENDING: dict[str, tuple[type[Exception], str]] = {
    "spmv": (TracedValueError, "was used as a size or an index of a Python object"),
}

#: Programs with a loop that is unrolled, which at sizes S and M is too long.
UNROLLED = {"covariance", "correlation"}

#: Programs that run natively and are differentiated.
PROGRAMS: dict[str, Program] = {name: program for name, program in ALL.items() if name not in PENDING}
