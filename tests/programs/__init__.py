"""Numerical programs from published definitions, as NumPy users write them."""

from __future__ import annotations

from jitad.capture.errors import TracedValueError

from . import factorisations, flows, grids, linear_algebra, recursions, sequences, stencils, triangular
from .program import Program

FAMILIES = (linear_algebra, triangular, factorisations, recursions, stencils, flows, sequences, grids)

#: Every program by its name.
ALL: dict[str, Program] = {program.name: program for family in FAMILIES for program in family.PROGRAMS}

#: Programs that jitad refuses, and how: an error type and the start of its text.
PENDING: dict[str, tuple[type[Exception], str]] = {
    "spmv": (TracedValueError, "was used as a size or an index of a Python object"),
}

#: Programs with a loop that is unrolled, which at sizes S and M is too long.
UNROLLED = {
    "covariance",
    "correlation",
    "syrk",
    "syr2k",
    "trmm",
    "symm",
    "trisolv",
    "trisolv-columns",
    "lu",
    "lu-outer",
    "ludcmp",
    "cholesky",
    "cholesky-columns",
    "householder",
    "givens",
    "durbin",
    "levinson",
    "burg",
    "divided-differences",
    "romberg",
    "binomial-option",
    "de-casteljau",
    "stockham",
    "cooley-tukey",
    "conv2d",
    "bilateral",
}

#: Programs that run natively and are differentiated.
PROGRAMS: dict[str, Program] = {name: program for name, program in ALL.items() if name not in PENDING}
