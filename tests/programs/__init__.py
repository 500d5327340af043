"""Numerical programs from published definitions, as NumPy users write them."""

from __future__ import annotations

from . import factorisations, flows, grids, linear_algebra, recursions, sequences, stencils, triangular
from .program import Program

FAMILIES = (linear_algebra, triangular, factorisations, recursions, stencils, flows, sequences, grids)

#: Every program by its name.
ALL: dict[str, Program] = {program.name: program for family in FAMILIES for program in family.PROGRAMS}

#: Programs that jitad refuses, and how: an error type and the start of its text.
PENDING: dict[str, tuple[type[Exception], str]] = {}

#: Programs with a loop that is unrolled, which at sizes S and M is too long.
UNROLLED = {"romberg", "cooley-tukey"}

#: Programs that run natively and are differentiated.
PROGRAMS: dict[str, Program] = {name: program for name, program in ALL.items() if name not in PENDING}
